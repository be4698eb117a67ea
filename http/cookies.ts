import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Env } from "./env.ts";

type CookieName = "session" | "browser" | "form" | "notice" | "pending";

/** In seconds; Hono refuses to set a longer-lived cookie (RFC 6265bis). */
export const MAX_COOKIE_AGE = 400 * 86_400;

/** Reads a cookie of the area at `origin`, whichever app the request came through. Before names had the port, they were the bare names. */
export function readCookie(c: Context, name: CookieName, origin: URL): string | undefined {
  const prefix = prefixOf(origin);
  const hadOtherName = origin.port !== "" && (name === "session" || name === "browser");
  return getCookie(c, nameAt(origin, name), ...prefix) ?? (hadOtherName ? getCookie(c, name, ...prefix) : undefined);
}

/**
 * Sets a cookie that scripts, other sites and, over HTTPS, other hosts can't reach (ASVS 3.3). `maxAge` in seconds: 0 deletes it, without one
 * it lasts until the browser closes.
 */
export function writeCookie(c: Context<Env>, name: CookieName, value: string, maxAge?: number): void {
  const { origin } = c.get("options");
  setCookie(c, nameAt(origin, name), value, { ...attributesAt(origin), ...(maxAge !== undefined && { maxAge }) });
}

/** Deletes a cookie from before names had the port, which would still be read. */
export function deleteFormerCookie(c: Context<Env>, name: CookieName): void {
  const { origin } = c.get("options");
  const hasFormer = origin.port !== "" && getCookie(c, name, ...prefixOf(origin)) !== undefined;
  if (hasFormer) setCookie(c, name, "", { ...attributesAt(origin), maxAge: 0 });
}

function attributesAt(origin: URL) {
  const [prefix] = prefixOf(origin);
  return { path: "/", httpOnly: true, sameSite: "Lax" as const, ...(prefix && { prefix, secure: true }) };
}

/** Cookies ignore ports: two panels on one host would overwrite each other's. */
function nameAt(origin: URL, name: CookieName): string {
  return origin.port === "" ? name : `${name}-${origin.port}`;
}

function prefixOf(origin: URL): ["host"] | [] {
  return origin.protocol === "https:" ? ["host"] : [];
}
