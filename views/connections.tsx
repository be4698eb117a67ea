import { html as markup } from "hono/html";
import type { Child } from "hono/jsx";
import type { Activity } from "../db/activity.ts";
import type { Entry } from "../db/history.ts";
import type { RowCount } from "../db/row_count.ts";
import type { HistoryQuery } from "../http/history_query.ts";
import { paths, withQuery } from "../http/paths.ts";
import { ConnectionRow, type Rows } from "./connection_row.ts";
import { placeName } from "../words/countries.ts";
import { DaysPicture, type DaysView } from "./chart.tsx";
import { Empty, Filters, formatDay } from "./filters.tsx";
import { PageTitle } from "./layout.tsx";
import { KnownPiece, Live, type News, NewsPiece } from "./live.tsx";
import { Notification, NotificationPiece } from "./notifications.tsx";
import type { Texts } from "../words/texts.ts";

export type HistoryView = Rows & {
  entries: Entry[];
  /** How many connections are open, the current one included. */
  open: number;
  /** The country codes of the account's whole history. */
  countries: string[];
  /** How many rows the filter selects; null when that would take too long to tell. */
  rows: RowCount | null;
  /** Null where rows are shown alone. */
  days: DaysView | null;
  query: HistoryQuery;
  /** What of the query made no sense and was left out, in sentences. */
  problems: string[];
  /** How many unusual connections wait for an answer. */
  unanswered: number;
  /** The query of the next older page; null on the last one. */
  older: HistoryQuery | null;
  /** The cursor of where this page ends; null where there is nothing. */
  last: string | null;
  /** After how many rows a search stopped that did not find enough for a page; null where it need not. */
  lookedThrough: number | null;
  activity: Activity;
  /** The activity as text, and how often the page asks whether it is still the same, in milliseconds. */
  tag: string;
  pollEvery: number;
};

export function ConnectionsPage(view: HistoryView) {
  return (
    <>
      <Live {...view} />
      <History {...view} />
    </>
  );
}

/** What tells this tab from the account's others: first what the filter says, since a tab shows the beginning. */
export function historyTitle({ state, country, from, to, ip, before }: HistoryQuery, t: Texts): string {
  const day = (iso: string) => formatDay(iso, t.language);
  const filter = [
    state && t.states[state].toLowerCase(),
    country && placeName(country, t),
    ip,
    from && (from === to ? day(from) : t.filters.title.from(day(from))),
    to && to !== from && t.filters.title.to(day(to)),
    before && t.filters.title.older,
  ].filter(Boolean).join(", ");
  return filter === "" ? t.history.title : `${capitalize(filter)} · ${t.history.title}`;
}

/**
 * The section for htmx after filtering, with the page's new title and the form as it was left. What an earlier notification said is over; in its place stands
 * for who doesn't see the table how much it has now.
 */
export function HistoryPieces({ brand, ...view }: HistoryView & { brand: string }) {
  return (
    <>
      <PageTitle title={historyTitle(view.query, view.t)} brand={brand} />
      <History {...view} isFiltering />
      <NotificationPiece>
        <p class="hidden">{foundRows(view)}</p>
      </NotificationPiece>
    </>
  );
}

function foundRows({ rows, entries, older, lookedThrough, t }: HistoryView): string {
  const shown = countedRows(rows ?? { rows: entries.length, isMore: older !== null && lookedThrough === null }, t);
  return rows === null && lookedThrough !== null ? t.history.soFar(shown) : shown;
}

/** "1 row", "128 rows", "more than 1,000 rows". */
function countedRows({ rows, isMore }: RowCount, { history }: Texts): string {
  return isMore ? history.moreThanRows(rows) : history.rows(rows);
}

/**
 * What something new may change, for the page that asks by itself. Morphing leaves alone what is the same, so that focus, selection
 * and scroll stay, and what a person types or opens is elsewhere. A part that shows the history in another way is one piece more.
 */
export function NewPieces({ view, rows, news, newest }: {
  view: HistoryView;
  /** Which rows are renewed: those on the page, the first page where there are none, or none where they are too many or too old. */
  rows: "shown" | "first page" | "none";
  /** Null where nobody knows what the page had. */
  news: News | null;
  /** The page with the newest rows. */
  newest: string;
}) {
  return (
    <>
      <KnownPiece {...view} />
      <hx-partial hx-target="#head" hx-swap="outerMorph">
        <HistoryHead {...view} />
      </hx-partial>
      {rows !== "none" && (
        <hx-partial hx-target="#rows-or-none" hx-swap="innerMorph">
          <RowsOrNone {...view} />
        </hx-partial>
      )}
      {rows === "first page" && (
        <hx-partial hx-target="#more" hx-swap="outerMorph">
          <More {...view} />
        </hx-partial>
      )}
      <hx-partial hx-target="#days" hx-swap="outerMorph">
        {view.days && <DaysPicture {...view.days} t={view.t} />}
      </hx-partial>
      <NewsPiece news={news} newest={rows === "none" ? newest : null} t={view.t} />
    </>
  );
}

