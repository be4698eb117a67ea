import { html } from "hono/html";
import type { HistoryQuery } from "../../http/history_query.ts";
import { paths } from "../../http/paths.ts";
import { cachedFor } from "../../words/cache.ts";
import { countryName } from "../../words/countries.ts";
import { inEachLanguage } from "../../words/languages.ts";
import type { Texts } from "../../words/texts.ts";
import { activeFilters } from "./active_filters.ts";

type FormProps = { query: HistoryQuery; countries: string[]; t: Texts };

export function Filters({ query: { before: _, ...query }, countries, t }: FormProps) {
  const key = JSON.stringify([t.language, query]);
  return rendered(countries, key, () => {
    const filters = (
      <>
        <FilterForm query={query} countries={countries} t={t} />
        <FilterChips query={query} t={t} />
      </>
    );
    return html`${filters}`;
  });
}

const rendered = cachedFor<string[], ReturnType<typeof html>>();

function FilterForm({ query, countries, t }: FormProps) {
  const active = activeFilters(query, t).length;
  return (
    <details id="filters" class="fold">
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
        hx-sync="body:replace"
      >
        <label>
          {t.filters.state}
          <select name="state">
            <option value="">{t.filters.everyState}</option>
            {Object.entries(t.states).map(([state, name]) => (
              <option value={state} selected={state === query.state}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          {t.filters.country}
          <select name="country">
            <option value="">{t.filters.everyCountry}</option>
            {countryOptions(countries, query.country, t).map(({ code, name }) => (
              <option value={code} selected={code === query.country}>{name}</option>
            ))}
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
          <input name="ip" value={query.ip ?? ""} size={14} spellcheck={false} placeholder="46.16" />
        </label>
        <button type="submit">{t.filters.submit}</button>
      </form>
    </details>
  );
}

function countryOptions(countries: string[], selected: string | undefined, t: Texts) {
  const codes = new Set(selected === undefined ? countries : [selected, ...countries]);
  return [...codes].map((code) => ({ code, name: countryName(code, t) }))
    .sort((a, b) => collators[t.language].compare(a.name, b.name));
}

const collators = inEachLanguage((language) => new Intl.Collator(language));

function FilterChips({ query, t }: Pick<FormProps, "query" | "t">) {
  const active = activeFilters(query, t);
  if (active.length === 0) return null;
  return (
    <ul class="active-filters" aria-label={t.filters.chips}>
      {active.map(({ text, without }) => (
        <li>
          <a href={`${without}#filters`}>
            <span class="hidden">{t.filters.remove}</span> {text}
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
