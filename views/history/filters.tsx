import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { Problems, Typed } from "../../http/forms.ts";
import { type HistoryQuery, isDay } from "../../http/history_query.ts";
import { paths } from "../../http/paths.ts";
import { cachedFor } from "../../words/cache.ts";
import { countryName } from "../../words/countries.ts";
import { inEachLanguage } from "../../words/languages.ts";
import type { Texts } from "../../words/texts.ts";
import { activeFilters } from "./active_filters.ts";

type FormProps = {
  query: HistoryQuery;
  problems: Problems;
  typed: Typed;
  focusesProblem: boolean;
  countries: string[];
  t: Texts;
};

export function Filters(
  { query: { before: _, ...query }, problems, typed, focusesProblem, countries, t }: FormProps,
) {
  const filters = () => (
    <>
      <FilterForm {...{ query, problems, typed, focusesProblem, countries, t }} />
      <FilterChips query={query} t={t} />
    </>
  );
  if (Object.keys(problems).length > 0) return filters();
  return rendered(countries, JSON.stringify([t.language, paths.connections, query]), () => html`${filters()}`);
}

const rendered = cachedFor<string[], ReturnType<typeof html>>();

function FilterForm({ query, problems, typed, focusesProblem, countries, t }: FormProps) {
  const active = activeFilters(query, t).length;
  const firstWrong = FIELDS.find((name) => problems[name]);
  const field = (name: FieldName) => ({
    ...fieldOf(name, problems[name]),
    autofocus: focusesProblem && name === firstWrong,
  });
  const valueOf = (name: "from" | "to" | "ip") => query[name] ?? typed[name] ?? "";
  return (
    <details id="filters" class="fold" open={firstWrong !== undefined}>
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
        <Filter name="state" label={t.filters.state} problem={problems.state}>
          <select {...field("state")}>
            <option value="">{t.filters.everyState}</option>
            {Object.entries(t.states).map(([state, name]) => (
              <option value={state} selected={state === query.state}>{name}</option>
            ))}
          </select>
        </Filter>
        <Filter name="country" label={t.filters.country} problem={problems.country}>
          <select {...field("country")}>
            <option value="">{t.filters.everyCountry}</option>
            {countryOptions(countries, query.country, t).map(({ code, name }) => (
              <option value={code} selected={code === query.country}>{name}</option>
            ))}
          </select>
        </Filter>
        <Filter name="from" label={t.filters.from} problem={problems.from}>
          <DayInput {...field("from")} value={valueOf("from")} />
        </Filter>
        <Filter name="to" label={t.filters.to} problem={problems.to}>
          <DayInput {...field("to")} value={valueOf("to")} />
        </Filter>
        <Filter name="ip" label={t.filters.ip} problem={problems.ip}>
          <input
            {...field("ip")}
            value={valueOf("ip")}
            size={14}
            spellcheck={false}
            placeholder="46.16"
          />
        </Filter>
        <button type="submit">{t.filters.submit}</button>
      </form>
    </details>
  );
}

const FIELDS = ["state", "country", "from", "to", "ip"] as const;
type FieldName = (typeof FIELDS)[number];

function Filter(
  { name, label, problem, children }: { name: FieldName; label: string; problem: string | undefined; children: Child },
) {
  return (
    <div>
      <label for={`filter-${name}`}>{label}</label>
      {problem && <p class="field-problem" id={`filter-${name}-problem`}>{problem}.</p>}
      {children}
    </div>
  );
}

function fieldOf(name: FieldName, problem: string | undefined) {
  const id = `filter-${name}`;
  return { id, name, ...(problem && { "aria-invalid": "true" as const, "aria-describedby": `${id}-problem` }) };
}

// A date field would drop a text that isn't a day.
function DayInput({ value, ...field }: ReturnType<typeof fieldOf> & { autofocus: boolean; value: string }) {
  return <input type={value === "" || isDay(value) ? "date" : "text"} {...field} value={value} />;
}

function countryOptions(countries: string[], selected: string | undefined, t: Texts) {
  const codes = new Set(selected === undefined ? countries : [selected, ...countries]);
  return [...codes].map((code) => ({ code, name: countryName(code, t) }))
    .sort((a, b) => collators(t.language).compare(a.name, b.name));
}

const collators = inEachLanguage((language) => new Intl.Collator(language));

function FilterChips({ query, t }: Pick<FormProps, "query" | "t">) {
  const active = activeFilters(query, t);
  if (active.length === 0) return null;
  return (
    <ul class="active-filters" aria-label={t.filters.chips}>
      {active.map(({ name, text, without }) => (
        <li id={`chip-${name}`}>
          <FilterLink href={`${without}#filters`}>
            <span class="hidden">{t.filters.remove}</span> {text}
            <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
              <path d="m3 3 6 6m0-6-6 6" />
            </svg>
          </FilterLink>
        </li>
      ))}
      <li id="chip-none">
        <FilterLink class="quiet" href={paths.connections}>{t.filters.showAll}</FilterLink>
      </li>
    </ul>
  );
}

export function FilterLink({ href, children, ...attributes }: { href: string; class?: string; children?: Child }) {
  return (
    <a
      {...attributes}
      href={href}
      hx-get={href.split("#")[0]}
      hx-target="#history"
      hx-swap="outerMorph"
      hx-sync="body:replace"
    >
      {children}
    </a>
  );
}
