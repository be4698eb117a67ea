import { html as markup } from "hono/html";
import type { Entry } from "../db/history.ts";
import type { EndReason, RefusalReason } from "../db/schema.ts";
import { paths } from "../routes/paths.ts";
import { countryName } from "./countries.ts";
import { formatTime, isoTime, plural, remember } from "./time.ts";

/**
 * A row of the history, as one `html` template, which escapes like JSX: a page of 25 rows takes 35 µs so, 75 with a template for
 * each cell and time, and 180 in JSX. And a page is not compressed, so end tags and quotes that HTML leaves out are left out, and
 * only the time that a row begins with is marked up as one: 3 of 18 KB. The tag has another name here, since the formatter
 * spreads what it knows as HTML over lines, and these would be sent.
 */
export function ConnectionRow({ entry, isCurrent, zone, isFocused = false }: {
  entry: Entry;
  isCurrent: boolean;
  zone: string;
  isFocused?: boolean;
}) {
  const { id, openedAt, lastSeenAt, ip, countryCode, device } = entry;
  const state = stateOf(entry);
  const seen = isCurrent ? THIS_CONNECTION : `${LAST[state]} ${formatTime(lastSeenAt, zone)}`;
  const closing = state === "open" && !isCurrent && closingLink(entry);
  return markup`<tr id="c-${id}"${isCurrent && CURRENT}${isFocused && FOCUSED}><td class=when><time datetime="${
    isoTime(openedAt)
  }">${formatTime(openedAt, zone)}</time><small>${seen}</small><td class=ip>${breakable(ip)}<td class=country>${
    Country({ code: countryCode })
  }<td class=device>${device}<td class=end>${BADGES[state]}<small>${describeEnd(entry, zone)}${closing}</small>`;
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
const THIS_CONNECTION = markup`<span class="chip">This connection</span>`;
const LAST = { open: "Last seen", closed: "Last seen", refused: "Last try" };
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

function describeEnd({ endReason, closedAt, attempts, addresses }: Entry, zone: string) {
  if (endReason === null) return "";
  if (closedAt !== null) return `${REASONS[endReason]}, ${formatTime(closedAt, zone)}`;
  const from = (addresses ?? 1) > 1 ? ` from ${addresses} addresses` : "";
  return `${REASONS[endReason]}: ${plural(attempts ?? 0, "attempt")}${from}`;
}

/** A link to the confirmation page, which htmx shows in the dialog instead. */
function closingLink({ id, device, ip }: Entry) {
  const href = paths.closeOne(id);
  const name = markup`Close <span class="hidden">the connection of ${device}, ${ip}</span>`;
  return markup`<a href="${href}" hx-get="${href}" hx-target="#dialog" aria-haspopup="dialog">${name}</a>`;
}
