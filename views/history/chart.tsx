import type { Day, Days } from "../../db/history/days.ts";
import type { HistoryQuery } from "../../http/history_query.ts";
import { withQuery } from "../../http/paths.ts";
import { cachedFor } from "../../words/cache.ts";
import type { Texts } from "../../words/texts.ts";
import { isoDay, shortDay } from "../../words/time.ts";
import { html } from "../html.ts";

/** In rows of ten, which a phone shows below each other: a finger hits a tenth of its width. */
export const CHART_DAYS = 30;
const DAYS_A_ROW = 10;
/** With fewer the chart is folded. */
const MIN_BUSY_DAYS = 3;

const [OPENED_HEIGHT, REFUSED_HEIGHT, MARK_Y] = [38, 14, -46];

type ChartProps = Days & {
  /** In days since the epoch. */
  today: number;
  selected: string | null;
  /** The filters that a day's link keeps. */
  filters: HistoryQuery;
};

export function Chart({ days, today, query, t }: { days: Days; today: number; query: HistoryQuery; t: Texts }) {
  const { from, to, before: _, ...filters } = query;
  const selected = from !== undefined && from === to ? from : null;
  const draw = () => html`${<Figure {...{ ...days, today, selected, filters, t }} />}`;
  return rendered(days, JSON.stringify([t.language, today, selected, filters]), draw);
}

const rendered = cachedFor<Days, ReturnType<typeof html>>();

function Figure({ t, ...chart }: ChartProps & { t: Texts }) {
  const { days, partialDay, today } = chart;
  const busyDays = partialDay === null ? days.filter((day) => !isBlank(day)).length : days.length;
  const rows = Array.from({ length: days.length / DAYS_A_ROW }, (_, i) => i * DAYS_A_ROW);
  return (
    <figure id="chart" class="chart">
      <Caption days={days} partialDay={partialDay} isFiltered={Object.keys(chart.filters).length > 0} t={t} />
      {busyDays > 0 && (
        <details class={busyDays < MIN_BUSY_DAYS ? "fold" : "fold unfold"}>
          <summary>{t.chart.show}</summary>
          <a class="skip" href="#below-chart">{t.chart.skip}</a>
          <div class="chart-rows">
            {rows.map((start) => (
              <div class="chart-row">
                <Bars {...chart} start={start} />
                <ol role="list">
                  {days.slice(start, start + DAYS_A_ROW)
                    .map((day, i) => DayItem({ ...chart, day, index: start + i, t }))}
                </ol>
                <small>{shortDay(today + 1 - days.length + start, t.language)}</small>
                {start + DAYS_A_ROW === days.length && <small>{t.chart.today}</small>}
              </div>
            ))}
          </div>
        </details>
      )}
      <span id="below-chart"></span>
    </figure>
  );
}

function Caption({ days, partialDay, isFiltered, t: { chart: t } }: Days & { isFiltered: boolean; t: Texts }) {
  const [opened, refused, unusual] = [sum(days, "opened"), sum(days, "refused"), sum(days, "unusual")];
  const series = (kind: keyof Day, text: string, note: string | false = false) => {
    const max = largest(days, kind);
    const notes = [note, kind !== "unusual" && max < sum(days, kind) && t.perDay(max)].filter(Boolean);
    return (
      <>
        <b class={`series-${kind}`}>{text}</b>
        {notes.length > 0 && ` (${notes.join(", ")})`}
      </>
    );
  };
  const parts = [
    partialDay !== null && series("opened", t.moreThanConnections(opened), t.newestDrawn(opened)),
    partialDay === null && opened > 0 && series("opened", t.connections(opened)),
    refused > 0 && series("refused", t.refusedSignIns(refused)),
    unusual > 0 && series("unusual", t.unusual(unusual)),
  ].filter((part) => part !== false);
  return (
    <figcaption>
      {isFiltered ? t.lastOfAll(days.length) : t.last(days.length)}
      {parts.length === 0 ? t.nothing : parts.map((part, i) => <>{i > 0 && ", "}{part}</>)}.
    </figcaption>
  );
}

// One path of strokes for each series: CSS sets their width in pixels, so that stretching doesn't change it.
function Bars({ days, partialDay, start }: ChartProps & { start: number }) {
  const strokes = (kind: keyof Day, stroke: (share: number) => string) => {
    const max = largest(days, kind);
    const path = days.slice(start, start + DAYS_A_ROW)
      .map((day, i) => day[kind] > 0 ? `M${i * DAYS_A_ROW + 5} ${stroke(day[kind] / max)}` : "").join("");
    return path && html`<path class="series-${kind}" d="${path}" />`;
  };
  const uncounted = Math.min(Math.max(0, ((partialDay ?? 0) - start) * DAYS_A_ROW), 100);
  return html`
    <svg viewBox="0 -50 100 66" preserveAspectRatio="none" aria-hidden="true">
      ${uncounted > 0 && html`<path class="uncounted" d="M0 0h${uncounted}" />`}
      ${uncounted < 100 && html`<path d="M${uncounted} 0H100" />`}
      ${strokes("opened", (share) => `0v-${Math.max(3, Math.round(share * OPENED_HEIGHT))}`)}
      ${strokes("refused", (share) => `1v${2 + Math.round(share * (REFUSED_HEIGHT / 4 - 0.5)) * 4}`)}
      ${strokes("unusual", () => `${MARK_Y}h.1`)}
    </svg>
  `;
}

function DayItem(
  { day, index, days, partialDay, today, selected, filters, t }: ChartProps & { day: Day; index: number; t: Texts },
) {
  const isUncounted = partialDay !== null && (index < partialDay || index === partialDay && day.opened === 0);
  if (isBlank(day) && !isUncounted) return html`<li></li>`;

  const number = today + 1 - days.length + index;
  const iso = isoDay(number);
  const texts = [
    isUncounted && t.chart.notCounted,
    !isUncounted && index === partialDay && t.chart.moreThanConnections(day.opened),
    !isUncounted && index !== partialDay && day.opened > 0 && t.chart.opened(day.opened),
    day.refused > 0 && t.chart.refused(day.refused),
    day.unusual > 0 && t.chart.unusual(day.unusual),
  ].filter(Boolean);
  const current = iso === selected && html`
    aria-current="true"
  `;
  const href = withQuery("", { ...filters, from: iso, to: iso });
  return html`
    <li><a href="${href}#filters" ${current}><b>${shortDay(number, t.language)}: ${texts.join(
      ", ",
    )}</b></a></li>
  `;
}

function isBlank({ opened, unusual, refused }: Day): boolean {
  return opened + unusual + refused === 0;
}

export function sum(days: Day[], kind: keyof Day): number {
  return days.reduce((total, day) => total + day[kind], 0);
}

function largest(days: Day[], kind: keyof Day): number {
  return days.reduce((max, day) => Math.max(max, day[kind]), 0);
}
