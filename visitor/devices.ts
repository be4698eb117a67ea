import bowser from "bowser";
import { UAParser } from "ua-parser-js";

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
 * Names the device: "Firefox on Linux", "Safari on iPhone", a script's product name ("curl"), or `UNKNOWN_DEVICE`. `brands` is the `Sec-CH-UA`
 * header, by which Brave differs from Chrome. It is a label and proves nothing: a client sends whatever it likes.
 */
export function deviceOf(userAgent: string, brands = ""): string {
  const { name, label } = parse(userAgent);
  return name === "Chrome" && brands.includes('"Brave"') ? label.replace("Chrome", "Brave") : label;
}

/** Classifies the device; a User-Agent that names no system is a script's. */
export function deviceKindOf(userAgent: string): DeviceKind {
  return parse(userAgent).kind;
}

type Parsed = { name: string | undefined; label: string; kind: DeviceKind };
const cache = new Map<string, Parsed>();

function parse(userAgent: string): Parsed {
  const known = cache.get(userAgent);
  if (known) return known;
  if (cache.size >= MAX_CACHED) cache.clear();
  const parsed = parseAnew(userAgent);
  cache.set(userAgent, parsed);
  return parsed;
}

function parseAnew(userAgent: string): Parsed {
  if (userAgent === "") return { name: undefined, label: UNKNOWN_DEVICE, kind: "unknown" };
  const { browser, os, platform } = bowser.parse(userAgent);
  const more = new UAParser(userAgent).getResult();
  const system = platform.model && /^(iPhone|iPad)$/.test(platform.model) ? platform.model : os.name || more.os.name;
  const isBot = platform.type === "bot";
  const found = (isBot ? botIn(userAgent) : undefined) ?? nameIn(userAgent, browser.name || more.browser.name);
  const name = found && shortName(found);
  const kind = KINDS.get(platform.type ?? "") ?? KINDS.get(more.device.type ?? "") ??
    (system ? "computer" : productOf(userAgent) ? "script" : "unknown");
  return { name, label: name && system && !isBot ? `${name} on ${system}` : name ?? system ?? UNKNOWN_DEVICE, kind };
}

const KINDS = new Map<string, DeviceKind>([
  ["mobile", "phone"],
  ["tablet", "tablet"],
  ["desktop", "computer"],
  ["bot", "script"],
]);

/** Engines and what browsers claim to be, which name no program. */
const GENERIC = /^(Mozilla|AppleWebKit|WebKit|Gecko|KHTML|Version|Safari|Chrome|Mobile)$/;

/** A program that neither library knows names itself last, as Thunderbird and PowerShell do. */
function nameIn(userAgent: string, known: string | undefined): string | undefined {
  if (known && /^[a-z][\w .+-]*$/i.test(known) && !/^(Mozilla|WebKit)$/.test(known)) return known;
  const products = userAgent.split(" ").map((word) => /^([a-z][\w.+-]{1,31})\/\d/i.exec(word)?.[1]);
  return products.findLast((product) => product !== undefined && !GENERIC.test(product)) ?? productOf(userAgent);
}

function botIn(userAgent: string): string | undefined {
  return /[\w-]*(?:bot|crawler|spider)[\w-]*(?=\/|;|\))/i.exec(userAgent)?.[0];
}

/** The product name at the start: "curl" for `curl/8.14.1`. */
function productOf(userAgent: string): string | undefined {
  const product = /^[a-z][\w.+-]{1,31}(?=\/|$)/i.exec(userAgent)?.[0];
  return product === "Mozilla" ? undefined : product;
}

function shortName(browser: string): string {
  return browser.replace(/^(Microsoft |Windows(?=PowerShell))/, "").replace(/(?<!^Android) (Browser|for Android)$/, "");
}
