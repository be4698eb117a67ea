import type { Context } from "hono";
import { UnreadableHash } from "../../credentials/other_hashes.ts";
import type { Rank } from "../../credentials/slots.ts";
import { forgetBrowser } from "../../db/browsers.ts";
import { closeGuesser } from "../../db/connections.ts";
import {
  accountKey,
  type Attempt,
  codeAccount,
  type Guess,
  keysOf,
  type OverLimit,
  passkeyAccount,
  reserveAttempt,
  returnAttempt,
  type Standing,
} from "../../db/limits.ts";
import type { PendingSignIn } from "../../db/methods/pending.ts";
import { recordRefusal, type Refusal } from "../../db/refusals.ts";
import type { RefusalReason, User } from "../../db/schema.ts";
import { findUser, foldEmail } from "../../db/users.ts";
import { formatWait } from "../../words/time.ts";
import type { Env } from "../env.ts";
import { SessionEnded } from "../refusal.ts";
import { logRequest } from "../request.ts";

export type Checked = { outcome: "right"; user: User; reserved: Attempt } | Refused;

export type Refused =
  /** `isLast`: one more is refused. */
  | { outcome: "wrong"; standing: Standing; isLast: boolean }
  /** Over a limit; `retryAfter` in milliseconds. */
  | { outcome: "limited"; standing: Standing; retryAfter: number; isLocked: boolean; key: string }
  /** Too many passwords are waiting to be hashed. */
  | { outcome: "busy" };

/** For `Retry-After`, in seconds. */
export const BUSY_RETRY_AFTER = 5;
/** Delays a busy answer, in milliseconds, so that clients that retry at once do so four times a second and not a hundred times. */
const BUSY_DELAY = 250;

type Entered = {
  email: string;
  user: User | undefined;
  /** How the account knows the visitor, from best to worst. */
  standings: Standing[];
  browser: string | null;
  password: string;
};

/**
 * Checks a password within the limiter's budgets: first a slot in the queue, so that a flood costs no writes, then the reservation, so that it
 * costs no hashes. An unknown account costs the same work (ASVS 6.3.1, 6.3.8). If the password is
 * right, the caller's batch returns the attempt.
 */
export async function checkPassword(c: Context<Env>, { email, password, ...entered }: Entered): Promise<Checked> {
  const { user } = entered;
  const account = accountKey(email, user !== undefined);
  return await checkWithin(c, { ...entered, account }, (guess) =>
    c.var.options.passwords.inTurn(
      { rank: rankOf(guess.standing), account },
      (verify) => attempt(c, guess, () => isRightFor(c, user, () => verify(password, user?.passwordHash || undefined))),
    ));
}

/** Checks a second step like a password, within its own budgets and its sign-in's. `over`: the sign-in has to start over. */
export async function checkSecondStep(
  c: Context<Env>,
  { pending, ...entered }: {
    pending: PendingSignIn;
    standings: Standing[];
    browser: string | null;
    isRight: () => Promise<boolean>;
  },
): Promise<Checked | { outcome: "over" }> {
  const { user } = pending;
  const account = codeAccount(accountKey(foldEmail(user.email), true));
  const checked = await checkProof(c, { ...entered, user, account, pending: pending.id });
  return checked.outcome === "limited" && checked.key === `pending:${pending.id}` ? { outcome: "over" } : checked;
}

/** Checks a proof that costs no hash, within the limiter's budgets. */
export async function checkProof(
  c: Context<Env>,
  { isRight, ...known }: Known & { isRight: () => Promise<boolean> },
): Promise<Checked> {
  return await checkWithin(c, known, (guess) => attempt(c, guess, isRight));
}

type Known = {
  account: string;
  user: User | undefined;
  standings: Standing[];
  browser: string | null;
  pending?: string;
};

type Attempted = OverLimit | { reserved: Attempt; isRight: boolean };

/** Makes an attempt with the best standing whose budgets are left. `tryWith` returns `null` if too many passwords are waiting. */
async function checkWithin(
  c: Context<Env>,
  { user, standings, ...known }: Known,
  tryWith: (guess: Guess) => Promise<Attempted | null>,
): Promise<Checked> {
  let over: OverLimit | undefined;
  for (const standing of standings) {
    const guess = { ...known, address: c.var.address(), standing };
    const attempted = c.var.overLimits.find(keysOf(guess)) ?? await tryWith(guess);
    if (attempted === null) return await delayBusy();
    if ("retryAfter" in attempted) {
      over = attempted;
      continue;
    }
    const { reserved, isRight } = attempted;
    if (isRight && user && !isDisabled(c, user)) return { outcome: "right", user, reserved };
    if (reserved.isLast) await punish(c, standing, user);
    return { outcome: "wrong", standing, isLast: reserved.isLast };
  }
  const { retryAfter = 0, isLocked = false, key = "" } = over ?? {};
  return { outcome: "limited", standing: standings.at(-1) ?? { kind: "stranger" }, retryAfter, isLocked, key };
}

/** Reserves an attempt and uses it; one that hashed nothing is returned. */
async function attempt(
  c: Context<Env>,
  guess: Guess,
  verify: () => Promise<boolean>,
): Promise<Attempted> {
  const { options: { db, now }, overLimits } = c.var;
  const reserved = await reserveAttempt(db, guess, now());
  if ("retryAfter" in reserved) {
    overLimits.remember(reserved);
    return reserved;
  }
  try {
    return { reserved, isRight: await verify() };
  } catch (error) {
    await returnAttempt(db, reserved);
    throw error;
  }
}

