import type { Problems } from "../http/forms.ts";
import { paths } from "../http/paths.ts";
import type { Texts } from "../words/texts.ts";
import { CsrfField, Field } from "./fields.tsx";
import { Notification } from "./notifications.tsx";
import { PasskeyButton } from "./passkey.tsx";

export function CodePage({ csrf, next, hasApp, passkey, problem, problems, t: texts }: {
  csrf: string;
  next: string;
  hasApp: boolean;
  passkey: string | null;
  problem?: string | undefined;
  problems: Problems;
  t: Texts;
}) {
  const t = texts.code;
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
          hint={hasApp ? t.lead : t.leadPasskey}
          type="text"
          autocomplete="one-time-code"
          autocapitalize="none"
          spellcheck={false}
          autofocus
          problem={problems.code}
          describedBy={problem && "problem"}
        />
        {passkey !== null && <PasskeyButton options={passkey} instead="code" label={texts.passkey.use} t={texts} />}
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
