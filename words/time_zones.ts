import type { Context } from "hono";
import { Temporal } from "temporal-polyfill";
import { DEFAULT_ZONE, isoDay, localDay } from "./time.ts";
import { TIME_ZONES } from "./zone_names.ts";
import type { Env } from "../http/env.ts";

/** The time zone of who is signed in. */
export function zoneOf(c: Context<Env>): string {
  return c.get("session").timeZone ?? DEFAULT_ZONE;
}

/**
 * The IANA name of a time zone in its usual spelling; `null` for what isn't one. Both that compute with it have to know it:
 * Temporal the days, `Intl` what is shown. Offsets like `+01:00` are no zones here: they know no summer.
 * Nor is `Factory`, which says that none is set, and in which not every version of Deno counts days.
 */
export function readTimeZone(name: string | undefined): string | null {
  if (!name || !/^[A-Z][\w+\-/]{1,63}$/i.test(name) || /^factory$/i.test(name)) return null;
  try {
    const { timeZoneId } = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    new Intl.DateTimeFormat("en", { timeZone: timeZoneId });
    return timeZoneId;
  } catch {
    return null;
  }
}

/** The IANA name of the time zone that a person means: `europe/madrid`, `America/New York`, or the city alone. `null` for none. */
export function findTimeZone(text: string): string | null {
  const name = text.trim().replace(/\s+/g, "_").toLowerCase();
  const offered = TIME_ZONES.map((zone) => ({ zone, lower: zone.toLowerCase() }));
  const found = offered.find(({ lower }) => lower === name) ?? offered.find(({ lower }) => lower.endsWith(`/${name}`));
  return found?.zone ?? readTimeZone(name);
}

/** When a day (`YYYY-MM-DD`) begins in a time zone, or the day after it; milliseconds since the epoch. */
export function startOfDay(day: string, timeZone: string, daysLater = 0): number {
  return Temporal.PlainDate.from(day).add({ days: daysLater }).toZonedDateTime(timeZone).epochMilliseconds;
}

/** The day (`YYYY-MM-DD`) that it is in a time zone. */
export function dayOf(time: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(timeZone).toPlainDate().toString();
}

/**
 * When each of the last `count` days begins in a time zone, today the last of them, and then when tomorrow does; milliseconds since
 * the epoch.
 */
export function startsOfLastDays(count: number, now: number, timeZone: string): number[] {
  const today = localDay(now, timeZone);
  return Array.from({ length: count + 1 }, (_, i) => startOfDay(isoDay(today + i + 1 - count), timeZone));
}
