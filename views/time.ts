import { html as markup } from "hono/html";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What times are shown in where the account has no time zone yet. */
export const DEFAULT_ZONE = "UTC";

/** "23 Nov 2026, 15:04", for a sentence. The zone has to be named nearby. */
export function formatTime(at: number, zone: string): string {
  const local = at + offsetAt(at, zone);
  const day = Math.floor(local / DAY);
  return `${dayName(day)}, ${clock(local - day * DAY)}`;
}

/** The time in ISO 8601, UTC, with milliseconds: what `Date.toISOString` writes, in a fifth of its time. */
export function isoTime(at: number): string {
  const day = Math.floor(at / DAY);
  const rest = at - day * DAY;
  const seconds = Math.floor(rest / 1000) % 60;
  return `${isoDay(day)}T${clock(rest)}:${TWO[seconds]}.${String(rest % 1000).padStart(3, "0")}Z`;
}

export function Time({ at, zone }: { at: number; zone: string }) {
  return markup`<time datetime="${isoTime(at)}">${formatTime(at, zone)}</time>`;
}

/** A time beside that of `other`: "16:20" when both are of one day there, "24 Nov 2026, 16:20" when not. */
export function timeBeside(other: number, at: number, zone: string): string {
  const local = at + offsetAt(at, zone);
  const day = Math.floor(local / DAY);
  const isSameDay = day === Math.floor((other + offsetAt(other, zone)) / DAY);
  return isSameDay ? clock(local - day * DAY) : formatTime(at, zone);
}

/** "2 hours ago", in the largest unit that fits; "just now" within a minute, and for what a clock that went back makes future. */
export function formatAgo(at: number, now: number): string {
  const { count, unit } = inUnits(now - at);
  return count === 0 ? "just now" : agoOf(unit)(count);
}

/** "2 hours", in the largest unit that fits; "less than a minute" for less. */
export function formatDuration(milliseconds: number): string {
  const { count, unit } = inUnits(milliseconds);
  return count === 0 ? "less than a minute" : durationOf(unit)(count);
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

const relativeFormat = new Intl.RelativeTimeFormat("en");
const agoOf = remember((unit: Unit) => remember((count: number) => relativeFormat.format(-count, unit)));
const durationOf = remember((unit: Unit) => {
  const format = new Intl.NumberFormat("en", { style: "unit", unit, unitDisplay: "long" });
  return remember((count: number) => format.format(count));
});

/** "3 minutes", "1 hour": how long to wait, rounded up. */
export function formatWait(milliseconds: number): string {
  const minutes = Math.max(1, Math.ceil(milliseconds / MINUTE));
  return minutes < 60 ? plural(minutes, "minute") : plural(Math.ceil(minutes / 60), "hour");
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

const TWO = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, "0"));

/** "15:04", of the milliseconds since midnight. */
function clock(sinceMidnight: number): string {
  const minutes = Math.floor(sinceMidnight / MINUTE);
  return `${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}`;
}

const dayFormat = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

/** "23 Nov 2026" and "2026-11-23", of the days since the epoch. */
const dayName = remember((day: number) => dayFormat.format(day * DAY));
const isoDay = remember((day: number) => new Date(day * DAY).toISOString().slice(0, -"T00:00:00.000Z".length));

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

/** Keeps what `make` made for each key, as long as those are not more than `most`. */
export function remember<Key, Value>(make: (key: Key) => Value, most = 10_000): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined || made.has(key)) return known as Value;
    if (made.size >= most) made.clear();
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
