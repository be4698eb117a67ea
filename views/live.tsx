import type { Opened } from "../db/activity.ts";
import { paths } from "../http/paths.ts";
import { countryName } from "../words/countries.ts";
import type { HistoryView } from "./connections.tsx";
import { deviceName } from "../words/devices.ts";
import { Notification } from "./notifications.tsx";
import type { Texts } from "../words/texts.ts";

/** What happened since the page last knew. */
export type News = {
  opened: Opened[];
  /** How many more were opened, of which only that is known. */
  openedBehind: number;
  closed: number;
  refused: number;
};

/**
 * What keeps the history as it is now: it asks every few seconds, at once when somebody looks at the page again, and never twice at
 * a time. With the question goes what the page has: the tag, and the cursor of its last row, which stands in the table's end. What
 * changed is said where a screen reader tells it without being asked.
 */
export function Live({ tag, pollEvery }: Pick<HistoryView, "tag" | "pollEvery">) {
  return (
    <>
      <div id="news" role="status"></div>
      <div
        id="live"
        hx-get={paths.live}
        hx-trigger={`every ${pollEvery}ms, visibilitychange from:document`}
        hx-include="#live, #more"
        hx-sync="drop"
        hx-swap="none"
      >
        <Known tag={tag} />
      </div>
    </>
  );
}

function Known({ tag }: { tag: string }) {
  return <input type="hidden" name="since" value={tag} />;
}

/** For the page that closed some connections: they are no news to it. */
export function ClosedHere({ count }: { count: number }) {
  return (
    <hx-partial hx-target="#live" hx-swap="beforeend">
      <input type="hidden" name="closed_here" value={count} />
    </hx-partial>
  );
}

/** The tag of what the page has from now on. */
export function KnownPiece({ tag }: Pick<HistoryView, "tag">) {
  return (
    <hx-partial hx-target="#live" hx-swap="innerHTML">
      <Known tag={tag} />
    </hx-partial>
  );
}

/**
 * Says what happened, to who can't see it in the table. Where the table doesn't have it either, everybody is told, with the way to
 * the page that does.
 */
export function NewsPiece({ news, newest, t }: { news: News | null; newest: string | null; t: Texts }) {
  const sentences = news ? say(news, t) : "";
  if (!sentences && newest) return null;
  return (
    <hx-partial hx-target="#news" hx-swap="innerHTML">
      {newest
        ? <Notification kind="info" more={<a href={newest}>{t.news.show}</a>}>{sentences}</Notification>
        : <p class="hidden">{sentences}</p>}
    </hx-partial>
  );
}

function say({ opened, openedBehind, closed, refused }: News, t: Texts): string {
  const [only] = opened;
  const count = opened.length + openedBehind;
  return [
    count > 0 && (count === 1 && only ? nameOf(only, t) : t.news.openedMany(count)),
    closed > 0 && t.news.closed(closed),
    refused > 0 && t.news.refused(refused),
  ].filter(Boolean).join(" ");
}

function nameOf({ device, countryCode, isUnusual }: Opened, t: Texts): string {
  const place = countryCode === "none" ? "" : `, ${countryName(countryCode, t)}`;
  const what = `${deviceName(device, t)}${place}`;
  return isUnusual ? t.news.openedUnusual(what) : t.news.opened(what);
}
