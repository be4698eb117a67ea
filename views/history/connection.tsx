import type { Child } from "hono/jsx";
import type { Connection } from "../../db/history/entries.ts";
import type { Place } from "../../db/places.ts";
import { paths } from "../../http/paths.ts";
import { deviceName } from "../../words/devices.ts";
import type { Texts } from "../../words/texts.ts";
import { formatDuration } from "../../words/time.ts";
import { nameOfZone } from "../../words/time_zones.ts";
import { DialogButton, DialogLink, Dismiss, Where } from "../confirmation.tsx";
import { describeReason, stateOf, type TableContext } from "./connection_row.ts";
import { Reasons } from "./review.tsx";
import { Time } from "./values.ts";

export type Details = TableContext & {
  connection: Connection;
  places: Place[];
  wrongPasswords: number;
};

export function ConnectionDetails({ connection, places, wrongPasswords, ...context }: Details) {
  const { id, openedAt, lastSeenAt, closedAt, closedBy, closedByDevice, device, verdict, unusual } = connection;
  const { current, zone, t } = context;
  const { details } = t;
  const time = (at: number) => <Time at={at} zone={zone} t={t} />;
  return (
    <div class="details">
      <h1 id="dialog-title" class="dialog-title" tabindex={-1} autofocus>{details.title(deviceName(device, t))}</h1>
      <dl class="facts">
        <Fact id="dialog-text" name={t.history.state}>
          <strong>{t.states[stateOf(connection)]}</strong> {id === current && t.row.current}
        </Fact>
        <Fact name={details.opened}>{time(openedAt)}</Fact>
        <Fact name={details.lastSeen}>{time(lastSeenAt)}</Fact>
        {closedAt !== null && (
          <Fact name={details.ended}>
            {describeReason(connection, context)}, {time(closedAt)}{" "}
            ({t.row.lasted(formatDuration(closedAt - openedAt, t))})
          </Fact>
        )}
        {closedBy !== null && closedByDevice !== null && (
          <Fact name={details.closer}>
            <DialogLink href={paths.details(closedBy)}>{deviceName(closedByDevice, t)}</DialogLink>
          </Fact>
        )}
        {connection.method !== "link" && <Fact name={details.signedIn}>{methodOf(connection, t)}</Fact>}
        {wrongPasswords > 0 && <Fact name={details.wrongPasswords}>{String(wrongPasswords)}</Fact>}
        {unusual !== null && (
          <Fact name={details.verdict}>{verdict === null ? details.noVerdict : t.row.verdict[verdict]}</Fact>
        )}
      </dl>
      {unusual !== null && <Reasons connection={connection} t={t} />}
      <h2>{details.placesTitle}</h2>
      <ol class="places">{places.map((place) => <PlaceItem place={place} zone={zone} t={t} />)}</ol>
      <p class="hint">{t.history.zone(nameOfZone(zone))}</p>
      <div class="dialog-end">
        <div id="dialog-problem" role="alert"></div>
        <div class="dialog-actions">
          <Dismiss>{t.confirmation.back}</Dismiss>
          {unusual !== null && <DialogButton action={paths.review(id)}>{t.row.wasThisYou}</DialogButton>}
          {closedAt === null && id !== current && (
            <DialogButton action={paths.closeOne(id)}>{details.close}</DialogButton>
          )}
        </div>
      </div>
    </div>
  );
}

function methodOf({ method, passkeyName }: Connection, { methods }: Texts): string {
  if (method === null) return "";
  return passkeyName === null ? methods.names[method] : methods.passkeyNamed(passkeyName);
}

function Fact({ id, name, children }: { id?: string; name: string; children?: Child }) {
  return (
    <div id={id}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function PlaceItem({ place, zone, t }: { place: Place; zone: string; t: Texts }) {
  const { firstAt, lastAt, ip, countryCode, device, userAgent } = place;
  const time = (at: number) => <Time at={at} zone={zone} t={t} />;
  return (
    <li>
      <strong>{deviceName(device, t)}</strong>
      <Where ip={ip} countryCode={countryCode} t={t} />
      <small>
        {firstAt === lastAt ? time(firstAt) : t.details.between(time(firstAt), time(lastAt))}
      </small>
      <small>{userAgent === "" ? t.details.noBrowser : userAgent}</small>
    </li>
  );
}
