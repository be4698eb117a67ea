import { type Context, Hono } from "hono";
import { type Entry, findConnection, MAX_SEARCHED, readPage } from "../../db/history/rows.ts";
import { readOverview } from "../../db/history/overview.ts";
import type { Env } from "../../http/env.ts";
import { readCursor, readHistoryQuery, toFilter, writeCursor } from "../../http/history_query.ts";
import { wantsFragment } from "../../http/htmx.ts";
import { paths, withQuery } from "../../http/paths.ts";
import { requireSession, zoneOf } from "../../http/sessions.ts";
import { CHART_DAYS } from "../../views/history/chart.tsx";
import { ConnectionsPage, HistoryFragments, historyTitle, OlderFragments } from "../../views/history/connections.tsx";
import type { HistoryView } from "../../views/history/section.tsx";
import { localDay } from "../../words/time.ts";
import { startsOfLastDays } from "../../words/time_zones.ts";

const PAGE_SIZE = 25;
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
  if (view.query.before) return c.html(<OlderFragments {...view} />);

  // With the fields that were left out, so that the sentence about them stays.
  c.header(
    "HX-Push-Url",
    view.problems.length > 0
      ? `${paths.connections}${new URL(c.req.url).search}`
      : withQuery(paths.connections, view.query),
  );
  return c.html(<HistoryFragments {...view} brand={brand} />);
});

export async function viewHistory(c: Context<Env>, url: string): Promise<HistoryView> {
  const { db, now: clock } = c.get("options");
  const { userId, connectionId: current } = c.get("session");
  const t = c.get("texts");
  const [now, zone] = [clock(), zoneOf(c)];
  const { query, problems } = readHistoryQuery(url, t);
  const { before, ...filters } = query;
  const filter = toFilter(filters, zone);
  // One more than is shown, to tell whether there is an older page.
  const page = { userId, filter, before: readCursor(before), limit: PAGE_SIZE + 1, now };
  const { entries: found, stoppedAt, activity } = await readPage(db, page);
  const shown = found.slice(0, PAGE_SIZE);
  const next = found.length > PAGE_SIZE ? shown.at(-1) : stoppedAt;
  // Appended rows come without the overview.
  const isAppended = before !== undefined && wantsFragment(c);
  const starts = startsOfLastDays(CHART_DAYS, now, zone);
  return {
    ...{ current, zone, now, t, query, problems, activity },
    entries: Object.keys(filters).length > 0 ? shown : await pinCurrent(c, shown, before === undefined),
    overview: isAppended ? null : await readOverview(db, { userId, filter, activity, starts, now }),
    today: localDay(now, zone),
    older: next ? { ...filters, before: writeCursor(next) } : null,
    searched: stoppedAt && MAX_SEARCHED,
  };
}

/** Without filters, the current connection is the first row of the first page, and on no other. */
async function pinCurrent(c: Context<Env>, entries: Entry[], isFirstPage: boolean): Promise<Entry[]> {
  const { db, now } = c.get("options");
  const { userId, connectionId } = c.get("session");
  const others = entries.filter(({ id }) => id !== connectionId);
  if (!isFirstPage) return others;

  const current = entries.find(({ id }) => id === connectionId) ??
    await findConnection(db, userId, connectionId, now());
  return current ? [current, ...others] : others;
}
