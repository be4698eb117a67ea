import type { Activity } from "./activity.ts";
import type { Db } from "../database.ts";
import { type Days, readDays } from "./days.ts";
import type { Filter } from "./filters.ts";
import { listCountries } from "./rows.ts";
import { countRows, type RowCount } from "./row_count.ts";

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

/** Cached while the activity, which was read with the page's rows, is unchanged. `starts` are those of `readDays`. */
export async function readOverview(
  db: Db,
  { userId, filter, activity, starts, now }: {
    userId: string;
    filter: Filter;
    activity: Activity;
    starts: number[];
    now: number;
  },
): Promise<Overview> {
  const accounts = cacheOf(db);
  const version = JSON.stringify(activity);
  const cached = accounts.get(userId);
  const query = { userId, filter, now };
  if (cached?.activity === version && cached.starts === starts) {
    const { days, countries } = cached;
    return { days, countries, rows: await countOnce(cached.rows, db, query) };
  }
  const counts = new Map<string, RowCount | null>();
  const [days, countries, rows] = await Promise.all([
    readDays(db, userId, starts),
    listCountries(db, userId),
    countOnce(counts, db, query),
  ]);
  accounts.set(userId, { activity: version, starts, days, countries, rows: counts });
  return { days, countries, rows };
}

function cacheOf(db: Db): Map<string, CachedOverview> {
  const cache = caches.get(db);
  if (cache && cache.size < MAX_ACCOUNTS) return cache;
  const empty = new Map<string, CachedOverview>();
  caches.set(db, empty);
  return empty;
}

async function countOnce(
  cache: CachedOverview["rows"],
  db: Db,
  query: { userId: string; filter: Filter; now: number },
): Promise<RowCount | null> {
  const key = JSON.stringify(query.filter);
  const cached = cache.get(key);
  if (cached !== undefined) return cached;

  const counted = await countRows(db, query);
  if (cache.size >= MAX_FILTERS) cache.clear();
  cache.set(key, counted);
  return counted;
}
