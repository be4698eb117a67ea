import { type Context, Hono } from "hono";
import { readActivity } from "../db/activity.ts";
import { closeConnection, closeOtherConnections, hasEnded, listOtherOpen } from "../db/connections.ts";
import { type Cursor, type Entry, type Filter, findConnection, MOST_LOOKED_THROUGH, readPage } from "../db/history.ts";
import { countRows } from "../db/row_count.ts";
import { AllClosedPieces, ConfirmCloseAll, ConfirmCloseOne, OneClosedPieces } from "../views/closing.tsx";
import {
  ConnectionsPage,
  HistoryPieces,
  historyTitle,
  type HistoryView,
  OlderConnections,
} from "../views/connections.tsx";
import { deviceName } from "../words/devices.ts";
import { writeTag } from "./version.ts";
import { viewAround } from "./overview.ts";
import { asksOf, confirmOwner, showConfirmation, type Unconfirmed } from "./confirmation.tsx";
import { streamCsv } from "./csv.ts";
import type { Env } from "../http/env.ts";
import {
  historyQueryIn,
  problemsIn,
  readCursor,
  readHistoryQuery,
  readQuery,
  toFilter,
  writeCursor,
} from "../http/history_query.ts";
import { wantsPiece } from "../http/htmx.ts";
import { leaveNotice } from "./notices.tsx";
import { paths, withQuery } from "../http/paths.ts";
import { askToSignIn } from "../http/sessions.ts";
import { dayOf, zoneOf } from "../words/time_zones.ts";

/** Rows a page, and how many of them at most are kept as they are now. */
const PAGE = 25;
const MOST_LIVE = 200;
const POLL_EVERY = 5_000;

export const connections = new Hono<Env>();

connections.get("/connections", async (c) => {
  const view = await viewHistory(c, c.req.url);
  if (!wantsPiece(c)) return c.render(<ConnectionsPage {...view} />, { title: historyTitle(view.query, view.t) });
  if (view.query.before) return c.html(<OlderConnections {...view} />);

  c.header("HX-Push-Url", withQuery(paths.connections, view.query));
  return c.html(<HistoryPieces {...view} brand={c.var.brand ?? view.t.brand} />);
});

connections.get("/connections.csv", (c) => {
  const { texts: t } = c.var;
  const read = historyQueryIn(t).omit({ before: true }).safeParse(readQuery(c.req.url));
  if (!read.success) {
    return c.text(`${problemsIn(read.error.issues, readQuery(c.req.url), t).join("\n")}\n`, 400);
  }
  const zone = zoneOf(c);
  const now = c.var.now();
  const query = { userId: c.var.session.userId, filter: toFilter(read.data, zone), now };
  return c.body(streamCsv(c.var.db, query), 200, {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": `attachment; filename="connection-history-${dayOf(now, zone)}.csv"`,
  });
});

connections.get("/connections/close", (c) => showCloseAll(c));

connections.post("/connections/close", async (c) => {
  const { db, session, log, requestId } = c.var;
  const open = await listOtherOpen(db, session, c.var.now());
  const unconfirmed = open.length > 0 ? await confirmOwner(c) : null;
  if (unconfirmed) return await showCloseAll(c, unconfirmed);

  const count = await closeOtherConnections(db, session, c.var.now());
  if (count === 0 && await hasEnded(db, session, c.var.now())) return askToSignIn(c);
  if (count > 0) {
    log("session_closed", { request_id: requestId, user: session.userId, by: session.connectionId, count });
  }
  if (!wantsPiece(c)) {
    leaveNotice(c, "all_closed", count);
    return c.redirect(paths.connections, 303);
  }
  c.header("HX-Trigger", "connections-closed");
  return c.html(<AllClosedPieces count={count} closed={open} view={await viewHistory(c, currentUrl(c))} />);
});

connections.get("/connections/:id/close", (c) => showCloseOne(c, c.req.param("id")));

connections.post("/connections/:id/close", async (c) => {
  const { db, session, log, requestId } = c.var;
  const id = c.req.param("id");
  if (id === session.connectionId) return await showCloseOne(c, id);

  const found = await findConnection(db, session.userId, id, c.var.now());
  if (!found) return c.notFound();

  const unconfirmed = found.closedAt === null ? await confirmOwner(c) : null;
  if (unconfirmed) return await showCloseOne(c, id, unconfirmed);

  const count = Number(await closeConnection(db, session, id, c.var.now()));
  if (count === 0 && await hasEnded(db, session, c.var.now())) return askToSignIn(c);
  if (count > 0) log("session_closed", { request_id: requestId, by: session.connectionId, connection: id });
  if (!wantsPiece(c)) {
    leaveNotice(c, "one_closed", count);
    return c.redirect(paths.connections, 303);
  }
  c.header("HX-Trigger", "connections-closed");
  const now = c.var.now();
  const { open, unanswered } = await readActivity(db, session, now);
  const { query } = readHistoryQuery(currentUrl(c), c.var.texts);
  const entry = await findConnection(db, session.userId, id, now) ?? found;
  const table = { current: session.connectionId, zone: zoneOf(c), now, t: c.var.texts };
  const rows = await countRows(db, { userId: session.userId, filter: toFilter(query, table.zone), now });
  return c.html(<OneClosedPieces {...{ count, entry, open, unanswered, query, rows }} {...table} />);
});

