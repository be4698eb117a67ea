import { createHash } from "node:crypto";
import { and, gte, inArray, lt, lte, or, type SQL, sql } from "drizzle-orm";
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
/** Shared by an account's strangers, and by its known networks. */
const PER_HOUR: Budget = { max: 25, window: HOUR };
/** Failures in a row of strangers, and of codes from known networks (NIST SP 800-63B-4, 3.2.2). */
const IN_A_ROW: Budget = { max: 100, window: 30 * DAY, lock: DAY };
/** Failures in a row of one session or known browser. */
const OWN_IN_A_ROW: Budget = { max: 10, window: 30 * DAY };
/** Wrong codes of one sign-in, before it has to start over. */
const PER_SIGN_IN: Budget = { max: 10, window: HOUR };

/** Mails with a link to one account, separately for requests by strangers, by known browsers and by its signed-in owner. */
const MAILS: Budget = { max: 3, window: HOUR, lock: HOUR };
const REQUESTS_PER_ADDRESS: Budget = { max: 10, window: HOUR };

/** Counters of addresses without an account: a bounded number, however many are made up. */
const UNKNOWN_ACCOUNTS = 100_000;

/** How an account knows the client that enters a password. Sessions and known browsers have budgets that nobody else can use up. */
export type Standing = { kind: "session" | "browser"; id: string } | { kind: "network" | "stranger" };

export type Attempt = {
  standing: Standing;
  counted: string[];
  /** The keys of the runs that a right password ends. */
  runs: string[];
  /** Failing it locks the account to strangers, closes the session, or makes the account forget the browser. */
  isLast: boolean;
};

export type OverLimit = {
  /** In milliseconds. */
  retryAfter: number;
  isLocked: boolean;
  key: string;
};

export type LinkRequest = Pick<Guess, "account" | "address" | "standing">;

export type Guess = {
  account: string;
  address: Address;
  standing: Standing;
  browser: string | null;
  /** The id of the sign-in that waits for this code. */
  pending?: string;
};

type Counter = [key: string, budget: Budget];
type Counted = { count: number; expiresAt: number };

/** Reserves an attempt, or returns how long to wait. A used-up budget leaves those after it untouched; a lost remote answer stays counted. */
export async function reserveAttempt(db: Db, guess: Guess, now: number): Promise<Attempt | OverLimit> {
  const counters = countersOf(guess);
  const keys = counters.map(([key]) => key);
  const results = await db.batch([
    db.select().from(limits).where(inArray(limits.key, keys)),
    ...counters.map(([key, budget], i) => countOne(db, key, budget, now, counters.slice(0, i))),
  ]);
  const counts = results.slice(1).map(([counted]) => counted?.count);
  const isOver = counters.some(([, { max }], i) => (counts[i] ?? max + 1) > max);
  if (!isOver) {
    const isLast = counters.some(([, budget], i) => isRun(budget) && counts[i] === budget.max);
    return { standing: guess.standing, counted: keys, runs: runsOf(guess), isLast };
  }

  // When several budgets are used up, the last to free up decides the wait.
  const before = results[0];
  const usedUp = counters.flatMap(([key, { max }]) => {
    const row = before.find((row) => row.key === key);
    return row && row.expiresAt > now && row.count >= max ? [row] : [];
  }).sort((a, b) => b.expiresAt - a.expiresAt);
  const [longest] = usedUp;
  return {
    retryAfter: longest ? longest.expiresAt - now : MINUTE,
    isLocked: usedUp.some(({ key }) => key.startsWith("run:")),
    key: longest?.key ?? keys[0] ?? "",
  };
}

export function keysOf(guess: Guess): string[] {
  return countersOf(guess).map(([key]) => key);
}

function countersOf(guess: Guess): Counter[] {
  const { account, standing, pending } = guess;
  const counters = countersOfStanding(guess);
  if (pending === undefined) return counters;
  // Whoever guesses codes has the password already, so a known network earns no leniency.
  const run: Counter[] = standing.kind === "network" ? [[`run:network:${account}`, IN_A_ROW]] : [];
  return [[`pending:${pending}`, PER_SIGN_IN], ...counters, ...run];
}

function countersOfStanding({ account, address, standing }: Guess): Counter[] {
  // Clients whose address is unknown would share one budget.
  const byAddress: Counter[] = address.client === "" ? [] : [[`address:${address.client}`, PER_ADDRESS]];
  switch (standing.kind) {
    case "session":
      return [[`session:${standing.id}`, OWN_IN_A_ROW]];
    case "browser":
      return [[`browser:${account}:${standing.id}`, OWN_IN_A_ROW]];
    case "network":
      return [...byAddress, [`network:${account}`, PER_HOUR]];
    case "stranger":
      return [...byAddress, [`account:${account}`, PER_HOUR], [`run:${account}`, IN_A_ROW]];
  }
}

