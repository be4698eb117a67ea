import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { Activity } from "../../db/history/activity.ts";
import type { Entry } from "../../db/history/rows.ts";
import type { Overview } from "../../db/history/overview.ts";
import type { RowCount } from "../../db/history/row_count.ts";
import type { HistoryQuery } from "../../http/history_query.ts";
import { paths, withQuery } from "../../http/paths.ts";
import type { Texts } from "../../words/texts.ts";
import { nameOfZone } from "../../words/time_zones.ts";
import { DialogForm } from "../confirmation.tsx";
import { Notification } from "../notifications.tsx";
import { Chart } from "./chart.tsx";
import { ConnectionRow, type TableContext } from "./connection_row.ts";
import { Empty } from "./empty.tsx";
import { Filters } from "./filters.tsx";

export type HistoryView = TableContext & {
  entries: Entry[];
  activity: Activity;
  overview: Overview | null;
  /** In days since the epoch. */
  today: number;
  query: HistoryQuery;
  problems: string[];
  older: HistoryQuery | null;
  /** Rows that a search read without finding enough for a page. */
  searched: number | null;
};

export function HistorySection(view: HistoryView) {
  const { overview, query, problems, today, t } = view;
  return (
    <section id="history" aria-labelledby="title">
      <HistoryHead {...view} />
      <div role="alert">
        {problems.length > 0 && <Notification kind="problem">{t.history.leftOut(problems)}</Notification>}
      </div>
      <div class="card">
        {overview && <Chart days={overview.days} today={today} query={query} t={t} />}
        {overview && <Filters query={query} countries={overview.countries} t={t} />}
        {view.entries.length === 0 ? <Empty {...view} /> : <ConnectionsTable {...view} />}
        <More {...view} />
      </div>
    </section>
  );
}

export function HistoryHead(
  { activity, overview, query, t }: Pick<HistoryView, "activity" | "overview" | "query" | "t">,
) {
  const { open, unreviewed, isPasswordDue } = activity;
  const { before: _, ...filter } = query;
  const isAlone = open <= 1;
  return (
    <div class="head" id="head">
      <div class="head-text">
        <h1 id="title" tabindex={-1}>{t.history.title}</h1>
        <p>{isAlone ? t.history.onlyThis : t.history.open(open, (part) => <strong>{part}</strong>)}</p>
      </div>
      <div class="actions">
        <CloseAll isAlone={isAlone} t={t} />
        <a class="button download" href={withQuery(paths.csv, filter)}>
          {t.history.download} {overview?.rows && <small>{countOf(overview.rows, t)}</small>}
        </a>
        <a class="button" href={withQuery(paths.csv, { ...filter, for: "spreadsheet" })}>{t.history.forSpreadsheets}</a>
      </div>
      {isPasswordDue === 1 && <Banner href={paths.password} action={t.password.submit}>{t.history.passwordDue}</Banner>}
      {unreviewed > 0 && (
        <Banner href={`${withQuery(paths.connections, { state: "unreviewed" })}#rows`} action={t.history.review}>
          {t.history.unreviewed(unreviewed)}
        </Banner>
      )}
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
  return (
    <DialogForm action={paths.closeAll}>
      <button type="submit" class="primary" aria-haspopup="dialog">{t.history.closeAll}</button>
    </DialogForm>
  );
}

function countOf({ rows, isMore }: RowCount, { history }: Texts): string {
  return isMore ? history.moreThanRows(rows) : history.rows(rows);
}

function ConnectionsTable(view: HistoryView) {
  const { history: t } = view.t;
  return (
    <table>
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
      <tbody
        id="rows"
        hx-boost:inherited="true"
        hx-target:inherited="#dialog"
        hx-swap:inherited="innerHTML show:none"
        hx-push-url:inherited="false"
      >
        <ConnectionRows {...view} />
      </tbody>
    </table>
  );
}

export function ConnectionRows({ entries, focusFirst = false, ...context }: RowsProps) {
  return html`${entries.map((entry, i) => ConnectionRow(entry, context, focusFirst && i === 0))}`;
}

type RowsProps = TableContext & { entries: Entry[]; focusFirst?: boolean };

// `hasLoaded` tells a poll that older rows were appended.
export function More(
  { older, zone, entries, searched, hasLoaded = false, t }: HistoryView & { hasLoaded?: boolean },
) {
  const href = older && withQuery(paths.connections, older);
  return (
    <div class="more" id="more">
      <span>{t.history.zone(nameOfZone(zone))}</span>
      {hasLoaded && <input type="hidden" name="loaded" value="older" />}
      {searched !== null && <span>{t.history.searched(searched)}</span>}
      {href
        ? (
          <a class="button" href={href} hx-get={href} hx-target="#more" hx-swap="outerHTML show:none">
            {searched === null ? t.history.older : t.history.keepSearching}
          </a>
        )
        : entries.length > 0 && <span>{t.history.noOlder}</span>}
    </div>
  );
}
