import { paths } from "../http/paths.ts";
import type { Texts } from "../words/texts.ts";
import { type Confirmation, ConfirmPassword } from "./confirmation.tsx";
import { CsrfField, EmailField } from "./fields.tsx";
import { PageHead } from "./layout.tsx";
import { Notification } from "./notifications.tsx";

export function EmailPage({ email, pending, confirmation }: {
  email: string;
  pending: string | null;
  confirmation: Confirmation;
}) {
  const { csrf, problem, problems, t: { email: t } } = confirmation;
  return (
    <>
      <PageHead title={t.title} lead={t.lead} />
      <div class="card entry">
        {problem && <Notification kind="problem" id="dialog-problem">{problem}</Notification>}
        <p>{t.current(<strong>{confirmation.email}</strong>)}</p>
        {pending !== null && (
          <>
            <p>{t.pending(<strong>{pending}</strong>)}</p>
            <p class="hint">{t.noMail}</p>
          </>
        )}
        <form method="post" action={paths.email} class="form">
          <CsrfField csrf={csrf} />
          <EmailField
            label={t.new}
            hint={t.newHint}
            value={email}
            autocomplete="email"
            autofocus={problem !== undefined && !confirmation.needsPassword}
            problem={problems.email}
            describedBy={problem && "dialog-problem"}
          />
          <ConfirmPassword {...confirmation} autofocus={problem !== undefined} />
          <button type="submit" class="primary">{pending === null ? t.submit : t.again}</button>
        </form>
        {pending !== null && (
          <form method="post" action={paths.cancelEmail} class="form">
            <CsrfField csrf={csrf} />
            <button type="submit">{t.cancel}</button>
          </form>
        )}
      </div>
    </>
  );
}

export function EmailRequested({ t }: { t: Texts }) {
  return <Notification>{t.email.requested}</Notification>;
}

export function EmailCancelled({ t }: { t: Texts }) {
  return <Notification>{t.email.cancelled}</Notification>;
}
