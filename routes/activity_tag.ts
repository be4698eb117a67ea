import type { Activity } from "../db/activity.ts";

const MINUTE = 60_000;
const TAG = /^(?:(\d{1,15})~([\da-f-]{36}))?\.(\d{1,9})\.(?:([\da-f-]{36})~(\d{1,9}))?\.(\d{1,9})\.\d{1,9}$/;

/**
 * What a page has of the account's activity, as text that it sends back to ask whether that is still so. With the minute in it, so
 * that what says "2 minutes ago" is renewed, and no more often than that.
 */
export function writeTag({ newest, open, refused, unanswered }: Activity, now: number): string {
  return [
    newest ? `${newest.openedAt}~${newest.id}` : "",
    open,
    refused ? `${refused.id}~${refused.attempts}` : "",
    unanswered,
    Math.floor(now / MINUTE),
  ].join(".");
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
