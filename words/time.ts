import type { Language } from "../db/schema.ts";
import { cached } from "./cache.ts";
import { inEachLanguage } from "./languages.ts";
import type { Texts } from "./texts.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Clocks are moved by an hour; in Antarctica by two. */
const LONGEST_SHIFT = 2 * 60 * MINUTE;

/** The zone of an account that has none yet. */
export const DEFAULT_ZONE = "UTC";

/** "23 Nov 2026, 15:04". The zone has to be named nearby. */
export function formatTime(at: number, zone: string, t: Texts): string {
  const local = at + offsetAt(at, zone);
  return `${dayName(Math.floor(local / DAY), t.language)}, ${clockAt(at, zone)}`;
}

/** "15:04"; where clocks went back over this time, so that it came twice, "02:05 (+01:00)". */
function clockAt(at: number, zone: string): string {
  const offset = offsetAt(at, zone);
  const local = at + offset;
  const time = clock(local - Math.floor(local / DAY) * DAY);
  return isRepeated(at, zone) ? `${time} (${offsetName(offset)})` : time;
}

/** Whether the local time came, or comes, once more. Only on a day of a change is there more to do than to look up a cached offset. */
export function isRepeated(at: number, zone: string): boolean {
  const day = Math.floor(at / DAY);
  if ([day - 1, day, day + 1].every((each) => dayOffsets(zone)(each) !== null)) return false;
  const offset = offsetAt(at, zone);
  return [-LONGEST_SHIFT, LONGEST_SHIFT].some((milliseconds) => {
    const other = offsetAt(at + milliseconds, zone);
    return other !== offset && offsetAt(at + offset - other, zone) === other;
  });
}

/** "+01:00". */
function offsetName(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / MINUTE);
  return `${offset < 0 ? "-" : "+"}${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}`;
}

/** The same without this year's number: "23 Nov, 15:04". */
export function formatRecentTime(at: number, now: number, zone: string, t: Texts): string {
  return formatWithin(localDay(now, zone), at, zone, t);
}

/** Without the year if it is that of a day. */
function formatWithin(day: number, at: number, zone: string, { language }: Texts): string {
  const own = localDay(at, zone);
  return `${yearOf(own) === yearOf(day) ? shortDay(own, language) : dayName(own, language)}, ${clockAt(at, zone)}`;
}

/** The local day in a zone, in days since the epoch. */
export function localDay(at: number, zone: string): number {
  return Math.floor((at + offsetAt(at, zone)) / DAY);
}

/** Like `Date.toISOString`, several times faster: the CSV has three per row (docs/performance.md). */
export function isoTime(at: number): string {
  const rest = at - Math.floor(at / MINUTE) * MINUTE;
  const seconds = Math.floor(rest / 1000);
  return `${isoMinute(at).slice(0, -1)}:${TWO[seconds]}.${String(rest - seconds * 1000).padStart(3, "0")}Z`;
}

/** "2026-11-23 15:04:09" in a zone, which spreadsheets read as a date; with the offset where clocks went back. */
export function localTime(at: number, zone: string): string {
  const offset = offsetAt(at, zone);
  const text = isoTime(at + offset).slice(0, -".000Z".length).replace("T", " ");
  return isRepeated(at, zone) ? `${text} ${offsetName(offset)}` : text;
}

/** ISO 8601 to the minute, the precision shown. */
export function isoMinute(at: number): string {
  const day = Math.floor(at / DAY);
  return `${isoDay(day)}T${clock(at - day * DAY)}Z`;
}

/** A time next to another one: "16:20" on the same day, "24 Nov, 16:20" in the same year, otherwise "1 Jan 2027, 16:20". */
export function timeBeside(other: number, at: number, zone: string, t: Texts): string {
  const day = localDay(other, zone);
  return day === localDay(at, zone) ? clockAt(at, zone) : formatWithin(day, at, zone, t);
}

/** "2 hours ago", in the largest unit that fits. A time in the future counts as now. */
export function formatAgo(at: number, now: number, t: Texts): string {
  const { count, unit } = inUnits(now - at);
  return count === 0 ? t.time.justNow : agoOf(t.language)(unit)(count);
}

/** "2 hours", unbreakable, in the largest unit that fits. */
export function formatDuration(milliseconds: number, t: Texts): string {
  const { count, unit } = inUnits(milliseconds);
  return count === 0 ? t.time.lessThanMinute : durationOf(t.language)(unit)(count);
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
  return cached((unit: Unit) => cached((count: number) => format.format(-count, unit)));
});
const durationOf = inEachLanguage((language) =>
  cached((unit: Unit) => {
    const format = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" });
    return cached((count: number) => format.format(count).replaceAll(" ", "\u00a0"));
  })
);

/** "3 minutes", "1 hour", rounded up: how long to wait. */
export function formatWait(milliseconds: number, t: Texts): string {
  const minutes = Math.max(1, Math.ceil(milliseconds / MINUTE));
  return minutes < 60 ? t.time.minutes(minutes) : t.time.hours(Math.ceil(minutes / 60));
}

const TWO = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, "0"));

/** "15:04", from the milliseconds since midnight. */
function clock(sinceMidnight: number): string {
  const minutes = Math.floor(sinceMidnight / MINUTE);
  return `${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}`;
}

/** "23 Nov", from the days since the epoch. The same order in each language: a whole Catalan date is too long for a table. */
export function shortDay(day: number, language: Language): string {
  return shortDays(language)(day);
}
const shortDays = inEachLanguage((language) => {
  const months = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { month: "short", timeZone: "UTC" });
  return cached((day: number) => `${new Date(day * DAY).getUTCDate()} ${months.format(day * DAY)}`);
});

const yearOf = cached((day: number) => new Date(day * DAY).getUTCFullYear());

/** "23 Nov 2026", from the days since the epoch. */
export function dayName(day: number, language: Language): string {
  return dayNames(language)(day);
}
const dayNames = inEachLanguage((language) => cached((day: number) => `${shortDay(day, language)} ${yearOf(day)}`));

/** "2026-11-23", from the days since the epoch. */
export const isoDay = cached((day: number) => new Date(day * DAY).toISOString().slice(0, -"T00:00:00.000Z".length));

/** A zone's offset from UTC in milliseconds, cached by day except on the days when the clocks change. */
function offsetAt(at: number, zone: string): number {
  return dayOffsets(zone)(Math.floor(at / DAY)) ?? measureOffset(at, zone);
}

const dayOffsets = cached((zone: string) =>
  cached((day: number) => {
    const [first, last] = [measureOffset(day * DAY, zone), measureOffset((day + 1) * DAY - 1, zone)];
    return first === last ? first : null;
  })
);

function measureOffset(at: number, zone: string): number {
  const whole = Math.floor(at / 1000) * 1000;
  const parts = formatOf(zone).formatToParts(whole).map(({ type, value }) => [type, Number(value)]);
  const { year, month, day, hour, minute, second } = Object.fromEntries(parts);
  return new Date(0).setUTCFullYear(year, month - 1, day) + ((hour * 60 + minute) * 60 + second) * 1000 - whole;
}

const formatOf = cached((zone: string) =>
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
