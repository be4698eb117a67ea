import { html as markup } from "hono/html";
import type { Entry } from "../db/history.ts";
import type { EndReason, RefusalReason, UnusualReason } from "../db/schema.ts";
import { paths } from "../routes/paths.ts";
import { countryName } from "./countries.ts";
import { formatAgo, formatDuration, formatTime, isoTime, plural, remember, timeBeside } from "./time.ts";

/** What all rows of a table are shown with. */
export type Rows = {
  /** The id of the current connection. */
  current: string;
  zone: string;
  /** The time of asking. */
  now: number;
};

/**
 * A row of the history, as one `html` template, which escapes like JSX: a page of 25 rows takes 35 µs so, 75 with a template for
 * each cell and time, and 180 in JSX. And a page is not compressed, so end tags and quotes that HTML leaves out are left out, and
 * only the time that a row begins with is marked up as one: 3 of 18 KB. The tag has another name here, since the formatter
 * spreads what it knows as HTML over lines, and these would be sent.
 */
export function ConnectionRow({ entry, isFocused = false, ...rows }: Rows & { entry: Entry; isFocused?: boolean }) {
  const { id, openedAt, ip, countryCode, device, deviceKind } = entry;
  const isCurrent = id === rows.current;
  const state = stateOf(entry);
  const closing = state === "open" && !isCurrent && closingLink(entry);
  return markup`<tr id="c-${id}"${isCurrent && CURRENT}${isFocused && FOCUSED}><td class=when><time datetime="${
    isoTime(openedAt)
  }">${formatTime(openedAt, rows.zone)}</time><small>${describeTimes(entry, rows)}</small>${
    chipsOf(entry, isCurrent)
  }<td class=ip>${breakable(ip)}<td class=country>${
    Country({ code: countryCode })
  }<td class="device ${deviceKind}">${device}<td class=end>${BADGES[state]}<small>${
    describeEnd(entry, rows)
  }${closing}</small>`;
}

/** The flag stays with the first word of the name. */
export function Country({ code }: { code: string }) {
  return countryOf(code);
}

/**
 * The flag is two references in ASCII: with one character beyond Latin-1 the whole page is a text of two bytes a character, which
 * takes 20 µs more to send.
 */
const countryOf = remember((code: string) => {
  if (!/^[A-Z]{2}$/.test(code)) return markup`${countryName(code)}`;
  const [first, second] = [...code].map((letter) => 0x1f1e6 + letter.charCodeAt(0) - 65);
  return markup`<i aria-hidden=true>&#${first};&#${second};\u00a0</i>${countryName(code)}`;
});

export function IpAddress({ ip }: { ip: string }) {
  return markup`${breakable(ip)}`;
}

/** Long addresses may break behind a colon, and nowhere else. */
function breakable(ip: string) {
  if (ip === "") return "Unknown";
  if (!ip.includes(":")) return ip;
  return ip.split(/(?<=:)(?=[^:])/).map((group, i) => i % 2 === 1 ? markup`${group}<wbr>` : group);
}

const CURRENT = markup` class="current"`;
const FOCUSED = markup` tabindex="-1" autofocus`;
const THIS_CONNECTION = markup`<b class=chip>This connection</b>`;
const BADGES = {
  open: markup`<span class="state open">Open</span>`,
  closed: markup`<span class="state closed">Closed</span>`,
  refused: markup`<span class="state refused">Refused</span>`,
};

const REASONS: Record<EndReason | RefusalReason, string> = {
  signed_out: "Signed out",
  closed: "From another connection",
  expired: "Expired",
  password_changed: "Password changed",
  closed_by_operator: "By the operator",
  replaced: "Too many open",
  wrong_password: "Wrong password",
  too_many_tries: "Too many tries",
  locked: "Locked for 24 hours",
};

function stateOf({ attempts, closedAt }: Entry): keyof typeof BADGES {
  if (attempts !== null) return "refused";
  return closedAt === null ? "open" : "closed";
}

/** How long ago it was opened, and when it was last seen, in that zone. */
function describeTimes({ openedAt, lastSeenAt, attempts }: Entry, { zone, now }: Rows) {
  const what = attempts === null ? "last seen" : "last try";
  return `${formatAgo(openedAt, now)} · ${what} ${timeBeside(openedAt, lastSeenAt, zone)}`;
}

/** What marks a row: that it is the one in use, why it is unusual, and the question that goes with it. */
function chipsOf(entry: Entry, isCurrent: boolean) {
  const { unusual, answer } = entry;
  if (!isCurrent && unusual.length === 0) return "";
  return markup`<div class=chips>${isCurrent && THIS_CONNECTION}${
    unusual.map((reason) => markup`<b class="chip unusual ${answer}">${CHIPS[reason](entry)}</b>`)
  }${answer !== null && ANSWERED[answer]}${
    // The current connection can't speak for itself.
    unusual.length > 0 && answer === null && !isCurrent && answerLink(entry)}</div>`;
}

const CHIPS: Record<UnusualReason, (entry: Entry) => string> = {
  new_country: ({ countryCode }) => `First from ${countryName(countryCode)}`,
  new_network_and_device: () => "New network and device",
  after_refusals: () => "After refused sign-ins",
};
const ANSWERED = {
  me: markup`<small>You said: this was me</small>`,
  not_me: markup`<small>You said: not me</small>`,
};

/** How it ended, and how long it lasted; how often sign-ins were refused. */
function describeEnd(entry: Entry, rows: Rows) {
  const { endReason, closedAt, attempts, addresses, openedAt } = entry;
  if (endReason === null) return "";
  if (closedAt !== null) {
    const reason = describeCloser(entry, rows) ?? REASONS[endReason];
    return markup`${reason}, ${timeBeside(openedAt, closedAt, rows.zone)} · <i>lasted ${
      formatDuration(closedAt - openedAt)
    }</i>`;
  }
  const from = (addresses ?? 1) > 1 ? ` from ${addresses} addresses` : "";
  return `${REASONS[endReason]}: ${plural(attempts ?? 0, "attempt")}${from}`;
}

/** From which other connection of the account it was closed, as far as the history still has that one. */
function describeCloser({ endReason, closedBy }: Entry, { current }: Rows): string | null {
  if (endReason !== "closed" || closedBy === null) return null;
  if (closedBy.id === current) return "From this browser";
  return closedBy.device && `From ${closedBy.device}`;
}

/** A link to the confirmation page, which htmx shows in the dialog instead. */
function closingLink({ id, device, ip }: Entry) {
  return dialogLink(paths.closeOne(id), markup`Close <span class="hidden">the connection of ${device}, ${ip}</span>`);
}

function answerLink({ id, device, ip }: Entry) {
  return dialogLink(paths.answer(id), markup`Was this you? <span class="hidden">${device}, ${ip}</span>`);
}

function dialogLink(href: string, name: unknown) {
  return markup`<a href="${href}" hx-get="${href}" hx-target="#dialog" aria-haspopup="dialog">${name}</a>`;
}
