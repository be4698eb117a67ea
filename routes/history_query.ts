import { Buffer } from "node:buffer";
import { z } from "zod";
import { readAddress, readNetwork } from "../db/addresses.ts";
import type { Cursor, Filter } from "../db/history.ts";
import { isCountry } from "../views/countries.ts";
import { startOfDay } from "./time_zones.ts";

const day = (name: string) => z.iso.date(`"${name}" must be a day like 2026-11-23`).optional();

/** The history's query, as in the URL. Each field that makes no sense says so in one sentence. */
export const HistoryQuery = z.object({
  state: z.enum(["open", "closed", "refused"], '"State" must be open, closed or refused').optional(),
  country: z.string().transform((code) => code.length === 2 ? code.toUpperCase() : code)
    .refine(isCountry, '"Country" must be a country\'s two letters, private or none').optional(),
  from: day("From"),
  to: day("To"),
  ip: z.string().trim().refine(
    (text) => readIp(text) !== null,
    '"IP address" must be an address, or how a network begins: 46.16',
  )
    .optional(),
  before: z.string().refine(
    (text) => readCursor(text) !== null,
    "The link to older connections was damaged: this is the newest page",
  )
    .optional(),
});
export type HistoryQuery = z.infer<typeof HistoryQuery>;

/** A query as it came: fields by name, empty ones left out; of a field that came twice, both. */
export function readQuery(url: string): Record<string, string | string[]> {
  const params = new URL(url).searchParams;
  const names = Object.keys(HistoryQuery.shape).filter((name) => params.getAll(name).some((value) => value !== ""));
  return Object.fromEntries(names.map((name) => {
    const values = params.getAll(name);
    return [name, values.length === 1 ? values[0]! : values];
  }));
}

/** The part of a query that makes sense, and a sentence for each field that doesn't and was left out. */
export function readHistoryQuery(url: string): { query: HistoryQuery; problems: string[] } {
  if (!url.includes("?")) return { query: {}, problems: [] };
  const raw = readQuery(url);
  const read = HistoryQuery.safeParse(raw);
  if (read.success) return { query: read.data, problems: [] };

  const bad = new Set(read.error.issues.map(({ path }) => path[0]));
  const good = Object.entries(raw).filter(([name]) => !bad.has(name));
  return {
    query: HistoryQuery.parse(Object.fromEntries(good)),
    problems: problemsIn(read.error.issues, raw),
  };
}

/** A sentence for each field that makes no sense, without its final period. */
export function problemsIn(issues: z.core.$ZodIssue[], raw: ReturnType<typeof readQuery>): string[] {
  return issues.map(({ path, message }) => {
    const name = String(path[0]);
    return Array.isArray(raw[name]) ? `"${LABELS[name] ?? name}" came more than once` : message;
  });
}

/** What the fields are called where people see them. */
const LABELS: Record<string, string> = { state: "State", country: "Country", from: "From", to: "To", ip: "IP address" };

/** The query as what is asked of the database; its days are days of `timeZone`. */
export function toFilter({ state, country, from, to, ip }: HistoryQuery, timeZone: string): Filter {
  return {
    ...(state && { state }),
    ...(country && { countryCode: country }),
    ...(from && { since: startOfDay(from, timeZone) }),
    ...(to && { until: startOfDay(to, timeZone, 1) }),
    ...(ip && readIp(ip)),
  };
}

/** The cursor as it stands in a URL: opaque, and only good for the next page. */
export function writeCursor({ openedAt, id }: Cursor): string {
  return Buffer.from(`${openedAt} ${id}`).toString("base64url");
}

/** The cursor behind its text; `null` for none and for what `writeCursor` did not write. */
export function readCursor(text: string | undefined): Cursor | null {
  const [, openedAt, id] = /^(\d{1,15}) ([\da-f-]{36})$/.exec(Buffer.from(text ?? "", "base64url").toString()) ?? [];
  return openedAt && id ? { openedAt: Number(openedAt), id } : null;
}

function readIp(text: string): { ip: string } | { network: string } | null {
  const address = readAddress(text);
  if (address) return { ip: address.ip };
  const network = readNetwork(text);
  return network === null ? null : { network };
}
