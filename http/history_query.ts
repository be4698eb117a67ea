import type { Context } from "hono";
import { z } from "zod";
import { type Filter, STATES } from "../db/history/filters.ts";
import type { Cursor } from "../db/history/rows.ts";
import { readAddresses } from "../visitor/addresses.ts";
import { isCountry } from "../words/countries.ts";
import type { Texts } from "../words/texts.ts";
import { startOfDay } from "../words/time_zones.ts";
import type { Env } from "./env.ts";
import { problem, type Problems, readForm, say, type Typed } from "./forms.ts";
import { paths } from "./paths.ts";

/** Each field of the history's query. */
export const QueryFields = z.object({
  state: z.enum(STATES, problem("badState")).optional(),
  country: z.string().transform((code) => code.length === 2 ? code.toUpperCase() : code)
    .refine(isCountry, problem("badCountry")).optional(),
  from: z.iso.date(problem("badFrom")).optional(),
  to: z.iso.date(problem("badTo")).optional(),
  ip: z.string().trim().refine((text) => readAddresses(text) !== null, problem("badIp")).optional(),
  before: z.string().refine((text) => readCursor(text) !== null, problem("badCursor")).optional(),
  /** The cursor of the last row that was appended: a reader who comes back to the page gets all down to it. */
  through: z.string().refine((text) => readCursor(text) !== null, problem("badCursor")).optional(),
});

/** The history's query, as in the URL. */
export const HistoryQuery = QueryFields.check(requireOrder);
export type HistoryQuery = z.infer<typeof HistoryQuery>;

/** Requires a query's first day not to be after its last. */
export function requireOrder({ value, issues }: z.core.ParsePayload<{ from?: unknown; to?: unknown }>): void {
  const { from, to } = value;
  if (typeof from !== "string" || typeof to !== "string" || from <= to) return;
  for (const field of ["from", "to"] as const) {
    issues.push({ code: "custom", path: [field], message: problem("badOrder"), input: value[field] });
  }
}

/** A query as it came: fields by name, empty ones left out, repeated ones as a list. */
export type RawQuery = Record<string, string | string[]>;

export function readRawQuery(url: string, { shape }: { shape: object } = QueryFields): RawQuery {
  const params = new URL(url).searchParams;
  const names = Object.keys(shape).filter((name) => params.getAll(name).some((value) => value !== ""));
  return Object.fromEntries(names.map((name) => {
    const values = params.getAll(name);
    return [name, values.length === 1 ? values[0]! : values];
  }));
}

/** The valid part of a query, and the fields that were left out: a sentence for each, and what was typed if they came once. */
export function readHistoryQuery(url: string, t: Texts): { query: HistoryQuery; problems: Problems; typed: Typed } {
  if (!url.includes("?")) return { query: {}, problems: {}, typed: {} };
  const raw = readRawQuery(url);
  const { query, issues } = readValid(raw, HistoryQuery);
  const problems = describeIssues(issues, raw, t);
  const typed = Object.keys(problems).flatMap((name) => typeof raw[name] === "string" ? [[name, raw[name]]] : []);
  return { query, problems, typed: Object.fromEntries(typed) };
}

/** The valid part of a query, and what is wrong with the rest. */
export function readValid<Schema extends z.ZodObject>(
  raw: RawQuery,
  schema: Schema,
): { query: z.infer<Schema>; issues: z.core.$ZodIssue[] } {
  const read = schema.safeParse(raw);
  if (read.success) return { query: read.data, issues: [] };
  const invalid = new Set(read.error.issues.map(({ path }) => path[0]));
  // The rest is read once more: a field of another type hides that the days are out of order.
  const rest = readValid(Object.fromEntries(Object.entries(raw).filter(([name]) => !invalid.has(name))), schema);
  return { query: rest.query, issues: [...read.error.issues, ...rest.issues] };
}

/** A sentence for each invalid field, without a final period. */
export function describeIssues(issues: z.core.$ZodIssue[], raw: RawQuery, t: Texts): Problems {
  const { state, country, from, to, ip } = t.filters;
  const labels: Record<string, string> = { state, country, from, to, ip };
  return Object.fromEntries(issues.map(({ path, message }) => {
    const name = String(path[0]);
    if (name === "before" || name === "through") return [name, say("badCursor", t)];
    return [name, Array.isArray(raw[name]) ? t.filters.repeated(labels[name] ?? name) : say(message, t)];
  }));
}

/** Each sentence once: two fields may share one. */
export function distinctSentences(problems: Problems): string[] {
  return [...new Set(Object.values(problems))];
}

/** Whether a text is a day of the query's. */
export function isDay(text: string): boolean {
  return QueryFields.shape.from.safeParse(text).success;
}

/** The filter for the database; the query's days are days of `timeZone`. */
export function toFilter({ state, country, from, to, ip }: HistoryQuery, timeZone: string): Filter {
  return {
    ...(state && { state }),
    ...(country && { countryCode: country }),
    ...(from && { since: startOfDay(from, timeZone) }),
    ...(to && { until: startOfDay(to, timeZone, 1) }),
    ...(ip && readAddresses(ip)),
  };
}

/** The URL of the history page that htmx is on, without its cursors; of the unfiltered history if it is on another page. */
export function currentUrl(c: Context): string {
  const url = new URL(URL.parse(c.req.header("HX-Current-URL") ?? "") ?? c.req.url);
  if (url.pathname !== paths.connections) url.search = "";
  return withoutCursors(url).href;
}

/** Has htmx write into the URL of the history page how far down its rows reach: to `last`, without cursors if it is null. */
export function replaceUrl(c: Context, last: Cursor | null): void {
  const url = URL.parse(c.req.header("HX-Current-URL") ?? "");
  if (url?.pathname !== paths.connections) return;
  if (last) url.searchParams.set("through", writeCursor(last));
  else withoutCursors(url);
  c.header("HX-Replace-Url", url.pathname + url.search);
}

function withoutCursors(url: URL): URL {
  url.searchParams.delete("before");
  url.searchParams.delete("through");
  return url;
}

/** The history page, with its filters, from which a page without JavaScript was reached, by its form or the `Referer`. */
export async function historyBehind(c: Context<Env>): Promise<string> {
  const back = c.req.method === "POST" ? (await readForm(c)).back : c.req.header("Referer");
  const url = URL.parse(back ?? "", c.req.url);
  return url?.pathname === paths.connections ? paths.connections + url.search : paths.connections;
}

/** Whether htmx is on a page with older rows: it begins with them, or has appended them, which its field `loaded` says. */
export function hasOlderRows(c: Context, loaded: string | undefined): boolean {
  return loaded !== undefined || isOnOlderPage(c);
}

/** Whether htmx is on a page that begins with older connections. */
export function isOnOlderPage(c: Context): boolean {
  return URL.parse(c.req.header("HX-Current-URL") ?? "")?.searchParams.has("before") ?? false;
}

/** Where the next page begins, and when the list's first page was read, if that page shows open connections as a group of their own. */
export type PageCursor = Cursor & { asOf: number | null };

export function writeCursor({ openedAt, id, asOf = null }: Cursor & Partial<PageCursor>): string {
  return [openedAt, id, asOf].filter((part) => part !== null).join(".");
}

/** Reads what `writeCursor` wrote; `null` for anything else. */
export function readCursor(text: string | undefined): PageCursor | null {
  const [, openedAt, id, asOf] = /^(\d{1,15})\.([\da-f-]{36})(?:\.(\d{1,15}))?$/.exec(text ?? "") ?? [];
  return openedAt && id ? { openedAt: Number(openedAt), id, asOf: asOf ? Number(asOf) : null } : null;
}
