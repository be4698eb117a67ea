import type { Child } from "hono/jsx";
import type { LinkPurpose } from "../../db/schema.ts";
import type { Problems } from "../../http/forms.ts";
import type { Texts } from "../../words/texts.ts";
import { CsrfField, NewPasswordFields } from "../fields.tsx";
import { Notification } from "../notifications.tsx";

type LinkForm = {
  csrf: string;
  action: string;
  /** The account's address once the link is used. */
  email: string;
  problem?: string | undefined;
  t: Texts;
};

export function NewPasswordPage({ purpose, shortest, problems = {}, ...form }: LinkForm & {
  purpose: Exclude<LinkPurpose, "email">;
  shortest: number;
  problems?: Problems;
}) {
  const { csrf, action, email, problem, t } = form;
  const isUndo = purpose === "undo_email";
  return (
    <LinkCard title={isUndo ? t.link.undoTitle : t.link.title} problem={problem}>
      <p>{isUndo ? t.link.undoLead(<strong>{email}</strong>) : t.link.lead(<strong>{email}</strong>)}</p>
      {isUndo && <p>{t.link.undoMeans}</p>}
      {purpose === "forgotten" && <p>{t.link.forgottenMeans}</p>}
      <form method="post" action={action} class="form">
        <CsrfField csrf={csrf} />
        <input type="text" name="username" value={email} autocomplete="username" readonly hidden />
        <NewPasswordFields
          autofocus={problems.new_password_again === undefined}
          describedBy={problem && "problem"}
          {...{ shortest, problems, t }}
        />
        <button type="submit" class="primary">{isUndo ? t.link.undo : t.link.submit}</button>
      </form>
    </LinkCard>
  );
}

export function ConfirmEmailPage({ csrf, action, email, problem, t }: LinkForm) {
  return (
    <LinkCard title={t.link.emailTitle} problem={problem}>
      <p>{t.link.emailLead(<strong>{email}</strong>)}</p>
      <form method="post" action={action} class="form">
        <CsrfField csrf={csrf} />
        <button type="submit" class="primary">{t.link.useEmail}</button>
      </form>
      <p class="hint">{t.link.notAsked}</p>
    </LinkCard>
  );
}

export function TakenPage({ purpose, email, t }: { purpose: LinkPurpose; email: string; t: Texts }) {
  const isUndo = purpose === "undo_email";
  return (
    <LinkCard title={isUndo ? t.link.undoTitle : t.link.emailTitle} problem={t.link.taken(email)}>
      <p>{isUndo ? t.link.undoTaken : t.link.emailTaken}</p>
    </LinkCard>
  );
}

function LinkCard({ title, problem, children }: { title: string; problem: string | undefined; children?: Child }) {
  return (
    <div class="card entry">
      <h1>{title}</h1>
      {problem && <Notification kind="problem" id="problem">{problem}</Notification>}
      {children}
    </div>
  );
}

export function PasswordSet({ t }: { t: Texts }) {
  return <Notification>{t.link.done}</Notification>;
}

export function EmailChanged({ t }: { t: Texts }) {
  return <Notification>{t.link.emailChanged}</Notification>;
}

export function EmailUndone({ t }: { t: Texts }) {
  return <Notification>{t.link.undone}</Notification>;
}
