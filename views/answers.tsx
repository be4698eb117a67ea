import type { Entry } from "../db/history.ts";
import type { UnusualReason } from "../db/schema.ts";
import { paths } from "../routes/paths.ts";
import { Confirm, type Confirmation, ConnectionList, Dismiss, NothingToConfirm } from "./confirmation.tsx";
import { History, type HistoryView } from "./connections.tsx";
import { countryName } from "./countries.ts";
import { Notification, NotificationPiece } from "./notifications.tsx";
import { plural } from "./time.ts";

/** Asks the owner whether an unusual connection was theirs; says so where there is nothing to ask. */
export function AskOwner({ connection, isCurrent, ...asks }: Confirmation & { connection: Entry; isCurrent: boolean }) {
  const { unusual, answer, countryCode, device } = connection;
  if (isCurrent) {
    return (
      <NothingToConfirm title="This is the connection that you are using">
        <p>It can't speak for itself: whoever opened it would say that it is you. Answer from another connection.</p>
      </NothingToConfirm>
    );
  }
  if (unusual.length === 0 || answer !== null) {
    return (
      <NothingToConfirm title={answer === null ? "Nothing is unusual here" : "You have answered already"}>
        <ConnectionList connections={[connection]} zone={asks.zone} />
        {answer !== null && (
          <p>{answer === "me" ? "You said that this was you." : "You said that this was not you."}</p>
        )}
      </NothingToConfirm>
    );
  }
  return (
    <Confirm
      title="Was this you?"
      action={paths.answer(connection.id)}
      actions={
        <>
          <Dismiss>Answer later</Dismiss>
          <button type="submit" name="answer" value="not_me" class="danger">Not me</button>
          <button type="submit" name="answer" value="me" class="primary">This was me</button>
        </>
      }
      {...asks}
    >
      <ConnectionList connections={[connection]} zone={asks.zone} />
      <ul class="reasons">
        {unusual.map((reason) => <li>{REASONS[reason](connection)}</li>)}
      </ul>
      <dl class="answers">
        <dt>This was me</dt>
        <dd>
          {countryCode === "private" || countryCode === "none"
            ? "This network"
            : `${countryName(countryCode)}, this network`} and {device} are known from now on, and not unusual any more.
        </dd>
        <dt>Not me</dt>
        <dd>Every other connection is closed at once, and you choose a new password. This browser stays signed in.</dd>
      </dl>
    </Confirm>
  );
}

const REASONS: Record<UnusualReason, (connection: Entry) => string> = {
  new_country: ({ countryCode }) => `It was the first connection to your account from ${countryName(countryCode)}.`,
  new_network_and_device: () => "Both its network and its device were new to your account.",
  after_refusals: () => "It came right after refused sign-ins: somebody may have tried passwords until one was right.",
};

/** What happened after "This was me", for `count` connections alike. */
export function Recognized({ count }: { count: number }) {
  if (count === 0) {
    return <Notification kind="info">Nothing was changed: this connection has its answer already.</Notification>;
  }
  return (
    <Notification>
      {count === 1
        ? "The connection is marked as yours"
        : `${plural(count, "connection")} of the same kind are marked as yours`}
      . What comes from there on this device is not unusual any more.
    </Notification>
  );
}

/** What happened after "Not me", on the page where the password is changed. */
export function Disowned({ count }: { count: number }) {
  return (
    <Notification kind="info">
      {count === 0
        ? "No other connection was open."
        : `${plural(count, "other connection")} ${count === 1 ? "was" : "were"} closed.`}{" "}
      Somebody else may know your password, so choose a new one now.
    </Notification>
  );
}

/** The pieces for htmx after "This was me". */
export function RecognizedPieces({ count, view }: { count: number; view: HistoryView }) {
  return (
    <>
      <NotificationPiece>
        <Recognized count={count} />
      </NotificationPiece>
      <hx-partial hx-target="#history" hx-swap="outerMorph">
        <History {...view} />
      </hx-partial>
    </>
  );
}
