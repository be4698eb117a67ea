import { html as markup } from "hono/html";
import type { Entry } from "../db/history.ts";
import { paths } from "../http/paths.ts";
import { countryName } from "../words/countries.ts";
import { deviceName } from "../words/devices.ts";
import { inEachLanguage } from "../words/languages.ts";
import { remember } from "../words/cache.ts";
import { type Texts, textsOf } from "../words/texts.ts";
import { formatAgo, formatDuration, formatTime, isoMinute, timeBeside } from "../words/time.ts";

/** What all rows of a table are shown with. */
export type Rows = {
  /** The id of the current connection. */
  current: string;
  zone: string;
  /** The time of asking. */
  now: number;
  t: Texts;
};

/**
 * A row of the history, as one `html` template, which escapes like JSX: a page of 25 rows takes 35 µs so, 75 with a template for
 * each cell and time, and 180 in JSX. And a page is not compressed, so what HTML leaves out is left out, end tags, and quotes of what
 * was made here; cells are styled by their place, and only the time that a row begins with is marked up as one: 5 of 18 KB. The tag has
 * another name here, since the formatter spreads what it knows as HTML over lines, and these would be sent.
 */
export function ConnectionRow({ entry, isFocused = false, ...rows }: Rows & { entry: Entry; isFocused?: boolean }) {
  const { id, openedAt, ip, countryCode, device, deviceKind } = entry;
  const { t } = rows;
  const marks = MARKS[t.language];
  const isCurrent = id === rows.current;
  const state = stateOf(entry);
  const closing = state === "open" && !isCurrent && closingLink(entry, t);
  return markup`<tr id="${rowId(id)}"${isCurrent && CURRENT}${isFocused && FOCUSED}><td><time datetime=${
    isoMinute(openedAt)
  }>${formatTime(openedAt, rows.zone, t)}</time><p>${describeTimes(entry, rows)}${chipsOf(entry, isCurrent, t)}<td>${
    breakable(ip, t)
  }<td>${Country({ code: countryCode, t })}<td${KINDS[deviceKind]}>${deviceName(device, t)}<td>${marks[state]}<p>${
    describeEnd(entry, rows)
  }${closing}`;
}

/** A row's id in the page: the end of the connection's own, which is 62 random bits, so that it is short. */
export function rowId(id: string): string {
  return `c-${id.slice("xxxxxxxx-xxxx-7xxx-".length)}`;
}

/** The flag stays with the first word of the name. */
export function Country({ code, t }: { code: string; t: Texts }) {
  return countryOf[t.language](code);
}

/**
 * The flag is two references in ASCII: with one character beyond Latin-1 the whole page is a text of two bytes a character, which
 * takes 20 µs more to send.
 */
const countryOf = inEachLanguage((language) =>
  remember((code: string) => {
    const name = countryName(code, textsOf(language));
    if (!/^[A-Z]{2}$/.test(code)) return markup`${name}`;
    const [first, second] = [...code].map((letter) => 0x1f1e6 + letter.charCodeAt(0) - 65);
    return markup`<i aria-hidden=true>&#${first};&#${second};\u00a0</i>${name}`;
  })
);

export function IpAddress({ ip, t }: { ip: string; t: Texts }) {
  return markup`${ip === "" ? t.place.alone.ip : breakable(ip, t)}`;
}

/** Long addresses may break behind a colon, and nowhere else. */
function breakable(ip: string, t: Texts) {
  if (ip === "") return t.place.unknownIp;
  return ip.includes(":") ? groupsOf(ip) : ip;
}
const groupsOf = remember((ip: string) => {
  const groups = ip.split(/(?<=:)(?=[^:])/);
  return markup`${groups.map((group, i) => i % 2 === 1 ? markup`${group}<wbr>` : group)}`;
});

