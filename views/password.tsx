import type { Problems } from "../http/forms.ts";
import { paths } from "../http/paths.ts";
import type { Texts } from "../words/texts.ts";
import { CsrfField, NewPasswordFields, PasswordField } from "./fields.tsx";
import { PageHead } from "./layout.tsx";
import { Notification } from "./notifications.tsx";
import { PasskeyButton } from "./passkey.tsx";

export function PasswordPage({ csrf, email, canChangeEmail, shortest, passkey, problem, problems = {}, t: texts }: {
  csrf: string;
  email: string;
  canChangeEmail: boolean;
  shortest: number;
  passkey: string | null;
  problem?: string | undefined;
  problems?: Problems;
  t: Texts;
}) {
  const { password: t, field } = texts;
  return (
    <>
      <PageHead title={t.title} lead={t.lead} />
      <div class="card entry">
        {problem && <Notification kind="problem" id="problem">{problem}</Notification>}
        <form method="post" action={paths.password} class="form">
          <CsrfField csrf={csrf} />
          <input type="text" name="username" value={email} autocomplete="username" readonly hidden />
          <PasswordField
            name="current_password"
            words={field}
            label={t.current}
            autocomplete="current-password"
            autofocus={problem !== undefined}
            problem={problems.current_password}
            describedBy={problem && "problem"}
          />
          {passkey !== null && (
            <PasskeyButton options={passkey} instead="current_password" label={texts.passkey.use} t={texts} />
          )}
          <NewPasswordFields {...{ shortest, problems }} t={texts} />
          <button type="submit" class="primary">{t.submit}</button>
        </form>
        {canChangeEmail && (
          <p class="hint">
            <a href={paths.email}>{texts.email.change}</a>
          </p>
        )}
      </div>
    </>
  );
}

export function PasswordChanged({ count, t: { password: t } }: { count: number; t: Texts }) {
  return <Notification more={count === 0 ? t.noOther : t.othersClosed(count)}>{t.changed}</Notification>;
}
