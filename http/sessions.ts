import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { isSeenRecently, markSeen } from "../db/connections.ts";
import type { Db } from "../db/database.ts";
import { isAtPlace, recordPlace } from "../db/places.ts";
import { endFormerSecret, newCsrf, resumeSession, type Resuming, type Session } from "../db/sessions.ts";
import type { Address } from "../visitor/addresses.ts";
import { deviceOf, readUserAgent } from "../visitor/devices.ts";
import { type DeviceHeaders, readVisitor, type Visitor } from "../visitor/visitor.ts";
import { textsOf } from "../words/texts.ts";
import { DEFAULT_ZONE } from "../words/time.ts";
import { MAX_COOKIE_AGE, readCookie, writeCookie } from "./cookies.ts";
import type { AppOptions, Env } from "./env.ts";
import { isHtmx } from "./htmx.ts";
import { languageOf } from "./languages.ts";
import { PAGE_HEADER, paths, safeNext, withQuery } from "./paths.ts";
import { deviceHeadersOf } from "./request.ts";

/** Sets the session's cookie, for as long as a connection opened at `openedAt` can last. */
export function writeSessionCookie(c: Context<Env>, cookie: string, openedAt: number): void {
  const { lifetime, now } = c.var.options;
  const left = Math.floor((openedAt + lifetime.max - now()) / 1000);
  writeCookie(c, "session", cookie, Math.min(left, MAX_COOKIE_AGE));
}

/** Loads the session behind the cookie, and with it the language. */
export const loadSession = createMiddleware<Env>(async (c, next) => {
  await loadSessionBy(c, resumeSession);
  const session = openSession(c);
  return session && isOtherPage(c, session) ? reloadPage(c) : await next();
});

/** Whether a page's request comes over another connection than the page was made for: somebody signed in again in another tab. */
export function isOtherPage(c: Context, session: Session): boolean {
  const page = c.req.header(PAGE_HEADER);
  return page !== undefined && page !== session.connectionId;
}

/** Has htmx load the page again: otherwise it would show one account's rows under another's name. */
export function reloadPage(c: Context): Response {
  c.header("HX-Refresh", "true");
  return c.body(null, 204);
}

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
  const options = c.get("options");
  const now = options.now();
  if (!isSeenRecently(session, now)) c.get("waitUntil")(markSeen(options.db, session, options.lifetime, now));
  recordVisit(c, session);
  return await next();
});

/** Records what a request shows of its session, a poll's too: from where it is used, and that a renewed secret arrived. */
export function recordVisit(c: Context<Env>, session: Session): void {
  const work = recordVisitFrom(c.get("options"), session, c.get("address")(), deviceHeadersOf(c));
  if (work) c.get("waitUntil")(work);
}

/** The same outside the area's routes; `null` if there is nothing to record. */
export function recordVisitFrom(
  options: AppOptions,
  session: Session,
  address: Address,
  headers: DeviceHeaders,
): Promise<void> | null {
  const now = options.now();
  const userAgent = readUserAgent(headers.userAgent);
  // An unknown address is no other one; another device is one all the same.
  const client = address.client || session.place.client;
  const hasMoved = !isAtPlace(session, { client, device: deviceOf(userAgent, headers.brands), userAgent }, now);
  if (!hasMoved && !session.isFirstSeen) return null;

  return (async () => {
    if (session.isFirstSeen) await endFormerSecret(options.db, session, now);
    if (hasMoved) await recordMove(options, session, await readVisitor(address, headers, options.countryOf), now);
  })();
}

async function recordMove({ db, log }: AppOptions, session: Session, visitor: Visitor, now: number): Promise<void> {
  const reasons = await recordPlace(db, session, visitor, now);
  if (reasons.length === 0) return;
  const { userId: user, connectionId: connection } = session;
  log("unusual_moved", { user, connection, ip: visitor.address.ip, reasons: reasons.join(" ") });
}

/** Redirects to sign-in, and back to the current page afterwards. */
export function redirectToSignIn(c: Context): Response {
  if (isHtmx(c)) {
    const current = c.req.header("HX-Current-URL");
    const page = current && URL.canParse(current) ? new URL(current) : undefined;
    c.header("HX-Redirect", withQuery(paths.signIn, { next: safeNext(page && page.pathname + page.search) }));
    return c.body(null, 401);
  }
  // After sign-in a download would leave the sign-in page on the screen: the history has its link.
  const path = c.req.path === paths.csv ? paths.connections : c.req.path;
  const page = c.req.method === "GET" ? path + new URL(c.req.url).search : undefined;
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
