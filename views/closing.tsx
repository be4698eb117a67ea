import type { Child } from "hono/jsx";
import type { OpenConnection } from "../db/connections.ts";
import type { Entry } from "../db/history.ts";
import type { Problems } from "../routes/forms.ts";
import { paths } from "../routes/paths.ts";
import { ConnectionRow, Country, IpAddress } from "./connection_row.ts";
import { History, HistoryHead, type HistoryView } from "./connections.tsx";
import { Field } from "./fields.tsx";
import { ClosedHere } from "./live.tsx";
import { Notification, NotificationPiece } from "./notifications.tsx";
import { plural, Time } from "./time.ts";

/** A confirmation names at most so many; the rest it counts. */
const NAMED = 8;

export type Confirmation = {
  csrf: string;
  /** Whose password is asked for; a password manager wants to know. */
  email: string;
  needsPassword: boolean;
  zone: string;
  /** In the dialog htmx sends it; on a page of its own the browser does, and a new page comes. */
  inDialog: boolean;
  /** What is wrong as a whole; `problems` by field. */
  problem?: string | undefined;
  problems: Problems;
};

/** The confirmation as a page of its own, for who has no JavaScript. */
export function ConfirmationPage({ children }: { children?: Child }) {
  return <div class="card entry wide">{children}</div>;
}

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
      button={connections.length === 1 ? "Close it" : `Close all ${connections.length}`}
      {...asks}
    >
      <ClosingList connections={connections.slice(0, NAMED)} zone={asks.zone} />
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
      {...asks}
    >
      <ClosingList connections={[connection]} zone={zone} />
      <p>
        It has to sign in again with your password. <strong>This browser stays signed in.</strong>
      </p>
    </Confirm>
  );
}

function Confirm({ title, action, button, csrf, email, needsPassword, inDialog, problem, problems, children }:
  & Confirmation
  & { title: string; action: string; button: string; children?: Child }) {
  const htmx = inDialog ? { "hx-post": action, "hx-target": "#dialog", "hx-disable": "find button" } : {};
  return (
    <form method="post" action={action} {...htmx}>
      <h1 id="dialog-title" class="dialog-title">{title}</h1>
      <div id="dialog-problem" role="alert">{problem && <Notification kind="problem">{problem}</Notification>}</div>
      <input type="hidden" name="csrf" value={csrf} />
      {children}
      {needsPassword && (
        <>
          <input type="text" name="username" value={email} autocomplete="username" readonly hidden />
          <Field
            name="password"
            label="Your password"
            type="password"
            autocomplete="current-password"
            autofocus
            hint="You last gave it more than 5 minutes ago."
            problem={problems.password}
          />
        </>
      )}
      <div class="dialog-actions">
        <a class="button" href={paths.connections} data-dismiss>Cancel</a>
        <button type="submit" class="primary" autofocus={!needsPassword}>{button}</button>
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
      <ClosedHere count={count} />
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
      <ClosedHere count={count} />
    </>
  );
}