/** The whole section: what a filter or closing everything changes. */
export function History({ isFiltering = false, ...view }: HistoryView & { isFiltering?: boolean }) {
  const { days, query, problems, countries, t } = view;
  return (
    <section id="history" aria-labelledby="title">
      <HistoryHead {...view} />
      <div role="alert">
        {problems.length > 0 && <Notification kind="problem">{t.history.leftOut(problems)}</Notification>}
      </div>
      <div class="card">
        {days && <DaysPicture {...days} t={t} />}
        <Filters query={query} countries={countries} isOpen={isFiltering} t={t} />
        <div id="rows-or-none">
          <RowsOrNone {...view} />
        </div>
        <More {...view} />
      </div>
    </section>
  );
}

/** Title, how many are open, and what can be done about it: what closing one connection changes. */
export function HistoryHead(
  { open, unanswered, query, rows, t }: Pick<HistoryView, "open" | "unanswered" | "query" | "rows" | "t">,
) {
  const others = open - 1;
  const { before: _, ...filter } = query;
  return (
    <div class="head" id="head">
      <div>
        <h1 id="title" tabindex={-1}>{t.history.title}</h1>
        <p>{t.history.lead}</p>
        <p>{others <= 0 ? t.history.onlyThis : t.history.open(open, (part) => <strong>{part}</strong>)}</p>
        {unanswered > 0 && (
          <p class="unanswered">
            {t.history.unanswered(
              unanswered,
              (part) => <a href={withQuery(paths.connections, { state: "unusual" })}>{part}</a>,
            )}
          </p>
        )}
      </div>
      <div class="actions">
        <a class="button" href={withQuery(paths.csv, filter)} download>
          {t.history.download} {rows && <small>{countedRows(rows, t)}</small>}
        </a>
        {others <= 0
          ? (
            <button type="button" class="primary" disabled title={t.history.noOther}>
              {t.history.closeAll}
            </button>
          )
          : <OpensDialog href={paths.closeAll} class="button primary">{t.history.closeAll}</OpensDialog>}
      </div>
    </div>
  );
}

/** A link to a confirmation page, which htmx shows in the dialog instead. */
function OpensDialog({ href, class: className, children }: { href: string; class?: string; children?: Child }) {
  return <a href={href} class={className} hx-boost={DIALOG} aria-haspopup="dialog">{children}</a>;
}

/** The table, or why there is none: what opening and closing connections changes. */
function RowsOrNone(view: HistoryView) {
  return view.entries.length === 0 ? <Empty {...view} /> : <ConnectionsTable {...view} />;
}

/**
 * How htmx follows links: those in the rows, each of which leads to a confirmation, which the dialog shows; and the one to older
 * connections, which come below. Said so, the address need not stand in a link twice.
 */
const DIALOG = "target:#dialog push:false swap:'innerHTML show:none'";
const MORE = "target:#more push:false swap:'outerHTML show:none'";

function ConnectionsTable(rows: Rows & Pick<HistoryView, "entries">) {
  return (
    <table>
      <caption class="hidden">{rows.t.history.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{rows.t.history.date}</th>
          <th scope="col">{rows.t.history.ip}</th>
          <th scope="col">{rows.t.history.country}</th>
          <th scope="col">{rows.t.history.device}</th>
          <th scope="col">{rows.t.history.state}</th>
        </tr>
      </thead>
      <tbody id="rows" hx-boost:inherited={DIALOG}>
        <ConnectionRows {...rows} />
      </tbody>
    </table>
  );
}

/** The next page's rows for htmx to append. Focus goes on from the first of them. */
export function OlderConnections(view: HistoryView) {
  return (
    <>
      <hx-partial hx-target="#rows" hx-swap="beforeend">
        <ConnectionRows {...view} focusFirst />
      </hx-partial>
      <More {...view} />
    </>
  );
}

/** They are called, and not JSX elements, which take 10 µs more. */
function ConnectionRows(
  { entries, focusFirst = false, current, zone, now, t }: Rows & { entries: Entry[]; focusFirst?: boolean },
) {
  return markup`${
    entries.map((entry, i) => ConnectionRow({ entry, current, zone, now, t, isFocused: focusFirst && i === 0 }))
  }`;
}

/** The end of the table: the zone of all its times, the cursor of its last row, and the way to older ones. */
function More({ older, zone, entries, lookedThrough, last, t }: HistoryView) {
  const href = older && withQuery(paths.connections, older);
  return (
    <div class="more" id="more">
      <span>{t.history.zone(zone.replaceAll("_", " "))}</span>
      {last && <input type="hidden" name="down_to" value={last} />}
      {lookedThrough !== null && <span>{t.history.lookedThrough(lookedThrough)}</span>}
      {href
        ? (
          <a class="button" href={href} hx-boost={MORE}>
            {lookedThrough === null ? t.history.older : t.history.goOn}
          </a>
        )
        : entries.length > 0 && <span>{t.history.noOlder}</span>}
    </div>
  );
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
