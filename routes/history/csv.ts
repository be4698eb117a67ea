import { Hono } from "hono";
import type { Db } from "../../db/database.ts";
import { type Cursor, type Filter, type Found, type FullEntry, listHistory } from "../../db/history/rows.ts";
import type { Env } from "../../http/env.ts";
import { describeIssues, HistoryQuery, readRawQuery, toFilter } from "../../http/history_query.ts";
import { paths } from "../../http/paths.ts";
import { requireSession, zoneOf } from "../../http/sessions.ts";
import { COLUMNS, toCsv, toRecord } from "../../views/history/csv.ts";
import { dayOf } from "../../words/time_zones.ts";

const CHUNK = 500;
/** How long a download may block the event loop, in milliseconds. */
const LONGEST_TURN = 20;

export const csv = new Hono<Env>();

const CsvQuery = HistoryQuery.omit({ before: true });

csv.get(paths.csv, requireSession, (c) => {
  const { options, session, texts: t } = c.var;
  const raw = readRawQuery(c.req.url);
  const read = CsvQuery.safeParse(raw);
  if (!read.success) return c.text(`${describeIssues(read.error.issues, raw, t).join("\n")}\n`, 400);

  const [now, zone] = [options.now(), zoneOf(c)];
  const query = { userId: session.userId, filter: toFilter(read.data, zone), now };
  return c.body(streamCsv(options.db, query), 200, {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": `attachment; filename="connection-history-${dayOf(now, zone)}.csv"`,
  });
});

/** Reads each chunk by keyset when the client takes it: memory is constant, and rows that arrive in the meantime shift nothing. */
export function streamCsv(
  db: Db,
  query: { userId: string; filter: Filter; now: number },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const yieldToOthers = createYield();
  let header = [COLUMNS];
  let before: Cursor | null = null;
  let isOver = false;
  let hasLeft = false;

  return new ReadableStream({
    async pull(controller) {
      let text = "";
      while (text === "" && !isOver && !hasLeft) {
        await yieldToOthers();
        const { entries, stoppedAt }: Found<FullEntry> = await listHistory(db, { ...query, before, limit: CHUNK });
        text = toCsv([...header, ...entries.map(toRecord)]);
        header = [];
        before = stoppedAt ?? entries.at(-1) ?? null;
        isOver = stoppedAt === null && entries.length < CHUNK;
      }
      if (hasLeft) return;
      if (text !== "") controller.enqueue(encoder.encode(text));
      if (isOver) controller.close();
    },
    cancel() {
      hasLeft = true;
    },
    // A HEAD request reads nothing.
  }, { highWaterMark: 0 });
}

/** Yields to the event loop every `LONGEST_TURN` ms. It must be a timer: `setImmediate` doesn't let requests in. */
function createYield(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < LONGEST_TURN) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    since = performance.now();
  };
}
