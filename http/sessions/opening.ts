import type { Context } from "hono";
import { findBrowser, newBrowser } from "../../db/browsers.ts";
import { openConnection, signOut } from "../../db/connections.ts";
import type { Attempt } from "../../db/limits.ts";
import { sweep } from "../../db/retention.ts";
import type { Challenge } from "../../db/methods/challenges.ts";
import type { UnusualReason, User } from "../../db/schema.ts";
import { findUnusual } from "../../db/unusual.ts";
import { findOrAddUser, isEmail } from "../../db/users.ts";
import { deleteFormerCookie, MAX_COOKIE_AGE, readCookie, writeCookie } from "../cookies.ts";
import type { Env } from "../env.ts";
import { languageOf } from "../languages.ts";
import { logRequest } from "../request.ts";
import { openSession, writeSessionCookie } from "./sessions.ts";

/**
 * Opens a connection for whoever proved to be `user`, and gives the browser its cookies. `browser` is a known one's id. `false` if what
 * was proved doesn't suffice any more, because the password or the second step changed, or the account was disabled.
 */
export async function open(
  c: Context<Env>,
  { browser, ...proved }: {
    user: User;
    browser: string | null;
    unusual: UnusualReason[];
    reserved: Attempt | null;
    timeZone: string | null;
    how: Parameters<typeof openConnection>[1]["how"] & object;
  },
): Promise<boolean> {
  const { options: { db, origin, now: clock, lifetime, retention, mail }, resumed, waitUntil } = c.var;
  const now = clock();
  const { user, how, unusual } = proved;
  // A former secret changes nothing (ASVS 7.2.4), unless its owner signs in again.
  const replaces = openSession(c) ?? (resumed?.userId === user.id ? resumed : null);
  const opened = browser ?? newBrowser();
  const visitor = await c.var.visitor();
  const mailed = mail && { isMailed: true, language: languageOf(c, null, c.var.options) };
  const cookie = await openConnection(db, { ...proved, visitor, browser: opened, replaces, lifetime, ...mailed, now });
  if (cookie === null) return false;
  if (unusual.length > 0) mail?.wake();

  logRequest(c, "authn_login_success", { user: user.id, method: how.method });
  waitUntil(sweep(db, lifetime, retention, now));
  writeSessionCookie(c, cookie, now);
  const browserCookie = typeof opened === "string" ? readCookie(c, "browser", origin) ?? "" : opened.cookie;
  writeCookie(c, "browser", browserCookie, MAX_COOKIE_AGE);
  return true;
}

/**
 * Opens a connection for an owner whom the panel signed in, and adds an account without a password if there is none. `false` if the address is
 * invalid, the account disabled or the ticket used. The browser's session must be loaded.
 */
export async function openByHost(
  c: Context<Env>,
  { email, timeZone = null, ticket }: { email: string; timeZone?: string | null; ticket?: Challenge },
): Promise<boolean> {
  const { db, origin, now } = c.var.options;
  if (!isEmail(email)) return false;
  const [{ user, isNew }, browser, visitor] = await Promise.all([
    findOrAddUser(db, email, now(), ticket),
    findBrowser(db, readCookie(c, "browser", origin)),
    c.var.visitor(),
  ]);
  if (!user) return false;
  if (isNew) logRequest(c, "user_created", { user: user.id, by: "host" });
  if (user.disabledAt !== null) {
    logRequest(c, "authn_login_disabled", { user: user.id });
    return false;
  }
  const unusual = await findUnusual(db, user.id, visitor, browser, now());
  return await open(c, { user, browser, unusual, reserved: null, timeZone, how: { method: "host", ticket } });
}

/** Closes the current connection, if any. The cookie stays: it opens nothing, but lets the sign-in page say what happened. */
export async function closeCurrent(c: Context<Env>): Promise<void> {
  const { db, now } = c.var.options;
  const session = openSession(c);
  if (session && await signOut(db, session, now())) {
    logRequest(c, "session_closed", { user: session.userId, connection: session.connectionId });
  }
  deleteFormerCookie(c, "session");
}
