import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Env } from "./env.ts";

type CookieName = "session" | "browser" | "form" | "notice";

/** In seconds; Hono refuses to set a longer-lived cookie (RFC 6265bis). */
export const MAX_COOKIE_AGE = 400 * 86_400;

/** Reads a cookie of the area at `origin`, whichever app the request came through. */
export function readCookie(c: Context, name: CookieName, origin: URL): string | undefined {
  return getCookie(c, name, ...prefixOf(origin));
}

/**
 * Sets a cookie that scripts, other sites and, over HTTPS, other hosts can't reach (ASVS 3.3). `maxAge` in seconds: 0 deletes it, without one
 * it lasts until the browser closes.
 */
export function writeCookie(c: Context<Env>, name: CookieName, value: string, maxAge?: number): void {
  const [prefix] = prefixOf(c.get("options").origin);
  setCookie(c, name, value, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    ...(prefix && { prefix, secure: true }),
    ...(maxAge !== undefined && { maxAge }),
  });
}

function prefixOf(origin: URL): ["host"] | [] {
  return origin.protocol === "https:" ? ["host"] : [];
}
