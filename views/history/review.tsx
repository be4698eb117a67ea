import type { Entry } from "../../db/history/rows.ts";
import { reasonsIn, traitsOf } from "../../db/unusual.ts";
import { paths } from "../../http/paths.ts";
import { countryName } from "../../words/countries.ts";
import { deviceName } from "../../words/devices.ts";
import type { Texts } from "../../words/texts.ts";
import { Confirm, type Confirmation, ConnectionList, Dismiss, NothingToConfirm } from "../confirmation.tsx";
import { SectionFragment, VersionFragment } from "./connections.tsx";
import type { HistoryView } from "./section.tsx";
import { Notification, NotificationFragment } from "../notifications.tsx";

export function Review(
  { connection, isCurrent, ...confirmation }: Confirmation & { connection: Entry; isCurrent: boolean },
) {
  const { unusual, verdict, countryCode } = connection;
  const { needsPassword, zone, t } = confirmation;
  const country = countryName(countryCode, t);
  if (isCurrent) {
    return (
      <NothingToConfirm title={t.confirmation.isCurrent} t={t}>
        <p>{t.review.current}</p>
      </NothingToConfirm>
    );
  }
  if (unusual === null || verdict !== null) {
    return (
      <NothingToConfirm title={verdict === null ? t.review.nothingTitle : t.review.reviewedTitle} t={t}>
        <ConnectionList connections={[connection]} zone={zone} t={t} />
        {verdict !== null && <p>{t.review.reviewed[verdict]}</p>}
      </NothingToConfirm>
    );
  }
  return (
    <Confirm
      title={t.review.title}
      action={paths.review(connection.id)}
      actions={
        <>
          {/* Enter in the password field presses the first submit button, which must give no verdict. WebKit skips a `hidden` one. */}
          {needsPassword && <input type="submit" class="hidden" tabindex={-1} aria-hidden="true" />}
          <Dismiss>{t.review.later}</Dismiss>
          <button type="submit" name="verdict" value="not_me" class="danger">{t.review.notMe}</button>
          <button type="submit" name="verdict" value="me" class="primary">{t.review.me}</button>
        </>
      }
      {...confirmation}
    >
      <ConnectionList connections={[connection]} zone={zone} t={t} />
      <ul class="reasons">
        {reasonsIn(unusual).map((reason) => <li>{t.review.reasons[reason](country)}</li>)}
      </ul>
      <dl class="verdicts">
        <dt>{t.review.me}</dt>
        <dd>{t.review.meMeans(newlyKnown(connection, t))}</dd>
        <dt>{t.review.notMe}</dt>
        <dd>{t.review.notMeMeans}</dd>
      </dl>
    </Confirm>
  );
}

// Without an address there is no network either.
function newlyKnown({ countryCode, ip, device }: Entry, t: Texts): string[] {
  const traits = traitsOf({ countryCode, network: ip, device });
  return [
    traits.country !== null && countryName(traits.country, t),
    traits.network !== null && t.review.thisNetwork,
    traits.device !== null && deviceName(traits.device, t),
  ].filter((trait) => trait !== false);
}

export function Recognized({ count, t }: { count: number; t: Texts }) {
  if (count === 0) return <Notification kind="info">{t.review.nothingChanged}</Notification>;
  return <Notification>{t.review.recognized(count)}</Notification>;
}

export function Disowned({ count, t }: { count: number; t: Texts }) {
  return (
    <Notification kind="info" more={t.review.chooseNew}>
      {count === 0 ? t.password.noOther : t.password.othersClosed(count)}
    </Notification>
  );
}

export function RecognizedFragments({ count, view }: { count: number; view: HistoryView }) {
  return (
    <>
      <NotificationFragment>
        <Recognized count={count} t={view.t} />
      </NotificationFragment>
      <SectionFragment {...view} />
      <VersionFragment {...view} />
    </>
  );
}
