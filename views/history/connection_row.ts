import type { Child } from "hono/jsx";
import type { Entry } from "../../db/history/entries.ts";
import { isUnreviewed, reasonsIn } from "../../db/unusual.ts";
import { paths } from "../../http/paths.ts";
import { countryName, placeName } from "../../words/countries.ts";
import { deviceName } from "../../words/devices.ts";
import type { Texts } from "../../words/texts.ts";
import type { Moved } from "../../words/texts/en.ts";
import { formatAgo, formatRecentTime, timeBeside } from "../../words/time.ts";
import { html } from "../html.ts";
import { Country, flagOf, IpAddress } from "./values.ts";

export type TableContext = {
  current: string;
  zone: string;
  now: number;
  t: Texts;
};

// An `html` template, because a page of rows takes several times as long in JSX (docs/performance.md).
export function ConnectionRow(entry: Entry, context: TableContext, isFocused = false) {
  const { id, openedAt, ip, addresses, countryCode, device, deviceKind, lastIp, lastCountryCode, lastDevice } = entry;
  const { zone, now, t } = context;
  const isCurrent = id === context.current;
  const state = stateOf(entry);
  const classes = classesOf(entry, isCurrent);
  const time = formatRecentTime(openedAt, now, zone, t);
  const opened = state === "refused"
    ? html`<b>${time}</b>`
    : html`<a href="${paths.details(id)}" aria-haspopup="dialog">${time}</a>`;
  return html`
    <tr id="${rowId(id)}" ${classes !== "" && html`
      class="${classes}"
    `} ${isFocused && html`
      tabindex="-1" autofocus
    `}>
      <td class="when">${opened}<p>${describeTimes(entry, context)}</p>${Reasons(entry, t)}</td>
      <td class="ip">${ip === "" ? t.place.unknownIp : IpAddress({ ip })}${lastIp !== null && lastIp !== ip &&
        Last({ place: IpAddress({ ip: lastIp }), t })}${addresses !== null && addresses > 1 &&
        html`<p>${t.row.lastOf(addresses)}</p>`}</td>
      <td class="country" data-flag="${flagOf(countryCode)}">${placeName(countryCode, t)}${lastCountryCode !== null &&
        lastCountryCode !== countryCode &&
        Last({ place: Country({ code: lastCountryCode, t }), t })}</td>
      <td class="device${deviceKind !== "computer" && ` ${deviceKind}`}">${deviceName(
        device,
        t,
      )}${lastDevice !== null && lastDevice !== device && Last({ place: deviceName(lastDevice, t), t })}</td>
      <td class="state"><b>${t.states[state]}</b> ${isCurrent && html`<i>${t.row.current}</i>`}${state !== "open" &&
        html`<p>${describeEnd(entry, context)}</p>`}${Actions(entry, isCurrent, context)}</td>
    </tr>
  `;
}

function classesOf(entry: Entry, isCurrent: boolean): string {
  const state = stateOf(entry);
  return [state !== "closed" && state, isCurrent && "current", isUnreviewed(entry) && "unreviewed"].filter(Boolean)
    .join(" ");
}

function Last({ place, t }: { place: Child; t: Texts }) {
  return html`<p>${t.row.last(place)}</p>`;
}

export function rowId(id: string): string {
  return `c-${id}`;
}

export function stateOf({ attempts, closedAt }: Entry): "open" | "closed" | "refused" {
  if (attempts !== null) return "refused";
  return closedAt === null ? "open" : "closed";
}

// The column of the state has when it was closed.
function describeTimes({ openedAt, lastSeenAt, closedAt, attempts }: Entry, { zone, now, t }: TableContext) {
  const [ago, last] = [formatAgo(openedAt, now, t), timeBeside(openedAt, lastSeenAt, zone, t)];
  if (closedAt !== null) return ago;
  return attempts === null ? t.row.times(ago, last) : t.row.timesRefused(ago, last);
}

function Reasons(entry: Entry, t: Texts) {
  const { unusual, verdict, countryCode } = entry;
  if (unusual === null) return "";
  const [country, moved] = [countryName(countryCode, t), movedOf(entry, t)];
  const parts = reasonsIn(unusual).map((reason) => t.row.unusual[reason](country, moved));
  if (verdict !== null) parts.push(t.row.verdict[verdict]);
  return html`<p class="why ${verdict ?? "unusual"}">${parts.join("\n")}</p>`;
}

export function movedOf({ movedCountryCode, movedDevice }: Entry, t: Texts): Moved {
  return {
    country: movedCountryCode && countryName(movedCountryCode, t),
    device: movedDevice && deviceName(movedDevice, t),
  };
}

function describeEnd(entry: Entry, context: TableContext) {
  const { endReason, closedAt, attempts, addresses, openedAt } = entry;
  const { zone, t } = context;
  if (endReason === null) return "";
  if (closedAt === null) return t.row.refused(t.row.reasons[endReason], attempts ?? 0, addresses ?? 1);
  return `${describeReason(entry, context)}, ${timeBeside(openedAt, closedAt, zone, t)}`;
}

export function describeReason(entry: Entry, context: TableContext): string {
  return describeCloser(entry, context) ?? (entry.endReason === null ? "" : context.t.row.reasons[entry.endReason]);
}

function describeCloser({ endReason, closedBy, closedByDevice }: Entry, { current, t }: TableContext): string | null {
  if (endReason !== "closed" || closedBy === null) return null;
  if (closedBy === current) return t.row.closedHere;
  return closedByDevice && t.row.closedFrom(deviceName(closedByDevice, t));
}

// Wrapped, because morphing would otherwise turn the button that goes into the one that stays, with its focus.
function Actions(entry: Entry, isCurrent: boolean, context: TableContext) {
  const isClosable = stateOf(entry) === "open" && !isCurrent;
  return [
    isClosable && CloseButton(entry, context),
    isUnreviewed(entry) && html`<div>${ReviewButton(entry, context)}</div>`,
  ];
}

function CloseButton(entry: Entry, context: TableContext) {
  const { t } = context;
  return dialogButton(paths.closeOne(entry.id), t.row.close, t.row.closeWhich(...whichOf(entry, context)));
}

function ReviewButton(entry: Entry, context: TableContext) {
  return dialogButton(paths.review(entry.id), context.t.row.wasThisYou, whichOf(entry, context).join(", "));
}

// Distinguishes the connections for screen readers, which read one button after the other.
function whichOf({ device, ip, openedAt }: Entry, { zone, now, t }: TableContext): [string, string, string] {
  return [deviceName(device, t), ip || t.place.alone.ip, formatRecentTime(openedAt, now, zone, t)];
}

// The table's forms and links open in the dialog: see `ConnectionsTable`.
function dialogButton(action: string, name: string, which: string) {
  const label = html`${name} <span class="hidden">${which}</span>`;
  return html`<form action="${action}"><button aria-haspopup="dialog">${label}</button></form>`;
}
