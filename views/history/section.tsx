import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { Activity } from "../../db/history/activity.ts";
import type { Entry } from "../../db/history/entries.ts";
import type { Overview } from "../../db/history/overview.ts";
import type { RowCount } from "../../db/history/row_count.ts";
import type { Problems, Typed } from "../../http/forms.ts";
import { distinctSentences, type HistoryQuery } from "../../http/history_query.ts";
import { paths, withQuery } from "../../http/paths.ts";
import type { Texts } from "../../words/texts.ts";
import { nameOfZone } from "../../words/time_zones.ts";
import { DialogButton } from "../confirmation.tsx";
import { Notification } from "../notifications.tsx";
import { Chart } from "./chart.tsx";
import { ConnectionRow, type TableContext } from "./connection_row.ts";
import { Empty } from "./empty.tsx";
import { Filters } from "./filters.tsx";

export type HistoryView = TableContext & {
  /** The group of open connections; null where the list contains them. */
  openNow: { entries: Entry[]; hasMore: boolean } | null;
  entries: Entry[];
  activity: Activity;
  hasPassword: boolean;
  overview: Overview | null;
  /** In days since the epoch. */
  today: number;
  query: HistoryQuery;
  /** What was left out of the query, by field. The sentences have no final period. */
  problems: Problems;
  typed: Typed;
  older: HistoryQuery | null;
  /** Rows that a search read without finding enough for a page. */
  searched: number | null;
  /** Whether the page has more than its first rows: a poll leaves them. */
  hasLoaded: boolean;
};

/** With fewer rows than this there is nothing to filter or to draw. */
const MIN_ROWS = 10;

export function HistorySection({ isPage = false, ...view }: HistoryView & { isPage?: boolean }) {
  const { entries, openNow, problems, t } = view;
  const overview = overviewOf(view);
  const leftOut = Object.keys(problems).length;
  const isEmpty = entries.length === 0 && !openNow?.entries.length;
  return (
    <section id="history" aria-labelledby="title">
      <HistoryHead {...view} />
      <div role="alert">
        {leftOut > 0 && (
          <Notification kind="problem">{t.history.leftOut(distinctSentences(problems), leftOut)}</Notification>
        )}
      </div>
      <div class="card">
        <div class="tools">
          {overview && <Filters {...view} focusesProblem={isPage} countries={overview.countries} />}
          <Downloads {...view} />
        </div>
        {isEmpty
          ? (
            <>
              <HistoryChart {...view} />
              <Empty {...view} />
            </>
          )
          : <ConnectionsTable {...view} />}
        <More {...view} />
      </div>
    </section>
  );
}

function overviewOf({ overview, query, older, problems }: HistoryView): Overview | null {
  const isWhole = Object.keys({ ...query, ...problems }).length === 0 && older === null;
  return overview && isWhole && isShort(overview) ? null : overview;
}

function isShort({ rows }: Overview): boolean {
  return rows !== null && rows.rows < MIN_ROWS && !rows.isMore;
}

export function HistoryHead({ activity, hasPassword, t }: Pick<HistoryView, "activity" | "hasPassword" | "t">) {
  const { open, unreviewed, newest, oldest, refused, moved, isPasswordDue } = activity;
  const isAlone = open <= 1;
  const isFirst = newest === oldest && refused === null && moved === null && unreviewed === 0;
  return (
    <div class="head head-history" id="head">
      <div class="head-text">
        <h1 id="title" tabindex={-1}>{t.history.title}</h1>
        <p>
          {isAlone
            ? isFirst ? t.history.nobodyElse : t.history.onlyThis
            : t.history.open(open, (part) => <strong>{part}</strong>)}
        </p>
      </div>
      <CloseAll isAlone={isAlone} t={t} />
      {isPasswordDue === 1 && hasPassword && (
        <Banner href={paths.password} action={t.password.submit}>{t.history.passwordDue}</Banner>
      )}
      {unreviewed > 0 && (
        <Banner href={`${withQuery(paths.connections, { state: "unreviewed" })}#rows`} action={t.history.review}>
          {t.history.unreviewed(unreviewed)}
        </Banner>
      )}
    </div>
  );
}

export function Downloads(view: HistoryView) {
  const { query: { before: _, ...filter }, t } = view;
  const rows = overviewOf(view)?.rows;
  return (
    <div class="downloads" id="downloads">
      <a class="button download" href={withQuery(paths.csv, filter)}>
        {t.history.download} {rows && <small>{countOf(rows, t)}</small>}
      </a>
      <a
        class="button"
        href={withQuery(paths.csv, { ...filter, for: "spreadsheet" })}
        aria-label={t.history.downloadForSpreadsheets}
      >
        {t.history.forSpreadsheets}
      </a>
    </div>
  );
}

