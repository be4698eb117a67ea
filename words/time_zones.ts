import { Temporal } from "temporal-polyfill";
import { cached } from "./cache.ts";
import { DEFAULT_ZONE, isoDay, localDay } from "./time.ts";

/** Current names of zones that V8 lists under an outdated or ambiguous one. */
const RENAMED = new Map(Object.entries({
  "Africa/Asmera": "Africa/Asmara",
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Catamarca": "America/Argentina/Catamarca",
  "America/Coral_Harbour": "America/Atikokan",
  "America/Cordoba": "America/Argentina/Cordoba",
  "America/Godthab": "America/Nuuk",
  "America/Indianapolis": "America/Indiana/Indianapolis",
  "America/Jujuy": "America/Argentina/Jujuy",
  "America/Louisville": "America/Kentucky/Louisville",
  "America/Mendoza": "America/Argentina/Mendoza",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
  "Pacific/Enderbury": "Pacific/Kanton",
  "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
}));

function currentName(zone: string): string {
  return RENAMED.get(zone) ?? zone;
}

/** The IANA names on offer, sorted by region and city. */
export const TIME_ZONES = [
  ...new Set([DEFAULT_ZONE, ...Intl.supportedValuesOf("timeZone").map(currentName).sort()]),
];

/** The first parts of the names on offer; the pages have words for them. */
export const REGIONS = [
  "Africa",
  "America",
  "Antarctica",
  "Arctic",
  "Asia",
  "Atlantic",
  "Australia",
  "Europe",
  "Indian",
  "Pacific",
] as const;
export type Region = typeof REGIONS[number];

/** A region's zones on offer, with their cities as people write them ("Buenos Aires, Argentina"), sorted by city. */
export function citiesIn(region: Region): { zone: string; city: string }[] {
  return TIME_ZONES.filter((zone) => zone.startsWith(`${region}/`))
    .map((zone) => ({ zone, city: nameOfZone(zone).split("/").slice(1).reverse().join(", ") }))
    .sort((a, b) => a.city < b.city ? -1 : 1);
}

/** The names under which browsers may report a zone: its current one and outdated ones. */
export function namesOfZone(zone: string): string[] {
  const current = currentName(zone);
  return [current, ...[...RENAMED].filter(([, name]) => name === current).map(([former]) => former)];
}

/** A zone's current name as people read and type it: "America/New York". */
export function nameOfZone(zone: string): string {
  return currentName(zone).replaceAll("_", " ");
}

/** Zones that browsers name to hide the real one. Whoever is there sees the same times as in UTC, the default. */
const HIDING = ["UTC", "GMT", "Etc/UTC", "Etc/GMT", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Atlantic/Reykjavik"];

/** Reads the time zone that a browser reports; `null` if it hides it or reports none. */
export function readBrowserZone(name: string | undefined): string | null {
  const zone = readTimeZone(name);
  return zone === null || HIDING.includes(zone) ? null : zone;
}

/**
 * Reads an IANA name in any spelling that both Temporal and `Intl` know, and returns its current name, or `null`. Offsets such as `+01:00`
 * are rejected: they have no daylight-saving time. So is `Factory`, the placeholder of an unset zone.
 */
export function readTimeZone(name: string | undefined): string | null {
  if (!name || !/^[A-Z][\w+\-/]{1,63}$/i.test(name) || /^factory$/i.test(name)) return null;
  try {
    const { timeZoneId } = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    new Intl.DateTimeFormat("en", { timeZone: timeZoneId });
    return currentName(timeZoneId);
  } catch {
    return null;
  }
}

/** Finds the zone that a person means: `europe/madrid`, `America/New York`, or the city alone; `null` if there is none. */
export function findTimeZone(text: string): string | null {
  const name = text.trim().replace(/\s+/g, "_").toLowerCase();
  const offered = TIME_ZONES.map((zone) => ({ zone, lower: zone.toLowerCase() }));
  const found = offered.find(({ lower }) => lower === name) ?? offered.find(({ lower }) => lower.endsWith(`/${name}`));
  return found?.zone ?? readTimeZone(name);
}

/** When a day (`YYYY-MM-DD`), or a later one, begins in a zone; milliseconds since the epoch. */
export function startOfDay(day: string, timeZone: string, daysLater = 0): number {
  return Temporal.PlainDate.from(day).add({ days: daysLater }).toZonedDateTime(timeZone).epochMilliseconds;
}

/** The local day (`YYYY-MM-DD`) in a zone. */
export function dayOf(time: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(timeZone).toPlainDate().toString();
}

/**
 * When each of the last `count` days begins in a zone, today last, and at the end when tomorrow does; milliseconds since the epoch. The same
 * array is returned all day.
 */
export function startsOfLastDays(count: number, now: number, timeZone: string): number[] {
  return startsIn(timeZone)(count)(localDay(now, timeZone));
}

const startsIn = cached((timeZone: string) =>
  cached((count: number) =>
    cached(
      (today: number) =>
        Array.from({ length: count + 1 }, (_, i) => startOfDay(isoDay(today + i + 1 - count), timeZone)),
      10,
    )
  )
);
