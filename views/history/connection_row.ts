import type { Entry } from "../../db/history/rows.ts";
import { reasonsIn } from "../../db/unusual.ts";
import { paths } from "../../http/paths.ts";
import { countryName } from "../../words/countries.ts";
import { deviceName } from "../../words/devices.ts";
import type { Texts } from "../../words/texts.ts";
import { formatAgo, formatDuration, timeBeside } from "../../words/time.ts";
import { html } from "../html.ts";
import { Country, IpAddress, Time } from "./values.ts";

export type TableContext = {
  current: string;
  zone: string;
  now: number;
  t: Texts;
};

// An `html` template, because a page of rows takes several times as long in JSX (docs/performance.md).
export function ConnectionRow(
  { entry, isFocused = false, ...context }: TableContext & { entry: Entry; isFocused?: boolean },
) {
  const { id, openedAt, ip, countryCode, device, deviceKind } = entry;
  const { zone, t } = context;
  const isCurrent = id === context.current;
  const state = stateOf(entry);
  return html`
    <tr id="${rowId(id)}" class="${state}${isCurrent && " current"}" ${isFocused && html`
      tabindex="-1" autofocus
    `}>
      <td class="when">${Time({ at: openedAt, zone, t })}<p>${describeTimes(entry, context)}</p>${Chips({
        entry,
        isCurrent,
        t,
      })}</td>
      <td class="ip" data-label="${t.history.ip}">${ip === "" ? t.place.unknownIp : IpAddress({ ip })}</td>
      <td class="country" data-label="${t.history.country}">${Country({ code: countryCode, t })}</td>
      <td class="device${deviceKind !== "computer" && ` ${deviceKind}`}" data-label="${t.history.device}">${deviceName(
        device,
        t,
      )}</td>
      <td class="state"><b>${t.states[state]}</b><p>${describeEnd(entry, context)}${state === "open" && !isCurrent &&
        CloseLink({ entry, t })}</p></td>
    </tr>
  `;
}

export function rowId(id: string): string {
  return `c-${id}`;
}

function stateOf({ attempts, closedAt }: Entry): "open" | "closed" | "refused" {
  if (attempts !== null) return "refused";
  return closedAt === null ? "open" : "closed";
}

function describeTimes({ openedAt, lastSeenAt, attempts }: Entry, { zone, now, t }: TableContext) {
  const [ago, last] = [formatAgo(openedAt, now, t), timeBeside(openedAt, lastSeenAt, zone, t)];
  return attempts === null ? t.row.times(ago, last) : t.row.timesRefused(ago, last);
}

function Chips({ entry, isCurrent, t }: { entry: Entry; isCurrent: boolean; t: Texts }) {
  const { unusual, verdict, countryCode } = entry;
  if (!isCurrent && unusual === null) return "";
  const country = countryName(countryCode, t);
  return html`<div class="chips">${isCurrent && html`<b class="chip chip-current">${t.row.current}</b>`}${
    reasonsIn(unusual).map((reason) =>
      html`<b class="chip chip-${verdict ?? "unusual"}">${t.row.unusual[reason](country)}</b>`
    )
  }${verdict !== null && html`<span>${t.row.verdict[verdict]}</span>`}${
    unusual !== null && verdict === null && !isCurrent && ReviewLink({ entry, t })
  }</div>`;
}

function describeEnd(entry: Entry, context: TableContext) {
  const { endReason, closedAt, attempts, addresses, openedAt } = entry;
  const { zone, t } = context;
  if (endReason === null) return "";
  if (closedAt === null) return t.row.refused(t.row.reasons[endReason], attempts ?? 0, addresses ?? 1);
  const reason = describeCloser(entry, context) ?? t.row.reasons[endReason];
  const lasted = t.row.lasted(formatDuration(closedAt - openedAt, t));
  return `${reason}, ${timeBeside(openedAt, closedAt, zone, t)}\u00a0· ${lasted}`;
}

function describeCloser({ endReason, closedBy, closedByDevice }: Entry, { current, t }: TableContext): string | null {
  if (endReason !== "closed" || closedBy === null) return null;
  if (closedBy === current) return t.row.closedHere;
  return closedByDevice && t.row.closedFrom(deviceName(closedByDevice, t));
}

function CloseLink({ entry: { id, device, ip }, t }: { entry: Entry; t: Texts }) {
  const which = t.row.closeWhich(deviceName(device, t), ip || t.place.alone.ip);
  return dialogLink(paths.closeOne(id), t.row.close, which);
}

function ReviewLink({ entry: { id, device, ip }, t }: { entry: Entry; t: Texts }) {
  return dialogLink(paths.review(id), t.row.wasThisYou, `${deviceName(device, t)}, ${ip || t.place.alone.ip}`);
}

function dialogLink(href: string, name: string, which: string) {
  return html`
    <a href="${href}" hx-get="${href}" hx-target="#dialog" hx-swap="innerHTML show:none"
      aria-haspopup="dialog">${name} <span class="hidden">${which}</span></a>
  `;
}
