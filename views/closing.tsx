import type { Child } from "hono/jsx";
import type { OpenConnection } from "../db/connections.ts";
import type { Entry } from "../db/history.ts";
import { paths } from "../http/paths.ts";
import { Confirm, type Confirmation, ConnectionList, Dismiss, NothingToConfirm } from "./confirmation.tsx";
import { ConnectionRow, rowId, type Rows } from "./connection_row.ts";
import { History, HistoryHead, type HistoryView } from "./connections.tsx";
import { placeName } from "../words/countries.ts";
import { deviceName } from "../words/devices.ts";
import { ClosedHere } from "./live.tsx";
import { Notification, NotificationPiece } from "./notifications.tsx";
import type { Texts } from "../words/texts.ts";
import { Time } from "../words/time.ts";

/** A confirmation names at most so many; the rest it counts. */
const NAMED = 8;
/** And a notification so many. */
const NAMED_AFTER = 3;

/** Asks whether all other open connections shall be closed, and names them. */
export function ConfirmCloseAll({ connections, ...asks }: Confirmation & { connections: OpenConnection[] }) {
  const { zone, t } = asks;
  if (connections.length === 0) {
    return (
      <NothingToConfirm title={t.closing.nothingTitle} t={t}>
        <p>{t.closing.nothing}</p>
      </NothingToConfirm>
    );
  }
  const unnamed = connections.length - NAMED;
  return (
    <Confirm
      title={t.closing.askAll(connections.length)}
      action={paths.closeAll}
      actions={<CloseOrCancel {...asks}>{t.closing.all(connections.length)}</CloseOrCancel>}
      {...asks}
    >
      <ConnectionList connections={connections.slice(0, NAMED)} zone={zone} t={t} />
      {unnamed > 0 && <p>{t.closing.more(unnamed)}</p>}
      <p>
        {t.closing.signInAgain(connections.length)} <strong>{t.closing.staysIn}</strong>
      </p>
    </Confirm>
  );
}

/** Asks whether one connection shall be closed; says so where there is nothing to ask. */
export function ConfirmCloseOne(
  { connection, isCurrent, ...asks }: Confirmation & { connection: Entry; isCurrent: boolean },
) {
  const { csrf, zone, t } = asks;
  if (isCurrent) {
    return (
      <NothingToConfirm title={t.confirmation.isCurrent} t={t}>
        <p>{t.closing.signOutInstead}</p>
        <form method="post" action={paths.signOut}>
          <input type="hidden" name="csrf" value={csrf} />
          <button type="submit">{t.layout.signOut}</button>
        </form>
      </NothingToConfirm>
    );
  }
  if (connection.closedAt !== null) {
    return (
      <NothingToConfirm title={t.closing.closedTitle} t={t}>
        <ConnectionList connections={[connection]} zone={zone} t={t} />
        <p>{t.closing.ended(<Time at={connection.closedAt} zone={zone} t={t} />, zone)}</p>
      </NothingToConfirm>
    );
  }
  return (
    <Confirm
      title={t.closing.askOne}
      action={paths.closeOne(connection.id)}
      actions={<CloseOrCancel {...asks}>{t.closing.one}</CloseOrCancel>}
      {...asks}
    >
      <ConnectionList connections={[connection]} zone={zone} t={t} />
      <p>
        {t.closing.signInAgain(1)} <strong>{t.closing.staysIn}</strong>
      </p>
    </Confirm>
  );
}

function CloseOrCancel(
  { needsPassword, t, children }: Pick<Confirmation, "needsPassword" | "t"> & { children?: Child },
) {
  return (
    <>
      <Dismiss>{t.closing.cancel}</Dismiss>
      <button type="submit" class="primary" autofocus={!needsPassword}>{children}</button>
    </>
  );
}

/** What a notification says of a connection. */
export type Named = Pick<Entry, "device" | "countryCode">;

/** What happened after closing all others: `count` were closed, and `closed` are as many of them as can be named. */
export function AllClosed({ count, closed = [], t }: { count: number; closed?: Named[]; t: Texts }) {
  if (count === 0) return <Notification kind="info">{t.closing.nothingWasOpen}</Notification>;
  return (
    <Notification more={t.closing.undo(count)}>{t.closing.allClosed(count, nameAll(closed, count, t))}</Notification>
  );
}

/** What happened, after closing one. */
export function OneClosed({ count, closed = [], t }: { count: number; closed?: Named[]; t: Texts }) {
  if (count === 0) return <Notification kind="info">{t.closing.nothingClosed}</Notification>;
  return <Notification more={t.closing.undo(1)}>{t.closing.oneClosed(nameAll(closed, count, t))}</Notification>;
}

/** ": Safari on iPad (France), curl (Unknown country) and 3 more"; empty where none can be named. */
function nameAll(closed: Named[], count: number, t: Texts): string {
  if (closed.length === 0) return "";
  const named = closed.slice(0, NAMED_AFTER).map(({ device, countryCode }) =>
    `${deviceName(device, t)} (${placeName(countryCode, t)})`
  );
  return t.closing.named(named, count - named.length);
}

/** The pieces for htmx after closing all others: the notification, and the history as it is now. */
export function AllClosedPieces({ count, closed, view }: { count: number; closed: Named[]; view: HistoryView }) {
  return (
    <>
      <NotificationPiece>
        <AllClosed count={count} closed={closed} t={view.t} />
      </NotificationPiece>
      <hx-partial hx-target="#history" hx-swap="outerMorph">
        <History {...view} />
      </hx-partial>
      <ClosedHere count={count} />
    </>
  );
}

/** The pieces for htmx after closing one: its row, where the person is looking, and the head. */
export function OneClosedPieces({ count, entry, open, unanswered, query, rows, ...table }:
  & Rows
  & Pick<HistoryView, "open" | "unanswered" | "query" | "rows">
  & { count: number; entry: Entry }) {
  return (
    <>
      <NotificationPiece>
        <OneClosed count={count} closed={[entry]} t={table.t} />
      </NotificationPiece>
      <hx-partial hx-target="#head" hx-swap="outerMorph">
        <HistoryHead {...{ open, unanswered, query, rows }} t={table.t} />
      </hx-partial>
      <hx-partial hx-target={`#${rowId(entry.id)}`} hx-swap="outerMorph">
        <ConnectionRow entry={entry} {...table} />
      </hx-partial>
      <ClosedHere count={count} />
    </>
  );
}
