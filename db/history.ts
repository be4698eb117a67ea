import { and, eq, gte, isNotNull, lt, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { ACTIVITY, type Activity, type FoundActivity, toActivity } from "./activity.ts";
import type { Db } from "./database.ts";
import type { DeviceKind } from "../visitor/devices.ts";
import { endedAt, endReason, isOpen } from "./open.ts";
import {
  type Answer,
  connections,
  type EndReason,
  type RefusalReason,
  refusals,
  type UnusualReason,
} from "./schema.ts";
import { type Question, question } from "./driver/prepared.ts";

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
  deviceKind: DeviceKind;
  /** How many sign-ins were refused, and from how many addresses; null for a connection. */
  attempts: number | null;
  addresses: number | null;
  /** Why the connection was unusual when it was opened; empty when it wasn't, and for refused sign-ins. */
  unusual: UnusualReason[];
  /** What the owner said of an unusual one; null until they do. */
  answer: Answer | null;
  /** The connection that closed this one, where one did, and its device: null when the history has that one no more. */
  closedBy: { id: string; device: string | null } | null;
};

/** The same with what the page leaves out. */
export type FullEntry = Entry & { userAgent: string };

/** What a history can be asked for by how its rows stand; unusual ones are connections, open or closed. */
export const STATES = ["open", "closed", "refused", "unusual"] as const;
export type State = (typeof STATES)[number];

