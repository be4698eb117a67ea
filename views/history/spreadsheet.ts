import type { FullEntry } from "../../db/history/entries.ts";
import { reasonsIn } from "../../db/unusual.ts";
import { hasDecimalComma } from "../../words/counts.ts";
import { placeName } from "../../words/countries.ts";
import { deviceName } from "../../words/devices.ts";
import type { Texts } from "../../words/texts.ts";
import { localTime } from "../../words/time.ts";
import { nameOfZone } from "../../words/time_zones.ts";
import { movedOf, stateOf } from "./connection_row.ts";
import type { CsvFormat } from "./csv.ts";

const BYTE_ORDER_MARK = "\ufeff";

// Spreadsheets split at the separator that their locale leaves free, and take UTF-8 for it only after a byte order mark.
export function forSpreadsheets(zone: string, t: Texts): CsvFormat {
  const { opened, lastSeen, closed, ...columns } = t.spreadsheet;
  const times = [opened, lastSeen, closed].map((name) => `${name} (${nameOfZone(zone)})`);
  return {
    mark: BYTE_ORDER_MARK,
    separator: hasDecimalComma(t.language) ? ";" : ",",
    columns: [...times, ...Object.values(columns)],
    toRecord: (entry) => toRecord(entry, zone, t),
  };
}

function toRecord(entry: FullEntry, zone: string, t: Texts): string[] {
  const { openedAt, lastSeenAt, closedAt, endReason, ip, countryCode, attempts, unusual, verdict, method } = entry;
  const { lastIp, lastCountryCode, closedByDevice, places, addresses } = entry;
  const state = stateOf(entry);
  const isRefused = state === "refused";
  const [country, moved] = [placeName(countryCode, t), movedOf(entry, t)];
  return [
    localTime(openedAt, zone),
    localTime(lastSeenAt, zone),
    closedAt === null ? "" : localTime(closedAt, zone),
    t.states[state],
    endReason === null ? "" : t.row.reasons[endReason],
    ip,
    country,
    deviceName(entry.device, t),
    entry.userAgent,
    String(attempts ?? ""),
    reasonsIn(unusual).map((reason) => t.row.unusual[reason](country, moved)).join(", "),
    verdict === null ? "" : verdict === "me" ? t.review.me : t.review.notMe,
    closedByDevice === null ? "" : deviceName(closedByDevice, t),
    String(places ?? addresses ?? ""),
    isRefused ? "" : lastIp ?? ip,
    isRefused ? "" : placeName(lastCountryCode ?? countryCode, t),
    method === null ? "" : t.methods.names[method],
  ];
}
