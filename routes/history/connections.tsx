import { type Context, Hono } from "hono";
import type { Child } from "hono/jsx";
import type { Activity } from "../../db/history/activity.ts";
import { type Cursor, MAX_SEARCHED, readPage } from "../../db/history/rows.ts";
import { readPageAndOverview } from "../../db/history/overview.ts";
import type { Session } from "../../db/sessions.ts";
import type { Env } from "../../http/env.ts";
import {
  type PageCursor,
  readCursor,
  readHistoryQuery,
  replaceUrl,
  toFilter,
  writeCursor,
} from "../../http/history_query.ts";
import { wantsFragment } from "../../http/htmx.ts";
import { hasPasswordPage } from "../../http/sections.ts";
import { paths, withQuery } from "../../http/paths.ts";
import { requireSession, zoneOf } from "../../http/sessions/sessions.ts";
import { CHART_DAYS } from "../../views/history/chart.tsx";
import {
  ChangedFragments,
  ConnectionsPage,
  HistoryFragments,
  historyTitle,
  OlderFragments,
} from "../../views/history/connections.tsx";
import type { HistoryView } from "../../views/history/section.tsx";
import { localDay } from "../../words/time.ts";
import { startsOfLastDays } from "../../words/time_zones.ts";

const PAGE_SIZE = 25;
/** Most rows that a page shows again to a reader who comes back to it. */
const MAX_ROWS = 10 * PAGE_SIZE;
/** Rows of the group of open connections. */
const MAX_OPEN = 10;
/** How long the pages of a list leave out what was open on the first, in milliseconds. */
const MAX_MOMENT = 3_600_000;
/** A moment so old that it counts as now: a connection that the first page had no room for comes once it is closed. */
const LONG_AGO = 0;
const POLL_INTERVAL = 5_000;

export const connections = new Hono<Env>();

connections.get(paths.security, requireSession, (c) => c.redirect(paths.connections, 303));

connections.get(paths.connections, requireSession, async (c) => {
  const view = await viewHistory(c, c.req.url);
  const { brand = view.t.brand, pollInterval = POLL_INTERVAL } = c.get("options");
  if (!wantsFragment(c)) {
    const page = <ConnectionsPage {...view} pollInterval={pollInterval} />;
    return c.render(page, { title: historyTitle(view.query, view.t) });
  }
  if (view.query.before) {
    const last = view.entries.at(-1);
    if (last) replaceUrl(c, last);
    return c.html(<OlderFragments {...view} />);
  }

  // Includes fields that were left out, so that the message about them stays.
  c.header(
    "HX-Push-Url",
    Object.keys(view.problems).length > 0
      ? `${paths.connections}${new URL(c.req.url).search}`
      : withQuery(paths.connections, view.query),
  );
  return c.html(<HistoryFragments {...view} brand={brand} />);
});

export async function viewHistory(c: Context<Env>, url: string): Promise<HistoryView> {
  const view = await viewChangedHistory(c, url, c.get("session"), null);
  if (!view) throw new Error("Cannot view the history: nothing was shown, but nothing changed");
  return view;
}

/** Views a session's history; `null` if the account's activity is the one that is `shown`. */
export async function viewChangedHistory(
  c: Context<Env>,
  url: string,
  session: Session,
  shown: Activity | null,
): Promise<HistoryView | null> {
  const options = c.get("options");
  const { db, now: clock } = options;
  const { userId, connectionId: current } = session;
  const t = c.get("texts");
  const [now, zone] = [clock(), zoneOf(session)];
  const { query: { through, ...query }, problems, typed } = readHistoryQuery(url, t);
  const { before, ...filters } = query;
  const filter = toFilter(filters, zone);
  const cursor = readCursor(before);
  const isGrouped = !filters.state && !filters.from && !filters.to && !cursor;
  const asOf = isGrouped ? now : momentOf(cursor, now);
  const last = readCursor(through);
  const limit = last ? MAX_ROWS : PAGE_SIZE;
  // One more than is shown, to know whether there are more.
  const asked = {
    ...{ userId, filter, before: cursor, asOf, now },
    limit: limit + 1,
    openNow: isGrouped ? { current, limit: MAX_OPEN + 1 } : null,
  };
  // Appended rows come without the overview.
  const isAppended = before !== undefined && wantsFragment(c);
  const read = isAppended
    ? { page: await readPage(db, asked), overview: null }
    : await readPageAndOverview(db, asked, startsOfLastDays(CHART_DAYS, now, zone), shown);
  if (!read) return null;

  const { page, overview } = read;
  const { entries: found, openNow, stoppedAt, activity } = page;
  const entries = found.slice(0, limit).filter((entry, i) => i < PAGE_SIZE || last && !isOlder(entry, last));
  const hasMore = found.length > entries.length;
  const hasMoreOpen = openNow !== null && openNow.length > MAX_OPEN;
  const next = hasMore ? entries.at(-1) : stoppedAt;
  const firstReadAt = cursor ? cursor.asOf : hasMoreOpen ? LONG_AGO : asOf;
  return {
    ...{ current, zone, now, t, query, problems, typed, activity, entries },
    hasPassword: hasPasswordPage(options, session),
    openNow: openNow && { entries: openNow.slice(0, MAX_OPEN), hasMore: hasMoreOpen },
    overview,
    today: localDay(now, zone),
    older: next ? { ...filters, before: writeCursor({ ...next, asOf: firstReadAt }) } : null,
    searched: hasMore ? null : stoppedAt && MAX_SEARCHED,
    hasLoaded: isAppended || entries.length > PAGE_SIZE,
  };
}

function isOlder(entry: Cursor, { openedAt, id }: Cursor): boolean {
  return entry.openedAt < openedAt || entry.openedAt === openedAt && entry.id < id;
}

/** Renews the history of the page that htmx is on, and closes its dialog. */
export function renewHistory(c: Context<Env>, view: HistoryView, notification: Child) {
  c.header("HX-Trigger", "connections-closed");
  replaceUrl(c, null);
  return c.html(<ChangedFragments notification={notification} view={view} />);
}

/** An older moment counts as now: what has been closed since then would never be shown. */
function momentOf(cursor: PageCursor | null, now: number): number | null {
  if (!cursor || cursor.asOf === null) return null;
  return cursor.asOf > now || cursor.asOf < now - MAX_MOMENT ? now : cursor.asOf;
}
