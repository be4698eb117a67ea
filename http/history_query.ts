import { z } from "zod";
import { readAddress, readNetwork } from "../visitor/addresses.ts";
import { type Cursor, type Filter, STATES } from "../db/history.ts";
import { isCountry } from "../words/countries.ts";
import { remember } from "../words/cache.ts";
import type { Texts } from "../words/texts.ts";
import { startOfDay } from "../words/time_zones.ts";

/** The history's query, as in the URL. Each field that makes no sense says so in one sentence. */
export const historyQueryIn = remember(({ filters: { problems } }: Texts) =>
  z.object({
    state: z.enum(STATES, problems.state).optional(),
    country: z.string().transform((code) => code.length === 2 ? code.toUpperCase() : code)
      .refine(isCountry, problems.country).optional(),
    from: z.iso.date(problems.from).optional(),
    to: z.iso.date(problems.to).optional(),
    ip: z.string().trim().refine((text) => readIp(text) !== null, problems.ip).optional(),
    before: z.string().refine((text) => readCursor(text) !== null, problems.before).optional(),
  })
);
export type HistoryQuery = z.infer<ReturnType<typeof historyQueryIn>>;

const NAMES = ["state", "country", "from", "to", "ip", "before"] as const;

/**
 * A query as it came: fields by name, empty ones left out; of a field that came twice, both. `day` is short for `from` and `to`, in
 * the links of the picture, of which a page has thirty.
 */
export function readQuery(url: string): Record<string, string | string[]> {
  const params = new URL(url).searchParams;
  const has = (name: string) => params.getAll(name).some((value) => value !== "");
  const days = params.getAll("day").filter((day) => day !== "");
  for (const name of ["from", "to"].filter((name) => days.length > 0 && !has(name))) {
    params.delete(name);
    days.forEach((day) => params.append(name, day));
  }
  const names = NAMES.filter(has);
  return Object.fromEntries(names.map((name) => {
    const values = params.getAll(name);
    return [name, values.length === 1 ? values[0]! : values];
  }));
}

/** The part of a query that makes sense, and a sentence for each field that doesn't and was left out. */
export function readHistoryQuery(url: string, t: Texts): { query: HistoryQuery; problems: string[] } {
  if (!url.includes("?")) return { query: {}, problems: [] };
  const raw = readQuery(url);
  const schema = historyQueryIn(t);
  const read = schema.safeParse(raw);
  if (read.success) return { query: read.data, problems: [] };

  const bad = new Set(read.error.issues.map(({ path }) => path[0]));
  const good = Object.entries(raw).filter(([name]) => !bad.has(name));
  return {
    query: schema.parse(Object.fromEntries(good)),
    problems: problemsIn(read.error.issues, raw, t),
  };
}

/** A sentence for each field that makes no sense, without its final period. */
export function problemsIn(
  issues: z.core.$ZodIssue[],
  raw: ReturnType<typeof readQuery>,
  { filters }: Texts,
): string[] {
  const { state, country, from, to, ip } = filters;
  const labels: Record<string, string> = { state, country, from, to, ip };
  return issues.map(({ path, message }) => {
    const name = String(path[0]);
    return Array.isArray(raw[name]) ? filters.problems.repeated(labels[name] ?? name) : message;
  });
}

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

/** The cursor as it stands in a URL, where it has to be short: only good for the next page. */
export function writeCursor({ openedAt, id }: Cursor): string {
  return `${openedAt.toString(36)}.${id}`;
}

/** The cursor behind its text; `null` for none and for what `writeCursor` did not write. */
export function readCursor(text: string | undefined): Cursor | null {
  const [, openedAt, id] = /^([\da-z]{1,9})\.([\da-f-]{36})$/.exec(text ?? "") ?? [];
  return openedAt && id ? { openedAt: Number.parseInt(openedAt, 36), id } : null;
}

function readIp(text: string): { ip: string } | { network: string } | null {
  const address = readAddress(text);
  if (address) return { ip: address.ip };
  const network = readNetwork(text);
  return network === null ? null : { network };
}
