import type { Activity } from "./activity.ts";
import type { Db } from "../database.ts";
import { type CountedDays, DAYS, type Days, readDays, toDays, valuesOfDays } from "./days.ts";
import type { Filter } from "./filters.ts";
import { COUNT_VALUES, type CountedRows, countOf, countRows, type RowCount, toRowCount } from "./row_count.ts";
import {
  COUNTRIES,
  listCountries,
  type Page,
  type PageQuery,
  readPage,
  readPageBeside,
  unique,
  unlessKnown,
} from "./rows.ts";

export type Overview = {
  days: Days;
  /** Codes. */
  countries: string[];
  /** How many rows the filter selects; null if counting them would take a longer search. */
  rows: RowCount | null;
};

const MAX_ACCOUNTS = 1_000;
const MAX_FILTERS = 20;

type CachedOverview = {
  activity: string;
  starts: number[];
  days: Days;
  countries: string[];
  rows: Map<string, RowCount | null>;
};
const caches = new WeakMap<Db, Map<string, CachedOverview>>();

type Query = { userId: string; filter: Filter; starts: number[]; now: number };

/** Cached while the activity, which was read with the page's rows, is unchanged. `starts` are those of `readDays`. */
export async function readOverview(db: Db, { activity, ...query }: Query & { activity: Activity }): Promise<Overview> {
  const { userId, starts } = query;
  const cached = findCached(db, query);
  if (cached?.activity === JSON.stringify(activity)) {
    const { days, countries, rows } = cached;
    const counted = rows.get(filterKey(query));
    return {
      days,
      countries,
      rows: counted === undefined ? keepCount(cached, query, await countRows(db, query)) : counted,
    };
  }
  const [days, countries, rows] = await Promise.all([
    readDays(db, userId, starts),
    listCountries(db, userId),
    countRows(db, query),
  ]);
  return keep(db, query, activity, { days, countries, rows });
}

/** Reads a page with its overview; `null` if the activity is `shown`. A remote database reads both in one statement. */
export async function readPageAndOverview(
  db: Db,
  page: PageQuery,
  starts: number[],
  shown: Activity | null = null,
): Promise<{ page: Page; overview: Overview } | null> {
  const { userId, filter, now } = page;
  const query = { userId, filter, starts, now };
  if (db.$client.isRemote) return await readInOneStatement(db, page, query, shown);

  const found = await readPage(db, page);
  return { page: found, overview: await readOverview(db, { ...query, activity: found.activity }) };
}

/** The database leaves out what is still right in the cache. */
async function readInOneStatement(
  db: Db,
  page: PageQuery,
  query: Query,
  shown: Activity | null,
): Promise<{ page: Page; overview: Overview } | null> {
  const { filter, starts } = query;
  const cached = findCached(db, query);
  const beside = {
    key: Object.keys(filter).sort().join(),
    parts: {
      days: unlessKnown(DAYS, "known"),
      countries: unlessKnown(COUNTRIES, "known"),
      count: unlessKnown(countOf(filter), "knownCount"),
    },
    values: {
      ...valuesOfDays(starts),
      ...COUNT_VALUES,
      known: cached?.activity ?? null,
      knownCount: cached?.rows.has(filterKey(query)) ? cached.activity : null,
    },
  };
  const found = await readPageBeside<Changed>(db, page, beside, shown && JSON.stringify(shown));
  if (!found) return null;

  const { activity, beside: { days, countries, count } } = found;
  if (days && countries && count) {
    const overview = { days: toDays(days, starts), countries: unique(countries), rows: toRowCount(count) };
    return { page: found, overview: keep(db, query, activity, overview) };
  }
  if (cached?.activity === JSON.stringify(activity) && count) keepCount(cached, query, toRowCount(count));
  return { page: found, overview: await readOverview(db, { ...query, activity }) };
}

/** Null where the cache is right. */
type Changed = { days: CountedDays | null; countries: string[] | null; count: CountedRows | null };

/** An account's activity when its overview was last read; `null` if it isn't cached. */
export function knownActivity(db: Db, userId: string): Activity | null {
  const cached = cacheOf(db).get(userId);
  return cached ? JSON.parse(cached.activity) : null;
}

function findCached(db: Db, { userId, starts }: Query): CachedOverview | undefined {
  const cached = cacheOf(db).get(userId);
  return cached?.starts === starts ? cached : undefined;
}

function keep(db: Db, query: Query, activity: Activity, { days, countries, rows }: Overview): Overview {
  const counts = new Map([[filterKey(query), rows]]);
  const cached = { activity: JSON.stringify(activity), starts: query.starts, days, countries, rows: counts };
  cacheOf(db).set(query.userId, cached);
  return { days, countries, rows };
}

function keepCount({ rows }: CachedOverview, query: Query, counted: RowCount | null): RowCount | null {
  if (rows.size >= MAX_FILTERS) rows.clear();
  rows.set(filterKey(query), counted);
  return counted;
}

function filterKey({ filter }: Query): string {
  return JSON.stringify(filter);
}

function cacheOf(db: Db): Map<string, CachedOverview> {
  const cache = caches.get(db);
  if (cache && cache.size < MAX_ACCOUNTS) return cache;
  const empty = new Map<string, CachedOverview>();
  caches.set(db, empty);
  return empty;
}
