import { stringify } from "csv-stringify/sync";
import type { FullEntry } from "../../db/history/entries.ts";
import { cached } from "../../words/cache.ts";
import { countryName, isCountryCode } from "../../words/countries.ts";
import { textsOf } from "../../words/texts.ts";
import { isoTime } from "../../words/time.ts";
import { stateOf } from "./connection_row.ts";

// The file is for programs.
const ENGLISH = textsOf("en");

/** How a download is written: for programs, or for people. */
export type CsvFormat = {
  /** What the file begins with. */
  mark: string;
  separator: "," | ";";
  columns: string[];
  toRecord: (entry: FullEntry) => string[];
};

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
  "verdict",
  "closed_from",
  "addresses",
  "last_ip_address",
  "last_country_code",
  "method",
];

export const FOR_PROGRAMS: CsvFormat = { mark: "", separator: ",", columns: COLUMNS, toRecord };

function toRecord(entry: FullEntry): string[] {
  const state = stateOf(entry);
  const isRefused = state === "refused";
  return [
    isoTime(entry.openedAt),
    isoTime(entry.lastSeenAt),
    entry.closedAt === null ? "" : isoTime(entry.closedAt),
    state,
    entry.endReason ?? "",
    entry.ip,
    codeOf(entry.countryCode),
    entry.countryCode === "none" ? "" : countryName(entry.countryCode, ENGLISH),
    entry.device,
    entry.userAgent,
    String(entry.attempts ?? ""),
    entry.unusual ?? "",
    entry.verdict ?? "",
    entry.closedByDevice ?? "",
    String(entry.places ?? entry.addresses ?? ""),
    isRefused ? "" : entry.lastIp ?? entry.ip,
    isRefused ? "" : codeOf(entry.lastCountryCode ?? entry.countryCode),
    entry.method ?? "",
  ];
}

function codeOf(country: string): string {
  return isCountryCode(country) ? country : "";
}

/**
 * RFC 4180, without formulas (ASVS 1.2.10): what would start one gets a `'` in front, also after a `;` or a tab inside a field, where some
 * spreadsheets split, quoted or not.
 */
export function toCsv(records: string[][], separator: CsvFormat["separator"] = ","): string {
  return records.map((fields) =>
    `${fields.map((field) => PLAIN.test(field) ? field : quote(field)).join(separator)}\r\n`
  ).join(
    "",
  );
}

// Most fields need no escaping, and the rest repeat (docs/performance.md).
const PLAIN = /^(?:[\w.:][\w.: ()/-]*)?$/;

const quote = cached((field: string) =>
  // csv-stringify quotes a field with a whole CRLF only, but readers end a record at either half.
  stringify([[disarm(field)]], { record_delimiter: "windows", quoted_match: /[\r\n,;\t]/ }).slice(0, -"\r\n".length)
);

const FORMULA = /(?:^|[;\t\r\n]"*)[=+\-@\uff1d\uff0b\uff0d\uff20]|^\p{Cc}/u;
const FORMULA_START = /(?<=^|[;\t\r\n]"*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=\p{Cc})/gu;

function disarm(field: string): string {
  return FORMULA.test(field) ? field.replace(FORMULA_START, "'") : field;
}
