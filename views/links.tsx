import type { Problems } from "../http/forms.ts";
import type { Texts } from "../words/texts.ts";
import { CsrfField, NewPasswordFields } from "./fields.tsx";
import { Notification } from "./notifications.tsx";

export function LinkPage({ csrf, action, email, shortest, problem, problems = {}, t }: {
  csrf: string;
  action: string;
  email: string;
  shortest: number;
  problem?: string | undefined;
  problems?: Problems;
  t: Texts;
}) {
  return (
    <div class="card entry">
      <h1>{t.link.title}</h1>
      {problem && <Notification kind="problem" id="problem">{problem}</Notification>}
      <p>{t.link.lead(<strong>{email}</strong>)}</p>
      <form method="post" action={action} class="form">
        <CsrfField csrf={csrf} />
        <input type="text" name="username" value={email} autocomplete="username" readonly hidden />
        <NewPasswordFields
          autofocus={problems.new_password_again === undefined}
          describedBy={problem && "problem"}
          {...{ shortest, problems, t }}
        />
        <button type="submit" class="primary">{t.link.submit}</button>
      </form>
    </div>
  );
}

export function PasswordSet({ t }: { t: Texts }) {
  return <Notification>{t.link.done}</Notification>;
}
