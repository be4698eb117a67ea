import type { Context } from "hono";
import { giveBack, reserveTry, type Try } from "../db/limits.ts";
import type { RefusalReason, User } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { formatWait } from "../words/time.ts";
import type { Env } from "./env.ts";

export type Checked = { outcome: "right"; user: User; reserved: Try } | Refused;

export type Refused =
  /** `isLast`: after it the account takes no password for a day. */
  | { outcome: "wrong"; isLast: boolean }
  /** Too many tries: when there is one again, in milliseconds; `isLocked`: too many in a row. */
  | { outcome: "limited"; retryAfter: number; isLocked: boolean }
  /** Too many at the same time. */
  | { outcome: "busy" };

/** For whoever finds the server busy hashing: seconds. */
export const BUSY_RETRY_AFTER = 5;
/**
 * Who finds it so is told after so many milliseconds: who tries again as soon as they are answered then does so four times a second, and
 * not a hundred times. In a flood of 32 at once, 99 of 100 pages are there within 14 ms so, and within 26 without it.
 */
const BUSY_PAUSE = 250;

/**
 * Looks at a password within the limiter's budget: the try is reserved before the hash, so that a flood costs no hashes, and
 * the work is the same where there is no such account (ASVS 6.3.1, 6.3.8). When it is `right`, the caller's own batch gives
 * the try back.
 */
export async function checkPassword(
  c: Context<Env>,
  { email, user, isKnown, password }: { email: string; user: User | undefined; isKnown: boolean; password: string },
): Promise<Checked> {
  const { db, passwords, log, requestId } = c.var;
  // A flood past what can be hashed costs no writes either, for which the pages would wait.
  if (passwords.isBusy()) return await tellBusy();
  const { address } = await c.var.visitor();
  const reserved = await reserveTry(db, { email, address, isKnown }, c.var.now());
  if ("retryAfter" in reserved) {
    log("excess_rate_limit_exceeded", { request_id: requestId, user: user?.id, ip: address.ip });
    return { outcome: "limited", ...reserved };
  }
  const isRight = await passwords.verify(password, user?.passwordHash);
  if (isRight === null) {
    await giveBack(db, reserved);
    return await tellBusy();
  }
  if (isRight && user) return { outcome: "right", user, reserved };
  if (reserved.isLast) log("authn_login_lock", { request_id: requestId, user: user?.id, ip: address.ip });
  return { outcome: "wrong", isLast: reserved.isLast };
}

async function tellBusy(): Promise<Refused> {
  await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE));
  return { outcome: "busy" };
}

/**
 * The same for the password of who is signed in. Their address counts as known to the account, wherever they are by now: else
 * strangers who use up its tries could keep its owner from closing what they opened.
 */
export async function checkOwnPassword(c: Context<Env>, password: string): Promise<Checked> {
  const { db, session: { email } } = c.var;
  return await checkPassword(c, { email, user: await findUser(db, email), isKnown: true, password });
}

/** What the history says of a sign-in that was refused. */
export function refusalReason(refused: Exclude<Refused, { outcome: "busy" }>): RefusalReason {
  if (refused.outcome === "wrong") return refused.isLast ? "locked" : "wrong_password";
  return refused.isLocked ? "locked" : "too_many_tries";
}

/** Sets status and header for a password that was not taken; returns what to say, which for a wrong one is `wrong`. */
export function answerRefused(c: Context<Env>, refused: Refused, wrong: string): string {
  const { texts: t } = c.var;
  switch (refused.outcome) {
    case "wrong":
      c.status(422);
      return wrong;
    case "limited":
      c.status(429);
      c.header("Retry-After", String(Math.max(1, Math.ceil(refused.retryAfter / 1000))));
      return refused.isLocked
        ? t.refused.locked(formatWait(refused.retryAfter, t))
        : t.refused.limited(formatWait(refused.retryAfter, t));
    case "busy":
      c.status(503);
      c.header("Retry-After", String(BUSY_RETRY_AFTER));
      return t.refused.busy;
  }
}