/** A disabled account's right password is answered like a wrong one. */
function isDisabled(c: Context<Env>, user: User): boolean {
  if (user.disabledAt === null) return false;
  logRequest(c, "authn_login_disabled", { user: user.id });
  return true;
}

/** A hash that can't be read makes every password wrong; the log says why. */
async function isRightFor(
  c: Context<Env>,
  user: User | undefined,
  verify: () => Promise<boolean>,
): Promise<boolean> {
  try {
    return await verify();
  } catch (error) {
    if (!(error instanceof UnreadableHash)) throw error;
    logRequest(c, "password_unreadable", { user: user?.id });
    return false;
  }
}

/** After too many failures in a row strangers are locked out for a day, a known browser is forgotten, and a connection is closed. */
async function punish(c: Context<Env>, standing: Standing, user: User | undefined): Promise<void> {
  const { options: { db, now, mail } } = c.var;
  logRequest(c, "authn_login_lock", { user: user?.id, locked: standing.kind });
  if (standing.kind === "browser" && user) await forgetBrowser(db, user.id, standing.id);
  if (standing.kind !== "session" || !await closeGuesser(db, c.var.session, now(), mail !== undefined)) return;
  mail?.wake();
  logRequest(c, "session_closed", { user: user?.id, connection: standing.id, reason: "too_many_attempts" });
}

function rankOf({ kind }: Standing): Rank {
  return kind === "session" || kind === "browser" ? "owner" : kind;
}

async function delayBusy(): Promise<Refused> {
  await new Promise((resolve) => setTimeout(resolve, BUSY_DELAY));
  return { outcome: "busy" };
}

/**
 * Checks the signed-in user's own password. Failures count for the session alone, and are part of the history; the tenth in a row closes
 * its connection (ASVS 6.3.4), which throws `SessionEnded`.
 */
export async function checkOwnPassword(c: Context<Env>, password: string): Promise<Checked> {
  const { options: { db }, session: { email } } = c.var;
  const user = await findUser(db, email);
  return await countOwn(c, user, (own) => checkPassword(c, { ...own, email, user, password }));
}

/** The same for a passkey. */
export async function checkOwnPasskey(c: Context<Env>, isRight: () => Promise<boolean>): Promise<Checked> {
  const { options: { db }, session: { email } } = c.var;
  const user = await findUser(db, email);
  const account = passkeyAccount(accountKey(email, user !== undefined));
  return await countOwn(c, user, (own) => checkProof(c, { ...own, account, user, isRight }));
}

async function countOwn(
  c: Context<Env>,
  user: User | undefined,
  check: (own: { standings: Standing[]; browser: string | null }) => Promise<Checked>,
): Promise<Checked> {
  const { options: { db, now: clock }, session, waitUntil } = c.var;
  const { connectionId, browser } = session;
  const standing: Standing = { kind: "session", id: connectionId };
  const checked = await check({ standings: [standing], browser });
  if (checked.outcome === "right" || checked.outcome === "busy") return checked;

  if (checked.outcome === "limited") throw new SessionEnded();
  const visitor = await c.var.visitor();
  const refusal = { user, visitor, standing, reason: "wrong_confirmation" as const, connectionId, now: clock() };
  waitUntil(recordRefusal(db, refusal));
  if (checked.isLast) throw new SessionEnded();
  return checked;
}

/**
 * Records a refused sign-in once the answer is on its way: neither its time nor a fault reveals whether the account exists (ASVS 6.3.8). `wrong`
 * is the history's reason if a password or code was checked.
 */
export async function recordRefused(
  c: Context<Env>,
  refused: Refused,
  { user, wrong }: { user: User | undefined; wrong: RefusalReason },
): Promise<void> {
  if (refused.outcome === "busy") return;
  const { options: { db, mail, now }, overLimits, waitUntil } = c.var;
  const { standing } = refused;
  const reason = refusalReason(refused, wrong);
  const refusal: Refusal = { user, visitor: await c.var.visitor(), standing, reason, now: now() };
  if (refused.outcome === "limited") return overLimits.gather(refusal);

  logRequest(c, "authn_login_fail", { user: user?.id, reason });
  const isMailed = mail !== undefined && refused.isLast && standing.kind !== "browser";
  const isAnswered = new Promise((resolve) => setTimeout(resolve));
  const recorded = isAnswered.then(() => recordRefusal(db, { ...refusal, isMailed }));
  waitUntil(isMailed ? recorded.then(() => mail.wake()) : recorded);
}

function refusalReason(refused: Exclude<Refused, { outcome: "busy" }>, wrong: RefusalReason): RefusalReason {
  if (refused.outcome === "limited") return refused.isLocked ? "locked" : "too_many_tries";
  return refused.isLast && refused.standing.kind === "stranger" ? "locked" : wrong;
}

/** Sets the status and headers for a refused password, and returns what to say; for a wrong one that is `wrong`. */
export function describeRefused(c: Context<Env>, refused: Refused, wrong: string): string {
  const { options, texts: t } = c.var;
  switch (refused.outcome) {
    case "wrong":
      c.status(422);
      return wrong;
    case "limited":
      c.status(429);
      c.header("Retry-After", String(Math.max(1, Math.ceil(refused.retryAfter / 1000))));
      if (!refused.isLocked) return t.refused.limited(formatWait(refused.retryAfter, t));
      return t.refused[options.mail ? "lockedWithMail" : "locked"](formatWait(refused.retryAfter, t));
    case "busy":
      c.status(503);
      c.header("Retry-After", String(BUSY_RETRY_AFTER));
      return t.refused.busy;
  }
}
