import type { Context } from "hono";
import type { Activity } from "../db/activity.ts";
import type { Db } from "../db/client.ts";
import { type Days, readDays } from "../db/days.ts";
import { DAYS, type DaysView } from "../views/days.tsx";
import { localDay } from "../views/time.ts";
import type { Env } from "./env.ts";
import type { HistoryQuery } from "./history_query.ts";
import { startsOfLastDays, zoneOf } from "./time_zones.ts";

/** So many accounts' days are kept at most. */
const MOST_KEPT = 1_000;

type Kept = { of: string; days: Days };
const keptByDatabase = new WeakMap<Db, Map<string, Kept>>();

/**
 * What the picture of the last days shows: the same under every filter, but for the day that one may have chosen. It takes 150 µs to
 * count where there is much to count, a third of a page, and is the same until something happens to the account: so it is kept for as
 * long as `activity`, which the database told at this request, is what it was.
 */
export async function viewDays(c: Context<Env>, { from, to }: HistoryQuery, activity: Activity): Promise<DaysView> {
  const { userId } = c.get("session");
  const db = c.get("db");
  const zone = zoneOf(c);
  const now = c.get("now")();
  const today = localDay(now, zone);
  const of = JSON.stringify([zone, today, activity]);

  let kept = keptByDatabase.get(db);
  if (!kept || kept.size >= MOST_KEPT) keptByDatabase.set(db, kept = new Map());
  const known = kept.get(userId);
  const days = known?.of === of ? known.days : await readDays(db, userId, startsOfLastDays(DAYS, now, zone));
  kept.set(userId, { of, days });
  return { ...days, today, chosen: from !== undefined && from === to ? from : null };
}
