import type { Language } from "../../db/schema.ts";
import type { HistoryQuery } from "../../http/history_query.ts";
import { paths, withQuery } from "../../http/paths.ts";
import { countryName } from "../../words/countries.ts";
import type { Texts } from "../../words/texts.ts";
import { dayName } from "../../words/time.ts";

/** `name`: of its field, or of the first of two. */
export type ActiveFilter = { name: string; text: string; without: string };

// A single day is one filter, as people think of it.
export function activeFilters({ before: _, ...query }: HistoryQuery, t: Texts): ActiveFilter[] {
  const { state, country, from, to, ip } = query;
  const { filters: labels, language } = t;
  const isDay = from !== undefined && from === to;
  const parts: [text: string | undefined, name: keyof typeof query, second?: keyof typeof query][] = [
    [state && `${labels.state}: ${t.states[state].toLowerCase()}`, "state"],
    [country && `${labels.country}: ${countryName(country, t)}`, "country"],
    [isDay ? `${labels.day}: ${formatDay(from, language)}` : undefined, "from", "to"],
    [from && !isDay ? `${labels.from}: ${formatDay(from, language)}` : undefined, "from"],
    [to && !isDay ? `${labels.to}: ${formatDay(to, language)}` : undefined, "to"],
    [ip && `${labels.ip}: ${ip}`, "ip"],
  ];
  return parts.flatMap(([text, name, second]) => {
    const rest = Object.entries(query).filter(([field]) => field !== name && field !== second);
    const without = withQuery(paths.connections, Object.fromEntries(rest));
    return text ? [{ name, text, without }] : [];
  });
}

export function formatDay(day: string, language: Language): string {
  return dayName(Date.parse(day) / 86_400_000, language);
}