/** The confirmation of closing all others: a page, or what htmx puts into the dialog. */
export async function showCloseAll(c: Context<Env>, unconfirmed?: Unconfirmed) {
  const { db, session } = c.var;
  const open = await listOtherOpen(db, session, c.var.now());
  const confirmation = <ConfirmCloseAll connections={open} {...asksOf(c, unconfirmed)} />;
  return showConfirmation(c, confirmation, c.var.texts.closing.titleAll, unconfirmed);
}

/** The same for one. Another account's connection is as unknown as one that never was (ASVS 8.2). */
export async function showCloseOne(c: Context<Env>, id: string, unconfirmed?: Unconfirmed) {
  const { db, session, texts: t } = c.var;
  const connection = await findConnection(db, session.userId, id, c.var.now());
  if (!connection) return c.notFound();
  const isCurrent = id === session.connectionId;
  const confirmation = <ConfirmCloseOne {...{ connection, isCurrent }} {...asksOf(c, unconfirmed)} />;
  const title = t.closing.titleOne(deviceName(connection.device, t));
  return showConfirmation(c, confirmation, title, unconfirmed);
}

/** One page of the history for the query of `url`; or all that it shows by now, down to the row at a cursor. */
export async function viewHistory(c: Context<Env>, url: string, downTo: Cursor | null = null): Promise<HistoryView> {
  const { userId, connectionId: current } = c.get("session");
  const now = c.get("now")();
  const zone = zoneOf(c);
  const t = c.get("texts");
  const { query, problems } = readHistoryQuery(url, t);
  const { before, ...filter } = query;
  const selected = toFilter(filter, zone);
  const limit = downTo ? MOST_LIVE : PAGE;
  // One more than is shown tells whether there is an older page.
  const page = {
    userId,
    filter: downTo ? from(downTo, selected) : selected,
    before: readCursor(before),
    limit: limit + 1,
  };
  // Older rows come to htmx by themselves.
  const isWhole = before === undefined || !wantsPiece(c);
  const { entries: found, stoppedAt, activity, oldest } = await readPage(c.get("db"), { ...page, now }, current);
  const around = isWhole ? await viewAround(c, query, selected, { activity, oldest }) : null;
  const shown = found.slice(0, limit).filter((entry) => !downTo || !isOlder(entry, downTo));
  const next = found.length > limit ? shown.at(-1) : stoppedAt;
  const last = next ?? shown.at(-1);
  const older = next ? { ...filter, before: writeCursor(next) } : null;
  const lookedThrough = stoppedAt && MOST_LOOKED_THROUGH;
  const entries = Object.keys(filter).length > 0 ? shown : await pinCurrent(c, shown, before === undefined);
  return {
    ...{ entries, current, zone, now, t, query, problems, older, lookedThrough },
    ...around ?? { days: null, countries: [], rows: null },
    open: activity.open,
    unanswered: activity.unanswered,
    last: last ? writeCursor(last) : null,
    activity,
    tag: writeTag(activity, now),
    pollEvery: c.get("pollEvery") ?? POLL_EVERY,
  };
}

/** The filter with nothing before the time of a cursor's row. */
function from({ openedAt }: Cursor, filter: Filter): Filter {
  return { ...filter, since: Math.max(filter.since ?? 0, openedAt) };
}

/** Whether a row comes after the one at the cursor: those of the same millisecond are in the order of their ids. */
function isOlder({ openedAt, id }: Cursor, than: Cursor): boolean {
  return openedAt < than.openedAt || openedAt === than.openedAt && id < than.id;
}

/** Where nothing is filtered, the current connection stands first on the first page, and nowhere else. */
async function pinCurrent(c: Context<Env>, entries: Entry[], isFirstPage: boolean): Promise<Entry[]> {
  const { userId, connectionId } = c.get("session");
  const others = entries.filter(({ id }) => id !== connectionId);
  if (!isFirstPage) return others;

  const current = entries.find(({ id }) => id === connectionId) ??
    await findConnection(c.get("db"), userId, connectionId, c.get("now")());
  return current ? [current, ...others] : others;
}

/** The page that htmx is on, by its filter; without one, the unfiltered history. The host in it is nobody's business. */
export function currentUrl(c: Context<Env>): string {
  const current = c.req.header("HX-Current-URL") ?? "";
  const url = new URL(URL.canParse(current) ? current : c.req.url);
  if (url.pathname !== paths.connections) url.search = "";
  url.searchParams.delete("before");
  return url.href;
}
