import type { HistoryQuery } from "../../http/history_query.ts";
import { paths } from "../../http/paths.ts";
import type { Texts } from "../../words/texts.ts";
import { activeFilters } from "./active_filters.ts";
import { FilterLink } from "./filters.tsx";

export function Empty({ query, searched, t }: { query: HistoryQuery; searched: number | null; t: Texts }) {
  if (searched !== null) {
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
  const reason = query.before ? t.history.noOlder : active.length === 1 ? t.filters.emptyOne : t.filters.emptyAll;
  return (
    <div class="empty">
      <h2>{t.filters.emptyTitle}</h2>
      <p>{reason}</p>
      <div class="ways">
        {active.length > 1 &&
          active.map(({ text, without }) => (
            <FilterLink class="button" href={`${without}#filters`}>{t.filters.without(text)}</FilterLink>
          ))}
        <FilterLink class="button" href={paths.connections}>{t.filters.showAllConnections}</FilterLink>
      </div>
    </div>
  );
}
