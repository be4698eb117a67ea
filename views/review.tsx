import type { Entry } from "../db/history.ts";
import { traitsOf } from "../db/unusual.ts";
import { paths } from "../http/paths.ts";
import { Confirm, type Confirmation, ConnectionList, Dismiss, NothingToConfirm } from "./confirmation.tsx";
import { History, type HistoryView } from "./connections.tsx";
import { countryName } from "../words/countries.ts";
import { deviceName } from "../words/devices.ts";
import { Notification, NotificationPiece } from "./notifications.tsx";
import type { Texts } from "../words/texts.ts";

/** Asks the owner whether an unusual connection was theirs; says so where there is nothing to ask. */
export function AskOwner({ connection, isCurrent, ...asks }: Confirmation & { connection: Entry; isCurrent: boolean }) {
  const { unusual, answer, countryCode } = connection;
  const { zone, t } = asks;
  const country = countryName(countryCode, t);
  if (isCurrent) {
    return (
      <NothingToConfirm title={t.confirmation.isCurrent} t={t}>
        <p>{t.answers.current}</p>
      </NothingToConfirm>
    );
  }
  if (unusual.length === 0 || answer !== null) {
    return (
      <NothingToConfirm title={answer === null ? t.answers.nothingTitle : t.answers.answeredTitle} t={t}>
        <ConnectionList connections={[connection]} zone={zone} t={t} />
        {answer !== null && <p>{t.answers.answered[answer]}</p>}
      </NothingToConfirm>
    );
  }
  return (
    <Confirm
      title={t.answers.title}
      action={paths.answer(connection.id)}
      actions={
        <>
          {/* What Enter in the password's field presses, so that it gives no answer. Not `hidden`, which WebKit would pass by. */}
          {asks.needsPassword && <input type="submit" class="hidden" tabindex={-1} aria-hidden="true" />}
          <Dismiss>{t.answers.later}</Dismiss>
          <button type="submit" name="answer" value="not_me" class="danger">{t.answers.notMe}</button>
          <button type="submit" name="answer" value="me" class="primary">{t.answers.me}</button>
        </>
      }
      {...asks}
    >
      <ConnectionList connections={[connection]} zone={zone} t={t} />
      <ul class="reasons">
        {unusual.map((reason) => <li>{t.answers.reasons[reason](country)}</li>)}
      </ul>
      <dl class="answers">
        <dt>{t.answers.me}</dt>
        <dd>
          {t.answers.meMeans(becomesKnown(connection, t))}
        </dd>
        <dt>{t.answers.notMe}</dt>
        <dd>{t.answers.notMeMeans}</dd>
      </dl>
    </Confirm>
  );
}

/** What the account knows after "This was me". Where there is no network there is no address either. */
function becomesKnown({ countryCode, ip, device }: Entry, t: Texts): string[] {
  const traits = traitsOf({ countryCode, network: ip, device });
  return [
    traits.country !== null && countryName(traits.country, t),
    traits.network !== null && t.answers.thisNetwork,
    traits.device !== null && deviceName(traits.device, t),
  ].filter((known) => known !== false);
}

/** What happened after "This was me", for `count` connections alike. */
export function Recognized({ count, t }: { count: number; t: Texts }) {
  if (count === 0) return <Notification kind="info">{t.answers.nothingChanged}</Notification>;
  return <Notification>{t.answers.recognized(count)}</Notification>;
}

/** What happened after "Not me", on the page where the password is changed. */
export function Disowned({ count, t }: { count: number; t: Texts }) {
  return (
    <Notification kind="info" more={t.answers.chooseNew}>
      {count === 0 ? t.password.noOther : t.password.othersClosed(count)}
    </Notification>
  );
}

/** The pieces for htmx after "This was me". */
export function RecognizedPieces({ count, view }: { count: number; view: HistoryView }) {
  return (
    <>
      <NotificationPiece>
        <Recognized count={count} t={view.t} />
      </NotificationPiece>
      <hx-partial hx-target="#history" hx-swap="outerMorph">
        <History {...view} />
      </hx-partial>
    </>
  );
}
