import { and, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { ACTIVITY, type Activity, NO_ACTIVITY } from "./activity.ts";
import type { Db } from "../database.ts";
import { joinJson, prepare, prepareByKey } from "../driver/prepared.ts";
import { wasOpen } from "../open.ts";
import { connections, places, refusals } from "../schema.ts";
import {
  ENTRY,
  type Entry,
  FULL_ENTRY,
  type FullEntry,
  LIST,
  type Name,
  namesIn,
  NOW,
  NULL,
  PAGE,
  SELECTED,
  selectMoved,
  selectOpened,
  selectRefused,
} from "./entries.ts";
import { type Filter, hasState, inDays, matches, matchesAnywhere, matchesMoved, splitFilter } from "./filters.ts";

export type Cursor = Pick<Entry, "openedAt" | "id">;

export type HistoryQuery = {
  userId: string;
  filter: Filter;
  before: Cursor | null;
  /** Leaves out what was open at that moment, in milliseconds since the epoch. */
  asOf?: number | null;
  limit: number;
  now: number;
};

/** With `openNow` the open connections that the filter selects are read as a separate group, the current one first. */
export type PageQuery = HistoryQuery & { openNow?: { current: string; limit: number } | null };

/** Rows that one query searches for a filter that no index answers alone. */
export const MAX_SEARCHED = 1_000;

export type Found<Row> = {
  entries: Row[];
  /** Where the search stopped with fewer rows than the limit; null if it reached the end or has enough. */
  stoppedAt: Cursor | null;
};

export type Page = Found<Entry> & {
  activity: Activity;
  /** Null if the query has no such group. */
  openNow: Entry[] | null;
};

export async function listHistory(db: Db, query: HistoryQuery): Promise<Found<FullEntry>> {
  const list = lists(keyOf(query), () => pageOf(query, LIST, FULL_ENTRY.json));
  const found = await list(db, valuesOf(query));
  return { entries: found?.rows.map(FULL_ENTRY.read) ?? [], stoppedAt: found?.stoppedAt ?? null };
}

/** Reads a page and the activity in one round trip. */
export async function readPage(db: Db, query: PageQuery): Promise<Page> {
  const read = pages(pageKeyOf(query), () => wholePageOf(query, sql`(${ACTIVITY})`));
  return toPage(query, await read(db, pageValuesOf(query)));
}

/** More to read in a page's statement: JSON texts by name. `key` distinguishes their variants. */
export type Beside = { key: string; parts: Record<string, SQL>; values: Record<string, unknown> };

/** Reads a page, the activity and more in one round trip; `null` if the activity is `shown`, a JSON text. */
export async function readPageBeside<More>(
  db: Db,
  query: PageQuery,
  { key, parts, values }: Beside,
  shown: string | null,
): Promise<(Page & { beside: More }) | null> {
  const read = pages([pageKeyOf(query), "beside", key].join(), () =>
    sql`
    with activity (text) as materialized (${ACTIVITY})
    select ${unlessKnown(wholePageOf(query, sql`(select text from activity)`, parts), "shown")}`);
  const found = await read(db, { ...pageValuesOf(query), ...values, shown });
  return found ? { ...toPage(query, found), beside: found as More } : null;
}

/** `null` while the account's activity, which a page's statement has as `activity`, is the value of a placeholder. */
export function unlessKnown(query: SQL, known: string): SQL {
  return sql`(case (select text from activity) when ${sql.placeholder(known)} then null else (${query}) end)`;
}

function pageKeyOf({ openNow, ...query }: PageQuery): string {
  return [keyOf(query), openNow && "openNow"].join();
}

function pageValuesOf({ openNow, ...query }: PageQuery): Record<string, unknown> {
  return { ...valuesOf(query), current: openNow?.current, openLimit: openNow?.limit };
}

function wholePageOf({ openNow, ...query }: PageQuery, activity: SQL, more: Record<string, SQL> = {}): SQL {
  return pageOf(query, PAGE, ENTRY.json, { activity, openNow: openNow ? openNowOf(query) : NULL, ...more });
}

function toPage({ openNow = null }: PageQuery, found?: FoundPage | null): Page {
  return {
    entries: found?.rows.map(ENTRY.read) ?? [],
    stoppedAt: found?.stoppedAt ?? null,
    activity: found?.activity ?? NO_ACTIVITY,
    openNow: found?.openNow?.map(ENTRY.read) ?? (openNow && []),
  };
}

export async function listCountries(db: Db, userId: string): Promise<string[]> {
  return unique(await findCountries(db, { userId }) ?? []);
}

export function unique(codes: string[]): string[] {
  return [...new Set(codes)];
}

type FoundRows = { rows: unknown[][]; stoppedAt: Cursor | null };
const lists = prepareByKey<FoundRows>();
type FoundPage = FoundRows & { activity: Activity; openNow: unknown[][] | null };
const pages = prepareByKey<FoundPage | null>();

/** Sorts the account's open connections, which are few: the current one, those without a verdict, then by last use. */
function openNowOf({ filter }: HistoryQuery): SQL {
  const { rest } = splitFilter({ ...filter, state: "open" });
  const isSelected = and(
    inDays(connections.userId, connections.openedAt, {}),
    hasState("open", NOW),
    rest ? matchesAnywhere(rest, connections) : undefined,
  );
  return sql`(select json_group_array(${ENTRY.json}) from (
    ${selectOpened(PAGE)} where ${isSelected}
    order by ${connections.id} = ${sql.placeholder("current")} desc, ${hasState("unreviewed", NOW)} desc,
      ${connections.lastSeenAt} desc, ${connections.id} desc
    limit ${sql.placeholder("openLimit")}))`;
}

/** A bare compound SELECT with the cursor in each arm stops at the limit; inside a subquery it would read the whole history. */
function pageOf(query: HistoryQuery, names: Name[], row: SQL, more: Record<string, SQL> = {}): SQL {
  const limit = sql.placeholder("limit");
  const newest = (rows: SQL, max: unknown) => sql`${rows} order by "openedAt" desc, "id" desc limit ${max}`;
  const { indexed, rest } = splitFilter(query.filter);
  const matching = newest(arms({ ...query, filter: indexed }, names), rest ? MAX_SEARCHED : limit);
  if (!rest) {
    return sql`select ${
      joinJson({ rows: sql`(select json_group_array(${row}) from (${matching}))`, stoppedAt: NULL, ...more })
    }`;
  }
  const found = sql`from searched where ${matchesAnywhere(rest, namesIn(SELECTED, sql`searched.`))}`;
  return sql`
    with searched as materialized (${matching})
    select ${
    joinJson({
      rows: sql`(select json_group_array(${row}) from (select * ${found} limit ${limit}))`,
      stoppedAt: sql`(case when (select count(*) ${found}) < ${limit} then
        (select json_object('openedAt', "openedAt", 'id', "id") from searched limit 1 offset ${MAX_SEARCHED - 1}) end)`,
      ...more,
    })
  }`;
}

function arms(query: HistoryQuery, names: Name[]): SQL {
  const { filter } = query;
  const state = and(hasState(filter.state, NOW), wasClosed(query));
  const moved = matchesMoved(filter);
  const opened = { ...connections, at: connections.openedAt };
  const used = { id: places.connectionId, userId: places.userId, at: places.openedAt };
  const refused = { ...refusals, at: refusals.firstAt };
  const all = [
    filter.state !== "refused" &&
    sql`${selectOpened(names)} where ${and(isSelected(query, opened), matches(filter, connections), state)}`,
    filter.state !== "refused" && moved &&
    sql`${selectMoved(names)} where ${and(isSelected(query, used), moved, state)}`,
    (filter.state ?? "refused") === "refused" &&
    sql`${selectRefused(names)} where ${and(isSelected(query, refused), matches(filter, refusals))}`,
  ];
  return sql.join(all.filter((arm) => arm !== false && arm !== null), sql` union all `);
}

/** Skips from each country to the next in the index; a JSON array with a country up to three times. */
export const COUNTRIES = sql`
  with recursive
    connected (code) as (${countriesIn(connections, "connected")}),
    used (code) as (${countriesIn(places, "used", sql`is_first_country`)}),
    refused (code) as (${countriesIn(refusals, "refused")})
  select json_group_array(code) from (
    select code from connected where code is not null
    union all select code from used where code is not null
    union all select code from refused where code is not null)`;
const findCountries = prepare<string[]>(COUNTRIES);

function countriesIn(table: SQLiteTable, name: string, condition?: SQL): SQL {
  const next = sql`select min(country_code) from ${table} where ${
    and(sql`user_id = ${sql.placeholder("userId")}`, condition)
  }`;
  const cte = sql.identifier(name);
  return sql`${next} union all select (${next} and country_code > code) from ${cte} where code is not null`;
}

function keyOf(query: HistoryQuery): string {
  const { filter: { state, ...filter }, asOf, now } = query;
  const moment = typeof asOf === "number" && (asOf === now ? "now" : "then");
  return [state, ...Object.keys(filter).sort(), query.before && "before", isInside(query) && "inside", moment].join();
}

function valuesOf({ userId, filter, before, asOf, limit, now }: HistoryQuery): Record<string, unknown> {
  return { userId, ...filter, beforeAt: before?.openedAt, beforeId: before?.id, asOf, limit, now };
}

/** The condition by which open connections are left out; none if they are not. */
function wasClosed({ asOf, now }: HistoryQuery): SQL | undefined {
  if (typeof asOf !== "number") return undefined;
  return asOf === now ? hasState("closed", NOW) : sql`not ${wasOpen(sql.placeholder("asOf"))}`;
}

/** Whether the cursor is inside the selected days: a second upper bound would make SQLite choose the wrong index. */
function isInside({ filter: { until }, before }: HistoryQuery): boolean {
  return until !== undefined && before !== null && before.openedAt < until;
}

function isSelected(query: HistoryQuery, row: Record<"id" | "at" | "userId", SQLiteColumn>): SQL | undefined {
  const { filter: { since, until }, before } = query;
  const value = sql.placeholder;
  return and(
    // First, because of two upper bounds SQLite seeks by the first.
    before ? sql`(${row.at}, ${row.id}) < (${value("beforeAt")}, ${value("beforeId")})` : undefined,
    inDays(row.userId, row.at, { since, until: isInside(query) ? undefined : until }),
  );
}