function Banner({ href, action, children }: { href: string; action: string; children?: Child }) {
  return (
    <div class="banner">
      <p>{children}</p>
      <a class="button" href={href}>{action}</a>
    </div>
  );
}

function CloseAll({ isAlone, t }: { isAlone: boolean; t: Texts }) {
  if (isAlone) {
    return <button type="button" class="primary" disabled title={t.history.noOther}>{t.history.closeAll}</button>;
  }
  return <DialogButton action={paths.closeAll} isPrimary>{t.history.closeAll}</DialogButton>;
}

function countOf({ rows, isMore }: RowCount, { history }: Texts): string {
  return isMore ? history.moreThanRows(rows) : history.rows(rows);
}

function ConnectionsTable(view: HistoryView) {
  const { entries, openNow, t: { history: t } } = view;
  const hasGroups = openNow !== null && openNow.entries.length > 0;
  return (
    <table
      hx-boost:inherited="true"
      hx-target:inherited="#dialog"
      hx-swap:inherited="innerHTML show:none"
      hx-push-url:inherited="false"
    >
      <caption class="hidden">{t.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{t.date}</th>
          <th scope="col">{t.ip}</th>
          <th scope="col">{t.country}</th>
          <th scope="col" class="device">{t.device}</th>
          <th scope="col">{t.state}</th>
        </tr>
      </thead>
      {hasGroups && <OpenNow {...view} openNow={openNow} />}
      {overviewOf(view) && (
        <tbody class="overview" hx-boost:inherited="false">
          <tr>
            <td colspan={COLUMNS}>
              <HistoryChart {...view} />
            </td>
          </tr>
        </tbody>
      )}
      <tbody id="rows">
        {hasGroups && entries.length > 0 && (
          <GroupHead>
            <h2>{t.earlier}</h2>
          </GroupHead>
        )}
        <ConnectionRows {...view} />
      </tbody>
    </table>
  );
}

const COLUMNS = 5;

type OpenNowProps = HistoryView & { openNow: NonNullable<HistoryView["openNow"]> };

function OpenNow(view: OpenNowProps) {
  const { query, openNow: { entries, hasMore }, t: { history: t } } = view;
  return (
    <tbody id="open">
      <GroupHead>
        <OpenNowTitle {...view} />
      </GroupHead>
      <ConnectionRows {...view} entries={entries} />
      {hasMore && (
        <tr class="group">
          <td colspan={COLUMNS}>
            <a href={withQuery(paths.connections, { ...query, state: "open" })} hx-boost="false">
              {t.allOpen(countOpen(view))}
            </a>
          </td>
        </tr>
      )}
    </tbody>
  );
}

function GroupHead({ children }: { children?: Child }) {
  return (
    <tr class="group">
      <th scope="rowgroup" colspan={COLUMNS}>{children}</th>
    </tr>
  );
}

export function OpenNowTitle(view: OpenNowProps) {
  const count = countOpen(view);
  return <h2 id="open-title">{view.t.history.openNow}{count !== null && ` (${count})`}</h2>;
}

// Null if a filter selects more than are shown.
function countOpen({ activity, query, openNow: { entries, hasMore } }: OpenNowProps): number | null {
  if (Object.keys(query).length === 0) return activity.open;
  return hasMore ? null : entries.length;
}

function HistoryChart(view: HistoryView) {
  const overview = overviewOf(view);
  return overview && <Chart days={overview.days} today={view.today} query={view.query} t={view.t} />;
}

export function ConnectionRows({ entries, focusFirst = false, ...context }: RowsProps) {
  return html`${entries.map((entry, i) => ConnectionRow(entry, context, focusFirst && i === 0))}`;
}

type RowsProps = TableContext & { entries: Entry[]; focusFirst?: boolean };

export function More({ older, zone, entries, searched, hasLoaded, query: { before, ...filter }, t }: HistoryView) {
  const href = older && withQuery(paths.connections, older);
  const isOlderPage = before !== undefined && !hasLoaded && entries.length > 0;
  return (
    <div class="more" id="more">
      <span>{t.history.zone(nameOfZone(zone))}</span>
      {hasLoaded && <input type="hidden" name="loaded" value="older" />}
      {searched !== null && <span>{t.history.searched(searched)}</span>}
      {isOlderPage && <a class="button" href={withQuery(paths.connections, filter)}>{t.filters.newest}</a>}
      {href
        ? (
          <a
            class="button"
            href={href}
            hx-get={href}
            hx-target="#more"
            hx-swap="outerHTML show:none"
            hx-sync="body:abort"
          >
            {searched === null ? t.history.older : t.history.keepSearching}
          </a>
        )
        : entries.length > 0 && <span>{t.history.noOlder}</span>}
    </div>
  );
}