/** Counts a request for a new password, in a batch: for its client, then for the account, whose known browsers have a budget apart. */
export function countRequest(db: Db, { account, address, standing }: LinkRequest, now: number) {
  const isKnown = standing.kind === "browser";
  const client: Counter | null = isKnown || address.client === "" ? null : [requestKey(address), REQUESTS_PER_ADDRESS];
  const own: Counter = [`${isKnown ? "link:browser" : "link"}:${account}`, MAILS];
  const ownCount = countOne(db, ...own, now, client ? [client] : []);
  return {
    statements: client ? [countOne(db, ...client, now, []), ownCount] as const : [ownCount] as const,
    isWithin: and(client ? isUnder(client) : undefined, isUnder(own)),
    /** Only the client's wait: the account's would reveal that it exists. */
    waitOf: (counted: Counted | undefined) => client && waitOf(client, counted, now),
  };
}

export function requestKey({ client }: Address): string {
  return `link:address:${client}`;
}

export function countNewEmail(db: Db, account: string, now: number) {
  const counter: Counter = [`email:${account}`, MAILS];
  return {
    statement: countOne(db, ...counter, now, []),
    isWithin: isUnder(counter),
    waitOf: (counted: Counted | undefined) => waitOf(counter, counted, now),
  };
}

function isUnder([key, { max }]: Counter): SQL {
  return sql`exists (select 1 from limits where key = ${key} and count <= ${max})`;
}

function waitOf([key, { max }]: Counter, counted: Counted | undefined, now: number): OverLimit | null {
  if (!counted || counted.count <= max) return null;
  return { key, retryAfter: counted.expiresAt - now, isLocked: false };
}

function runsOf({ account, standing, browser }: Guess): string[] {
  if (standing.kind === "session") return [`session:${standing.id}`];
  const ids = new Set([standing.kind === "browser" ? standing.id : null, browser]);
  return [
    `run:${account}`,
    `run:network:${account}`,
    ...[...ids].flatMap((id) => id === null ? [] : [`browser:${account}:${id}`]),
  ];
}

function isRun(budget: Budget): boolean {
  return budget === IN_A_ROW || budget === OWN_IN_A_ROW;
}

export function afterSuccess(db: Db, { counted, runs }: Attempt) {
  return [decrement(db, counted), db.delete(limits).where(inArray(limits.key, runs))] as const;
}

/** Also removes counters that it leaves at zero, so that a flood doesn't fill the table. */
export async function returnAttempt(db: Db, { counted }: Attempt): Promise<void> {
  const empty = and(inArray(limits.key, counted), lte(limits.count, 0));
  await db.batch([decrement(db, counted), db.delete(limits).where(empty)]);
}

export function removeExpired(db: Db, now: number, max: number) {
  const expired = db.select({ key: limits.key }).from(limits).where(lte(limits.expiresAt, now)).limit(max);
  return db.delete(limits).where(inArray(limits.key, expired));
}

export function forgetFailures(db: Db, email: string, condition?: SQL) {
  const account = accountKey(email, true);
  return db.delete(limits).where(and(ofAccount(account), condition));
}

/** Codes and passkeys have counters apart from the password's. */
export function codeAccount(account: string): string {
  return `${account}:code`;
}

export function passkeyAccount(account: string): string {
  return `${account}:passkey`;
}

export function ofAccount(account: string): SQL | undefined {
  return or(
    inArray(limits.key, [account, codeAccount(account), passkeyAccount(account)].flatMap(keysOfAll)),
    // The keys with the prefix `browser:ACCOUNT:`; ";" follows ":" in ASCII.
    and(gte(limits.key, `browser:${account}:`), lt(limits.key, `browser:${account};`)),
  );
}

function keysOfAll(account: string): string[] {
  return ["account", "network", "run", "run:network", "link", "link:browser", "email"].map((name) =>
    `${name}:${account}`
  );
}

/** Raises a counter up to `max` + 1; returns no row if one of the `earlier` budgets is used up. */
export function countOne(db: Db, key: string | SQL, budget: Budget, now: number, earlier: Counter[]) {
  const { max, window, lock } = budget;
  // A counter that outlasts any window was written by a clock that was ahead, and would lock people out until then.
  const isExpired = sql`(limits.expires_at <= ${now} or limits.expires_at > ${now + Math.max(window, lock ?? 0)})`;
  const nextExpiry = lock === undefined
    ? sql`limits.expires_at`
    : sql`case limits.count + 1 when ${max} then ${now + lock} else ${now + window} end`;
  const areWithin = earlier.map(([k, b]) =>
    sql`not exists (select 1 from limits where key = ${k} and count > ${b.max})`
  );
  return db.all<Counted>(sql`
    insert into limits (key, count, expires_at)
    select ${key}, 1, ${now + window}
    where ${sql.join([sql`true`, ...areWithin], sql` and `)}
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

/** An email address as counters' keys have it. Made-up addresses share a bounded number of keys. */
export function accountKey(email: string, hasAccount: boolean): string {
  const hash = createHash("sha256").update(email).digest();
  return hasAccount ? hash.toString("base64url") : `unknown-${hash.readUInt32BE() % UNKNOWN_ACCOUNTS}`;
}
