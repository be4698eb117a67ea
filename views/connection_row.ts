import { html as markup } from "hono/html";
import type { Entry } from "../db/history.ts";
import type { EndReason, RefusalReason, UnusualReason } from "../db/schema.ts";
import { paths } from "../routes/paths.ts";
import { countryName, flagOf } from "./countries.ts";
import { formatAgo, formatDuration, plural, Time, TimeBeside } from "./time.ts";

/** What all rows of a table are shown with. */
export type Rows = {
  /** The id of the current connection. */
  current: string;
  zone: string;
  /** The time of asking. */
  now: number;
};

/**
 * A row of the history. It and what stands in it are `html` templates, which escape like JSX and take a third of its time: a page
 * has 25 of them with 75 times (50 µs; in JSX 180). Under another name, since the formatter spreads what it knows as HTML over lines,
 * and these would be sent.
 */
export function ConnectionRow({ entry, isFocused = false, ...rows }: Rows & { entry: Entry; isFocused?: boolean }) {
  const isCurrent = entry.id === rows.current;
  const state = stateOf(entry);
  const opened = Time({ at: entry.openedAt, zone: rows.zone });
  const closing = state === "open" && !isCurrent && closingLink(entry);
  const attributes = [isCurrent && markup` class="current"`, isFocused && markup` tabindex="-1" autofocus`];
  const cells = [
    markup`<td class="when">${opened}<small>${describeTimes(entry, rows)}</small>${chipsOf(entry, isCurrent)}</td>`,
    markup`<td class="ip">${IpAddress(entry)}</td>`,
    markup`<td class="country">${Country({ code: entry.countryCode })}</td>`,
    markup`<td class="device ${entry.deviceKind}">${entry.device}</td>`,
    markup`<td class="end">${badge(state)}<small>${describeEnd(entry, rows)}${closing}</small></td>`,
  ];
  return markup`<tr id="c-${entry.id}"${attributes}>${cells}</tr>`;
}

/** The flag stays with the first word of the name. */
export function Country({ code }: { code: string }) {
  const flag = flagOf(code);
  return markup`${flag && markup`<span aria-hidden="true">${flag}\u00a0</span>`}${countryName(code)}`;
}

/** Long addresses may break behind a colon, and nowhere else. */
export function IpAddress({ ip }: { ip: string }) {
  if (ip === "") return markup`Unknown`;
  if (!ip.includes(":")) return markup`${ip}`;
  return markup`${ip.split(/(?<=:)(?=[^:])/).map((group, i) => i % 2 === 1 ? markup`${group}<wbr>` : group)}`;
}

const STATES = { open: "Open", closed: "Closed", refused: "Refused" };

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

function stateOf({ attempts, closedAt }: Entry): keyof typeof STATES {
  if (attempts !== null) return "refused";
  return closedAt === null ? "open" : "closed";
}

function badge(state: keyof typeof STATES) {
  return markup`<span class="state ${state}">${STATES[state]}</span>`;
}

function describeTimes({ openedAt, lastSeenAt, attempts }: Entry, { zone, now }: Rows) {
  const seen = TimeBeside({ at: lastSeenAt, other: openedAt, zone });
  return markup`${formatAgo(openedAt, now)} · ${attempts === null ? "last seen" : "last try"} ${seen}`;
}

/** What marks a row: that it is the one in use, why it is unusual, and the question that goes with it. */
function chipsOf(entry: Entry, isCurrent: boolean) {
  if (!isCurrent && entry.unusual.length === 0) return "";
  const answered = entry.answer === null ? "" : ` ${entry.answer}`;
  const chips = [
    isCurrent && markup`<span class="chip">This connection</span>`,
    ...entry.unusual.map((reason) => markup`<span class="chip unusual${answered}">${CHIPS[reason](entry)}</span>`),
    entry.answer !== null &&
    markup`<small>${entry.answer === "me" ? "You said: this was me" : "You said: not me"}</small>`,
    // The current connection can't speak for itself.
    entry.unusual.length > 0 && entry.answer === null && !isCurrent && answerLink(entry),
  ];
  return markup`<span class="chips">${chips}</span>`;
}

const CHIPS: Record<UnusualReason, (entry: Entry) => string> = {
  new_country: ({ countryCode }) => `First from ${countryName(countryCode)}`,
  new_network_and_device: () => "New network and device",
  after_refusals: () => "After refused sign-ins",
};

/** How it ended, and how long it lasted; how often sign-ins were refused. */
function describeEnd(entry: Entry, rows: Rows) {
  const { endReason, closedAt, attempts, addresses, openedAt } = entry;
  if (endReason === null) return "";
  if (closedAt !== null) {
    const closed = TimeBeside({ at: closedAt, other: openedAt, zone: rows.zone });
    const reason = describeCloser(entry, rows) ?? REASONS[endReason];
    return markup`${reason}, ${closed} · <span>lasted ${formatDuration(closedAt - openedAt)}</span>`;
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
