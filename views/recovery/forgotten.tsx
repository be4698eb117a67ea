import type { Problems } from "../../http/forms.ts";
import { paths } from "../../http/paths.ts";
import type { Texts } from "../../words/texts.ts";
import { CsrfField, EmailField } from "../fields.tsx";
import { Notification } from "../notifications.tsx";

export function ForgottenPage({ csrf, email = "", problem, problems = {}, t }: {
  csrf: string;
  email?: string | undefined;
  problem?: string | undefined;
  problems?: Problems;
  t: Texts;
}) {
  return (
    <div class="card entry">
      <h1>{t.forgotten.title}</h1>
      {problem && <Notification kind="problem" id="problem">{problem}</Notification>}
      <p>{t.forgotten.lead}</p>
      <form method="post" action={paths.forgotten} class="form">
        <CsrfField csrf={csrf} />
        <EmailField
          label={t.signIn.email}
          autocomplete="username"
          value={email}
          autofocus
          problem={problems.email}
          describedBy={problem && "problem"}
        />
        <button type="submit" class="primary">{t.forgotten.submit}</button>
      </form>
      <p class="hint">
        <a href={paths.signIn}>{t.forgotten.back}</a>
      </p>
    </div>
  );
}

export function LinkSentPage({ t: { forgotten: t } }: { t: Texts }) {
  return (
    <div class="card entry">
      <h1>{t.sentTitle}</h1>
      <p>{t.sent}</p>
      <p class="hint">{t.noMail}</p>
      <p class="hint">
        <a href={paths.forgotten}>{t.again}</a>
      </p>
      <p class="hint">
        <a href={paths.signIn}>{t.back}</a>
      </p>
    </div>
  );
}
