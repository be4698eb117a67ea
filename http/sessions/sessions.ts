import type { Context, Hono, Next } from "hono";
import { createMiddleware } from "hono/factory";
import type { Db } from "../../db/database.ts";
import type { Language } from "../../db/schema.ts";
import { newCsrf, resumeSession, type Resuming, type Session } from "../../db/sessions.ts";
import { textsOf } from "../../words/texts.ts";
import { DEFAULT_ZONE } from "../../words/time.ts";
import { MAX_COOKIE_AGE, readCookie, writeCookie } from "../cookies.ts";
import { type AppOptions, type Env, GUESS, type Guess, type Owner } from "../env.ts";
import { isHtmx } from "../htmx.ts";
import { languageOf } from "../languages.ts";
import { PAGE_HEADER, paths, safeNext, withQuery } from "../paths.ts";
import { guessSession, isRight, keepAsGuess } from "./guesses.ts";
import { recordUse } from "./visits.ts";

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

/**
 * The same for routes that only read. With a remote database `app` answers by the cached session while the session is read in the same call.
 * That answer is sent only if the session is unchanged; otherwise the request is answered again.
 */
export function loadSessionBeside(app: Hono<Env>) {
  return createMiddleware<Env>((c, next) => {
    const { db } = c.get("options");
    const guess = c.env?.[GUESS];
    if (guess) useSession(c, guess.session);
    if (c.get("resumed") !== undefined) return next();
    if (!db.$client.isRemote) return loadSession(c, next);

    const likely = guessFor(c);
    return db.$client.together(() => likely ? answerByGuess(c, next, likely, app) : loadSession(c, next));
  });
}

/** The cached session, for a reading request over a remote database; otherwise `null`. Compare it with the session read in the same call. */
export function guessFor(c: Context<Env>): Session | null {
  const { db, origin, now } = c.get("options");
  const { isReading } = resumingOf(c, now());
  return db.$client.isRemote && isReading ? guessSession(db, readCookie(c, "session", origin)) : null;
}

async function answerByGuess(
  c: Context<Env>,
  next: Next,
  likely: Session,
  app: Hono<Env>,
): Promise<Response | void> {
  const { db } = c.get("options");
  const guess: Guess = { session: likely, address: c.get("address"), isUsed: false, log: [] };
  const [session, answer] = await Promise.all([
    readSession(c, resumeSession),
    isOtherPage(c, likely) ? reloadPage(c) : app.fetch(c.req.raw, { [GUESS]: guess }),
  ]);
  if (session && isRight(db, likely, session)) {
    if (guess.isUsed) recordUse(c, session);
    for (const write of guess.log) write();
    return answer;
  }
  if (session) keepAsGuess(db, session);
  useSession(c, session);
  return session && isOtherPage(c, session) ? reloadPage(c) : await next();
}

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

type Resume = (db: Db, cookie: string | undefined, resuming: Resuming) => Promise<Session | null>;

/** Loads the session with a query of the caller's choice. */
export async function loadSessionBy(c: Context<Env>, resume: Resume): Promise<void> {
  const session = await readSession(c, resume);
  if (session) keepAsGuess(c.get("options").db, session);
  useSession(c, session);
}

function readSession(c: Context<Env>, resume: Resume): Promise<Session | null> {
  const { db, origin, now } = c.get("options");
  return resume(db, readCookie(c, "session", origin), resumingOf(c, now()));
}

function useSession(c: Context<Env>, session: Session | null): void {
  c.set("resumed", session);
  useLanguage(c, openSession(c));
}

export function useLanguage(c: Context<Env>, session: Session | null): void {
  c.set("texts", textsOf(languageOf(c, session, c.get("options"))));
}

export function resumingOf(c: Context, now: number): Resuming {
  return { isReading: c.req.method === "GET" || c.req.method === "HEAD", now };
}

/** The session behind the cookie if it is valid. */
export function openSession(c: Context<Env>): Session | null {
  const session = c.get("resumed") ?? null;
  return session?.end === null ? session : null;
}

export function ownerOf({ email, csrf }: Session, { base = "" }: AppOptions, language: Language): Owner {
  return { email, csrf, language, base };
}

/** The time zone in which a signed-in user sees times. */
export function zoneOf({ timeZone }: Session): string {
  return timeZone ?? DEFAULT_ZONE;
}

/** Lets valid sessions in, and records their use. */
export const requireSession = createMiddleware<Env>(async (c, next) => {
  const session = openSession(c);
  if (!session) return redirectToSignIn(c);
  if (isSecondFactorDue(c.get("options"), session, c.req.path)) return redirectToMethods(c);

  c.set("session", session);
  const guess = c.env?.[GUESS];
  if (guess) guess.isUsed = true;
  else recordUse(c, session);
  return await next();
});

/** Whether nothing but the sign-in methods is shown, because the operator requires a second step and there is none. */
export function isSecondFactorDue(
  { requiresSecondFactor = false }: AppOptions,
  { hasSecondFactor }: Session,
  path: string,
): boolean {
  return requiresSecondFactor && !hasSecondFactor && !path.startsWith(paths.methods);
}

export function redirectToMethods(c: Context): Response {
  return redirectTo(c, paths.methods);
}

/** Redirects to sign-in, and back to the current page afterwards. */
export function redirectToSignIn(c: Context, options: AppOptions = c.get("options")): Response {
  if (isHtmx(c)) {
    const current = c.req.header("HX-Current-URL");
    const page = current && URL.canParse(current) ? new URL(current) : undefined;
    return redirectTo(c, signInPath(options, safeNext(page && page.pathname + page.search)));
  }
  // After sign-in a download would leave the sign-in page on the screen: the history has its link.
  const path = c.req.path === paths.csv ? paths.connections : c.req.path;
  const page = c.req.method === "GET" ? path + new URL(c.req.url).search : undefined;
  return c.redirect(signInPath(options, safeNext(page)), 303);
}

/** The URL of the sign-in page, which may be the host's. `next`: the path to return to. */
export function signInPath({ signIn = paths.signIn }: AppOptions, next?: string): string {
  return withQuery(signIn, { next });
}

/** Has htmx load another page; redirects anybody else to it. */
function redirectTo(c: Context, path: string): Response {
  if (!isHtmx(c)) return c.redirect(path, 303);
  c.header("HX-Redirect", path);
  return c.body(null, 401);
}

/** The csrf value of a signed-out browser: the `form` cookie's, kept so that forms in other tabs stay valid. */
export function formCsrf(c: Context<Env>): string {
  const stored = readCookie(c, "form", c.var.options.origin);
  const csrf = stored && /^[\w-]{22}$/.test(stored) ? stored : newCsrf();
  // Set each time: it makes Chromium drop the pages before this one from its back/forward cache.
  writeCookie(c, "form", csrf);
  return csrf;
}
