import type { Context } from "hono";
import { giveBack, reserveTry, type Try } from "../db/limits.ts";
import type { User } from "../db/users.ts";
import { formatWait } from "../views/time.tsx";
import type { Env } from "./env.ts";

export type Checked = { outcome: "right"; user: User; reserved: Try } | Refused;

export type Refused =
  | { outcome: "wrong" }
  /** Too many tries: when there is one again, in milliseconds. */
  | { outcome: "limited"; retryAfter: number }
  /** Too many at the same time. */
  | { outcome: "busy" };

/** For whoever finds the server busy hashing: seconds. */
export const BUSY_RETRY_AFTER = 5;

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
  const { address } = await c.var.visitor();
  const reserved = await reserveTry(db, { email, address, isKnown }, c.var.now());
  if ("retryAfter" in reserved) {
    log("excess_rate_limit_exceeded", { request_id: requestId, user: user?.id, ip: address.ip });
    return { outcome: "limited", retryAfter: reserved.retryAfter };
  }
  const isRight = await passwords.verify(password, user?.passwordHash);
  if (isRight === null) {
    await giveBack(db, reserved);
    return { outcome: "busy" };
  }
  return isRight && user ? { outcome: "right", user, reserved } : { outcome: "wrong" };
}

/** Sets status and header for a password that was not taken; returns what to say, which for a wrong one is `wrong`. */
export function answerRefused(c: Context<Env>, refused: Refused, wrong: string): string {
  switch (refused.outcome) {
    case "wrong":
      c.status(422);
      return wrong;
    case "limited":
      c.status(429);
      c.header("Retry-After", String(Math.max(1, Math.ceil(refused.retryAfter / 1000))));
      return `There were too many tries. Wait ${formatWait(refused.retryAfter)}, then try again.`;
    case "busy":
      c.status(503);
      c.header("Retry-After", String(BUSY_RETRY_AFTER));
      return "Many passwords are being checked right now. Please try again in a few seconds.";
  }
}