/** Which icon a device has; most are computers. */
const KINDS = {
  computer: "",
  phone: markup` class=phone`,
  tablet: markup` class=tablet`,
  script: markup` class=script`,
  unknown: markup` class=unknown`,
};
const CURRENT = markup` class=current`;
const FOCUSED = markup` tabindex=-1 autofocus`;
/** What is the same in many rows, written once. */
const MARKS = inEachLanguage((language) => {
  const { states, row } = textsOf(language);
  return {
    open: markup`<b class=open>${states.open}</b>`,
    closed: markup`<b>${states.closed}</b>`,
    refused: markup`<b class=refused>${states.refused}</b>`,
    current: markup`<b class=chip>${row.current}</b>`,
    me: markup`<span>${row.answered.me}</span>`,
    not_me: markup`<span>${row.answered.not_me}</span>`,
  };
});

function stateOf({ attempts, closedAt }: Entry): "open" | "closed" | "refused" {
  if (attempts !== null) return "refused";
  return closedAt === null ? "open" : "closed";
}

/** How long ago it was opened, and when it was last seen, in that zone. */
function describeTimes({ openedAt, lastSeenAt, attempts }: Entry, { zone, now, t }: Rows) {
  const [ago, last] = [formatAgo(openedAt, now, t), timeBeside(openedAt, lastSeenAt, zone, t)];
  return attempts === null ? t.row.times(ago, last) : t.row.timesRefused(ago, last);
}

/** What marks a row: that it is the one in use, why it is unusual, and the question that goes with it. */
function chipsOf(entry: Entry, isCurrent: boolean, t: Texts) {
  const { unusual, answer, countryCode } = entry;
  if (!isCurrent && unusual.length === 0) return "";
  const marks = MARKS[t.language];
  const country = countryName(countryCode, t);
  return markup`<div class=chips>${isCurrent && marks.current}${
    unusual.map((reason) => markup`<b class="chip unusual ${answer}">${t.row.unusual[reason](country)}</b>`)
  }${answer !== null && marks[answer]}${
    // The current connection can't speak for itself.
    unusual.length > 0 && answer === null && !isCurrent && answerLink(entry, t)}</div>`;
}

/** How it ended, and how long it lasted; how often sign-ins were refused. */
function describeEnd(entry: Entry, rows: Rows) {
  const { endReason, closedAt, attempts, addresses, openedAt } = entry;
  const { zone, t } = rows;
  if (endReason === null) return "";
  if (closedAt !== null) {
    const reason = describeCloser(entry, rows) ?? t.row.reasons[endReason];
    const lasted = t.row.lasted(formatDuration(closedAt - openedAt, t));
    return `${reason}, ${timeBeside(openedAt, closedAt, zone, t)}\u00a0· ${lasted}`;
  }
  return t.row.refused(t.row.reasons[endReason], attempts ?? 0, addresses ?? 1);
}

/** From which other connection of the account it was closed, as far as the history still has that one. */
function describeCloser({ endReason, closedBy }: Entry, { current, t }: Rows): string | null {
  if (endReason !== "closed" || closedBy === null) return null;
  if (closedBy.id === current) return t.row.fromHere;
  return closedBy.device && t.row.from(deviceName(closedBy.device, t));
}

function closingLink({ id, device, ip }: Entry, t: Texts) {
  const which = t.row.closeWhich(deviceName(device, t), ip || t.place.alone.ip);
  return dialogLink(paths.closeOne(id), t.row.close, which);
}

function answerLink({ id, device, ip }: Entry, t: Texts) {
  return dialogLink(paths.answer(id), t.row.wasThisYou, `${deviceName(device, t)}, ${ip || t.place.alone.ip}`);
}

/** A link to a confirmation page, which htmx shows in the dialog instead: the table tells it so for all of its links. */
function dialogLink(href: string, name: string, which: string) {
  return markup`<a href=${href} aria-haspopup=dialog>${name} <span class=hidden>${which}</span></a>`;
}
