import type { Problems } from "../http/forms.ts";
import type { Texts } from "../words/texts.ts";
import { CsrfField, PasswordField } from "./fields.tsx";
import { Notification } from "./notifications.tsx";

export function LinkPage({ csrf, action, email, shortest, problem, problems = {}, t: { link: t, password, field } }: {
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
      <h1>{t.title}</h1>
      {problem && <Notification kind="problem" id="problem">{problem}</Notification>}
      <p>{t.lead(<strong>{email}</strong>)}</p>
      <form method="post" action={action} class="form">
        <CsrfField csrf={csrf} />
        <input type="text" name="username" value={email} autocomplete="username" readonly hidden />
        <PasswordField
          name="new_password"
          words={field}
          label={password.new}
          autocomplete="new-password"
          autofocus={problems.new_password_again === undefined}
          hint={password.newHint(shortest)}
          problem={problems.new_password}
          describedBy={problem && "problem"}
        />
        <PasswordField
          name="new_password_again"
          words={field}
          label={password.again}
          autocomplete="new-password"
          problem={problems.new_password_again}
        />
        <button type="submit" class="primary">{t.submit}</button>
      </form>
    </div>
  );
}

export function PasswordSet({ t }: { t: Texts }) {
  return <Notification>{t.link.done}</Notification>;
}
