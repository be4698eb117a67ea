import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Db } from "../../db/database.ts";
import { findUnavailable } from "../../db/driver/unavailable.ts";
import { endDownload, isConnectionOpen, renewSlot, SLOT_LIFETIME, startDownload } from "../../db/downloads.ts";
import type { Filter } from "../../db/history/filters.ts";
import type { FullEntry } from "../../db/history/entries.ts";
import { type Cursor, type Found, listHistory } from "../../db/history/rows.ts";
import type { Env } from "../../http/env.ts";
import { problem } from "../../http/forms.ts";
import {
  describeIssues,
  distinctSentences,
  QueryFields,
  readRawQuery,
  readValid,
  requireOrder,
  toFilter,
} from "../../http/history_query.ts";
import { paths } from "../../http/paths.ts";
import { logRequest } from "../../http/request.ts";
import { requireSession, zoneOf } from "../../http/sessions/sessions.ts";
import { type CsvFormat, FOR_PROGRAMS, toCsv } from "../../views/history/csv.ts";
import { forSpreadsheets } from "../../views/history/spreadsheet.ts";
import { dayOf } from "../../words/time_zones.ts";

/** A download holds at most two chunks, and stops within twice as many rows of its session's end. */
type Chunks = { rows: number; isReadAhead: boolean };
const EMBEDDED: Chunks = { rows: 500, isReadAhead: false };
/** Fewer round trips, and none that the client waits for while it takes a chunk. */
const REMOTE: Chunks = { rows: 2_500, isReadAhead: true };
/** How long a download may block the event loop, in milliseconds. */
const LONGEST_TURN = 20;
/** How often a download renews its slot, in milliseconds. */
const RENEW_AFTER = SLOT_LIFETIME / 3;

export const csv = new Hono<Env>();

const CsvQuery = QueryFields.omit({ before: true, through: true }).extend({
  for: z.literal("spreadsheet", problem("badFor")).optional(),
}).check(requireOrder);

csv.get(paths.csv, requireSession, async (c) => {
  const { options, session, texts: t } = c.var;
  const raw = readRawQuery(c.req.url, CsvQuery);
  const { query: asked, issues } = readValid(raw, CsvQuery);
  if (issues.length > 0) return c.text(`${distinctSentences(describeIssues(issues, raw, t)).join("\n")}\n`, 400);

  const [now, zone] = [options.now(), zoneOf(session)];
  const query = { userId: session.userId, filter: toFilter(asked, zone), now };
  const format = asked.for ? forSpreadsheets(zone, t) : FOR_PROGRAMS;
  const headers = {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": `attachment; filename="connection-history-${dayOf(now, zone)}.csv"`,
    // A proxy that compresses would collect rows instead of passing each on at once.
    "Cache-Control": "no-store, no-transform",
  };
  if (c.req.method === "HEAD") return c.body(null, 200, headers);

  const download = await registerDownload(c);
  if (!download) return c.text(`${t.errors.tooManyDownloads}\n`, 429, { "Retry-After": String(SLOT_LIFETIME / 1000) });
  logRequest(c, "sensitive_read", { user: session.userId, filters: Object.keys(asked).join(" ") });
  const chunks = options.db.$client.isRemote ? REMOTE : EMBEDDED;
  return c.body(streamCsv(options.db, query, format, download, chunks), 200, headers);
});

/** What a running download asks for and reports. */
type Download = {
  /** Whether its session and its slot still allow it to continue. */
  mayContinue: () => Promise<boolean>;
  end: () => void;
};

/** Occupies a slot for the response; `null` if the account has none free. */
async function registerDownload(c: Context<Env>): Promise<Download | null> {
  const { options: { db, now }, session, waitUntil } = c.var;
  let renewedAt = now();
  const slot = await orUncounted(startDownload(db, session.userId, renewedAt));
  if (slot === null) return null;
  return {
    async mayContinue() {
      const at = now();
      if (!await isConnectionOpen(db, session.connectionId, at)) return false;
      if (Math.abs(at - renewedAt) < RENEW_AFTER) return true;
      renewedAt = at;
      return slot === undefined || (await orUncounted(renewSlot(db, slot, at)) ?? true);
    },
    end: () => slot && waitUntil(orUncounted(endDownload(db, slot))),
  };
}

/** On a full disk reading continues, and so do downloads, although nobody can count them. */
async function orUncounted<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (findUnavailable(error)) return undefined;
    throw error;
  }
}

/**
 * Reads each chunk by keyset when the client takes it, or the one before: memory is constant, and rows that arrive in the meantime shift
 * nothing. A download that may not continue fails, so that nobody takes what has arrived for the whole.
 */
export function streamCsv(
  db: Db,
  query: { userId: string; filter: Filter; now: number },
  { mark, separator, columns, toRecord }: CsvFormat,
  download: Download,
  { rows, isReadAhead }: Chunks = EMBEDDED,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const yieldToOthers = createYield();
  let header = mark + toCsv([columns], separator);
  let before: Cursor | null = null;
  let ahead: Promise<Found<FullEntry> | null> | null = null;
  let isOver = false;
  let hasLeft = false;

  const read = () => listHistory(db, { ...query, before, limit: rows });

  async function readText(): Promise<string> {
    let text = "";
    while (text === "" && !isOver && !hasLeft) {
      await yieldToOthers();
      // Asked when the chunk is taken, however early it was read.
      const [found, mayContinue] = await Promise.all([
        ahead?.then((found) => found ?? read()) ?? read(),
        download.mayContinue(),
      ]);
      if (!mayContinue) {
        throw new Error("Cannot continue the download: its session ended, or other downloads took its place");
      }
      before = found.stoppedAt ?? found.entries.at(-1) ?? null;
      isOver = found.stoppedAt === null && found.entries.length < rows;
      if (isReadAhead && !isOver && !hasLeft) {
        // One that fails is read again when it is taken.
        ahead = read().catch(() => null);
        // Otherwise the call would leave after the work on this chunk.
        await nextTurn();
      }
      text = header + toCsv(found.entries.map(toRecord), separator);
      header = "";
    }
    return text;
  }

  return new ReadableStream({
    async pull(controller) {
      try {
        const text = await readText();
        if (hasLeft) return;
        if (text !== "") controller.enqueue(encoder.encode(text));
        if (!isOver) return;
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      download.end();
    },
    cancel() {
      hasLeft = true;
      download.end();
    },
  }, { highWaterMark: 0 });
}

/** It must be a timer: `setImmediate` doesn't let requests in. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Yields to the event loop every `LONGEST_TURN` ms. */
function createYield(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < LONGEST_TURN) return;
    await nextTurn();
    since = performance.now();
  };
}
