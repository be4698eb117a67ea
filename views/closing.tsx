import type { Child } from "hono/jsx";
import type { OpenConnection } from "../db/connections.ts";
import type { Entry } from "../db/history.ts";
import { paths } from "../routes/paths.ts";
import { Confirm, type Confirmation, ConnectionList, Dismiss, NothingToConfirm } from "./confirmation.tsx";
import { ConnectionRow, type Rows } from "./connection_row.ts";
import { History, HistoryHead, type HistoryView } from "./connections.tsx";
import { countryName } from "./countries.ts";
import { ClosedHere } from "./live.tsx";
import { Notification, NotificationPiece } from "./notifications.tsx";
import { plural, Time } from "./time.ts";

/** A confirmation names at most so many; the rest it counts. */
const NAMED = 8;
/** And a notification so many. */
const NAMED_AFTER = 3;

/** Asks whether all other open connections shall be closed, and names them. */
export function ConfirmCloseAll({ connections, ...asks }: Confirmation & { connections: OpenConnection[] }) {
  if (connections.length === 0) {
    return (
      <NothingToConfirm title="Nothing else is open">
        <p>This connection is the only open one, so there is nothing to close.</p>
      </NothingToConfirm>
    );
  }
  const unnamed = connections.length - NAMED;
  return (
    <Confirm
      title={connections.length === 1 ? "Close 1 open connection?" : `Close ${connections.length} open connections?`}
      action={paths.closeAll}
      actions={
        <CloseOrCancel {...asks}>
          {connections.length === 1 ? "Close it" : `Close all ${connections.length}`}
        </CloseOrCancel>
      }
      {...asks}
    >
      <ConnectionList connections={connections.slice(0, NAMED)} zone={asks.zone} />
      {unnamed > 0 && <p>And {plural(unnamed, "more connection")}.</p>}
      <p>
        {connections.length === 1 ? "It has" : "They have"} to sign in again with your password.{" "}
        <strong>This browser stays signed in.</strong>
      </p>
    </Confirm>
  );
}

/** Asks whether one connection shall be closed; says so where there is nothing to ask. */
export function ConfirmCloseOne(
  { connection, isCurrent, ...asks }: Confirmation & { connection: Entry; isCurrent: boolean },
) {
  const { csrf, zone } = asks;
  if (isCurrent) {
    return (
      <NothingToConfirm title="This is the connection that you are using">
        <p>To end it, sign out.</p>
        <form method="post" action={paths.signOut}>
          <input type="hidden" name="csrf" value={csrf} />
          <button type="submit">Sign out</button>
        </form>
      </NothingToConfirm>
    );
  }
  if (connection.closedAt !== null) {
    return (
      <NothingToConfirm title="This connection is closed already">
        <ConnectionList connections={[connection]} zone={zone} />
        <p>
          It ended on <Time at={connection.closedAt} zone={zone} /> ({zone}). There is nothing left to close.
        </p>
      </NothingToConfirm>
    );
  }
  return (
    <Confirm
      title="Close this connection?"
      action={paths.closeOne(connection.id)}
      actions={<CloseOrCancel {...asks}>Close it</CloseOrCancel>}
      {...asks}
    >
      <ConnectionList connections={[connection]} zone={zone} />
      <p>
        It has to sign in again with your password. <strong>This browser stays signed in.</strong>
      </p>
    </Confirm>
  );
}

function CloseOrCancel({ needsPassword, children }: Pick<Confirmation, "needsPassword"> & { children?: Child }) {
  return (
    <>
      <Dismiss>Cancel</Dismiss>
      <button type="submit" class="primary" autofocus={!needsPassword}>{children}</button>
    </>
  );
}

/** What a notification says of a connection. */
export type Named = Pick<Entry, "device" | "countryCode">;

/** What happened after closing all others: `count` were closed, and `closed` are as many of them as can be named. */
export function AllClosed({ count, closed = [] }: { count: number; closed?: Named[] }) {
  if (count === 0) {
    return <Notification kind="info">Nothing was open: the other connections were already closed.</Notification>;
  }
  return (
    <Notification>
      {count === 1 ? "1 open connection was closed" : `${count} open connections were closed`}
      {nameAll(closed, count)}. <Undo count={count} />
    </Notification>
  );
}

/** What happened, after closing one. */
export function OneClosed({ count, closed = [] }: { count: number; closed?: Named[] }) {
  if (count === 0) {
    return <Notification kind="info">Nothing was closed: this connection was closed already.</Notification>;
  }
  return (
    <Notification>
      The connection was closed{nameAll(closed, count)}. <Undo count={1} />
    </Notification>
  );
}

function Undo({ count }: { count: number }) {
  return (
    <>
      This can't be undone: if {count === 1 ? "it" : "one of them"}{" "}
      was yours, sign in there again. You are still signed in here.
    </>
  );
}

/** ": Safari on iPad (France), curl (Unknown) and 3 more"; empty where none can be named. */
function nameAll(closed: Named[], count: number): string {
  if (closed.length === 0) return "";
  const named = closed.slice(0, NAMED_AFTER).map(({ device, countryCode }) =>
    `${device} (${countryName(countryCode)})`
  );
  const more = count - named.length;
  return `: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The pieces for htmx after closing all others: the notification, and the history as it is now. */
export function AllClosedPieces({ count, closed, view }: { count: number; closed: Named[]; view: HistoryView }) {
  return (
    <>
      <NotificationPiece>
        <AllClosed count={count} closed={closed} />
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
        <OneClosed count={count} closed={[entry]} />
      </NotificationPiece>
      <hx-partial hx-target="#head" hx-swap="outerMorph">
        <HistoryHead {...{ open, unanswered, query, rows }} />
      </hx-partial>
      <hx-partial hx-target={`#c-${entry.id}`} hx-swap="outerMorph">
        <ConnectionRow entry={entry} {...table} />
      </hx-partial>
      <ClosedHere count={count} />
    </>
  );
}
