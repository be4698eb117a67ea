import { html as markup } from "hono/html";
import type { Day, Days } from "../db/days.ts";
import { rememberWith } from "../words/cache.ts";
import type { Texts } from "../words/texts.ts";
import { isoDay, shortDay } from "../words/time.ts";

/** So many days the picture has, in rows that a phone shows one above the other: a finger hits a tenth of its width. */
export const DAYS = 30;
const ROW = 10;

/**
 * A row is 100 wide, and high as many units as pixels. So far do the bars go up from its line and down from it, where they are dashes of
 * 2 with as much between them; above stands the mark of what is unusual.
 */
const [HIGHEST, DEEPEST, MARK] = [38, 14, -46];

export type DaysView = Days & {
  /** The last of the days, in days since the epoch. */
  today: number;
  /** The one that the page is filtered by, `YYYY-MM-DD`. */
  chosen: string | null;
};

/** The last days as a picture. What it says is in its caption and in the names of the links on it. */
export function DaysPicture({ t, ...view }: DaysView & { t: Texts }) {
  return pictureOf(view.days, `${t.language} ${view.today} ${view.chosen}`, () => draw(view, t));
}

/** It takes 50 µs to draw, and is the same until something happens to the account: until then the days are kept, and each is drawn once. */
const pictureOf = rememberWith<Day[], ReturnType<typeof draw>>();

function draw(view: DaysView, t: Texts) {
  const { days, reach, today } = view;
  const isEmpty = reach === null && days.every(isBlank);
  const rows = isEmpty ? [] : Array.from({ length: days.length / ROW }, (_, i) => i * ROW);
  const picture = (
    <figure id="days" class="days">
      <Caption days={days} reach={reach} t={t} />
      {!isEmpty && <a class="skip" href="#filters">{t.days.skip}</a>}
      {rows.map((from) => (
        <div>
          {bars(view, from)}
          {days.slice(from, from + ROW).map((day, i) => dayLink(day, from + i, view, t))}
          <small>{shortDay(today + 1 - days.length + from, t.language)}</small>
          {from + ROW === days.length && <small>{t.days.today}</small>}
        </div>
      ))}
    </figure>
  );
  return markup`${picture}`;
}

function Caption({ days, reach, t: { days: t } }: Days & { t: Texts }) {
  const [opened, refused, unusual] = [sum(days, "opened"), sum(days, "refused"), sum(days, "unusual")];
  const counted = (kind: keyof Day, count: string, note: string | false = false) => {
    const most = largest(days, kind);
    const notes = [note, kind !== "unusual" && most < sum(days, kind) && t.perDay(most)].filter(
      Boolean,
    );
    return (
      <>
        <b class={kind}>{count}</b>
        {notes.length > 0 && ` (${notes.join(", ")})`}
      </>
    );
  };
  const said = [
    reach !== null &&
    counted("opened", t.moreThanConnections(opened), t.newestDrawn(opened)),
    reach === null && opened > 0 && counted("opened", t.connections(opened)),
    refused > 0 && counted("refused", t.refusedSignIns(refused)),
    unusual > 0 && counted("unusual", t.unusual(unusual)),
  ].filter((part) => part !== false);
  return (
    <figcaption>
      {t.last(days.length)}
      {said.length === 0 ? t.nothing : said.map((part, i) => <>{i > 0 && ", "}{part}</>)}.
    </figcaption>
  );
}

/**
 * A row of bars. Each kind is one path of strokes, whose width CSS says in pixels, however far the picture is stretched. It and the
 * links are `html` templates with nothing in them that isn't needed, since the links alone are half of what the picture weighs.
 */
function bars({ days, reach }: DaysView, from: number) {
  const strokes = (kind: keyof Day, stroke: (share: number) => string) => {
    const most = largest(days, kind);
    let path = "";
    for (let i = 0; i < ROW; i++) {
      const count = days[from + i]?.[kind] ?? 0;
      if (count > 0) path += `M${i * ROW + 5} ${stroke(count / most)}`;
    }
    return path && markup`<path class=${kind} d="${path}"/>`;
  };
  const uncounted = Math.min(Math.max(0, ((reach ?? 0) - from) * ROW), 100);
  return markup`<svg viewBox="0 -50 100 66" preserveAspectRatio=none aria-hidden=true>${
    uncounted > 0 && markup`<path class=uncounted d="M0 0h${uncounted}"/>`
  }${uncounted < 100 && markup`<path d="M${uncounted} 0H100"/>`}${
    strokes("opened", (share) => `0v-${Math.max(3, Math.round(share * HIGHEST))}`)
  }${strokes("refused", (share) => `1v${2 + Math.round(share * (DEEPEST / 4 - 0.5)) * 4}`)}${
    strokes("unusual", () => `${MARK}h.1`)
  }</svg>`;
}

/** The link to a day that has something; else what keeps its place. Its address is relative, to be short. */
function dayLink(day: Day, i: number, { days, reach, today, chosen }: DaysView, t: Texts) {
  const isUncounted = reach !== null && (i < reach || i === reach && day.opened === 0);
  if (isBlank(day) && !isUncounted) return markup`<i></i>`;

  const number = today + 1 - days.length + i;
  const iso = isoDay(number);
  const said = [];
  if (isUncounted) said.push(t.days.notCounted);
  else if (i === reach) said.push(t.days.moreThanConnections(day.opened));
  else if (day.opened > 0) said.push(t.days.connections(day.opened));
  if (day.refused > 0) said.push(t.days.refused(day.refused));
  if (day.unusual > 0) said.push(t.days.unusual(day.unusual));
  const current = iso === chosen && markup` aria-current="true"`;
  return markup`<a href="?day=${iso}"${current}><b>${shortDay(number, t.language)}: ${said.join(", ")}</b></a>`;
}

function isBlank({ opened, unusual, refused }: Day): boolean {
  return opened + unusual + refused === 0;
}

function sum(days: Day[], kind: keyof Day): number {
  return days.reduce((total, day) => total + day[kind], 0);
}

function largest(days: Day[], kind: keyof Day): number {
  return days.reduce((most, day) => Math.max(most, day[kind]), 0);
}
