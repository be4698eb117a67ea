import { and, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { DeviceKind } from "../../visitor/devices.ts";
import { ACTIVITY, type Activity, NO_ACTIVITY } from "./activity.ts";
import type { Db } from "../database.ts";
import { joinJson, jsonFields, prepare, prepareByKey } from "../driver/prepared.ts";
import { endedAt, endReason } from "../open.ts";
import {
  clientOf,
  connections,
  type EndReason,
  places,
  type RefusalReason,
  refusals,
  type Verdict,
} from "../schema.ts";
import { type Filter, hasState, inDays, matches, matchesAnywhere, matchesMoved, splitFilter } from "./filters.ts";

/** A row of the history: a connection, or an hour's refused sign-ins. */
export type Entry = {
  id: string;
  /** Of refused sign-ins the first attempt; `lastSeenAt` is the last. */
  openedAt: number;
  lastSeenAt: number;
  /** Also null for refused sign-ins. */
  closedAt: number | null;
  endReason: EndReason | RefusalReason | null;
  ip: string;
  /** ISO 3166-1 alpha-2, `private` or `none`. */
  countryCode: string;
  device: string;
  deviceKind: DeviceKind;
  /** Where it was last used, if not where it was opened; null otherwise, like the next two. */
  lastIp: string | null;
  lastCountryCode: string | null;
  lastDevice: string | null;
  /** Null for a connection. */
  attempts: number | null;
  /** From how many addresses the attempts came; null for a connection. */
  addresses: number | null;
  /** See `reasonsIn`. */
  unusual: string | null;
  verdict: Verdict | null;
  closedBy: string | null;
  /** Null if the history no longer has it. */
  closedByDevice: string | null;
};

/** `places`: the addresses that a connection was used from; null for refused sign-ins. */
export type FullEntry = Entry & { userAgent: string; places: number | null };

export type Cursor = Pick<Entry, "openedAt" | "id">;

export type HistoryQuery = { userId: string; filter: Filter; before: Cursor | null; limit: number; now: number };

/** Rows that one query searches for a filter that no index answers alone. */
export const MAX_SEARCHED = 1_000;

export type Found<Row> = {
  entries: Row[];
  /** Where the search stopped with fewer rows than the limit; null if it reached the end or has enough. */
  stoppedAt: Cursor | null;
};

export type Page = Found<Entry> & { activity: Activity };

export async function listHistory(db: Db, query: HistoryQuery): Promise<Found<FullEntry>> {
  const list = lists(keyOf(query), () => pageOf(query, LIST, FULL_ENTRY.json));
  const found = await list(db, valuesOf(query));
  return { entries: found?.rows.map(FULL_ENTRY.read) ?? [], stoppedAt: found?.stoppedAt ?? null };
}

/** Reads a page and the activity in one round trip. */
export async function readPage(db: Db, query: HistoryQuery): Promise<Page> {
  const read = pages(keyOf(query), () => pageOf(query, PAGE, ENTRY.json, { activity: sql`(${ACTIVITY})` }));
  const found = await read(db, valuesOf(query));
  return {
    entries: found?.rows.map(ENTRY.read) ?? [],
    stoppedAt: found?.stoppedAt ?? null,
    activity: found?.activity ?? NO_ACTIVITY,
  };
}

export async function listCountries(db: Db, userId: string): Promise<string[]> {
  return [...new Set(await findCountries(db, { userId }))];
}

export async function findConnection(db: Db, userId: string, id: string, now: number): Promise<FullEntry | undefined> {
  const row = await findRow(db, { userId, id, now });
  return row && FULL_ENTRY.read(row);
}

const NOW = sql.placeholder("now");
const CLIENT = clientOf(connections);
const NULL = sql`null`;

/** Each field of a connection, and of refused sign-ins. */
const FIELDS = {
  id: [connections.id, refusals.id],
  openedAt: [connections.openedAt, refusals.firstAt],
  lastSeenAt: [connections.lastSeenAt, refusals.lastAt],
  closedAt: [endedAt(NOW), NULL],
  endReason: [endReason(NOW), refusals.reason],
  ip: [connections.ip, refusals.ip],
  countryCode: [connections.countryCode, refusals.countryCode],
  device: [connections.device, refusals.device],
  deviceKind: [connections.deviceKind, refusals.deviceKind],
  lastIp: [sql`last.ip`, NULL],
  lastCountryCode: [sql`last.country_code`, NULL],
  lastDevice: [sql`last.device`, NULL],
  attempts: [NULL, refusals.attempts],
  addresses: [NULL, refusals.addresses],
  unusual: [connections.unusual, NULL],
  verdict: [connections.verdict, NULL],
  closedBy: [connections.closedBy, NULL],
  closedByDevice: [sql`(select closer.device from connections closer where closer.id = ${connections.closedBy})`, NULL],
} satisfies Record<keyof Entry, Field>;
type Field = [ofConnection: SQLWrapper, ofRefusals: SQLWrapper];

const SELECTED = {
  ...FIELDS,
  userAgent: [connections.userAgent, refusals.userAgent],
  places: [
    sql`(select count(distinct client) from (select ${CLIENT} as client union all select client from ${places} where connection_id = ${connections.id}))`,
    NULL,
  ],
  network: [connections.network, refusals.network],
} satisfies Record<string, Field>;
type Name = keyof typeof SELECTED;

const ENTRY = jsonFields<Entry>(namesIn(FIELDS));
const FULL_ENTRY = jsonFields<FullEntry>(namesIn({ ...FIELDS, userAgent: 0, places: 0 }));
/** What each needs of a row, with what a search checks. */
const PAGE = [...Object.keys(FIELDS), "network"] as Name[];
const LIST = Object.keys(SELECTED) as Name[];

const LAST = sql`left join ${places} last on last.id = ${connections.place}`;

function namesIn<Name extends string>(fields: Record<Name, unknown>, table = sql``): Record<Name, SQLWrapper> {
  const named = Object.keys(fields).map((name) => [name, sql`${table}${sql.identifier(name)}`]);
  return Object.fromEntries(named) as Record<Name, SQLWrapper>;
}

function selectOpened(names: Name[]): SQL {
  return sql`${columns(names, 0)} from ${connections} ${LAST}`;
}

/** The order of the tables is fixed: an index of `places` finds the rows in the history's order. */
function selectMoved(names: Name[]): SQL {
  const fromPlaces = { id: places.connectionId, openedAt: places.openedAt };
  return sql`${columns(names, 0, fromPlaces)} from ${places}
    cross join ${connections} on ${connections.id} = ${places.connectionId} ${LAST}`;
}

function selectRefused(names: Name[]): SQL {
  return sql`${columns(names, 1)} from ${refusals}`;
}

function columns(names: Name[], kind: 0 | 1, replaced: Partial<Record<Name, SQLWrapper>> = {}): SQL {
  const named = names.map((name) => sql`${replaced[name] ?? SELECTED[name][kind]} as ${sql.identifier(name)}`);
  return sql`select ${sql.join(named, sql`, `)}`;
}

const findRow = prepare<unknown[]>(sql`
  select ${FULL_ENTRY.json} from (${selectOpened(LIST)} where ${connections.id} = ${sql.placeholder("id")}
    and ${connections.userId} = ${sql.placeholder("userId")})`);

type FoundRows = { rows: unknown[][]; stoppedAt: Cursor | null };
const lists = prepareByKey<FoundRows>();
const pages = prepareByKey<FoundRows & { activity: Activity }>();

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
  const state = hasState(filter.state, NOW);
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

/** Skips from each country to the next in the index. */
const findCountries = prepare<string[]>(sql`
  with recursive
    connected (code) as (${countriesIn(connections, "connected")}),
    used (code) as (${countriesIn(places, "used", sql`is_first_country`)}),
    refused (code) as (${countriesIn(refusals, "refused")})
  select json_group_array(code) from (
    select code from connected where code is not null
    union all select code from used where code is not null
    union all select code from refused where code is not null)`);

function countriesIn(table: SQLiteTable, name: string, condition?: SQL): SQL {
  const next = sql`select min(country_code) from ${table} where ${
    and(sql`user_id = ${sql.placeholder("userId")}`, condition)
  }`;
  const cte = sql.identifier(name);
  return sql`${next} union all select (${next} and country_code > code) from ${cte} where code is not null`;
}

function keyOf(query: HistoryQuery): string {
  const { state, ...filter } = query.filter;
  return [state, ...Object.keys(filter).sort(), query.before && "before", isInside(query) && "inside"].join();
}

function valuesOf({ userId, filter, before, limit, now }: HistoryQuery): Record<string, unknown> {
  return { userId, ...filter, beforeAt: before?.openedAt, beforeId: before?.id, limit, now };
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
