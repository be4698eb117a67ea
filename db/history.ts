import { and, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Db } from "./client.ts";
import { endedAt, endReason, isOpen } from "./open.ts";
import { connections, type EndReason, type RefusalReason, refusals } from "./schema.ts";
import { type Question, question } from "./statements.ts";

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
  /** How many sign-ins were refused, and from how many addresses; null for a connection. */
  attempts: number | null;
  addresses: number | null;
};

/** The same with what the page leaves out. */
export type FullEntry = Entry & { userAgent: string };

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

/** One page of the history with what stands around it. */
export type Page = Found<Entry> & {
  /** How many connections of the account are open. */
  open: number;
  /** The country codes in the account's history, in no order. */
  countries: string[];
};

/** The account's history, newest first, from after `before` on (`null`: from the newest), at most `limit` rows. */
export async function listHistory(db: Db, query: HistoryQuery): Promise<Found<FullEntry>> {
  const ask = lists.for(query);
  const [rows, stoppedAt] = await ask(db, valuesOf(query)) ?? [[], null];
  const entries = rows.map(([userAgent, ...row]) => ({ ...toEntry(row), userAgent }));
  return { entries, stoppedAt: toCursor(stoppedAt) };
}

/** The same without the User-Agents, with what stands around it on the page, in one call. */
export async function readPage(db: Db, query: HistoryQuery): Promise<Page> {
  const version = versionOf(db);
  const kept = keptCountries(db, query.userId, version);
  const ask = (kept ? pagesBesideCountries : pages).for(query);
  const [rows, stoppedAt, open, found] = await ask(db, valuesOf(query)) ?? [[], null, 0, []];
  const countries = kept ?? [...new Set(found)];
  if (!kept) keepCountries(db, query.userId, version, countries);
  return { entries: rows.map(toEntry), stoppedAt: toCursor(stoppedAt), open, countries };
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
  attempts: number | null,
  addresses: number | null,
];
type Position = [openedAt: number, id: string] | null;

function toEntry([id, openedAt, lastSeenAt, closedAt, endReason, ip, countryCode, device, attempts, addresses]: Row) {
  return { id, openedAt, lastSeenAt, closedAt, endReason, ip, countryCode, device, attempts, addresses };
}

function toCursor(position: Position): Cursor | null {
  return position && { openedAt: position[0], id: position[1] };
}

const ROW = sql`id, at, last_seen_at, closed_at, end_reason, ip, country_code, device, attempts, addresses`;
const AS_ROW = sql`json_array(${ROW})`;
const AS_FULL_ROW = sql`json_array(user_agent, ${ROW})`;

const NOW = sql.placeholder("now");

const OPENED = sql`
  select ${connections.id} as id, ${connections.openedAt} as at, ${connections.lastSeenAt} as last_seen_at,
    ${endedAt(NOW)} as closed_at, ${endReason(NOW)} as end_reason, ${connections.ip} as ip,
    ${connections.network} as network, ${connections.countryCode} as country_code, ${connections.device} as device,
    ${connections.userAgent} as user_agent, null as attempts, null as addresses
  from ${connections}`;

const REFUSED = sql`
  select ${refusals.id} as id, ${refusals.firstAt} as at, ${refusals.lastAt} as last_seen_at,
    null as closed_at, ${refusals.reason} as end_reason, ${refusals.ip} as ip,
    ${refusals.network} as network, ${refusals.countryCode} as country_code, ${refusals.device} as device,
    ${refusals.userAgent} as user_agent, ${refusals.attempts} as attempts, ${refusals.addresses} as addresses
  from ${refusals}`;

const findRow = question<Row>(sql`
  select ${AS_ROW} from (${OPENED} where ${connections.id} = ${sql.placeholder("id")}
    and ${connections.userId} = ${sql.placeholder("userId")})`);

/**
 * Answers with the rows that a query wants as one JSON array and where looking for them stopped, and then with `more`. A bare
 * compound SELECT with the cursor in both arms is merged from two indexes as far as the limit goes.
 */
