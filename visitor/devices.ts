import bowser from "bowser";

export const UNKNOWN_DEVICE = "Unknown device";

/** What sort of thing a device is, for its picture. */
export const DEVICE_KINDS = ["phone", "tablet", "computer", "script", "unknown"] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** As much of a User-Agent as is kept, in UTF-16 units. Real ones stay below 300. */
const LONGEST = 512;

/** What is kept of a User-Agent header: printable and not endless. Empty without one. */
export function readUserAgent(header: string | undefined): string {
  // deno-lint-ignore no-control-regex -- control characters are exactly what must not come in
  return (header ?? "").replace(/[\u0000-\u001f\u007f-\u009f]/g, " ").slice(0, LONGEST).trim();
}

/**
 * The device as a person says it: "Firefox on Linux", "Safari on iPhone", the product's name for a script ("curl"), or
 * `UNKNOWN_DEVICE`. A User-Agent is whatever its sender likes: the answer is a label and proves nothing.
 */
export function deviceOf(userAgent: string): string {
  if (userAgent === "") return UNKNOWN_DEVICE;
  const { browser, os, platform } = bowser.parse(userAgent);
  const system = platform.model && /^(iPhone|iPad)$/.test(platform.model) ? platform.model : os.name;
  if (browser.name && system) return `${shortName(browser.name)} on ${system}`;

  return productOf(userAgent) ?? UNKNOWN_DEVICE;
}

/** What sort of device it is, as far as its User-Agent tells; what names neither a browser nor a system is a script. */
export function deviceKindOf(userAgent: string): DeviceKind {
  if (userAgent === "") return "unknown";
  const { type } = bowser.parse(userAgent).platform;
  const kind = KINDS.get(type ?? "");
  return kind ?? (productOf(userAgent) ? "script" : "unknown");
}

/** Bowser's words for what we know. */
const KINDS = new Map<string, DeviceKind>([
  ["mobile", "phone"],
  ["tablet", "tablet"],
  ["desktop", "computer"],
  ["bot", "script"],
]);

/** The first word of a User-Agent that is no browser's: "curl" of `curl/8.14.1`. */
function productOf(userAgent: string): string | undefined {
  const product = /^[a-z][\w.+-]{1,31}(?=\/|$)/i.exec(userAgent)?.[0];
  return product === "Mozilla" ? undefined : product;
}

function shortName(browser: string): string {
  return browser.replace(/^Microsoft /, "").replace(/(?<!^Android) (Browser|for Android)$/, "");
}
