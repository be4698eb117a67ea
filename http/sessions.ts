import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { markSeen } from "../db/connections.ts";
import { type Asking, newCsrf, resumeSession, resumeWithActivity, type Session } from "../db/sessions.ts";
import { textsOf } from "../words/texts.ts";
import type { Env } from "./env.ts";
import { isHtmx } from "./htmx.ts";
import { languageOf } from "./languages.ts";
import { paths, safeNext, withQuery } from "./paths.ts";

type CookieName = "session" | "form" | "notice";

/** Browsers keep no cookie longer, and Hono refuses to set one (RFC 6265bis): 400 days in seconds. */
const LONGEST_COOKIE = 400 * 86_400;

/** Reads one of our cookies. */
export function readCookie(c: Context<Env>, name: CookieName): string | undefined {
  return getCookie(c, name, ...prefixOf(c));
}

/**
 * Sets one of our cookies: out of reach of scripts, of other sites' requests and, over HTTPS, of other hosts and of plain
 * HTTP (ASVS 3.3). `maxAge` in seconds; none: until the browser closes; 0: gone.
 */
export function writeCookie(c: Context<Env>, name: CookieName, value: string, maxAge?: number): void {
  const [prefix] = prefixOf(c);
  setCookie(c, name, value, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    ...(prefix && { prefix, secure: true }),
    ...(maxAge !== undefined && { maxAge }),
  });
}

/** Sets the cookie of a session whose connection was opened at `openedAt`, for as long as that can be open. */
export function writeSessionCookie(c: Context<Env>, cookie: string, openedAt: number): void {
  const left = Math.floor((openedAt + c.var.lifetime.max - c.var.now()) / 1000);
  writeCookie(c, "session", cookie, Math.min(left, LONGEST_COOKIE));
}

function prefixOf(c: Context<Env>): ["host"] | [] {
  return c.get("origin").protocol === "https:" ? ["host"] : [];
}

/** Finds out whose request this is, once: the session behind the cookie, and what its forms' csrf field says. */
export const loadSession = createMiddleware<Env>(async (c, next) => {
  const asking = askingOf(c, c.get("now")());
  const session = c.req.path === paths.live
    ? await loadWithActivity(c, asking)
    : await resumeSession(c.get("db"), readCookie(c, "session"), asking);
  c.set("resumed", session);
  c.set("csrf", session?.csrf ?? "");
  c.set("texts", textsOf(languageOf(c, openSession(c))));
  return await next();
});

/** How a request asks for its session. */
export function askingOf(c: Context, now: number): Asking {
  return { isReading: c.req.method === "GET" || c.req.method === "HEAD", now };
}

async function loadWithActivity(c: Context<Env>, asking: Asking): Promise<Session | null> {
  const found = await resumeWithActivity(c.get("db"), readCookie(c, "session"), asking);
  if (found) c.set("activity", found.activity);
  return found?.session ?? null;
}

/** The session behind the cookie while its connection is open; else null. */
export function openSession(c: Context<Env>): Session | null {
  const session = c.get("resumed") ?? null;
  return session?.end === null ? session : null;
}

/**
 * The csrf value of the forms for who is not signed in: the `form` cookie's, made once and kept, so that a form in another tab
 * goes on working.
 */
export function formCsrf(c: Context<Env>): string {
  const kept = readCookie(c, "form");
  const csrf = kept && /^[\w-]{22}$/.test(kept) ? kept : newCsrf();
  // Set again each time: it makes Chromium forget the pages before this one, which Back would bring out of its memory.
  writeCookie(c, "form", csrf);
  return csrf;
}

/** Lets in who has an open connection, as of this very request. What a page asks by itself is no use of the account (ASVS 7.3.1). */
export const requireSession = createMiddleware<Env>(async (c, next) => {
  const session = openSession(c);
  if (!session) return askToSignIn(c);

  c.set("session", session);
  if (c.req.path !== paths.live) c.get("later")(markSeen(c.get("db"), session, c.get("lifetime"), c.get("now")()));
  return await next();
});

/** Leads who has no open connection to the sign-in page, and back from there to the page that they were on. */
export function askToSignIn(c: Context): Response {
  if (isHtmx(c)) {
    const current = c.req.header("HX-Current-URL");
    const page = current && URL.canParse(current) ? new URL(current) : undefined;
    c.header("HX-Redirect", withQuery(paths.signIn, { next: safeNext(page && page.pathname + page.search) }));
    return c.body(null, 401);
  }
  const page = c.req.method === "GET" ? c.req.path + new URL(c.req.url).search : undefined;
  return c.redirect(withQuery(paths.signIn, { next: safeNext(page) }), 303);
}
