import bowser from "bowser";

export const UNKNOWN_DEVICE = "Unknown device";

export const DEVICE_KINDS = ["phone", "tablet", "computer", "script", "unknown"] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** In UTF-16 units; real User-Agents stay below 300. */
const MAX_USER_AGENT = 512;
/** Parsed User-Agents that are cached: every request needs its device. */
const MAX_CACHED = 1_000;

/** Cleans a User-Agent header: printable and bounded. Empty without one. */
export function readUserAgent(header: string | undefined): string {
  // deno-lint-ignore no-control-regex -- control characters are exactly what must not come in
  return (header ?? "").replace(/[\u0000-\u001f\u007f-\u009f]/g, " ").slice(0, MAX_USER_AGENT).trim();
}

/**
 * Names the device: "Firefox on Linux", "Safari on iPhone", a script's product name ("curl"), or `UNKNOWN_DEVICE`. It is a label and
 * proves nothing: a client sends whatever it likes.
 */
export function deviceOf(userAgent: string): string {
  const known = devices.get(userAgent);
  if (known !== undefined) return known;
  if (devices.size >= MAX_CACHED) devices.clear();
  const device = nameDevice(userAgent);
  devices.set(userAgent, device);
  return device;
}

const devices = new Map<string, string>();

function nameDevice(userAgent: string): string {
  if (userAgent === "") return UNKNOWN_DEVICE;
  const { browser, os, platform } = bowser.parse(userAgent);
  const system = platform.model && /^(iPhone|iPad)$/.test(platform.model) ? platform.model : os.name;
  if (browser.name && system) return `${shortName(browser.name)} on ${system}`;

  return productOf(userAgent) ?? UNKNOWN_DEVICE;
}

/** Classifies the device; a User-Agent that names neither a browser nor a system is a script. */
export function deviceKindOf(userAgent: string): DeviceKind {
  if (userAgent === "") return "unknown";
  const { type } = bowser.parse(userAgent).platform;
  const kind = KINDS.get(type ?? "");
  return kind ?? (productOf(userAgent) ? "script" : "unknown");
}

const KINDS = new Map<string, DeviceKind>([
  ["mobile", "phone"],
  ["tablet", "tablet"],
  ["desktop", "computer"],
  ["bot", "script"],
]);

/** The product name at the start: "curl" for `curl/8.14.1`. */
function productOf(userAgent: string): string | undefined {
  const product = /^[a-z][\w.+-]{1,31}(?=\/|$)/i.exec(userAgent)?.[0];
  return product === "Mozilla" ? undefined : product;
}

function shortName(browser: string): string {
  return browser.replace(/^Microsoft /, "").replace(/(?<!^Android) (Browser|for Android)$/, "");
}
