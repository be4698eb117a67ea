/** One formatter a zone: making one costs more than a page of dates. There are some 400 zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();

/** What times are shown in where the account has no time zone yet. */
export const DEFAULT_ZONE = "UTC";

/** "23 Nov 2026, 15:04", for a sentence. The zone has to be named nearby. */
export function formatTime(at: number, zone: string): string {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-GB", {
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      timeZone: zone,
    });
    formatters.set(zone, formatter);
  }
  return formatter.format(at);
}

export function Time({ at, zone }: { at: number; zone: string }) {
  return <time datetime={new Date(at).toISOString()}>{formatTime(at, zone)}</time>;
}

/** "3 minutes", "1 hour": how long to wait, rounded up. */
export function formatWait(milliseconds: number): string {
  const minutes = Math.max(1, Math.ceil(milliseconds / 60_000));
  return minutes < 60 ? plural(minutes, "minute") : plural(Math.ceil(minutes / 60), "hour");
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
