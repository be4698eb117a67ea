import { html as markup } from "hono/html";
import type { Entry } from "../db/history.ts";
import type { EndReason, RefusalReason } from "../db/schema.ts";
import { paths } from "../routes/paths.ts";
import { countryName } from "./countries.ts";
import { plural, remember, Time } from "./time.ts";

/**
 * A row of the history. It and its times are `html` templates, which escape like JSX: a page of 25 rows takes 40 µs so, 75 with a
 * template for each cell and 180 in JSX. End tags that HTML leaves out are left out, a twentieth of the page. The tag has
 * another name here, since the formatter spreads what it knows as HTML over lines, and these would be sent.
 */
export function ConnectionRow({ entry, isCurrent, zone, isFocused = false }: {
  entry: Entry;
  isCurrent: boolean;
  zone: string;
  isFocused?: boolean;
}) {
  const state = stateOf(entry);
  const seen = isCurrent ? THIS_CONNECTION : Time({ at: entry.lastSeenAt, zone, after: LAST[state] });
  const closing = state === "open" && !isCurrent && closingLink(entry);
  return markup`<tr id="c-${entry.id}"${isCurrent && CURRENT}${isFocused && FOCUSED}><td class="when">${
    Time({ at: entry.openedAt, zone })
  }<small>${seen}</small><td class="ip">${breakable(entry.ip)}<td class="country">${
    Country({ code: entry.countryCode })
  }<td class="device">${entry.device}<td class="end">${BADGES[state]}<small>${
    describeEnd(entry, zone)
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
  return markup`<span aria-hidden="true">&#${first};&#${second};\u00a0</span>${countryName(code)}`;
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
const LAST = { open: "Last seen ", closed: "Last seen ", refused: "Last try " };
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
  if (closedAt !== null) return Time({ at: closedAt, zone, after: `${REASONS[endReason]}, ` });
  const from = (addresses ?? 1) > 1 ? ` from ${addresses} addresses` : "";
  return `${REASONS[endReason]}: ${plural(attempts ?? 0, "attempt")}${from}`;
}

/** A link to the confirmation page, which htmx shows in the dialog instead. */
function closingLink({ id, device, ip }: Entry) {
  const href = paths.closeOne(id);
  const name = markup`Close <span class="hidden">the connection of ${device}, ${ip}</span>`;
  return markup`<a href="${href}" hx-get="${href}" hx-target="#dialog" aria-haspopup="dialog">${name}</a>`;
}
