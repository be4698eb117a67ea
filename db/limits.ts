import { createHash } from "node:crypto";
import { and, eq, gte, inArray, lt, lte, or, sql } from "drizzle-orm";
import type { Address } from "../visitor/addresses.ts";
import type { Db } from "./database.ts";
import { limits } from "./schema.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * The sign-in limiter (ASVS 6.3.1). Only failures count: a try is reserved before the password is looked at, and given back
 * when it was right, so that an office behind one address is not shut out.
 */
type Rule = {
  /** How many failures are let through. */
  most: number;
  /** For how long they count, from the first one; with `lock`, from the last one. Milliseconds, like all here. */
  window: number;
  /** Reaching `most` shuts out for this long. */
  lock?: number;
};

const FROM_ADDRESS: Rule = { most: 10, window: 3 * MINUTE };
const AT_ACCOUNT: Rule = { most: 25, window: HOUR };
/** Failures in a row, after which the account takes no password for a day (NIST SP 800-63B-4, 3.2.2). */
const IN_A_ROW: Rule = { most: 100, window: 30 * DAY, lock: DAY };

/** How long an address that signed in to an account counts as known there. */
export const KNOWN_FOR = 30 * DAY;

/** A reserved try: it counts as a failure until it is given back. */
export type Try = {
  address: string;
  account: string;
  run: string;
  /** Whether it is the last one before the account takes no password for a day. */
  isLast: boolean;
};

/** No try left: how many milliseconds until there is one, and whether that is for too many failures in a row. */
export type NoTry = { retryAfter: number; isLocked: boolean };

/**
 * Reserves a try at the account of `email` from `address`, or says how long there is none. Exact when many arrive together:
 * the counters are in the database and one batch raises them. A try over one limit leaves the next one as it is, so that one
 * address can't use up an account's. An address that `isKnown` to the account has a budget of its own beside the
 * account's, so that strangers can't lock its owner out.
 *
 * Where the answer of a remote database is lost the try stays counted: one too many, and never one too few.
 */
export async function reserveTry(
  db: Db,
  { email, address, isKnown }: { email: string; address: Address; isKnown: boolean },
  now: number,
): Promise<Try | NoTry> {
  const account = accountKey(email);
  const keys = {
    address: `address:${address.client}`,
    account: isKnown ? `known:${account}:${address.client}` : `account:${account}`,
    run: `run:${account}`,
  };
  const rules: [key: string, rule: Rule][] = [[keys.address, FROM_ADDRESS], [keys.account, AT_ACCOUNT], [
    keys.run,
    IN_A_ROW,
  ]];
  const [first, second, third, rows] = await db.batch([
    countOne(db, keys.address, FROM_ADDRESS, now, []),
    countOne(db, keys.account, AT_ACCOUNT, now, rules.slice(0, 1)),
    countOne(db, keys.run, IN_A_ROW, now, rules.slice(0, 2)),
    db.select().from(limits).where(inArray(limits.key, rules.map(([key]) => key))),
  ]);
  const counts = [first, second, third];
  const isRefused = rules.some(([, { most }], i) => counts[i]?.some(({ count }) => count > most));
  if (!isRefused) return { ...keys, isLast: third[0]?.count === IN_A_ROW.most };

  // Of several full budgets the one that is full the longest tells when there is a try again.
  const full = rows.filter(({ key, count, expiresAt }) =>
    expiresAt > now && rules.some(([k, { most }]) => k === key && count >= most)
  );
  return {
    retryAfter: Math.max(...full.map(({ expiresAt }) => expiresAt - now)),
    isLocked: full.some(({ key }) => key === keys.run),
  };
}

/** Statements for a batch: the password was right, so the try is given back and the run of failures is over. */
export function afterSuccess(db: Db, reserved: Try) {
  return [
    takeBack(db, [reserved.address, reserved.account]),
    db.delete(limits).where(eq(limits.key, reserved.run)),
  ] as const;
}

/**
 * The password was never looked at: the try is given back whole, and nothing is left of counters that it began, so that tries
 * which find the server busy do not fill the database.
 */
export async function giveBack(db: Db, reserved: Try): Promise<void> {
  const keys = [reserved.address, reserved.account, reserved.run];
  await db.batch([takeBack(db, keys), db.delete(limits).where(and(inArray(limits.key, keys), lte(limits.count, 0)))]);
}

/** Statement for a batch: removes counters that are worth nothing any more, so many at most. */
export function forgetExpired(db: Db, now: number, atMost: number) {
  const expired = db.select({ key: limits.key }).from(limits).where(lte(limits.expiresAt, now)).limit(atMost);
  return db.delete(limits).where(inArray(limits.key, expired));
}

/** Statement for a batch: an account with a new password takes passwords again, from known addresses too. */
export function forgetFailures(db: Db, email: string) {
  const account = accountKey(email);
  return db.delete(limits).where(or(
    inArray(limits.key, [`account:${account}`, `run:${account}`]),
    // All keys that begin with `known:ACCOUNT:`; ";" is the character after ":".
    and(gte(limits.key, `known:${account}:`), lt(limits.key, `known:${account};`)),
  ));
}

/**
 * Statement for a batch: raises a counter by one up to one over `most`, where none of the `earlier` is over its own. Returns
 * no row where one is, else the new count.
 */
export function countOne(db: Db, key: string, rule: Rule, now: number, earlier: [key: string, rule: Rule][]) {
  const { most, window, lock } = rule;
  // One that lasts longer than any can was made by a clock that was ahead: it would shut people out until then.
  const isOver = sql`(limits.expires_at <= ${now} or limits.expires_at > ${now + Math.max(window, lock ?? 0)})`;
  const next = lock === undefined
    ? sql`limits.expires_at`
    : sql`case limits.count + 1 when ${most} then ${now + lock} else ${now + window} end`;
  return db.all<{ count: number; expiresAt: number }>(sql`
    insert into limits (key, count, expires_at)
    select ${key}, 1, ${now + window}
    where ${
    earlier.length === 0 ? sql`true` : sql.join(
      earlier.map(([k, r]) => sql`not exists (select 1 from limits where key = ${k} and count > ${r.most})`),
      sql` and `,
    )
  }
    on conflict (key) do update set
      count = case when ${isOver} then 1 else min(limits.count + 1, ${most + 1}) end,
      expires_at = case
        when ${isOver} then ${now + window}
        when limits.count >= ${most} then limits.expires_at
        else ${next}
      end
    returning count, expires_at as "expiresAt"`);
}

function takeBack(db: Db, keys: string[]) {
  return db.update(limits).set({ count: sql`${limits.count} - 1` }).where(inArray(limits.key, keys));
}

/** What is typed as an address may be anything, and may be nobody's: it is not kept in clear. */
export function accountKey(email: string): string {
  return createHash("sha256").update(email).digest("base64url");
}
