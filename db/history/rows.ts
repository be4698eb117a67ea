import { and, eq, gte, isNotNull, lt, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { DeviceKind } from "../../visitor/devices.ts";
import { ACTIVITY, type Activity, NO_ACTIVITY } from "./activity.ts";
import type { Db } from "../database.ts";
import { joinJson, jsonFields, prepare, prepareByKey } from "../driver/prepared.ts";
import { endedAt, endReason, isOpen } from "../open.ts";
import { connections, type EndReason, type RefusalReason, refusals, type Verdict } from "../schema.ts";

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
  /** Null for a connection, like `addresses`. */
  attempts: number | null;
  addresses: number | null;
  /** See `reasonsIn`. */
  unusual: string | null;
  verdict: Verdict | null;
  closedBy: string | null;
  /** Null if the history no longer has it. */
  closedByDevice: string | null;
};

export type FullEntry = Entry & { userAgent: string };

export const STATES = ["open", "closed", "refused", "unusual"] as const;
export type State = (typeof STATES)[number];

export type Filter = {
  state?: State;
  countryCode?: string;
  /** Inclusive; milliseconds since the epoch. */
  since?: number;
  /** Exclusive. */
  until?: number;
  ip?: string;
  network?: string;
};

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
  const list = lists(keyOf(query), () => pageOf(query, FULL_ENTRY.json));
  const found = await list(db, valuesOf(query));
  return { entries: found?.rows.map(FULL_ENTRY.read) ?? [], stoppedAt: found?.stoppedAt ?? null };
}

/** Reads a page and the activity in one round trip; `connectionId` is the current connection. */
export async function readPage(db: Db, query: HistoryQuery, connectionId: string): Promise<Page> {
  const read = pages(keyOf(query), () => pageOf(query, ENTRY.json, { activity: sql`(${ACTIVITY})` }));
  const found = await read(db, { ...valuesOf(query), connectionId });
  return {
    entries: found?.rows.map(ENTRY.read) ?? [],
    stoppedAt: found?.stoppedAt ?? null,
    activity: found?.activity ?? NO_ACTIVITY,
  };
}

export async function listCountries(db: Db, userId: string): Promise<string[]> {
  return [...new Set(await findCountries(db, { userId }))];
}

export async function findConnection(db: Db, userId: string, id: string, now: number): Promise<Entry | undefined> {
  const row = await findRow(db, { userId, id, now });
  return row && ENTRY.read(row);
}

const NOW = sql.placeholder("now");
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
  network: [connections.network, refusals.network],
} satisfies Record<string, Field>;
const NAMES = namesIn(SELECTED);
const ENTRY = jsonFields<Entry>(namesIn(FIELDS));
const FULL_ENTRY = jsonFields<FullEntry>({ ...namesIn(FIELDS), userAgent: NAMES.userAgent });
const OPENED = select(0, connections);
const REFUSED = select(1, refusals);

function namesIn<Name extends string>(fields: Record<Name, unknown>): Record<Name, SQLWrapper> {
  const names = Object.keys(fields) as Name[];
  return Object.fromEntries(names.map((name) => [name, sql.identifier(name)])) as unknown as Record<Name, SQLWrapper>;
}

function select(kind: 0 | 1, table: typeof connections | typeof refusals): SQL {
  const columns = Object.entries(SELECTED).map(([name, field]) => sql`${field[kind]} as ${sql.identifier(name)}`);
  return sql`select ${sql.join(columns, sql`, `)} from ${table}`;
}

const findRow = prepare<unknown[]>(sql`
  select ${ENTRY.json} from (${OPENED} where ${connections.id} = ${sql.placeholder("id")}
    and ${connections.userId} = ${sql.placeholder("userId")})`);

type FoundRows = { rows: unknown[][]; stoppedAt: Cursor | null };
const lists = prepareByKey<FoundRows>();
const pages = prepareByKey<FoundRows & { activity: Activity }>();

