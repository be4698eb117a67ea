import type { Child } from "hono/jsx";
import { versionOf } from "../../db/history/activity.ts";
import type { HistoryQuery } from "../../http/history_query.ts";
import { paths, withQuery } from "../../http/paths.ts";
import { placeName } from "../../words/countries.ts";
import type { Texts } from "../../words/texts.ts";
import { formatDay } from "./active_filters.ts";
import { CHART_DAYS, sum } from "./chart.tsx";
import { ConnectionRows, Downloads, HistoryHead, HistorySection, type HistoryView, More } from "./section.tsx";
import { PageTitle } from "../layout.tsx";
import { Notification, NotificationFragment } from "../notifications.tsx";

export function ConnectionsPage({ pollInterval, ...view }: HistoryView & { pollInterval: number }) {
  return (
    <>
      <div id="status" role="status">
        <Status {...view} />
      </div>
      <div
        id="live"
        hx-get={paths.live}
        hx-trigger={`every ${pollInterval}ms, visibilitychange from:document`}
        hx-include="#live, #more"
        hx-sync="drop"
        hx-swap="none"
        data-stale={view.t.live.stale}
      >
        <Version {...view} />
      </div>
      <HistorySection {...view} isPage />
      <label class="pause">
        <input type="checkbox" id="pause" autocomplete="off" /> {view.t.live.pause}
      </label>
    </>
  );
}

function Version({ activity, now }: Pick<HistoryView, "activity" | "now">) {
  return <input type="hidden" name="version" value={versionOf(activity, now)} />;
}

// A screen reader announces it only when its text changes.
function Status(view: HistoryView) {
  return <p class="hidden">{describeStatus(view)}</p>;
}

function describeStatus({ activity: { open, unreviewed }, overview, t }: HistoryView): string {
  const refused = overview ? sum(overview.days.days, "refused") : 0;
  return t.live.status(open, unreviewed, refused, CHART_DAYS);
}

// A tab shows the beginning of its title: first the filters.
export function historyTitle({ state, country, from, to, ip, before }: HistoryQuery, t: Texts): string {
  const day = (iso: string) => formatDay(iso, t.language);
  const filters = [
    state && t.states[state].toLowerCase(),
    country && placeName(country, t),
    ip,
    from && (from === to ? day(from) : t.filters.title.from(day(from))),
    to && to !== from && t.filters.title.to(day(to)),
    before && t.filters.title.older,
  ].filter(Boolean).join(", ");
  return filters === "" ? t.history.title : `${capitalize(filters)} · ${t.history.title}`;
}

export function HistoryFragments({ brand, ...view }: HistoryView & { brand: string }) {
  return (
    <>
      <PageTitle title={historyTitle(view.query, view.t)} brand={brand} />
      <HistorySection {...view} />
      <StatusFragment {...view} />
      <NotificationFragment>
        <p class="hidden">{countResults(view)}</p>
      </NotificationFragment>
    </>
  );
}

function countResults({ overview, openNow, entries, older, searched, t: { history: t } }: HistoryView): string {
  const shown = entries.length + (openNow?.entries.length ?? 0);
  const { rows, isMore } = overview?.rows ?? { rows: shown, isMore: older !== null && searched === null };
  const counted = isMore ? t.moreThanResults(rows) : t.results(rows);
  return !overview?.rows && searched !== null ? t.soFar(counted) : counted;
}

export function OlderFragments(view: HistoryView) {
  return (
    <>
      <hx-partial hx-target="#rows" hx-swap="beforeend">
        <ConnectionRows {...view} focusFirst />
      </hx-partial>
      <More {...view} />
    </>
  );
}

// Morphing keeps focus, selection and scroll.
export function LiveFragments({ isQuiet, ...view }: HistoryView & { isQuiet: boolean }) {
  return (
    <>
      <VersionFragment {...view} />
      <SectionFragment {...view} isQuiet={isQuiet} />
    </>
  );
}

// A page with older rows keeps them.
export function LiveHeadFragments({ hasChanged, ...view }: HistoryView & { hasChanged: boolean }) {
  const { query: { before: _, ...filter }, t } = view;
  return (
    <>
      <VersionFragment {...view} />
      <HeadFragments {...view} />
      {hasChanged && (
        <hx-partial hx-target="#status" hx-swap="innerMorph">
          <Status {...view} />
          <Notification kind="info" more={<a href={withQuery(paths.connections, filter)}>{t.live.show}</a>}>
            {t.live.changed}
          </Notification>
        </hx-partial>
      )}
    </>
  );
}

export function HeadFragments(view: HistoryView) {
  return (
    <>
      <hx-partial hx-target="#head" hx-swap="outerMorph">
        <HistoryHead {...view} />
      </hx-partial>
      <hx-partial hx-target="#downloads" hx-swap="outerMorph">
        <Downloads {...view} />
      </hx-partial>
    </>
  );
}

export function ChangedFragments({ notification, view }: { notification: Child; view: HistoryView }) {
  return (
    <>
      <NotificationFragment>{notification}</NotificationFragment>
      <SectionFragment {...view} />
      <VersionFragment {...view} />
    </>
  );
}

export function SectionFragment({ isQuiet = false, ...view }: HistoryView & { isQuiet?: boolean }) {
  return (
    <>
      <hx-partial hx-target="#history" hx-swap="outerMorph">
        <HistorySection {...view} />
      </hx-partial>
      {!isQuiet && <StatusFragment {...view} />}
    </>
  );
}

// Drops the link to the newest rows, because the section has them.
function StatusFragment(view: HistoryView) {
  return (
    <hx-partial hx-target="#status" hx-swap="innerMorph">
      <Status {...view} />
    </hx-partial>
  );
}

// Leaves the link to the newest rows.
export function StatusTextFragment(view: HistoryView) {
  return <hx-partial hx-target="#status > .hidden" hx-swap="innerMorph">{describeStatus(view)}</hx-partial>;
}

export function VersionFragment(view: Pick<HistoryView, "activity" | "now">) {
  return (
    <hx-partial hx-target="#live" hx-swap="innerHTML">
      <Version {...view} />
    </hx-partial>
  );
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
