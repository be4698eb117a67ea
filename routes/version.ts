import type { Activity } from "../db/activity.ts";

const MINUTE = 60_000;
const TAG = /^(?:(\d{1,15})~([\da-f-]{36}))?\.(\d{1,9})\.(?:([\da-f-]{36})~(\d{1,9}))?\.(\d{1,9})\.\d{1,9}$/;

/**
 * What a page has of the account's activity, as text that it sends back to ask whether that is still so. With the minute in it, so
 * that what says "2 minutes ago" is renewed, and no more often than that.
 */
export function writeTag(activity: Activity, now: number): string {
  return `${writeActivity(activity)}.${Math.floor(now / MINUTE)}`;
}

/** The activity alone, as text that is the same while nothing happens. */
export function writeActivity({ newest, open, refused, unanswered }: Activity): string {
  const opened = newest ? `${newest.openedAt}~${newest.id}` : "";
  const tried = refused ? `${refused.id}~${refused.attempts}` : "";
  return `${opened}.${open}.${tried}.${unanswered}`;
}

/** The activity in a tag; `null` for what `writeTag` did not write. */
export function readTag(tag: string): Activity | null {
  const [whole, openedAt, newestId, open, refusedId, attempts, unanswered] = TAG.exec(tag) ?? [];
  if (whole === undefined) return null;
  return {
    newest: openedAt && newestId ? { openedAt: Number(openedAt), id: newestId } : null,
    open: Number(open),
    refused: refusedId ? { id: refusedId, attempts: Number(attempts) } : null,
    unanswered: Number(unanswered),
  };
}