/** What of the history is asked for; nothing set asks for all. */
export type Filter = {
  state?: State;
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

export type HistoryQuery = { userId: string; filter: Filter; before: Cursor | null; limit: number; now: number };

/**
 * Rows that one question looks through for a filter that no index answers alone. It then answers with what it found
 * and where it stopped, so that a page of a million rows never costs more than so many.
 */
export const MOST_LOOKED_THROUGH = 1_000;

/** What was found of the history, newest first. */
export type Found<Row> = {
  entries: Row[];
  /** Where looking stopped with fewer rows than were asked for, and goes on after; null when it came to the end or has enough. */
  stoppedAt: Cursor | null;
};

/** One page of the history, and how the whole of it stands, read at the same moment as the rows. */
export type Page = Found<Entry> & {
  activity: Activity;
  /** When the account's oldest connection was opened; null without one. */
  oldest: number | null;
};

/** The account's history, newest first, from after `before` on (`null`: from the newest), at most `limit` rows. */
export async function listHistory(db: Db, query: HistoryQuery): Promise<Found<FullEntry>> {
  const ask = lists.for(query);
  const [rows, stoppedAt] = await ask(db, valuesOf(query)) ?? [[], null];
  const entries = rows.map(([userAgent, ...row]) => ({ ...toEntry(row), userAgent }));
  return { entries, stoppedAt: toCursor(stoppedAt) };
}

/** The same without the User-Agents, with how the history stands for the connection `current`, in one call. */
export async function readPage(db: Db, query: HistoryQuery, current: string): Promise<Page> {
  const ask = pages.for(query);
  const [rows, stoppedAt, activity, oldest] = await ask(db, { ...valuesOf(query), current }) ??
    [[], null, [null, 0, null, 0], null];
  return { entries: rows.map(toEntry), stoppedAt: toCursor(stoppedAt), activity: toActivity(activity), oldest };
}

/** The country codes in the account's whole history, in no order; `private` and `none` among them. */
export async function listCountries(db: Db, userId: string): Promise<string[]> {
  return [...new Set(await findCountries(db, { userId }))];
}

/** One connection of the account as the history shows it; `undefined` when the account has no such one. */
export async function findConnection(db: Db, userId: string, id: string, now: number): Promise<Entry | undefined> {
  const row = await findRow(db, { userId, id, now });
  return row && toEntry(row);
}

/** A row as SQLite writes it, in the order of `Entry`'s fields. */
type Row = [
  id: string,
  openedAt: number,
  lastSeenAt: number,
  closedAt: number | null,
  endReason: Entry["endReason"],
  ip: string,
  countryCode: string,
  device: string,
  deviceKind: DeviceKind,
  attempts: number | null,
  addresses: number | null,
  unusual: string | null,
  answer: Answer | null,
  closedBy: string | null,
  closedByDevice: string | null,
];
type Position = [openedAt: number, id: string] | null;

function toEntry([id, openedAt, lastSeenAt, closedAt, endReason, ip, countryCode, device, deviceKind, ...rest]: Row) {
  const [attempts, addresses, unusual, answer, closedBy, closedByDevice] = rest;
  return {
    id,
    openedAt,
    lastSeenAt,
    closedAt,
    endReason,
    ip,
    countryCode,
    device,
    deviceKind,
    attempts,
    addresses,
    unusual: unusual === null ? [] : unusual.split(" ") as UnusualReason[],
    answer,
    closedBy: closedBy === null ? null : { id: closedBy, device: closedByDevice },
  };
}

function toCursor(position: Position): Cursor | null {
  return position && { openedAt: position[0], id: position[1] };
}

const ROW = sql`id, at, last_seen_at, closed_at, end_reason, ip, country_code, device, device_kind, attempts, addresses,
  unusual, answer, closed_by, closed_by_device`;
const AS_ROW = sql`json_array(${ROW})`;
const AS_FULL_ROW = sql`json_array(user_agent, ${ROW})`;

const NOW = sql.placeholder("now");

const OPENED = sql`
  select ${connections.id} as id, ${connections.openedAt} as at, ${connections.lastSeenAt} as last_seen_at,
    ${endedAt(NOW)} as closed_at, ${endReason(NOW)} as end_reason, ${connections.ip} as ip,
    ${connections.network} as network, ${connections.countryCode} as country_code, ${connections.device} as device,
    ${connections.deviceKind} as device_kind, ${connections.userAgent} as user_agent, null as attempts, null as addresses,
    ${connections.unusual} as unusual, ${connections.answer} as answer, ${connections.closedBy} as closed_by,
    (select closer.device from connections closer where closer.id = ${connections.closedBy}) as closed_by_device
  from ${connections}`;

const REFUSED = sql`
  select ${refusals.id} as id, ${refusals.firstAt} as at, ${refusals.lastAt} as last_seen_at,
    null as closed_at, ${refusals.reason} as end_reason, ${refusals.ip} as ip,
    ${refusals.network} as network, ${refusals.countryCode} as country_code, ${refusals.device} as device,
    ${refusals.deviceKind} as device_kind, ${refusals.userAgent} as user_agent, ${refusals.attempts} as attempts,
    ${refusals.addresses} as addresses, null as unusual, null as answer, null as closed_by, null as closed_by_device
  from ${refusals}`;

const findRow = question<Row>(sql`
  select ${AS_ROW} from (${OPENED} where ${connections.id} = ${sql.placeholder("id")}
    and ${connections.userId} = ${sql.placeholder("userId")})`);

/**
 * Answers with the rows that a query wants as one JSON array and where looking for them stopped, and then with `more`. A bare
 * compound SELECT with the cursor in both arms is merged from two indexes as far as the limit goes. The parts are put together as text:
 * `json_array` would read each of them once more, which takes 8 of 37 µs.
 */
function findingsOf(query: HistoryQuery, asRow: SQL, more = sql``): SQL {
  const limit = sql.placeholder("limit");
  const newestFirst = (rows: SQL, most: unknown) => sql`${rows} order by at desc, id desc limit ${most}`;
  const search = splitSearch(query.filter);
  if (!search) {
    const rows = sql`select json_group_array(${asRow}) from (${newestFirst(wanted(query), limit)})`;
    return sql`select '[' || (${rows}) || ',null' ${more} || ']'`;
  }
  const looked = newestFirst(wanted({ ...query, filter: search.along }), MOST_LOOKED_THROUGH);
  const fitting = sql`from looked where ${isLike(search.others, COLUMNS)}`;
  return sql`
    with looked as materialized (${looked})
    select '[' || (select json_group_array(${asRow}) from (select * ${fitting} limit ${limit})) || ',' || coalesce(
      case when (select count(*) ${fitting}) < ${limit}
        then (select json_array(at, id) from looked limit 1 offset ${MOST_LOOKED_THROUGH - 1}) end, 'null')
      ${more} || ']'`;
}

/**
 * A filter that asks for more than one index has. What is open or unusual is few rows, and of an address and a country the address is
 * rarer: that one chooses the index, and the rest is asked of each row on the way. Null where an index has all: days go with each,
 * and of what is closed or refused it passes by few that are not.
 */
function splitSearch({ state, countryCode, ip, network, ...days }: Filter): { along: Filter; others: Filter } | null {
  const country = countryCode === undefined ? {} : { countryCode };
  const address = ip !== undefined ? { ip } : network !== undefined ? { network } : {};
  const isFew = state === "open" || state === "unusual";
  const others = isFew ? { ...country, ...address } : "ip" in address || "network" in address ? country : {};
  if (Object.keys(others).length === 0) return null;
  return { along: { ...days, ...(state && { state }), ...(!isFew && address) }, others };
}

/** The rows in the order of an index. */
function wanted(query: HistoryQuery): SQL {
  const { state } = query.filter;
  const inState = {
    open: isOpen(NOW),
    closed: sql`not ${isOpen(NOW)}`,
    unusual: isNotNull(connections.unusual),
    refused: undefined,
  };
  const isInState = state && inState[state];
  const opened = sql`${OPENED} where ${and(isWanted(query, { ...connections, at: connections.openedAt }), isInState)}`;
  const refused = sql`${REFUSED} where ${isWanted(query, { ...refusals, at: refusals.firstAt })}`;
  return state === undefined ? sql`${opened} union all ${refused}` : state === "refused" ? refused : opened;
}

/**
 * Each country costs one step through an index, however long the history is: it asks for the next after the one at hand. What both
 * kinds of row have comes twice: to leave that out here costs half as much again.
 */
const findCountries = question<string[]>(sql`
  with recursive
    connected (code) as (
      ${nextCountry(connections)} union all
      select (${nextCountry(connections)} and country_code > code) from connected where code is not null),
    refused (code) as (
      ${nextCountry(refusals)} union all
      select (${nextCountry(refusals)} and country_code > code) from refused where code is not null)
  select json_group_array(code)
  from (select code from connected where code is not null union all select code from refused where code is not null)`);

const OLDEST = sql`select min(opened_at) from ${connections} where user_id = ${sql.placeholder("userId")}`;

function nextCountry(table: typeof connections | typeof refusals): SQL {
  return sql`select min(country_code) from ${table} where user_id = ${sql.placeholder("userId")}`;
}

/** Questions by what is filtered, since that makes the text: some hundred at most, each written when it is first asked. */
function questionsByFilter<Answer>(write: (query: HistoryQuery) => SQL) {
  const written = new Map<string, Question<Answer>>();
  return {
    for(query: HistoryQuery): Question<Answer> {
      const { state, ...filter } = query.filter;
      const key = [state, ...Object.keys(filter).sort(), query.before && "before", isWithin(query) && "within"].join();
      const known = written.get(key) ?? question<Answer>(write(query));
      written.set(key, known);
      return known;
    },
  };
}

const lists = questionsByFilter<[[userAgent: string, ...Row][], Position]>((query) => findingsOf(query, AS_FULL_ROW));
const pages = questionsByFilter<[Row[], Position, FoundActivity, oldest: number | null]>((query) =>
  findingsOf(query, AS_ROW, sql`|| ',' || (${ACTIVITY}) || ',' || coalesce((${OLDEST}), 'null')`)
);

function valuesOf({ userId, filter, before, limit, now }: HistoryQuery): Record<string, unknown> {
  return { userId, ...filter, beforeAt: before?.openedAt, beforeId: before?.id, limit, now };
}

/** Whether the cursor lies inside the days asked for, and bounds them by itself: two upper bounds lead SQLite to the wrong index. */
function isWithin({ filter: { until }, before }: HistoryQuery): boolean {
  return until !== undefined && before !== null && before.openedAt < until;
}

/** What both kinds of row have and the filter asks about. */
type Columns = Record<"countryCode" | "ip" | "network", SQLiteColumn | SQL>;

/** Their names in the rows that `wanted` makes. */
const COLUMNS: Columns = { countryCode: sql`country_code`, ip: sql`ip`, network: sql`network` };

function isWanted(query: HistoryQuery, row: Columns & Record<"id" | "at" | "userId", SQLiteColumn>): SQL | undefined {
  const { filter, before } = query;
  const value = sql.placeholder;
  return and(
    eq(row.userId, value("userId")),
    before ? sql`(${row.at}, ${row.id}) < (${value("beforeAt")}, ${value("beforeId")})` : undefined,
    isLike(filter, row),
    filter.since === undefined ? undefined : gte(row.at, value("since")),
    filter.until === undefined || isWithin(query) ? undefined : lt(row.at, value("until")),
  );
}

function isLike({ countryCode, ip, network }: Filter, row: Columns): SQL | undefined {
  const value = sql.placeholder;
  return and(
    countryCode === undefined ? undefined : sql`${row.countryCode} = ${value("countryCode")}`,
    ip === undefined ? undefined : sql`${row.ip} = ${value("ip")}`,
    network === undefined ? undefined : sql`${row.network} = ${value("network")}`,
  );
}
