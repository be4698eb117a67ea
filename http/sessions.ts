import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { markSeen } from "../db/connections.ts";
import type { Db } from "../db/database.ts";
import { newCsrf, resumeSession, type Resuming, type Session } from "../db/sessions.ts";
import { textsOf } from "../words/texts.ts";
import { DEFAULT_ZONE } from "../words/time.ts";
import { MAX_COOKIE_AGE, readCookie, writeCookie } from "./cookies.ts";
import type { Env } from "./env.ts";
import { isHtmx } from "./htmx.ts";
import { languageOf } from "./languages.ts";
import { paths, safeNext, withQuery } from "./paths.ts";

/** Sets the session's cookie, for as long as a connection opened at `openedAt` can last. */
export function writeSessionCookie(c: Context<Env>, cookie: string, openedAt: number): void {
  const { lifetime, now } = c.var.options;
  const left = Math.floor((openedAt + lifetime.max - now()) / 1000);
  writeCookie(c, "session", cookie, Math.min(left, MAX_COOKIE_AGE));
}

/** Loads the session behind the cookie, and with it the language. */
export const loadSession = createMiddleware<Env>(async (c, next) => {
  await loadSessionBy(c, resumeSession);
  return await next();
});

/** Loads the session with a query of the caller's choice. */
export async function loadSessionBy(
  c: Context<Env>,
  resume: (db: Db, cookie: string | undefined, resuming: Resuming) => Promise<Session | null>,
): Promise<void> {
  const { db, origin, now } = c.get("options");
  const session = await resume(db, readCookie(c, "session", origin), resumingOf(c, now()));
  c.set("resumed", session);
  c.set("texts", textsOf(languageOf(c, openSession(c))));
}

export function resumingOf(c: Context, now: number): Resuming {
  return { isReading: c.req.method === "GET" || c.req.method === "HEAD", now };
}

/** The session behind the cookie if it is valid. */
export function openSession(c: Context<Env>): Session | null {
  const session = c.get("resumed") ?? null;
  return session?.end === null ? session : null;
}

/** The time zone of the signed-in user. */
export function zoneOf(c: Context<Env>): string {
  return c.get("session").timeZone ?? DEFAULT_ZONE;
}

/** Lets valid sessions in, and records their visit. */
export const requireSession = createMiddleware<Env>(async (c, next) => {
  const session = openSession(c);
  if (!session) return redirectToSignIn(c);

  c.set("session", session);
  const { db, lifetime, now } = c.get("options");
  c.get("waitUntil")(markSeen(db, session, lifetime, now()));
  return await next();
});

/** Redirects to sign-in, and back to the current page afterwards. */
export function redirectToSignIn(c: Context): Response {
  if (isHtmx(c)) {
    const current = c.req.header("HX-Current-URL");
    const page = current && URL.canParse(current) ? new URL(current) : undefined;
    c.header("HX-Redirect", withQuery(paths.signIn, { next: safeNext(page && page.pathname + page.search) }));
    return c.body(null, 401);
  }
  const page = c.req.method === "GET" ? c.req.path + new URL(c.req.url).search : undefined;
  return c.redirect(withQuery(paths.signIn, { next: safeNext(page) }), 303);
}

/** The csrf value of a signed-out browser: the `form` cookie's, kept so that forms in other tabs stay valid. */
export function formCsrf(c: Context<Env>): string {
  const stored = readCookie(c, "form", c.var.options.origin);
  const csrf = stored && /^[\w-]{22}$/.test(stored) ? stored : newCsrf();
  // Set each time: it makes Chromium drop the pages before this one from its back/forward cache.
  writeCookie(c, "form", csrf);
  return csrf;
}
