import type { Context } from "hono";
import { z } from "zod";
import { type Filter, STATES } from "../db/history/filters.ts";
import type { Cursor } from "../db/history/rows.ts";
import { readAddresses } from "../visitor/addresses.ts";
import { isCountry } from "../words/countries.ts";
import type { Texts } from "../words/texts.ts";
import { startOfDay } from "../words/time_zones.ts";
import type { Env } from "./env.ts";
import { problem, readForm, say } from "./forms.ts";
import { paths } from "./paths.ts";

/** The history's query, as in the URL. */
export const HistoryQuery = z.object({
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
export type HistoryQuery = z.infer<typeof HistoryQuery>;

/** A query as it came: fields by name, empty ones left out, repeated ones as a list. */
export type RawQuery = Record<string, string | string[]>;

export function readRawQuery(url: string, { shape }: { shape: object } = HistoryQuery): RawQuery {
  const params = new URL(url).searchParams;
  const names = Object.keys(shape).filter((name) => params.getAll(name).some((value) => value !== ""));
  return Object.fromEntries(names.map((name) => {
    const values = params.getAll(name);
    return [name, values.length === 1 ? values[0]! : values];
  }));
}

/** The valid part of a query, and a sentence for each field that was left out. */
export function readHistoryQuery(url: string, t: Texts): { query: HistoryQuery; problems: string[] } {
  if (!url.includes("?")) return { query: {}, problems: [] };
  const raw = readRawQuery(url);
  const read = HistoryQuery.safeParse(raw);
  if (read.success) return { query: read.data, problems: [] };

  const invalid = new Set(read.error.issues.map(({ path }) => path[0]));
  const valid = Object.entries(raw).filter(([name]) => !invalid.has(name));
  return {
    query: HistoryQuery.parse(Object.fromEntries(valid)),
    problems: describeIssues(read.error.issues, raw, t),
  };
}

/** A sentence for each invalid field, without a final period. */
export function describeIssues(issues: z.core.$ZodIssue[], raw: RawQuery, t: Texts): string[] {
  const { state, country, from, to, ip } = t.filters;
  const labels: Record<string, string> = { state, country, from, to, ip };
  const sentences = issues.map(({ path, message }) => {
    const name = String(path[0]);
    if (name === "before" || name === "through") return say("badCursor", t);
    return Array.isArray(raw[name]) ? t.filters.repeated(labels[name] ?? name) : say(message, t);
  });
  return [...new Set(sentences)];
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

/** The history page, with its filters, from which a page without JavaScript was reached: its form says so, or the browser. */
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
