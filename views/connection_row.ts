import { html as markup } from "hono/html";
import type { Entry } from "../db/history.ts";
import type { EndReason, RefusalReason } from "../db/schema.ts";
import { paths } from "../routes/paths.ts";
import { countryName, flagOf } from "./countries.ts";
import { plural, Time } from "./time.ts";

/**
 * A row of the history. It and what stands in it are `html` templates, which escape like JSX and take a third of its time: a page
 * has 25 of them with 75 times (50 µs; in JSX 180). Under another name, since the formatter spreads what it knows as HTML over lines,
 * and these would be sent.
 */
export function ConnectionRow({ entry, isCurrent, zone, isFocused = false }: {
  entry: Entry;
  isCurrent: boolean;
  zone: string;
  isFocused?: boolean;
}) {
  const state = stateOf(entry);
  const opened = Time({ at: entry.openedAt, zone });
  const closing = state === "open" && !isCurrent && closingLink(entry);
  const attributes = [isCurrent && markup` class="current"`, isFocused && markup` tabindex="-1" autofocus`];
  const cells = [
    markup`<td class="when">${opened}<small>${lastSeen(entry, isCurrent, zone)}</small></td>`,
    markup`<td class="ip">${IpAddress(entry)}</td>`,
    markup`<td class="country">${Country({ code: entry.countryCode })}</td>`,
    markup`<td class="device">${entry.device}</td>`,
    markup`<td class="end">${badge(state)}<small>${describeEnd(entry, zone)}${closing}</small></td>`,
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

function lastSeen({ attempts, lastSeenAt }: Entry, isCurrent: boolean, zone: string) {
  if (isCurrent) return markup`<span class="chip">This connection</span>`;
  return markup`${attempts === null ? "Last seen" : "Last try"} ${Time({ at: lastSeenAt, zone })}`;
}

function describeEnd({ endReason, closedAt, attempts, addresses }: Entry, zone: string) {
  if (endReason === null) return "";
  if (closedAt !== null) return markup`${REASONS[endReason]}, ${Time({ at: closedAt, zone })}`;
  const from = (addresses ?? 1) > 1 ? ` from ${addresses} addresses` : "";
  return `${REASONS[endReason]}: ${plural(attempts ?? 0, "attempt")}${from}`;
}

/** A link to the confirmation page, which htmx shows in the dialog instead. */
function closingLink({ id, device, ip }: Entry) {
  const href = paths.closeOne(id);
  const name = markup`Close <span class="hidden">the connection of ${device}, ${ip}</span>`;
  return markup`<a href="${href}" hx-get="${href}" hx-target="#dialog" aria-haspopup="dialog">${name}</a>`;
}
