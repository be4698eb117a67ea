import { stringify } from "csv-stringify/sync";
import type { Db } from "../db/database.ts";
import { type Cursor, type Filter, type Found, type FullEntry, listHistory } from "../db/history.ts";
import { countryName } from "../words/countries.ts";
import { textsOf } from "../words/texts.ts";
import { isoTime } from "../words/time.ts";

/** Rows that are in memory at a time. */
const CHUNK = 500;

/** For how long reading and writing may go on with all else waiting, in milliseconds. */
const LONGEST_TURN = 20;

/** The file is for programs and for all the languages of an office: it always says the same. */
const ENGLISH = textsOf("en");

const COLUMNS = [
  "opened_at",
  "last_seen_at",
  "closed_at",
  "state",
  "end_reason",
  "ip_address",
  "country_code",
  "country",
  "device",
  "user_agent",
  "attempts",
  "unusual",
];

/**
 * The history as CSV (RFC 4180), newest first, all that the filter selects: read piece by piece from where the last one ended, as
 * fast as the reader takes it, so that a million rows need no more memory than a thousand, and rows that arrive meanwhile
 * shift nothing. When the reader leaves or stops reading, so does this.
 */
export function streamCsv(
  db: Db,
  query: { userId: string; filter: Filter; now: number },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const giveWay = createTurns();
  let head = [COLUMNS];
  let before: Cursor | null = null;
  let isOver = false;
  let hasLeft = false;

  return new ReadableStream({
    async pull(controller) {
      let text = "";
      while (text === "" && !isOver && !hasLeft) {
        await giveWay();
        const { entries, stoppedAt }: Found<FullEntry> = await listHistory(db, { ...query, before, limit: CHUNK });
        text = toCsv([...head, ...entries.map(toRecord)]);
        head = [];
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
    // Nothing is read before somebody reads: a HEAD request reads nothing.
  }, { highWaterMark: 0 });
}

/**
 * Lets all else be done when this has gone on for long. An embedded database answers at once and a fast reader takes at once, so
 * that nothing else had a turn for dozens of pieces: pages took 400 ms during a download, and 3 like this. A timer it must be:
 * `setImmediate` does not let requests in.
 */
function createTurns(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < LONGEST_TURN) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    since = performance.now();
  };
}

/**
 * Records as CSV that a spreadsheet opens without running any of it (ASVS 1.2.10): a field that would begin a formula gets a
 * `'` in front, full-width forms included, and a line break or other control character that would hide one too. So does what
 * would begin one inside of a field: where the comma is in the numbers, spreadsheets split at `;`, quoted or not, and some split
 * at tabs.
 */
export function toCsv(records: string[][]): string {
  // By itself csv-stringify quotes a field for the whole CRLF only, and readers end a record at either half.
  return stringify(records.map((fields) => fields.map(disarm)), {
    record_delimiter: "windows",
    quoted_match: /[\r\n;\t]/,
  });
}

const FORMULA = /(?:^|[;\t\r\n]"*)[=+\-@\uff1d\uff0b\uff0d\uff20]|^\p{Cc}/u;
/** The places right before one. */
const BEFORE_FORMULA = /(?<=^|[;\t\r\n]"*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=\p{Cc})/gu;

function disarm(field: string): string {
  // Asking first takes a sixth of the time: hardly any field has one.
  return FORMULA.test(field) ? field.replace(BEFORE_FORMULA, "'") : field;
}

function toRecord(entry: FullEntry): string[] {
  const isRefused = entry.attempts !== null;
  const isKnown = /^[A-Z]{2}$/.test(entry.countryCode);
  return [
    isoTime(entry.openedAt),
    isoTime(entry.lastSeenAt),
    entry.closedAt === null ? "" : isoTime(entry.closedAt),
    isRefused ? "refused" : entry.closedAt === null ? "open" : "closed",
    entry.endReason ?? "",
    entry.ip,
    isKnown ? entry.countryCode : "",
    entry.countryCode === "none" ? "" : countryName(entry.countryCode, ENGLISH),
    entry.device,
    entry.userAgent,
    String(entry.attempts ?? ""),
    entry.unusual.join(" "),
  ];
}
