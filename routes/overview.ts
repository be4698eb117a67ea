import type { Context } from "hono";
import type { Db } from "../db/database.ts";
import { type Days, readDays } from "../db/days.ts";
import { type Filter, listCountries, type Page } from "../db/history.ts";
import { countRows, type RowCount } from "../db/row_count.ts";
import { DAYS, type DaysView } from "../views/chart.tsx";
import { localDay } from "../words/time.ts";
import { writeActivity } from "./version.ts";
import type { Env } from "../http/env.ts";
import type { HistoryQuery } from "../http/history_query.ts";
import { startsOfLastDays, zoneOf } from "../words/time_zones.ts";

/** What stands around the rows of the history. */
export type Around = {
  days: DaysView;
  /** The country codes in the account's whole history. */
  countries: string[];
  /** How many rows the filter selects; null when that would take too long to tell. */
  rows: RowCount | null;
};

/** So many accounts are kept at most, and so many filters of each. */
const MOST_KEPT = 1_000;
const MOST_COUNTED = 20;

type Kept = { of: string; days: Days; countries: string[]; rows: Map<string, RowCount | null> };
const keptByDatabase = new WeakMap<Db, Map<string, Kept>>();

/**
 * Reads what stands around a page of the history. It takes two thirds of what a page asks of the database, and is the same until
 * something happens to the account: so it is kept for as long as what the database said of that with the page's own rows is what it
 * was. Only what retention removes from between the rows can be counted a little longer.
 */
export async function viewAround(
  c: Context<Env>,
  { from, to }: HistoryQuery,
  filter: Filter,
  { activity, oldest }: Pick<Page, "activity" | "oldest">,
): Promise<Around> {
  const db = c.get("db");
  const { userId } = c.get("session");
  const zone = zoneOf(c);
  const now = c.get("now")();
  const today = localDay(now, zone);
  const of = `${zone} ${today} ${oldest} ${writeActivity(activity)}`;

  const accounts = accountsOf(db);
  let kept = accounts.get(userId);
  if (kept?.of !== of) {
    const [days, countries] = await Promise.all([
      readDays(db, userId, startsOfLastDays(DAYS, now, zone)),
      listCountries(db, userId),
    ]);
    kept = { of, days, countries, rows: new Map() };
    accounts.set(userId, kept);
  }
  const chosen = from !== undefined && from === to ? from : null;
  const rows = await countOnce(kept, filter, () => countRows(db, { userId, filter, now }));
  return { days: { ...kept.days, today, chosen }, countries: kept.countries, rows };
}

function accountsOf(db: Db): Map<string, Kept> {
  const accounts = keptByDatabase.get(db);
  if (accounts && accounts.size < MOST_KEPT) return accounts;
  const none = new Map<string, Kept>();
  keptByDatabase.set(db, none);
  return none;
}

async function countOnce(
  { rows }: Kept,
  filter: Filter,
  count: () => Promise<RowCount | null>,
): Promise<RowCount | null> {
  const key = JSON.stringify(filter);
  const known = rows.get(key);
  if (known !== undefined) return known;

  const counted = await count();
  if (rows.size >= MOST_COUNTED) rows.clear();
  rows.set(key, counted);
  return counted;
}
