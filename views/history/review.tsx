import type { FullEntry } from "../../db/history/entries.ts";
import { type Traits, traitsOf } from "../../db/known.ts";
import type { Place } from "../../db/places.ts";
import type { Verdict } from "../../db/schema.ts";
import { reasonsIn } from "../../db/unusual.ts";
import { paths } from "../../http/paths.ts";
import { countryName } from "../../words/countries.ts";
import { deviceName } from "../../words/devices.ts";
import type { Texts } from "../../words/texts.ts";
import {
  Confirm,
  type Confirmation,
  ConnectionList,
  Description,
  Dismiss,
  NothingToConfirm,
} from "../confirmation.tsx";
import { CsrfField } from "../fields.tsx";
import { Notification } from "../notifications.tsx";
import { movedOf } from "./connection_row.ts";

export function Review(
  { connection, places, isCurrent, ...confirmation }: Confirmation & {
    connection: FullEntry;
    /** Where it was used since it was opened. */
    places: Place[];
    isCurrent: boolean;
  },
) {
  const { unusual, verdict } = connection;
  const { csrf, hasPassword, needsPassword, problem, problems, zone, t } = confirmation;
  if (unusual === null) {
    return (
      <NothingToConfirm title={t.review.nothingTitle} t={t}>
        <Description>
          <ConnectionList connections={[connection]} zone={zone} t={t} />
        </Description>
      </NothingToConfirm>
    );
  }
  const startsAtTitle = problem === undefined && problems.password === undefined;
  const verdicts = possibleVerdicts(connection, isCurrent);
  const means = {
    me: t.review.meMeans(newlyKnown([connection, ...places], t)),
    not_me: t.review.notMeMeans(hasPassword),
  };
  const names = { me: t.review.me, not_me: t.review.notMe };
  return (
    <>
      <Confirm
        title={t.review.title}
        action={paths.review(connection.id)}
        startsAtTitle={startsAtTitle}
        actions={
          <>
            {/* Enter in the password field presses the first submit button, which must give no verdict. WebKit skips a `hidden` one. */}
            {needsPassword && <input type="submit" class="hidden" tabindex={-1} aria-hidden="true" />}
            <Dismiss autofocus={!needsPassword && !startsAtTitle}>{t.review.later}</Dismiss>
            {isCurrent && <button type="submit" form="leave">{t.layout.signOut}</button>}
            {verdicts.map((verdict) => <button type="submit" name="verdict" value={verdict}>{names[verdict]}</button>)}
          </>
        }
        {...confirmation}
      >
        <input type="hidden" name="places" value={String(connection.places)} />
        <Description>
          <ConnectionList connections={[connection]} zone={zone} t={t} />
          <Reasons connection={connection} t={t} />
        </Description>
        {isCurrent && <p>{t.review.current}</p>}
        {verdict !== null && <p>{t.review.reviewed[verdict]}</p>}
        <dl class="verdicts">
          {verdicts.map((verdict) => (
            <>
              <dt>{names[verdict]}</dt>
              <dd>{means[verdict]}</dd>
            </>
          ))}
        </dl>
      </Confirm>
      {isCurrent && (
        <form id="leave" method="post" action={paths.signOut} hidden>
          <CsrfField csrf={csrf} />
        </form>
      )}
    </>
  );
}

export function Reasons({ connection, t }: { connection: FullEntry; t: Texts }) {
  const [country, moved] = [countryName(connection.countryCode, t), movedOf(connection, t)];
  return (
    <ul class="reasons">
      {reasonsIn(connection.unusual).map((reason) => <li>{t.review.reasons[reason](country, moved)}</li>)}
    </ul>
  );
}

// Nobody can say "Not me" of the connection that they are using.
function possibleVerdicts({ verdict }: FullEntry, isCurrent: boolean): Verdict[] {
  if (isCurrent) return ["me"];
  return verdict === null ? ["not_me", "me"] : verdict === "me" ? ["not_me"] : ["me"];
}

// Without an address there is no network either.
function newlyKnown(used: Pick<Place, "countryCode" | "ip" | "device">[], t: Texts): string[] {
  const traits = used.map(({ countryCode, ip, device }) => traitsOf({ countryCode, network: ip, device }));
  const distinct = (kind: keyof Traits) => [...new Set(traits.flatMap((trait) => trait[kind] ?? []))];
  const networks = distinct("network").length;
  return [
    ...distinct("country").map((country) => countryName(country, t)),
    ...(networks > 0 ? [t.review.networks(networks)] : []),
    ...distinct("device").map((device) => deviceName(device, t)),
  ];
}

export function Recognized({ count, t }: { count: number; t: Texts }) {
  if (count === 0) return <Notification kind="info">{t.review.nothingChanged}</Notification>;
  return <Notification>{t.review.recognized(count)}</Notification>;
}

export function Disowned({ count, hasPassword, t }: { count: number; hasPassword: boolean; t: Texts }) {
  return (
    <Notification kind="info" more={hasPassword ? t.review.chooseNew : t.review.changeElsewhere}>
      {count === 0 ? t.password.noOther : t.password.othersClosed(count)}
    </Notification>
  );
}
