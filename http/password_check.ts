import type { Context } from "hono";
import { type Attempt, reserveAttempt, returnAttempt } from "../db/limits.ts";
import type { RefusalReason, User } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { formatWait } from "../words/time.ts";
import type { Env } from "./env.ts";

export type Checked = { outcome: "right"; user: User; reserved: Attempt } | Refused;

export type Refused =
  /** `isLast`: it locks the account for a day. */
  | { outcome: "wrong"; isLast: boolean }
  /** Over a limit; `retryAfter` in milliseconds. */
  | { outcome: "limited"; retryAfter: number; isLocked: boolean }
  /** Too many passwords are being hashed. */
  | { outcome: "busy" };

/** For `Retry-After`, in seconds. */
export const BUSY_RETRY_AFTER = 5;
/** Delays a busy answer, in milliseconds, so that clients that retry at once do so four times a second and not a hundred times. */
const BUSY_DELAY = 250;

/**
 * Checks a password within the limiter's budget. The attempt is reserved before the hash, so that a flood costs no hashes, and an unknown
 * account costs the same work (ASVS 6.3.1, 6.3.8). If the password is right, the caller's batch returns the attempt.
 */
export async function checkPassword(
  c: Context<Env>,
  { email, user, isKnown, password }: { email: string; user: User | undefined; isKnown: boolean; password: string },
): Promise<Checked> {
  const { options: { db, passwords, log, now }, requestId } = c.var;
  // Before the reservation: a flood beyond the semaphore costs no writes either.
  if (passwords.isBusy()) return await delayBusy();
  const { address } = await c.var.visitor();
  const reserved = await reserveAttempt(db, { email, address, isKnown }, now());
  if ("retryAfter" in reserved) {
    log("excess_rate_limit_exceeded", { request_id: requestId, user: user?.id, ip: address.ip });
    return { outcome: "limited", ...reserved };
  }
  const isRight = await passwords.verify(password, user?.passwordHash);
  if (isRight === null) {
    await returnAttempt(db, reserved);
    return await delayBusy();
  }
  if (isRight && user) return { outcome: "right", user, reserved };
  if (reserved.isLast) log("authn_login_lock", { request_id: requestId, user: user?.id, ip: address.ip });
  return { outcome: "wrong", isLast: reserved.isLast };
}

async function delayBusy(): Promise<Refused> {
  await new Promise((resolve) => setTimeout(resolve, BUSY_DELAY));
  return { outcome: "busy" };
}

/** Checks the signed-in user's own password. Their address counts as known, so that strangers can't keep them from closing connections. */
export async function checkOwnPassword(c: Context<Env>, password: string): Promise<Checked> {
  const { options: { db }, session: { email } } = c.var;
  return await checkPassword(c, { email, user: await findUser(db, email), isKnown: true, password });
}

/** The reason that the history shows for a refused sign-in. */
export function refusalReason(refused: Exclude<Refused, { outcome: "busy" }>): RefusalReason {
  if (refused.outcome === "wrong") return refused.isLast ? "locked" : "wrong_password";
  return refused.isLocked ? "locked" : "too_many_tries";
}

/** Sets the status and headers for a refused password, and returns what to say; for a wrong one that is `wrong`. */
export function describeRefused(c: Context<Env>, refused: Refused, wrong: string): string {
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
