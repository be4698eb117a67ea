import { html as markup } from "hono/html";
import type { HistoryQuery } from "../routes/history_query.ts";
import { paths, withQuery } from "../routes/paths.ts";
import { countryName } from "./countries.ts";
import { dayName, remember } from "./time.ts";

const STATES = { open: "Open", closed: "Closed", refused: "Refused", unusual: "Unusual" };

type Asked = { query: HistoryQuery };
type Form = Asked & { countries: string[]; isOpen: boolean };

/** The form, folded on a phone: there the summary says what is in it. `isOpen` while somebody is at it. */
export function FilterForm({ query: { before: _, ...query }, countries, isOpen }: Form) {
  return formOf(JSON.stringify({ query, countries: countries.toSorted(), isOpen }));
}

/** It takes 30 µs to write, and few different ones are asked for: each is written once. */
const formOf = remember((form: string) => writeForm(JSON.parse(form)), 1_000);

function writeForm({ query, countries, isOpen }: Form) {
  const active = activeFilters(query).length;
  const form = (
    <details id="filters" class="fold" open={isOpen}>
      <summary>
        Filter {active > 0 && <span class="chip">{active} active</span>}
      </summary>
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
            {Object.entries(STATES).map(([state, name]) => (
              <option value={state} selected={query.state === state}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Country
          <select name="country" id="filter-country">
            <option value="">Any</option>
            {countryOptions(countries, query.country)}
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
        <button type="submit" id="filter-submit">Filter</button>
      </form>
    </details>
  );
  return markup`${form}`;
}

/** The options of some countries by name; end tags are left out like in the rows. */
function countryOptions(countries: string[], chosen: string | undefined) {
  const codes = new Set(chosen === undefined ? countries : [chosen, ...countries]);
  const options = [...codes].map((code) => ({ code, name: countryName(code) }))
    .sort((a, b) => a.name.localeCompare(b.name, "en"));
  return options.map(({ code, name }) => markup`<option value="${code}"${code === chosen && SELECTED}>${name}`);
}
const SELECTED = markup` selected`;

/** What the table is filtered by; each goes away by itself. The page comes anew, and Tab goes on from the filters. */
export function FilterChips({ query }: Asked) {
  const active = activeFilters(query);
  if (active.length === 0) return null;
  return (
    <ul class="active" aria-label="Active filters">
      {active.map(({ said, without }) => (
        <li>
          <a href={`${without}#filters`}>
            <span class="hidden">Remove the filter</span> {said}
            <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
              <path d="m3 3 6 6m0-6-6 6" />
            </svg>
          </a>
        </li>
      ))}
      <li>
        <a class="quiet" href={paths.connections}>Show all</a>
      </li>
    </ul>
  );
}

/** Instead of a table without rows: why there are none, and the ways out. */
export function Empty({ query, lookedThrough }: Asked & { lookedThrough: number | null }) {
  if (lookedThrough !== null) {
    return (
      <div class="empty">
        <h2>Nothing so far</h2>
        <p>There is more of your history to look through.</p>
      </div>
    );
  }
  const active = activeFilters(query);
  if (active.length === 0) {
    return (
      <div class="empty">
        <h2>Nothing older</h2>
        <p>This is where the history of your account begins.</p>
        <a class="button" href={paths.connections}>Go to the newest connections</a>
      </div>
    );
  }
  return (
    <div class="empty">
      <h2>Nothing matches this filter</h2>
      <p>
        {query.before
          ? "There is nothing older."
          : active.length === 1
          ? "Nothing in your history fits it."
          : "Nothing in your history fits all of it. Drop a part of it:"}
      </p>
      <div class="ways">
        {active.length > 1 &&
          active.map(({ said, without }) => <a class="button" href={`${without}#filters`}>Without {said}</a>)}
        <a class="button" href={paths.connections}>Show all connections</a>
      </div>
    </div>
  );
}

/** Each filter in words, with the address of the history without it. A single day is one filter, as people think of it. */
function activeFilters({ before: _, ...query }: HistoryQuery): { said: string; without: string }[] {
  const { state, country, from, to, ip } = query;
  const isDay = from !== undefined && from === to;
  const filters: [said: string | undefined, ...names: (keyof typeof query)[]][] = [
    [state && `State: ${STATES[state].toLowerCase()}`, "state"],
    [country && `Country: ${countryName(country)}`, "country"],
    [isDay ? `Day: ${formatDay(from)}` : undefined, "from", "to"],
    [from && !isDay ? `From: ${formatDay(from)}` : undefined, "from"],
    [to && !isDay ? `To: ${formatDay(to)}` : undefined, "to"],
    [ip && `IP address: ${ip}`, "ip"],
  ];
  return filters.flatMap(([said, ...names]) => {
    const rest = Object.entries(query).filter(([name]) => !names.some((dropped) => dropped === name));
    return said ? [{ said, without: withQuery(paths.connections, Object.fromEntries(rest)) }] : [];
  });
}

/** "23 Nov 2026", of the day in a URL. */
function formatDay(day: string): string {
  return dayName(Date.parse(day) / 86_400_000);
}
