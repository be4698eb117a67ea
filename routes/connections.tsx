import { type Context, Hono } from "hono";
import type { HtmlEscapedString } from "hono/utils/html";
import { closeConnection, closeOtherConnections, countOpen, hasEnded, listOtherOpen } from "../db/connections.ts";
import { readDays } from "../db/days.ts";
import { findConnection, readPage } from "../db/history.ts";
import { countRows } from "../db/row_count.ts";
import {
  AllClosedPieces,
  type Confirmation,
  ConfirmationPage,
  ConfirmCloseAll,
  ConfirmCloseOne,
  OneClosedPieces,
} from "../views/closing.tsx";
import { ConnectionsPage, HistoryPieces, type HistoryView, OlderConnections } from "../views/connections.tsx";
import { DAYS, type DaysView } from "../views/days.tsx";
import { DEFAULT_ZONE, localDay } from "../views/time.ts";
import { confirmOwner, needsPassword, type Unconfirmed } from "./confirmation.ts";
import { streamCsv } from "./csv.ts";
import type { Env } from "./env.ts";
import {
  HistoryQuery,
  problemsIn,
  readCursor,
  readHistoryQuery,
  readQuery,
  toFilter,
  writeCursor,
} from "./history_query.ts";
import { wantsPiece } from "./htmx.ts";
import { answerProblem } from "./guards.tsx";
import { leaveNotice } from "./notices.tsx";
import { paths, withQuery } from "./paths.ts";
import { askToSignIn } from "./sessions.ts";
import { dayOf, startsOfLastDays } from "./time_zones.ts";

/** Rows a page. */
const PAGE = 25;

export const connections = new Hono<Env>();

connections.get("/connections", async (c) => {
  const view = await viewHistory(c, c.req.url);
  if (!wantsPiece(c)) return c.render(<ConnectionsPage {...view} />, { title: "Connection history" });
  if (view.query.before) return c.html(<OlderConnections {...view} />);

  c.header("HX-Push-Url", withQuery(paths.connections, view.query));
  return c.html(<HistoryPieces {...view} />);
});

connections.get("/connections.csv", (c) => {
  const read = HistoryQuery.omit({ before: true }).safeParse(readQuery(c.req.url));
  if (!read.success) {
    return c.text(`${problemsIn(read.error.issues, readQuery(c.req.url)).join("\n")}\n`, 400);
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
  return c.html(<AllClosedPieces count={count} view={await viewHistory(c, currentUrl(c))} />);
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
  const open = await countOpen(db, session.userId, c.var.now());
  const zone = zoneOf(c);
  const { query } = readHistoryQuery(currentUrl(c));
  const rows = await countRows(db, { userId: session.userId, filter: toFilter(query, zone), now: c.var.now() });
  const entry = await findConnection(db, session.userId, id, c.var.now()) ?? found;
  return c.html(<OneClosedPieces {...{ count, entry, open, query, rows, zone }} />);
});

/** The confirmation of closing all others: a page, or what htmx puts into the dialog. */
export async function showCloseAll(c: Context<Env>, unconfirmed?: Unconfirmed) {
  const { db, session } = c.var;
  const open = await listOtherOpen(db, session, c.var.now());
  const confirmation = <ConfirmCloseAll connections={open} {...asksOf(c, unconfirmed)} />;
  return showConfirmation(c, confirmation, "Close open connections", unconfirmed);
}

/** The same for one. Another account's connection is as unknown as one that never was (ASVS 8.2). */
export async function showCloseOne(c: Context<Env>, id: string, unconfirmed?: Unconfirmed) {
  const { db, session } = c.var;
  const connection = await findConnection(db, session.userId, id, c.var.now());
  if (!connection) return c.notFound();
  const isCurrent = id === session.connectionId;
  const confirmation = <ConfirmCloseOne {...{ connection, isCurrent }} {...asksOf(c, unconfirmed)} />;
  return showConfirmation(c, confirmation, "Close a connection", unconfirmed);
}

/** What both confirmations are shown with. */
function asksOf(c: Context<Env>, { problem, problems }: Unconfirmed = { problems: {} }): Confirmation {
  const { session, csrf } = c.var;
  return {
    csrf,
    email: session.email,
    needsPassword: needsPassword(session, c.var.now()),
    zone: zoneOf(c),
    inDialog: wantsPiece(c),
    problem,
    problems,
  };
}

function showConfirmation(
  c: Context<Env>,
  confirmation: HtmlEscapedString | Promise<HtmlEscapedString>,
  title: string,
  unconfirmed?: Unconfirmed,
) {
  if (!wantsPiece(c)) return c.render(<ConfirmationPage>{confirmation}</ConfirmationPage>, { title });
  // htmx puts no 5xx into the dialog: the form stays as it is, and a piece beside it says why.
  return unconfirmed?.isBusy ? answerProblem(c, unconfirmed.problem ?? "") : c.html(confirmation);
}

/** One page of the history for the query of `url`. */
async function viewHistory(c: Context<Env>, url: string): Promise<HistoryView> {
  const { db, session: { userId, connectionId } } = c.var;
  const now = c.var.now();
  const zone = zoneOf(c);
  const { query, problems } = readHistoryQuery(url);
  const { before, ...filter } = query;
  const asked = { userId, filter: toFilter(filter, zone), now };
  const [{ entries: found, open, countries }, rows, days] = await Promise.all([
    // One more than is shown tells whether there is an older page.
    readPage(db, { ...asked, before: readCursor(before), limit: PAGE + 1 }),
    countRows(db, asked),
    viewDays(c, query),
  ]);
  const entries = found.slice(0, PAGE);
  const last = entries.at(-1);
  const older = last && found.length > PAGE ? { ...filter, before: writeCursor(last) } : null;
  return { entries, current: connectionId, open, countries, rows, days, query, problems, older, zone };
}

/** What the picture of the last days shows; it is the same under every filter. */
async function viewDays(c: Context<Env>, { from, to }: HistoryQuery): Promise<DaysView> {
  const zone = zoneOf(c);
  const now = c.var.now();
  const days = await readDays(c.var.db, c.var.session.userId, startsOfLastDays(DAYS, now, zone));
  return { ...days, today: localDay(now, zone), chosen: from !== undefined && from === to ? from : null };
}

/** The page that htmx is on, by its filter; without one, the unfiltered history. The host in it is nobody's business. */
function currentUrl(c: Context<Env>): string {
  const current = c.req.header("HX-Current-URL") ?? "";
  const url = new URL(URL.canParse(current) ? current : c.req.url);
  if (url.pathname !== paths.connections) url.search = "";
  url.searchParams.delete("before");
  return url.href;
}

function zoneOf(c: Context<Env>): string {
  return c.var.session.timeZone ?? DEFAULT_ZONE;
}
