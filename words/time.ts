import { html as markup } from "hono/html";
import type { Language } from "../db/schema.ts";
import { inEachLanguage } from "./languages.ts";
import { remember } from "./cache.ts";
import type { Texts } from "./texts.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What times are shown in where the account has no time zone yet. */
export const DEFAULT_ZONE = "UTC";

/** "23 Nov 2026, 15:04", for a sentence. The zone has to be named nearby. */
export function formatTime(at: number, zone: string, t: Texts): string {
  const local = at + offsetAt(at, zone);
  const day = Math.floor(local / DAY);
  return `${dayName(day, t.language)}, ${clock(local - day * DAY)}`;
}

/** The day that it is in a zone then, in days since the epoch. */
export function localDay(at: number, zone: string): number {
  return Math.floor((at + offsetAt(at, zone)) / DAY);
}

/** The time in ISO 8601, UTC, with milliseconds: what `Date.toISOString` writes, in a fifth of its time. */
export function isoTime(at: number): string {
  const rest = at - Math.floor(at / MINUTE) * MINUTE;
  const seconds = Math.floor(rest / 1000);
  return `${isoMinute(at).slice(0, -1)}:${TWO[seconds]}.${String(rest - seconds * 1000).padStart(3, "0")}Z`;
}

/** The same to the minute, as exactly as it is shown. */
export function isoMinute(at: number): string {
  const day = Math.floor(at / DAY);
  return `${isoDay(day)}T${clock(at - day * DAY)}Z`;
}

export function Time({ at, zone, t }: { at: number; zone: string; t: Texts }) {
  return markup`<time datetime=${isoMinute(at)}>${formatTime(at, zone, t)}</time>`;
}

/** A time beside that of `other`: "16:20" when both are of one day there, "24 Nov 2026, 16:20" when not. */
export function timeBeside(other: number, at: number, zone: string, t: Texts): string {
  const local = at + offsetAt(at, zone);
  const day = Math.floor(local / DAY);
  const isSameDay = day === Math.floor((other + offsetAt(other, zone)) / DAY);
  return isSameDay ? clock(local - day * DAY) : formatTime(at, zone, t);
}

/** "2 hours ago", in the largest unit that fits; "just now" within a minute, and for what a clock that went back makes future. */
export function formatAgo(at: number, now: number, t: Texts): string {
  const { count, unit } = inUnits(now - at);
  return count === 0 ? t.time.justNow : agoOf[t.language](unit)(count);
}

/** "2 hours" on one line, in the largest unit that fits; "less than a minute" for less. */
export function formatDuration(milliseconds: number, t: Texts): string {
  const { count, unit } = inUnits(milliseconds);
  return count === 0 ? t.time.lessThanMinute : durationOf[t.language](unit)(count);
}

type Unit = "minute" | "hour" | "day" | "month" | "year";

const UNITS: [Unit, milliseconds: number][] = [
  ["year", 365 * DAY],
  ["month", 30 * DAY],
  ["day", DAY],
  ["hour", 60 * MINUTE],
];

function inUnits(milliseconds: number): { count: number; unit: Unit } {
  const [unit, size] = UNITS.find(([, size]) => milliseconds >= size) ?? ["minute", MINUTE];
  return { count: Math.max(0, Math.floor(milliseconds / size)), unit };
}

const agoOf = inEachLanguage((language) => {
  const format = new Intl.RelativeTimeFormat(language);
  return remember((unit: Unit) => remember((count: number) => format.format(-count, unit)));
});
const durationOf = inEachLanguage((language) =>
  remember((unit: Unit) => {
    const format = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" });
    return remember((count: number) => format.format(count).replaceAll(" ", "\u00a0"));
  })
);

/** "3 minutes", "1 hour": how long to wait, rounded up. */
export function formatWait(milliseconds: number, t: Texts): string {
  const minutes = Math.max(1, Math.ceil(milliseconds / MINUTE));
  return minutes < 60 ? t.time.minutes(minutes) : t.time.hours(Math.ceil(minutes / 60));
}

const TWO = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, "0"));

/** "15:04", of the milliseconds since midnight. */
function clock(sinceMidnight: number): string {
  const minutes = Math.floor(sinceMidnight / MINUTE);
  return `${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}`;
}

/** "23 Nov", of the days since the epoch: the same order everywhere, since what Catalan makes of a whole date is too long for a table. */
export function shortDay(day: number, language: Language): string {
  return shortDays[language](day);
}
const shortDays = inEachLanguage((language) => {
  const months = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { month: "short", timeZone: "UTC" });
  return remember((day: number) => `${new Date(day * DAY).getUTCDate()} ${months.format(day * DAY)}`);
});

/** "23 Nov 2026", of the days since the epoch. */
export function dayName(day: number, language: Language): string {
  return dayNames[language](day);
}
const dayNames = inEachLanguage((language) =>
  remember((day: number) => `${shortDay(day, language)} ${new Date(day * DAY).getUTCFullYear()}`)
);

/** "2026-11-23", of the days since the epoch. */
export const isoDay = remember((day: number) => new Date(day * DAY).toISOString().slice(0, -"T00:00:00.000Z".length));

const zones = new Map<string, (day: number) => number | null>();

/**
 * How far a zone's clocks are ahead of UTC at that time, in milliseconds. `Intl` takes a microsecond and more to format a time,
 * and a page has 75: it is asked twice for each day, and again only on the days that change the clocks.
 */
function offsetAt(at: number, zone: string): number {
  let ofDay = zones.get(zone);
  if (!ofDay) {
    ofDay = remember((day) => {
      const [first, last] = [measureOffset(day * DAY, zone), measureOffset((day + 1) * DAY - 1, zone)];
      return first === last ? first : null;
    });
    zones.set(zone, ofDay);
  }
  return ofDay(Math.floor(at / DAY)) ?? measureOffset(at, zone);
}

function measureOffset(at: number, zone: string): number {
  const whole = Math.floor(at / 1000) * 1000;
  const parts = formatOf(zone).formatToParts(whole).map(({ type, value }) => [type, Number(value)]);
  const { year, month, day, hour, minute, second } = Object.fromEntries(parts);
  return new Date(0).setUTCFullYear(year, month - 1, day) + ((hour * 60 + minute) * 60 + second) * 1000 - whole;
}

const formatOf = remember((zone: string) =>
  new Intl.DateTimeFormat("en-GB-u-ca-iso8601-nu-latn", {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    hourCycle: "h23",
    timeZone: zone,
  })
);
