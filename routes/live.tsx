import { type Context, Hono } from "hono";
import { type Activity, listOpenedAfter } from "../db/activity.ts";
import { NewPieces } from "../views/connections.tsx";
import type { News } from "../views/live.tsx";
import { readTag, writeTag } from "./version.ts";
import { currentUrl, viewHistory } from "./connections.tsx";
import type { Env } from "../http/env.ts";
import { readCursor } from "../http/history_query.ts";
import { wantsPiece } from "../http/htmx.ts";
import { paths, withQuery } from "../http/paths.ts";

export const live = new Hono<Env>();

/** What is new since the page got its tag: nothing is 304, which is nearly always the answer and costs one small read. */
live.get("/connections/live", async (c) => {
  if (!wantsPiece(c)) return c.redirect(paths.connections, 303);

  const now = c.get("now")();
  const since = c.req.query("since") ?? "";
  if (since === writeTag(c.get("activity"), now)) return c.body(null, 304);

  const downTo = readCursor(c.req.query("down_to"));
  const view = await viewHistory(c, currentUrl(c), downTo);
  const before = readTag(since);
  const news = before && await newsOf(c, before, view.activity);
  // With a lower bound there is an older row only where there are more than are renewed.
  const rows = isOlderPage(c) || downTo && view.older ? "none" : downTo ? "shown" : "first page";
  const { before: _, ...filter } = view.query;
  return c.html(<NewPieces view={view} rows={rows} news={news} newest={withQuery(paths.connections, filter)} />);
});

/** What happened between two looks; what this page itself closed, it has said already. */
async function newsOf(c: Context<Env>, before: Activity, now: Activity): Promise<News> {
  const { db, session: { userId } } = c.var;
  const opened = before.newest && before.newest.id !== now.newest?.id
    ? await listOpenedAfter(db, userId, before.newest)
    : [];
  const closedHere = (c.req.queries("closed_here") ?? []).filter((count) => /^\d{1,4}$/.test(count));
  const closed = before.open + opened.length - now.open - closedHere.reduce((sum, count) => sum + Number(count), 0);
  const known = before.refused?.id === now.refused?.id ? before.refused?.attempts ?? 0 : 0;
  return {
    opened,
    // More are open than the newest ones account for: where two servers' clocks differ, one may open behind another.
    openedBehind: Math.max(0, -closed),
    closed: Math.max(0, closed),
    refused: Math.max(0, (now.refused?.attempts ?? 0) - known),
  };
}

/** Whether the page that asks begins further down in the history: nothing new belongs on it. */
function isOlderPage(c: Context<Env>): boolean {
  const current = c.req.header("HX-Current-URL") ?? "";
  return URL.canParse(current) && new URL(current).searchParams.has("before");
}
