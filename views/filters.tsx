import { html as markup } from "hono/html";
import type { HistoryQuery } from "../http/history_query.ts";
import { paths, withQuery } from "../http/paths.ts";
import { countryName } from "../words/countries.ts";
import type { Language } from "../db/schema.ts";
import { inEachLanguage } from "../words/languages.ts";
import { rememberWith } from "../words/cache.ts";
import type { Texts } from "../words/texts.ts";
import { dayName } from "../words/time.ts";

type Asked = { query: HistoryQuery; t: Texts };
type Form = { query: HistoryQuery; countries: string[]; isOpen: boolean };

/** The form and what is in it. `isOpen` while somebody is at it. */
export function Filters({ query: { before: _, ...query }, countries, isOpen, t }: Form & { t: Texts }) {
  const key = JSON.stringify([t.language, isOpen, query]);
  return filtersOf(countries, key, () => {
    const filters = (
      <>
        <FilterForm {...{ query, countries, isOpen, t }} />
        <FilterChips query={query} t={t} />
      </>
    );
    return markup`${filters}`;
  });
}

/** They take 45 µs to write, and few different ones are asked for: each is written once for an account's countries. */
const filtersOf = rememberWith<string[], ReturnType<typeof markup>>();

/** Folded on a phone: there the summary says what is in it. */
function FilterForm({ query, countries, isOpen, t }: Form & { t: Texts }) {
  const active = activeFilters(query, t).length;
  return (
    <details id="filters" class="fold" open={isOpen}>
      <summary>
        {t.filters.submit} {active > 0 && <span class="chip">{t.filters.active(active)}</span>}
      </summary>
      <form
        class="filters"
        method="get"
        action={paths.connections}
        role="search"
        aria-label={t.filters.name}
        autocomplete="off"
        hx-get={paths.connections}
        hx-target="#history"
        hx-swap="outerMorph"
      >
        <label>
          {t.filters.state}
          <select name="state">
            <option value="">{t.filters.everyState}</option>
            {Object.entries(t.states).map(([state, name]) => option(state, name, query.state))}
          </select>
        </label>
        <label>
          {t.filters.country}
          <select name="country">
            <option value="">{t.filters.everyCountry}</option>
            {countryOptions(countries, query.country, t)}
          </select>
        </label>
        <label>
          {t.filters.from}
          <input type="date" name="from" value={query.from ?? ""} />
        </label>
        <label>
          {t.filters.to}
          <input type="date" name="to" value={query.to ?? ""} />
        </label>
        <label>
          {t.filters.ip}
          <input
            name="ip"
            value={query.ip ?? ""}
            size={14}
            spellcheck={false}
            placeholder="46.16"
          />
        </label>
        <button type="submit">{t.filters.submit}</button>
      </form>
    </details>
  );
}

/** The options of some countries by name. */
function countryOptions(countries: string[], chosen: string | undefined, t: Texts) {
  const codes = new Set(chosen === undefined ? countries : [chosen, ...countries]);
  const options = [...codes].map((code) => ({ code, name: countryName(code, t) }))
    .sort((a, b) => collators[t.language].compare(a.name, b.name));
  return options.map(({ code, name }) => option(code, name, chosen));
}

/** Its end tag is left out like those in the rows; not its quotes, since a country's code is whatever the database holds. */
function option(value: string, name: string, chosen: string | undefined) {
  return markup`<option value="${value}"${value === chosen && SELECTED}>${name}`;
}
const SELECTED = markup` selected`;
const collators = inEachLanguage((language) => new Intl.Collator(language));

/** What the table is filtered by; each goes away by itself. The page comes anew, and Tab goes on from the filters. */
function FilterChips({ query, t }: Asked) {
  const active = activeFilters(query, t);
  if (active.length === 0) return null;
  return (
    <ul class="active" aria-label={t.filters.chips}>
      {active.map(({ said, without }) => (
        <li>
          <a href={`${without}#filters`}>
            <span class="hidden">{t.filters.remove}</span> {said}
            <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
              <path d="m3 3 6 6m0-6-6 6" />
            </svg>
          </a>
        </li>
      ))}
      <li>
        <a class="quiet" href={paths.connections}>{t.filters.showAll}</a>
      </li>
    </ul>
  );
}

/** Instead of a table without rows: why there are none, and the ways out. */
export function Empty({ query, lookedThrough, t }: Asked & { lookedThrough: number | null }) {
  if (lookedThrough !== null) {
    return (
      <div class="empty">
        <h2>{t.filters.soFarTitle}</h2>
        <p>{t.filters.soFar}</p>
      </div>
    );
  }
  const active = activeFilters(query, t);
  if (active.length === 0) {
    return (
      <div class="empty">
        <h2>{t.filters.beginningTitle}</h2>
        <p>{t.filters.beginning}</p>
        <a class="button" href={paths.connections}>{t.filters.newest}</a>
      </div>
    );
  }
  return (
    <div class="empty">
      <h2>{t.filters.emptyTitle}</h2>
      <p>
        {query.before ? t.history.noOlder : active.length === 1 ? t.filters.emptyOne : t.filters.emptyAll}
      </p>
      <div class="ways">
        {active.length > 1 &&
          active.map(({ said, without }) => <a class="button" href={`${without}#filters`}>{t.filters.without(said)}
          </a>)}
        <a class="button" href={paths.connections}>{t.filters.showAllConnections}</a>
      </div>
    </div>
  );
}

/** Each filter in words, with the address of the history without it. A single day is one filter, as people think of it. */
function activeFilters({ before: _, ...query }: HistoryQuery, t: Texts): { said: string; without: string }[] {
  const { state, country, from, to, ip } = query;
  const { filters: names, language } = t;
  const isDay = from !== undefined && from === to;
  const parts: [said: string | undefined, ...fields: (keyof typeof query)[]][] = [
    [state && `${names.state}: ${t.states[state].toLowerCase()}`, "state"],
    [country && `${names.country}: ${countryName(country, t)}`, "country"],
    [isDay ? `${names.day}: ${formatDay(from, language)}` : undefined, "from", "to"],
    [from && !isDay ? `${names.from}: ${formatDay(from, language)}` : undefined, "from"],
    [to && !isDay ? `${names.to}: ${formatDay(to, language)}` : undefined, "to"],
    [ip && `${names.ip}: ${ip}`, "ip"],
  ];
  return parts.flatMap(([said, ...fields]) => {
    const rest = Object.entries(query).filter(([name]) => !fields.some((dropped) => dropped === name));
    return said ? [{ said, without: withQuery(paths.connections, Object.fromEntries(rest)) }] : [];
  });
}

/** "23 Nov 2026", of the day in a URL. */
export function formatDay(day: string, language: Language): string {
  return dayName(Date.parse(day) / 86_400_000, language);
}
