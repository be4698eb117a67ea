import type { Db } from "../database.ts";
import type { Activity } from "./activity.ts";
import { type Days, readDays } from "./days.ts";
import type { Filter } from "./filters.ts";
import { countRows, type RowCount } from "./row_count.ts";
import { listCountries } from "./rows.ts";

export type Overview = {
  days: Days;
  /** Codes. */
  countries: string[];
  /** How many rows the filter selects; null if counting them would take a longer search. */
  rows: RowCount | null;
};

/** `starts` are those of `readDays`. */
type Query = { userId: string; filter: Filter; starts: number[]; now: number };

const MAX_ACCOUNTS = 1_000;
const MAX_FILTERS = 20;

type CachedOverview = Pick<Overview, "days" | "countries"> & {
  /** As JSON. */
  activity: string;
  starts: number[];
  /** By filter. */
  rows: Map<string, RowCount | null>;
};
const caches = new WeakMap<Db, Map<string, CachedOverview>>();

/**
 * Cached while the activity, which is read with the page's rows, is unchanged. A remote database is asked in one call with the page, and leaves
 * out of its answer what is still right in the cache.
 */
export async function readOverview(
  db: Db,
  { activity: reading, ...query }: Query & { activity: Promise<Activity> },
): Promise<Overview> {
  const accounts = cacheOf(db);
  const found = accounts.get(query.userId);
  const cached = found?.starts === query.starts ? found : undefined;
  const filter = JSON.stringify(query.filter);
  const beside = db.$client.isRemote ? readChanged(db, query, cached, filter) : NOTHING;
  const [read, current] = await Promise.all([beside, reading]);
  const activity = JSON.stringify(current);

  if (cached?.activity !== activity) {
    const overview = isWhole(read) ? read : await readWhole(db, query);
    const { days, countries, rows } = overview;
    accounts.set(query.userId, { activity, starts: query.starts, days, countries, rows: new Map([[filter, rows]]) });
    return overview;
  }
  const { days, countries } = cached;
  let rows = cached.rows.get(filter);
  if (rows === undefined) rows = read.rows;
  if (rows === undefined) rows = await countRows(db, query) ?? null;
  if (cached.rows.size >= MAX_FILTERS) cached.rows.clear();
  cached.rows.set(filter, rows);
  return { days, countries, rows };
}

/** An overview without what is still right in the cache. */
type Changed = { [Part in keyof Overview]: Overview[Part] | undefined };
const NOTHING: Changed = { days: undefined, countries: undefined, rows: undefined };

async function readChanged(db: Db, query: Query, cached?: CachedOverview, filter = ""): Promise<Changed> {
  const known = cached && { activity: cached.activity, now: query.now };
  const [days, countries, rows] = await Promise.all([
    readDays(db, { ...query, known }),
    listCountries(db, { ...query, known }),
    countRows(db, { ...query, known: cached?.rows.has(filter) ? known : undefined }),
  ]);
  return { days, countries, rows };
}

async function readWhole(db: Db, query: Query): Promise<Overview> {
  const whole = await readChanged(db, query);
  if (!isWhole(whole)) throw new Error("Cannot read the overview: a part is missing");
  return whole;
}

function isWhole(overview: Changed): overview is Overview {
  return !Object.values<unknown>(overview).includes(undefined);
}

/** An account's latest cached activity; `null` if there is none. */
export function knownActivity(db: Db, userId: string): Activity | null {
  const cached = caches.get(db)?.get(userId);
  return cached ? JSON.parse(cached.activity) : null;
}

function cacheOf(db: Db): Map<string, CachedOverview> {
  const cache = caches.get(db);
  if (cache && cache.size < MAX_ACCOUNTS) return cache;
  const empty = new Map<string, CachedOverview>();
  caches.set(db, empty);
  return empty;
}
