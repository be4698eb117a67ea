import type { Child } from "hono/jsx";
import type { ConnectionSummary } from "../../db/connections.ts";
import type { Entry } from "../../db/history/entries.ts";
import { paths } from "../../http/paths.ts";
import { placeName } from "../../words/countries.ts";
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
import { HeadFragments, StatusTextFragment, VersionFragment } from "./connections.tsx";
import { ConnectionRow, rowId } from "./connection_row.ts";
import { type HistoryView, OpenNowTitle } from "./section.tsx";
import { Time } from "./values.ts";
import { Notification, NotificationFragment } from "../notifications.tsx";

const MAX_LISTED = 8;
const MAX_NAMED = 3;

export function ConfirmCloseAll({ connections, ...confirmation }: Confirmation & { connections: ConnectionSummary[] }) {
  const { zone, t } = confirmation;
  if (connections.length === 0) {
    return (
      <NothingToConfirm title={t.closing.nothingTitle} t={t}>
        <Description>
          <p>{t.closing.nothing}</p>
        </Description>
      </NothingToConfirm>
    );
  }
  const unlisted = connections.length - MAX_LISTED;
  return (
    <Confirm
      title={t.closing.askAll(connections.length)}
      action={paths.closeAll}
      actions={<CloseActions {...confirmation}>{t.closing.all(connections.length)}</CloseActions>}
      {...confirmation}
    >
      <ConnectionList connections={connections.slice(0, MAX_LISTED)} isMarked zone={zone} t={t} />
      {unlisted > 0 && <p>{t.closing.more(unlisted)}</p>}
      <Description>
        <Consequences count={connections.length} {...confirmation} />
      </Description>
    </Confirm>
  );
}

export function ConfirmCloseOne(
  { connection, isCurrent, ...confirmation }: Confirmation & { connection: Entry; isCurrent: boolean },
) {
  const { csrf, zone, t } = confirmation;
  if (isCurrent) {
    return (
      <NothingToConfirm title={t.confirmation.isCurrent} t={t}>
        <Description>
          <p>{t.closing.signOutInstead}</p>
        </Description>
        <form method="post" action={paths.signOut}>
          <CsrfField csrf={csrf} />
          <button type="submit">{t.layout.signOut}</button>
        </form>
      </NothingToConfirm>
    );
  }
  if (connection.closedAt !== null) {
    return (
      <NothingToConfirm title={t.closing.closedTitle} t={t}>
        <Description>
          <ConnectionList connections={[connection]} zone={zone} t={t} />
          <p>{t.closing.ended(<Time at={connection.closedAt} zone={zone} t={t} />, zone)}</p>
        </Description>
      </NothingToConfirm>
    );
  }
  return (
    <Confirm
      title={t.closing.askOne}
      action={paths.closeOne(connection.id)}
      actions={<CloseActions {...confirmation}>{t.closing.one}</CloseActions>}
      {...confirmation}
    >
      <Description>
        <ConnectionList connections={[connection]} zone={zone} t={t} />
        <Consequences count={1} {...confirmation} />
      </Description>
    </Confirm>
  );
}

function Consequences(
  { count, hasPassword, t: { closing: t } }: Pick<Confirmation, "hasPassword" | "t"> & { count: number },
) {
  return (
    <p>
      {t.cannotUndo} {t.signInAgain(count, hasPassword)} <strong>{t.staysIn}</strong>
    </p>
  );
}

function CloseActions(
  { needsPassword, t, children }: Pick<Confirmation, "needsPassword" | "t"> & { children?: Child },
) {
  return (
    <>
      <Dismiss>{t.closing.cancel}</Dismiss>
      <button type="submit" class="primary" autofocus={!needsPassword}>{children}</button>
    </>
  );
}

export type Named = Pick<Entry, "device" | "countryCode" | "unusual" | "verdict">;

export function AllClosed({ count, closed = [], t }: { count: number; closed?: Named[]; t: Texts }) {
  if (count === 0) return <Notification kind="info">{t.closing.nothingWasOpen}</Notification>;
  return (
    <Notification more={t.closing.undo(count)}>{t.closing.allClosed(count, nameAll(closed, count, t))}</Notification>
  );
}

export function OneClosed(
  { count, closed = [], hasPassword, t }: { count: number; closed?: Named[]; hasPassword: boolean; t: Texts },
) {
  if (count === 0) return <Notification kind="info">{t.closing.nothingClosed}</Notification>;
  const isSuspicious = closed.some(({ unusual, verdict }) => unusual !== null && verdict !== "me");
  const more = isSuspicious && hasPassword ? <a href={paths.password}>{t.closing.notYours}</a> : t.closing.undo(1);
  return <Notification more={more}>{t.closing.oneClosed(nameAll(closed, count, t))}</Notification>;
}

// ": Safari on iPad (France), curl (Unknown country) and 3 more"
function nameAll(closed: Named[], count: number, t: Texts): string {
  if (closed.length === 0) return "";
  const names = closed.slice(0, MAX_NAMED).map(({ device, countryCode }) =>
    `${deviceName(device, t)} (${placeName(countryCode, t)})`
  );
  return t.closing.named(names, count - names.length);
}

// A page with older rows keeps them. If it missed anything, it keeps its version too, so that its next poll brings that.
export function RowClosedFragments(
  { count, entry, isUpToDate, hasGroup, ...view }: HistoryView & {
    count: number;
    entry: Entry;
    isUpToDate: boolean;
    hasGroup: boolean;
  },
) {
  return (
    <>
      <NotificationFragment>
        <OneClosed count={count} closed={[entry]} {...view} />
      </NotificationFragment>
      <HeadFragments {...view} />
      {hasGroup && view.openNow && (
        <hx-partial hx-target="#open-title" hx-swap="outerMorph">
          <OpenNowTitle {...view} openNow={view.openNow} />
        </hx-partial>
      )}
      <hx-partial hx-target={`#${rowId(entry.id)}`} hx-swap="outerMorph">
        {ConnectionRow(entry, view)}
      </hx-partial>
      <StatusTextFragment {...view} />
      {isUpToDate && <VersionFragment {...view} />}
    </>
  );
}
