import type { Context } from "hono";
import { readDays } from "../db/days.ts";
import { DAYS, type DaysView } from "../views/days.tsx";
import { localDay } from "../views/time.ts";
import type { Env } from "./env.ts";
import type { HistoryQuery } from "./history_query.ts";
import { startsOfLastDays, zoneOf } from "./time_zones.ts";

/** What the picture of the last days shows: the same under every filter, but for the day that one may have chosen. */
export async function viewDays(c: Context<Env>, { from, to }: HistoryQuery): Promise<DaysView> {
  const zone = zoneOf(c);
  const now = c.get("now")();
  const days = await readDays(c.get("db"), c.get("session").userId, startsOfLastDays(DAYS, now, zone));
  return { ...days, today: localDay(now, zone), chosen: from !== undefined && from === to ? from : null };
}
