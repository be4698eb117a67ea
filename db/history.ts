import { and, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { type SQLiteColumn, unionAll } from "drizzle-orm/sqlite-core";
import type { Db } from "./client.ts";
import { endedAt, endReason, isOpen } from "./open.ts";
import { connections, type EndReason, type RefusalReason, refusals } from "./schema.ts";

/** A row of the history: a connection, or an hour's refused sign-ins. */
export type Entry = {
  id: string;
  /** For refused ones the first try, `lastSeenAt` the last. */
  openedAt: number;
  lastSeenAt: number;
  /** Null for an open connection and for refused ones. */
  closedAt: number | null;
  /** How a closed connection ended, why sign-ins were refused; null for an open connection. */
  endReason: EndReason | RefusalReason | null;
  ip: string;
  /** ISO 3166-1 alpha-2, `private` or `none`. */
  countryCode: string;
  device: string;
  userAgent: string;
  /** How many sign-ins were refused, and from how many addresses; null for a connection. */
  attempts: number | null;
  addresses: number | null;
};

/** What of the history is asked for; nothing set asks for all. */
export type Filter = {
  state?: "open" | "closed" | "refused";
  countryCode?: string;
  /** Opened at this time or later; milliseconds since the epoch. */
  since?: number;
  /** Opened before this time. */
  until?: number;
  ip?: string;
  network?: string;
};

/** Where a page ends and the next older one begins: the last row's time and id. */
export type Cursor = Pick<Entry, "openedAt" | "id">;

type Query = { userId: string; filter: Filter; before: Cursor | null; limit: number; now: number };

/**
 * The account's history, newest first, from after `before` on (`null`: from the newest), at most `limit` rows.
 *
 * A bare compound SELECT with the cursor in both arms, which SQLite merges from two indexes; wrapped in a subquery it would
 * sort the whole history.
 */
export async function listHistory(db: Db, query: Query): Promise<Entry[]> {
  const { filter: { state }, limit, now } = query;
  const opened = db.select(columnsOf(now)).from(connections).where(and(
    isWanted(query, { ...connections, at: connections.openedAt }),
    state === "open" ? isOpen(now) : state === "closed" ? sql`not ${isOpen(now)}` : undefined,
  ));
  const refused = db.select({
    id: refusals.id,
    openedAt: sql<number>`${refusals.firstAt}`.as("opened_at"),
    lastSeenAt: refusals.lastAt,
    closedAt: sql<number | null>`null`.as("closed_at"),
    endReason: sql<Entry["endReason"]>`${refusals.reason}`.as("end_reason"),
    ip: refusals.ip,
    countryCode: refusals.countryCode,
    device: refusals.device,
    userAgent: refusals.userAgent,
    attempts: sql<number | null>`${refusals.attempts}`.as("attempts"),
    addresses: sql<number | null>`${refusals.addresses}`.as("addresses"),
  }).from(refusals).where(isWanted(query, { ...refusals, at: refusals.firstAt }));

  const newestFirst = [sql`opened_at desc`, sql`id desc`];
  if (state === undefined) return await unionAll(opened, refused).orderBy(...newestFirst).limit(limit);
  return await (state === "refused" ? refused : opened).orderBy(...newestFirst).limit(limit);
}

/**
 * The countries in the account's history, in no order. Each costs one step through an index, however long the history is: it
 * asks for the next country after the one at hand.
 */
export async function listCountries(db: Db, userId: string): Promise<string[]> {
  const next = (table: typeof connections | typeof refusals) =>
    sql`select min(country_code) from ${table} where user_id = ${userId}`;
  const found = await db.all<{ code: string }>(sql`
    with recursive
      connected (code) as (
        ${next(connections)} union
        select (${next(connections)} and country_code > code) from connected where code is not null),
      refused (code) as (
        ${next(refusals)} union
        select (${next(refusals)} and country_code > code) from refused where code is not null)
    select code from connected where code is not null union select code from refused where code is not null`);
  return found.map(({ code }) => code);
}

/** One connection of the account as the history shows it; `undefined` when the account has no such one. */
export async function findConnection(db: Db, userId: string, id: string, now: number): Promise<Entry | undefined> {
  const [found] = await db.select(columnsOf(now)).from(connections)
    .where(and(eq(connections.id, id), eq(connections.userId, userId)));
  return found;
}

/** A connection's columns as an `Entry`. */
function columnsOf(now: number) {
  return {
    id: connections.id,
    openedAt: sql<number>`${connections.openedAt}`.as("opened_at"),
    lastSeenAt: connections.lastSeenAt,
    closedAt: endedAt(now).as("closed_at"),
    endReason: sql<Entry["endReason"]>`${endReason(now)}`.as("end_reason"),
    ip: connections.ip,
    countryCode: connections.countryCode,
    device: connections.device,
    userAgent: connections.userAgent,
    attempts: sql<number | null>`null`.as("attempts"),
    addresses: sql<number | null>`null`.as("addresses"),
  };
}

/** What both kinds of row have and the filter asks about. */
type Columns = Record<"id" | "at" | "userId" | "countryCode" | "ip" | "network", SQLiteColumn>;

function isWanted({ userId, filter, before }: Query, row: Columns): SQL | undefined {
  return and(
    eq(row.userId, userId),
    before ? sql`(${row.at}, ${row.id}) < (${before.openedAt}, ${before.id})` : undefined,
    filter.countryCode === undefined ? undefined : eq(row.countryCode, filter.countryCode),
    filter.ip === undefined ? undefined : eq(row.ip, filter.ip),
    filter.network === undefined ? undefined : eq(row.network, filter.network),
    filter.since === undefined ? undefined : gte(row.at, filter.since),
    // A cursor inside the days asked for bounds them by itself; two upper bounds lead SQLite to the wrong index.
    filter.until === undefined || before && before.openedAt < filter.until ? undefined : lt(row.at, filter.until),
  );
}