function findingsOf(query: HistoryQuery, asRow: SQL, more = sql``): SQL {
  const limit = sql.placeholder("limit");
  const newestFirst = (rows: SQL, most: unknown) => sql`${rows} order by at desc, id desc limit ${most}`;
  const search = splitSearch(query.filter);
  if (!search) {
    const rows = sql`select json_group_array(${asRow}) from (${newestFirst(wanted(query), limit)})`;
    return sql`select json_array(json((${rows})), null${more})`;
  }
  const looked = newestFirst(wanted({ ...query, filter: search.along }), MOST_LOOKED_THROUGH);
  const fitting = sql`from looked where ${isLike(search.others, COLUMNS)}`;
  return sql`
    with looked as materialized (${looked})
    select json_array(
      json((select json_group_array(${asRow}) from (select * ${fitting} limit ${limit}))),
      case when (select count(*) ${fitting}) < ${limit}
        then (select json_array(at, id) from looked limit 1 offset ${MOST_LOOKED_THROUGH - 1}) end
      ${more})`;
}

/**
 * A filter that asks for more than one index has. What is open is few rows, and of an address and a country the address is
 * rarer: that one chooses the index, and the rest is asked of each row on the way. Null where an index has all: days go with each,
 * and of what is closed or refused it passes by few that are not.
 */
function splitSearch({ state, countryCode, ip, network, ...days }: Filter): { along: Filter; others: Filter } | null {
  const country = countryCode === undefined ? {} : { countryCode };
  const address = ip !== undefined ? { ip } : network !== undefined ? { network } : {};
  const others = state === "open" ? { ...country, ...address } : "ip" in address || "network" in address ? country : {};
  if (Object.keys(others).length === 0) return null;
  return { along: { ...days, ...(state && { state }), ...(state !== "open" && address) }, others };
}

/** The rows in the order of an index. */
function wanted(query: HistoryQuery): SQL {
  const { state } = query.filter;
  const isInState = state === "open" ? isOpen(NOW) : state === "closed" ? sql`not ${isOpen(NOW)}` : undefined;
  const opened = sql`${OPENED} where ${and(isWanted(query, { ...connections, at: connections.openedAt }), isInState)}`;
  const refused = sql`${REFUSED} where ${isWanted(query, { ...refusals, at: refusals.firstAt })}`;
  return state === undefined ? sql`${opened} union all ${refused}` : state === "refused" ? refused : opened;
}

const COUNT_OPEN = sql`select count(*) from ${connections}
  where ${connections.userId} = ${sql.placeholder("userId")} and ${isOpen(NOW)}`;

/**
 * Each country costs one step through an index, however long the history is: it asks for the next after the one at hand. What both
 * kinds of row have comes twice: to leave that out here costs half as much again.
 */
const COUNTRIES = sql`
  with recursive
    connected (code) as (
      ${nextCountry(connections)} union all
      select (${nextCountry(connections)} and country_code > code) from connected where code is not null),
    refused (code) as (
      ${nextCountry(refusals)} union all
      select (${nextCountry(refusals)} and country_code > code) from refused where code is not null)
  select json_group_array(code)
  from (select code from connected where code is not null union all select code from refused where code is not null)`;

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
const pages = questionsByFilter<[Row[], Position, number, string[]]>((query) =>
  findingsOf(query, AS_ROW, sql`, (${COUNT_OPEN}), json((${COUNTRIES}))`)
);

const pagesBesideCountries = questionsByFilter<[Row[], Position, number, undefined]>((query) =>
  findingsOf(query, AS_ROW, sql`, (${COUNT_OPEN})`)
);

type Kept = { version: number; countries: string[] };
const keptByDatabase = new WeakMap<object, Map<string, Kept>>();

/**
 * The countries of an account, where they were found before and nobody has written anything since: 20 of the 55 µs that a page
 * takes to read, and busy times have many pages between two writes.
 */
function keptCountries(db: Db, userId: string, version: number | undefined): string[] | undefined {
  const kept = keptByDatabase.get(db)?.get(userId);
  return kept !== undefined && kept.version === version ? kept.countries : undefined;
}

/** Keeps what was found at `version` or later: what was written in between has another. */
function keepCountries(db: Db, userId: string, version: number | undefined, countries: string[]): void {
  if (version === undefined) return;
  let kept = keptByDatabase.get(db);
  if (!kept || kept.size >= 1_000) keptByDatabase.set(db, kept = new Map());
  kept.set(userId, { version, countries });
}

function versionOf(db: Db): number | undefined {
  try {
    return db.$client.version?.();
  } catch {
    // The question itself will meet the fault, and knows what to do about it.
    return undefined;
  }
}

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
