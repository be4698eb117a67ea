import type { Child } from "hono/jsx";
import type { OpenConnection } from "../db/connections.ts";
import type { Entry } from "../db/history.ts";
import { paths } from "../routes/paths.ts";
import { ConnectionRow, Country, History, HistoryHead, type HistoryView, IpAddress } from "./connections.tsx";
import { Notification, NotificationPiece } from "./notifications.tsx";
import { plural, Time } from "./time.tsx";

/** A confirmation names at most so many; the rest it counts. */
const NAMED = 8;

type Confirmation = {
  csrf: string;
  zone: string;
  /** In the dialog htmx sends it; on a page of its own the browser does, and a new page comes. */
  inDialog: boolean;
  problem?: string | undefined;
};

/** The confirmation as a page of its own, for who has no JavaScript. */
export function ConfirmationPage({ children }: { children?: Child }) {
  return <div class="card entry wide">{children}</div>;
}

/** Asks whether all other open connections shall be closed, and names them. */
export function ConfirmCloseAll(
  { connections, csrf, zone, inDialog, problem }: Confirmation & { connections: OpenConnection[] },
) {
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
      button={connections.length === 1 ? "Close it" : `Close all ${connections.length}`}
      csrf={csrf}
      inDialog={inDialog}
      problem={problem}
    >
      <ClosingList connections={connections.slice(0, NAMED)} zone={zone} />
      {unnamed > 0 && <p>And {plural(unnamed, "more connection")}.</p>}
      <p>
        {connections.length === 1 ? "It has" : "They have"} to sign in again with your password.{" "}
        <strong>This browser stays signed in.</strong>
      </p>
    </Confirm>
  );
}

/** Asks whether one connection shall be closed; says so where there is nothing to ask. */
export function ConfirmCloseOne({ connection, isCurrent, csrf, zone, inDialog, problem }: Confirmation & {
  connection: Entry;
  isCurrent: boolean;
}) {
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
        <ClosingList connections={[connection]} zone={zone} />
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
      button="Close it"
      csrf={csrf}
      inDialog={inDialog}
      problem={problem}
    >
      <ClosingList connections={[connection]} zone={zone} />
      <p>
        It has to sign in again with your password. <strong>This browser stays signed in.</strong>
      </p>
    </Confirm>
  );
}

function Confirm({ title, action, button, csrf, inDialog, problem, children }: {
  title: string;
  action: string;
  button: string;
  csrf: string;
  inDialog: boolean;
  problem?: string | undefined;
  children?: Child;
}) {
  const htmx = inDialog ? { "hx-post": action, "hx-target": "#dialog", "hx-disable": "find button" } : {};
  return (
    <form method="post" action={action} {...htmx}>
      <h1 id="dialog-title" class="dialog-title">{title}</h1>
      {problem && <Notification kind="problem">{problem}</Notification>}
      <input type="hidden" name="csrf" value={csrf} />
      {children}
      <div class="dialog-actions">
        <a class="button" href={paths.connections} data-dismiss>Cancel</a>
        <button type="submit" class="primary" autofocus>{button}</button>
      </div>
    </form>
  );
}

function NothingToConfirm({ title, children }: { title: string; children?: Child }) {
  return (
    <div>
      <h1 id="dialog-title" class="dialog-title">{title}</h1>
      {children}
      <div class="dialog-actions">
        <a class="button" href={paths.connections} data-dismiss autofocus>Back to the history</a>
      </div>
    </div>
  );
}

function ClosingList({ connections, zone }: { connections: OpenConnection[]; zone: string }) {
  return (
    <ul class="closing">
      {connections.map(({ device, ip, countryCode, openedAt }) => (
        <li>
          <strong>{device}</strong>
          <span>
            <Country code={countryCode} />,{" "}
            <span class="ip">
              <IpAddress ip={ip} />
            </span>
          </span>
          <small>
            Since <Time at={openedAt} zone={zone} /> ({zone})
          </small>
        </li>
      ))}
    </ul>
  );
}

/** What happened, after closing all others. */
export function AllClosed({ count }: { count: number }) {
  return count === 0
    ? <Notification kind="info">Nothing was open: the other connections were already closed.</Notification>
    : (
      <Notification>
        {count === 1 ? "1 open connection was closed." : `${count} open connections were closed.`}{" "}
        You are still signed in here.
      </Notification>
    );
}

/** What happened, after closing one. */
export function OneClosed({ count }: { count: number }) {
  return count === 0
    ? <Notification kind="info">Nothing was closed: this connection was closed already.</Notification>
    : <Notification>The connection was closed. You are still signed in here.</Notification>;
}

/** The pieces for htmx after closing all others: the notification, and the history as it is now. */
export function AllClosedPieces({ count, view }: { count: number; view: HistoryView }) {
  return (
    <>
      <NotificationPiece>
        <AllClosed count={count} />
      </NotificationPiece>
      <hx-partial hx-target="#history" hx-swap="outerMorph">
        <History {...view} />
      </hx-partial>
    </>
  );
}

/** The pieces for htmx after closing one: its row, where the person is looking, and the head. */
export function OneClosedPieces({ count, entry, open, query, zone }: {
  count: number;
  entry: Entry;
  open: number;
  query: HistoryView["query"];
  zone: string;
}) {
  return (
    <>
      <NotificationPiece>
        <OneClosed count={count} />
      </NotificationPiece>
      <hx-partial hx-target="#head" hx-swap="outerMorph">
        <HistoryHead open={open} query={query} />
      </hx-partial>
      <hx-partial hx-target={`#c-${entry.id}`} hx-swap="outerMorph">
        <ConnectionRow entry={entry} isCurrent={false} zone={zone} />
      </hx-partial>
    </>
  );
}
