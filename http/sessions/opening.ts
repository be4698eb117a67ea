import type { Context } from "hono";
import { newBrowser } from "../../db/browsers.ts";
import { openConnection } from "../../db/connections.ts";
import type { Attempt } from "../../db/limits.ts";
import { sweep } from "../../db/retention.ts";
import type { UnusualReason, User } from "../../db/schema.ts";
import { MAX_COOKIE_AGE, readCookie, writeCookie } from "../cookies.ts";
import type { Env } from "../env.ts";
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
    reserved: Attempt;
    timeZone: string | null;
    how: Parameters<typeof openConnection>[1]["how"] & object;
  },
): Promise<boolean> {
  const { options: { db, origin, now: clock, lifetime, retention }, resumed, waitUntil } = c.var;
  const now = clock();
  const { user, how } = proved;
  // A former secret changes nothing (ASVS 7.2.4), unless its owner signs in again.
  const replaces = openSession(c) ?? (resumed?.userId === user.id ? resumed : null);
  const opened = browser ?? newBrowser();
  const visitor = await c.var.visitor();
  const cookie = await openConnection(db, { ...proved, visitor, browser: opened, replaces, lifetime, now });
  if (cookie === null) return false;

  logRequest(c, "authn_login_success", { user: user.id, method: how.method });
  waitUntil(sweep(db, lifetime, retention, now));
  writeSessionCookie(c, cookie, now);
  const browserCookie = typeof opened === "string" ? readCookie(c, "browser", origin) ?? "" : opened.cookie;
  writeCookie(c, "browser", browserCookie, MAX_COOKIE_AGE);
  return true;
}
