import type { Child } from "hono/jsx";
import type { ConnectionSummary } from "../db/connections.ts";
import { isUnreviewed } from "../db/unusual.ts";
import type { Problems } from "../http/forms.ts";
import { paths } from "../http/paths.ts";
import { deviceName } from "../words/devices.ts";
import type { Texts } from "../words/texts.ts";
import { CsrfField, PasswordField } from "./fields.tsx";
import { Country, IpAddress, Time } from "./history/values.ts";
import { Notification } from "./notifications.tsx";
import { PasskeyButton } from "./passkey.tsx";

export type Confirmation = {
  csrf: string;
  email: string;
  hasPassword: boolean;
  needsPassword: boolean;
  passkey: string | null;
  passwordHint: string;
  /** Replaces the password field; null: nothing does. */
  instead: Child;
  zone: string;
  /** The target of a page's link back; null in the dialog. */
  back: string | null;
  problem?: string | undefined;
  problems: Problems;
  t: Texts;
};

export function ConfirmationPage({ back, children }: { back: string; children?: Child }) {
  const filters = [...new URLSearchParams(back.split("?")[1])];
  return (
    <div class="card entry entry-wide">
      {children}
      <form id="back" action={paths.connections}>
        {filters.map(([name, value]) => <input type="hidden" name={name} value={value} />)}
      </form>
    </div>
  );
}

// The buttons stay enabled while htmx sends the form: disabled, they would lose focus.
export function Confirm(
  {
    title,
    action,
    actions,
    startsAtTitle = false,
    csrf,
    email,
    needsPassword,
    passkey,
    passwordHint,
    instead,
    back,
    problem,
    problems,
    t,
    children,
  }:
    & Confirmation
    & { title: string; action: string; actions: Child; startsAtTitle?: boolean; children?: Child },
) {
  const htmx = back === null
    ? {
      "hx-post": action,
      "hx-target": "#dialog",
      "hx-include": "#live, #more",
      // Aborts older rows under way, which would be appended to the renewed history.
      "hx-sync": "body:drop",
    }
    : {};
  return (
    <form method="post" action={action} {...htmx}>
      <h1 id="dialog-title" class="dialog-title" {...(startsAtTitle && { tabindex: -1, autofocus: true })}>{title}</h1>
      <CsrfField csrf={csrf} />
      {back !== null && <input type="hidden" name="back" value={back} />}
      {children}
      <ConfirmPassword
        {...{ email, needsPassword, passkey, passwordHint, instead, problem, problems, t }}
        autofocus={!startsAtTitle}
      />
      <div class="dialog-end">
        <div id="dialog-problem" role="alert">
          {problem && <Notification kind="problem">{problem}</Notification>}
        </div>
        <div class="dialog-actions">{actions}</div>
      </div>
    </form>
  );
}

/** The password, if it is due; `problem` is what the element `dialog-problem` says. */
export function ConfirmPassword(
  { email, needsPassword, passkey, passwordHint, instead, problem, problems, autofocus, t }:
    & Pick<Confirmation, "email" | "needsPassword" | "passkey" | "passwordHint" | "instead" | "t">
    & Pick<Confirmation, "problem" | "problems">
    & { autofocus: boolean },
) {
  return needsPassword
    ? (
      <>
        {instead === null
          ? (
            <>
              <input type="text" name="username" value={email} autocomplete="username" readonly hidden />
              <PasswordField
                name="password"
                words={t.field}
                label={t.confirmation.password}
                autocomplete="current-password"
                autofocus={autofocus}
                hint={passwordHint}
                problem={problems.password}
                describedBy={problem && "dialog-problem"}
              />
            </>
          )
          : instead}
        {passkey !== null && <PasskeyButton options={passkey} instead="password" label={t.passkey.use} t={t} />}
      </>
    )
    : null;
}

export function SignInAgain({ href, t: { confirmation: t } }: { href: string; t: Texts }) {
  return (
    <p>
      {t.proveElsewhere} <a href={href} autofocus>{t.signInAgain}</a>
    </p>
  );
}

export function Description({ children }: { children?: Child }) {
  return <div id="dialog-text" class="dialog-text">{children}</div>;
}

// Submits the page's form, because forms can't be nested. In the dialog there is no such form: the script closes it.
export function Dismiss({ autofocus = false, children }: { autofocus?: boolean; children?: Child }) {
  return <button type="submit" form="back" data-dismiss autofocus={autofocus}>{children}</button>;
}

// Shows a page in the dialog; without JavaScript, as a page.
export function DialogButton(
  { action, isPrimary = false, children }: { action: string; isPrimary?: boolean; children?: Child },
) {
  return (
    <form action={action} {...inDialog(action)}>
      <button type="submit" class={isPrimary ? "primary" : undefined} aria-haspopup="dialog">{children}</button>
    </form>
  );
}

export function DialogLink({ href, children }: { href: string; children?: Child }) {
  return <a href={href} {...inDialog(href)} aria-haspopup="dialog">{children}</a>;
}

function inDialog(path: string) {
  return { "hx-get": path, "hx-target": "#dialog", "hx-swap": "innerHTML show:none" };
}

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

export function ConnectionList(
  { connections, isMarked = false, zone, t }: {
    connections: ConnectionSummary[];
    isMarked?: boolean;
    zone: string;
    t: Texts;
  },
) {
  return (
    <ul class="connections">
      {connections.map((
        { device, ip, countryCode, openedAt, unusual, verdict, lastDevice, lastIp, lastCountryCode },
      ) => (
        <li>
          <strong>{deviceName(device, t)}</strong>
          {isMarked && isUnreviewed({ unusual, verdict }) && <b class="chip chip-unusual">{t.states.unusual}</b>}
          <Where ip={ip} countryCode={countryCode} t={t} />
          <small>{t.confirmation.since(<Time at={openedAt} zone={zone} t={t} />, zone)}</small>
          {lastDevice !== null && lastIp !== null && lastCountryCode !== null && (
            <small>
              {t.row.last(
                <>
                  {deviceName(lastDevice, t)}, <Where ip={lastIp} countryCode={lastCountryCode} t={t} />
                </>,
              )}
            </small>
          )}
        </li>
      ))}
    </ul>
  );
}

export function Where({ ip, countryCode, t }: { ip: string; countryCode: string; t: Texts }) {
  return (
    <span>
      <Country code={countryCode} t={t} />,{" "}
      <span class="ip">{ip === "" ? t.place.alone.ip : <IpAddress ip={ip} />}</span>
    </span>
  );
}