/** A bare compound SELECT with the cursor in both arms stops at the limit; inside a subquery it would read the whole history. */
function pageOf(query: HistoryQuery, row: SQL, more: Record<string, SQL> = {}): SQL {
  const limit = sql.placeholder("limit");
  const newest = (rows: SQL, max: unknown) => sql`${rows} order by "openedAt" desc, "id" desc limit ${max}`;
  const search = splitSearch(query.filter);
  if (!search) {
    const rows = sql`(select json_group_array(${row}) from (${newest(matching(query), limit)}))`;
    return sql`select ${joinJson({ rows, stoppedAt: NULL, ...more })}`;
  }
  const searched = newest(matching({ ...query, filter: search.indexed }), MAX_SEARCHED);
  const found = sql`from searched where ${matches(search.rest, NAMES)}`;
  return sql`
    with searched as materialized (${searched})
    select ${
    joinJson({
      rows: sql`(select json_group_array(${row}) from (select * ${found} limit ${limit}))`,
      stoppedAt: sql`(case when (select count(*) ${found}) < ${limit} then
        (select json_object('openedAt', "openedAt", 'id', "id") from searched limit 1 offset ${MAX_SEARCHED - 1}) end)`,
      ...more,
    })
  }`;
}

/** The rarer condition chooses the index, the rest is checked row by row. Null if one index answers all of it. */
function splitSearch({ state, countryCode, ip, network, ...days }: Filter): { indexed: Filter; rest: Filter } | null {
  const country = countryCode === undefined ? {} : { countryCode };
  const address = ip !== undefined ? { ip } : network !== undefined ? { network } : {};
  const isRareState = state === "open" || state === "unusual";
  const hasAddress = Object.keys(address).length > 0;
  const rest = isRareState ? { ...country, ...address } : hasAddress ? country : {};
  if (Object.keys(rest).length === 0) return null;
  return { indexed: { ...days, ...(state && { state }), ...(!isRareState && address) }, rest };
}

function matching(query: HistoryQuery): SQL {
  const { state } = query.filter;
  const conditions = {
    open: isOpen(NOW),
    closed: sql`not ${isOpen(NOW)}`,
    unusual: isNotNull(connections.unusual),
    refused: undefined,
  };
  const hasState = state && conditions[state];
  const opened = sql`${OPENED} where ${and(isSelected(query, { ...connections, at: connections.openedAt }), hasState)}`;
  const refused = sql`${REFUSED} where ${isSelected(query, { ...refusals, at: refusals.firstAt })}`;
  return state === undefined ? sql`${opened} union all ${refused}` : state === "refused" ? refused : opened;
}

/** Skips from each country to the next in the index. */
const findCountries = prepare<string[]>(sql`
  with recursive
    connected (code) as (
      ${nextCountry(connections)} union all
      select (${nextCountry(connections)} and country_code > code) from connected where code is not null),
    refused (code) as (
      ${nextCountry(refusals)} union all
      select (${nextCountry(refusals)} and country_code > code) from refused where code is not null)
  select json_group_array(code)
  from (select code from connected where code is not null union all select code from refused where code is not null)`);

function nextCountry(table: typeof connections | typeof refusals): SQL {
  return sql`select min(country_code) from ${table} where user_id = ${sql.placeholder("userId")}`;
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

type FilteredColumns = Record<"countryCode" | "ip" | "network", SQLWrapper>;

function isSelected(
  query: HistoryQuery,
  row: FilteredColumns & Record<"id" | "at" | "userId", SQLiteColumn>,
): SQL | undefined {
  const { filter, before } = query;
  const value = sql.placeholder;
  return and(
    eq(row.userId, value("userId")),
    before ? sql`(${row.at}, ${row.id}) < (${value("beforeAt")}, ${value("beforeId")})` : undefined,
    matches(filter, row),
    filter.since === undefined ? undefined : gte(row.at, value("since")),
    filter.until === undefined || isInside(query) ? undefined : lt(row.at, value("until")),
  );
}

function matches({ countryCode, ip, network }: Filter, row: FilteredColumns): SQL | undefined {
  const value = sql.placeholder;
  return and(
    countryCode === undefined ? undefined : sql`${row.countryCode} = ${value("countryCode")}`,
    ip === undefined ? undefined : sql`${row.ip} = ${value("ip")}`,
    network === undefined ? undefined : sql`${row.network} = ${value("network")}`,
  );
}
