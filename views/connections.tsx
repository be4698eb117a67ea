import type { Child } from "hono/jsx";
import type { Entry } from "../db/history.ts";
import type { HistoryQuery } from "../routes/history_query.ts";
import { paths, withQuery } from "../routes/paths.ts";
import { ConnectionRow, type Rows } from "./connection_row.ts";
import { countryName } from "./countries.ts";
import { PageTitle } from "./layout.tsx";
import { Notification, NotificationPiece } from "./notifications.tsx";

export type HistoryView = Rows & {
  entries: Entry[];
  /** How many connections are open, the current one included. */
  open: number;
  /** The country codes of the account's whole history. */
  countries: string[];
  query: HistoryQuery;
  /** What of the query made no sense and was left out, in sentences. */
  problems: string[];
  /** How many unusual connections wait for an answer. */
  unanswered: number;
  /** The query of the next older page; null on the last one. */
  older: HistoryQuery | null;
};

export function ConnectionsPage(view: HistoryView) {
  return <History {...view} />;
}

/** What tells this tab from the account's others: first what the filter says, since a tab shows the beginning. */
export function historyTitle({ state, country, from, to, ip, before }: HistoryQuery): string {
  const filter = [
    state,
    country && countryName(country),
    ip,
    from && `from ${from}`,
    to && `to ${to}`,
    before && "older",
  ].filter(Boolean).join(", ");
  return filter === "" ? "Connection history" : `${capitalize(filter)} · Connection history`;
}

/** The section for htmx after filtering, with the page's new title; what an earlier notification said is over. */
export function HistoryPieces({ brand, ...view }: HistoryView & { brand: string }) {
  return (
    <>
      <PageTitle title={historyTitle(view.query)} brand={brand} />
      <History {...view} />
      <NotificationPiece />
    </>
  );
}

/** The whole section: what a filter or closing everything changes. */
export function History(view: HistoryView) {
  const { entries, query, problems, countries } = view;
  const hasFilter = Object.keys(query).some((name) => name !== "before");
  return (
    <section id="history" aria-labelledby="title">
      <HistoryHead {...view} />
      {problems.length > 0 && (
        <Notification kind="problem">
          {problems.join(". ")}. {problems.length === 1 ? "It was" : "They were"} left out.
        </Notification>
      )}
      <div class="card">
        <FilterForm query={query} countries={countries} hasFilter={hasFilter} />
        {entries.length === 0 ? <Empty query={query} hasFilter={hasFilter} /> : <ConnectionsTable {...view} />}
        <More {...view} />
      </div>
    </section>
  );
}

/** Title, how many are open, and what can be done about it: what closing one connection changes. */
export function HistoryHead({ open, unanswered, query }: Pick<HistoryView, "open" | "unanswered" | "query">) {
  const others = open - 1;
  const { before: _, ...filter } = query;
  return (
    <div class="head" id="head">
      <div>
        <h1 id="title" tabindex={-1}>Connection history</h1>
        <p>Who connected to your account, when and from where.</p>
        <p>
          {others <= 0 ? "Only this connection is open." : (
            <>
              <strong>{open} connections are open</strong> now, this one included.
            </>
          )}
        </p>
        {unanswered > 0 && (
          <p class="unanswered">
            {unanswered === 1 ? "1 unusual connection waits" : `${unanswered} unusual connections wait`}{" "}
            for your answer: was it you?
          </p>
        )}
      </div>
      <div class="actions">
        <a class="button" href={withQuery(paths.csv, filter)} download>
          <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
            <path d="M10 3v9m-3.5-3.2L10 12.3l3.5-3.5M4 16.5h12" />
          </svg>
          Download CSV
        </a>
        {others <= 0
          ? (
            <button type="button" class="primary" disabled title="No other connection is open">
              Close open connections
            </button>
          )
          : <OpensDialog href={paths.closeAll} class="button primary">Close open connections</OpensDialog>}
      </div>
    </div>
  );
}

/** A link to a confirmation page, which htmx shows in the dialog instead. */
function OpensDialog({ href, class: className, children }: { href: string; class?: string; children?: Child }) {
  return <a href={href} class={className} hx-get={href} hx-target="#dialog" aria-haspopup="dialog">{children}</a>;
}

function FilterForm(
  { query, countries, hasFilter }: Pick<HistoryView, "query" | "countries"> & { hasFilter: boolean },
) {
  const chosen = [...new Set([...countries, ...(query.country ? [query.country] : [])])]
    .map((code) => ({ code, name: countryName(code) }))
    .sort((a, b) => a.name.localeCompare(b.name, "en"));
  return (
    <form
      class="filters"
      method="get"
      action={paths.connections}
      role="search"
      aria-label="Filter connections"
      autocomplete="off"
      hx-get={paths.connections}
      hx-target="#history"
      hx-swap="outerMorph"
    >
      <label>
        State
        <select name="state" id="filter-state">
          <option value="">All</option>
          {["open", "closed", "refused"].map((state) => (
            <option value={state} selected={query.state === state}>{capitalize(state)}</option>
          ))}
        </select>
      </label>
      <label>
        Country
        <select name="country" id="filter-country">
          <option value="">Any</option>
          {chosen.map(({ code, name }) => <option value={code} selected={query.country === code}>{name}</option>)}
        </select>
      </label>
      <label>
        From
        <input type="date" name="from" id="filter-from" value={query.from ?? ""} />
      </label>
      <label>
        To
        <input type="date" name="to" id="filter-to" value={query.to ?? ""} />
      </label>
      <label>
        IP address
        <input
          name="ip"
          id="filter-ip"
          value={query.ip ?? ""}
          size={14}
          spellcheck={false}
          placeholder="46.16"
        />
      </label>
      <div class="filter-actions">
        <button type="submit">Filter</button>
        {hasFilter && <a class="button quiet" href={paths.connections}>Show all</a>}
      </div>
    </form>
  );
}

function ConnectionsTable(rows: Rows & Pick<HistoryView, "entries">) {
  return (
    <table>
      <caption class="hidden">Connections to your account, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Date</th>
          <th scope="col">IP address</th>
          <th scope="col">Country</th>
          <th scope="col">Device</th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody id="rows">
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

function ConnectionRows(
  { entries, focusFirst = false, current, zone, now }: Rows & { entries: Entry[]; focusFirst?: boolean },
) {
  return (
    <>
      {entries.map((entry, i) => (
        <ConnectionRow entry={entry} {...{ current, zone, now }} isFocused={focusFirst && i === 0} />
      ))}
    </>
  );
}

function Empty({ query, hasFilter }: Pick<HistoryView, "query"> & { hasFilter: boolean }) {
  return (
    <div class="empty">
      {hasFilter
        ? (
          <>
            <h2>Nothing matches this filter</h2>
            <p>{query.before ? "There is nothing older." : "Nothing in your history fits all of it."}</p>
            <a class="button" href={paths.connections}>Show all connections</a>
          </>
        )
        : (
          <>
            <h2>Nothing older</h2>
            <p>This is where the history of your account begins.</p>
            <a class="button" href={paths.connections}>Go to the newest connections</a>
          </>
        )}
    </div>
  );
}

/** The end of the table: the zone of all its times, and the way to older rows. */
function More({ older, zone, entries }: HistoryView) {
  const href = older && withQuery(paths.connections, older);
  return (
    <div class="more" id="more">
      <span>Times in {zone.replaceAll("_", " ")}</span>
      {href
        ? <a class="button" href={href} hx-get={href} hx-target="#more" hx-swap="outerHTML">Older connections</a>
        : entries.length > 0 && <span>There is nothing older.</span>}
    </div>
  );
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
