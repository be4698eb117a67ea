import type { Child } from "hono/jsx";
import type { OpenConnection } from "../db/connections.ts";
import type { Problems } from "../http/forms.ts";
import { paths } from "../http/paths.ts";
import { Country, IpAddress } from "./connection_row.ts";
import { deviceName } from "../words/devices.ts";
import { Field } from "./fields.tsx";
import { Notification } from "./notifications.tsx";
import type { Texts } from "../words/texts.ts";
import { Time } from "../words/time.ts";

/** What every confirmation is shown with. */
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
  t: Texts;
};

/** The confirmation as a page of its own, for who has no JavaScript. */
export function ConfirmationPage({ children }: { children?: Child }) {
  return <div class="card entry wide">{children}</div>;
}

/**
 * A form that asks: what it is about, the password when it was last given long ago, and what can be done. While htmx sends it, its
 * buttons are not disabled, which would take the focus from them: sending twice is sent once. The script says `data-lost` where no
 * answer comes.
 */
export function Confirm(
  { title, action, actions, csrf, email, needsPassword, inDialog, problem, problems, t, children }:
    & Confirmation
    & { title: string; action: string; actions: Child; children?: Child },
) {
  const htmx = inDialog
    ? { "hx-post": action, "hx-target": "#dialog", "hx-sync": "drop", "data-lost": t.confirmation.lost }
    : {};
  return (
    <form method="post" action={action} {...htmx}>
      <h1 id="dialog-title" class="dialog-title">{title}</h1>
      <div id="dialog-problem" class="problem" role="alert">
        {problem && <Notification kind="problem">{problem}</Notification>}
      </div>
      <input type="hidden" name="csrf" value={csrf} />
      {children}
      {needsPassword && (
        <>
          <input type="text" name="username" value={email} autocomplete="username" readonly hidden />
          <Field
            name="password"
            label={t.confirmation.password}
            type="password"
            autocomplete="current-password"
            autofocus
            hint={t.confirmation.passwordHint}
            problem={problems.password}
            describedBy={problem && "dialog-problem"}
          />
        </>
      )}
      <div class="dialog-actions">{actions}</div>
    </form>
  );
}

/** Leaves everything as it is: closes the dialog, and without one leads back. */
export function Dismiss({ autofocus = false, children }: { autofocus?: boolean; children?: Child }) {
  return <a class="button" href={paths.connections} data-dismiss autofocus={autofocus}>{children}</a>;
}

/** In the place of a form, where there is nothing to ask. */
export function NothingToConfirm({ title, t, children }: { title: string; t: Texts; children?: Child }) {
  return (
    <div>
      <h1 id="dialog-title" class="dialog-title">{title}</h1>
      {children}
      <div class="dialog-actions">
        <Dismiss autofocus>{t.confirmation.back}</Dismiss>
      </div>
    </div>
  );
}

/** Connections as a confirmation names them. */
export function ConnectionList(
  { connections, zone, t }: { connections: OpenConnection[]; zone: string; t: Texts },
) {
  return (
    <ul class="connections">
      {connections.map(({ device, ip, countryCode, openedAt }) => (
        <li>
          <strong>{deviceName(device, t)}</strong>
          <span>
            {countryCode === "none" ? t.place.alone.country : <Country code={countryCode} t={t} />},{" "}
            <span class="ip">
              <IpAddress ip={ip} t={t} />
            </span>
          </span>
          <small>{t.confirmation.since(<Time at={openedAt} zone={zone} t={t} />, zone)}</small>
        </li>
      ))}
    </ul>
  );
}
