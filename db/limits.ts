import { createHash } from "node:crypto";
import { and, eq, gte, inArray, lt, lte, or, sql } from "drizzle-orm";
import type { Address } from "../visitor/addresses.ts";
import type { Db } from "./database.ts";
import { limits } from "./schema.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Only failures count (ASVS 6.3.1): an attempt is reserved before the password is checked, and returned if it was right. */
type Budget = {
  max: number;
  /** From the first failure; with `lock`, from the last. */
  window: number;
  /** How long reaching `max` locks. */
  lock?: number;
};

const PER_ADDRESS: Budget = { max: 10, window: 3 * MINUTE };
const PER_ACCOUNT: Budget = { max: 25, window: HOUR };
/** Failures in a row (NIST SP 800-63B-4, 3.2.2). */
const IN_A_ROW: Budget = { max: 100, window: 30 * DAY, lock: DAY };

export const KNOWN_FOR = 30 * DAY;

/** The keys of its counters. */
export type Attempt = {
  address: string;
  account: string;
  run: string;
  /** Failing it locks the account for a day. */
  isLast: boolean;
};

export type OverLimit = { retryAfter: number; isLocked: boolean };

/**
 * Reserves an attempt, or says how long (in milliseconds) there is none. Going over one budget leaves the next untouched, and an address
 * known to the account has its own, so that strangers can't use up the owner's. If a remote answer is lost, the attempt stays counted.
 */
export async function reserveAttempt(
  db: Db,
  { email, address, isKnown }: { email: string; address: Address; isKnown: boolean },
  now: number,
): Promise<Attempt | OverLimit> {
  const account = accountKey(email);
  const keys = {
    address: `address:${address.client}`,
    account: isKnown ? `known:${account}:${address.client}` : `account:${account}`,
    run: `run:${account}`,
  };
  const budgets: [key: string, budget: Budget][] = [
    [keys.address, PER_ADDRESS],
    [keys.account, PER_ACCOUNT],
    [keys.run, IN_A_ROW],
  ];
  const [byAddress, byAccount, inARow, rows] = await db.batch([
    countOne(db, keys.address, PER_ADDRESS, now, []),
    countOne(db, keys.account, PER_ACCOUNT, now, budgets.slice(0, 1)),
    countOne(db, keys.run, IN_A_ROW, now, budgets.slice(0, 2)),
    db.select().from(limits).where(inArray(limits.key, budgets.map(([key]) => key))),
  ]);
  const counts = [byAddress, byAccount, inARow];
  const isOver = budgets.some(([, { max }], i) => counts[i]?.some(({ count }) => count > max));
  if (!isOver) return { ...keys, isLast: inARow[0]?.count === IN_A_ROW.max };

  // When several budgets are used up, the last to free up decides the wait.
  const usedUp = rows.filter(({ key, count, expiresAt }) =>
    expiresAt > now && budgets.some(([k, { max }]) => k === key && count >= max)
  );
  return {
    retryAfter: Math.max(...usedUp.map(({ expiresAt }) => expiresAt - now)),
    isLocked: usedUp.some(({ key }) => key === keys.run),
  };
}

export function afterSuccess(db: Db, reserved: Attempt) {
  return [
    decrement(db, [reserved.address, reserved.account]),
    db.delete(limits).where(eq(limits.key, reserved.run)),
  ] as const;
}

/** Also removes the counters it started, so that a flood doesn't fill the table. */
export async function returnAttempt(db: Db, reserved: Attempt): Promise<void> {
  const keys = [reserved.address, reserved.account, reserved.run];
  await db.batch([decrement(db, keys), db.delete(limits).where(and(inArray(limits.key, keys), lte(limits.count, 0)))]);
}

export function removeExpired(db: Db, now: number, max: number) {
  const expired = db.select({ key: limits.key }).from(limits).where(lte(limits.expiresAt, now)).limit(max);
  return db.delete(limits).where(inArray(limits.key, expired));
}

export function forgetFailures(db: Db, email: string) {
  const account = accountKey(email);
  return db.delete(limits).where(or(
    inArray(limits.key, [`account:${account}`, `run:${account}`]),
    // The keys with the prefix `known:ACCOUNT:`; ";" follows ":" in ASCII.
    and(gte(limits.key, `known:${account}:`), lt(limits.key, `known:${account};`)),
  ));
}

/** Raises a counter up to `max` + 1; returns no row if one of the `earlier` budgets is used up. */
export function countOne(db: Db, key: string, budget: Budget, now: number, earlier: [key: string, budget: Budget][]) {
  const { max, window, lock } = budget;
  // A counter that outlasts any window was written by a clock that was ahead, and would lock people out until then.
  const isExpired = sql`(limits.expires_at <= ${now} or limits.expires_at > ${now + Math.max(window, lock ?? 0)})`;
  const nextExpiry = lock === undefined
    ? sql`limits.expires_at`
    : sql`case limits.count + 1 when ${max} then ${now + lock} else ${now + window} end`;
  const isWithin = earlier.map(([k, b]) =>
    sql`not exists (select 1 from limits where key = ${k} and count > ${b.max})`
  );
  return db.all<{ count: number; expiresAt: number }>(sql`
    insert into limits (key, count, expires_at)
    select ${key}, 1, ${now + window}
    where ${sql.join([sql`true`, ...isWithin], sql` and `)}
    on conflict (key) do update set
      count = case when ${isExpired} then 1 else min(limits.count + 1, ${max + 1}) end,
      expires_at = case
        when ${isExpired} then ${now + window}
        when limits.count >= ${max} then limits.expires_at
        else ${nextExpiry}
      end
    returning count, expires_at as "expiresAt"`);
}

function decrement(db: Db, keys: string[]) {
  return db.update(limits).set({ count: sql`${limits.count} - 1` }).where(inArray(limits.key, keys));
}

export function accountKey(email: string): string {
  return createHash("sha256").update(email).digest("base64url");
}
