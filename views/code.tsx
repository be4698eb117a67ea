import type { Problems } from "../http/forms.ts";
import { paths } from "../http/paths.ts";
import type { Texts } from "../words/texts.ts";
import { CsrfField, Field } from "./fields.tsx";
import { Notification } from "./notifications.tsx";

export function CodePage({ csrf, next, problem, problems, t: { code: t } }: {
  csrf: string;
  next: string;
  problem?: string | undefined;
  problems: Problems;
  t: Texts;
}) {
  return (
    <div class="card entry">
      <h1>{t.title}</h1>
      {problem && <Notification kind="problem" id="problem">{problem}</Notification>}
      <form method="post" action={paths.code} class="form">
        <CsrfField csrf={csrf} />
        <input type="hidden" name="next" value={next} />
        <Field
          name="code"
          label={t.code}
          hint={t.lead}
          type="text"
          autocomplete="one-time-code"
          autocapitalize="none"
          spellcheck={false}
          autofocus
          problem={problems.code}
          describedBy={problem && "problem"}
        />
        <button type="submit" class="primary">{t.submit}</button>
      </form>
      <p class="hint">
        <a href={paths.signIn}>{t.startOver}</a>
      </p>
    </div>
  );
}

export function StartOver({ t }: { t: Texts }) {
  return <Notification kind="problem">{t.code.over}</Notification>;
}
