import { encode } from "uqr";
import { paths } from "../../http/paths.ts";
import type { Confirmation } from "../confirmation.tsx";
import { Field } from "../fields.tsx";
import { Notification } from "../notifications.tsx";
import { ChangeForm } from "./change.tsx";

export function AuthenticatorPage({ secret, sealed, uri, isLate, closesOthers, confirmation }: {
  /** Base32. */
  secret: string;
  /** The same, as the form sends it back. */
  sealed: string;
  uri: string;
  /** Whether the QR code before this one was too old. */
  isLate: boolean;
  closesOthers: boolean;
  confirmation: Confirmation;
}) {
  const { problems, t: { methods: t } } = confirmation;
  return (
    <ChangeForm
      title={t.addAuthenticator}
      action={paths.authenticator}
      submit={t.turnOn}
      focusesPassword={problems.password !== undefined}
      {...{ confirmation, closesOthers }}
    >
      {isLate && <Notification kind="info">{t.late}</Notification>}
      <input type="hidden" name="sealed" value={sealed} />
      <p>{t.scan}</p>
      <QrCode text={uri} label={t.picture} />
      <p>
        {t.orType} <code id="secret" class="secret">{secret}</code>
      </p>
      <Field
        name="code"
        label={t.firstCode}
        hint={t.firstCodeHint}
        type="text"
        inputmode="numeric"
        autocomplete="one-time-code"
        spellcheck={false}
        autofocus={isLate}
        problem={problems.code}
      />
    </ChangeForm>
  );
}

/** Black on white in both themes: not every app reads it the other way round. */
function QrCode({ text, label }: { text: string; label: string }) {
  const { size, data } = encode(text, { border: 4 });
  const squares = data.flatMap((row, y) => row.flatMap((isDark, x) => isDark ? [`M${x} ${y}h1v1h-1z`] : []));
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={squares.join("")} fill="#000" />
    </svg>
  );
}

export function RemoveAuthenticatorPage({ isLast, confirmation }: { isLast: boolean; confirmation: Confirmation }) {
  const { t: { methods: t } } = confirmation;
  return (
    <ChangeForm title={t.removeTitle} action={paths.removeAuthenticator} submit={t.remove} confirmation={confirmation}>
      <p>{isLast ? t.removeLast : t.removeNotLast}</p>
    </ChangeForm>
  );
}
