import type { Problems } from "../http/forms.ts";
import { paths } from "../http/paths.ts";
import type { Texts } from "../words/texts.ts";
import { Field } from "./fields.tsx";
import { Notification } from "./notifications.tsx";

export function PasswordPage({ csrf, email, shortest, problem, problems = {}, t: { password: t } }: {
  csrf: string;
  email: string;
  shortest: number;
  problem?: string | undefined;
  problems?: Problems;
  t: Texts;
}) {
  return (
    <>
      <div class="head">
        <div class="head-text">
          <h1>{t.title}</h1>
          <p>{t.lead}</p>
        </div>
      </div>
      <div class="card entry">
        {problem && <Notification kind="problem" id="problem">{problem}</Notification>}
        <form method="post" action={paths.password} class="form">
          <input type="hidden" name="csrf" value={csrf} />
          <input type="text" name="username" value={email} autocomplete="username" readonly hidden />
          <Field
            name="current_password"
            label={t.current}
            type="password"
            autocomplete="current-password"
            autofocus={problem !== undefined}
            problem={problems.current_password}
            describedBy={problem && "problem"}
          />
          <Field
            name="new_password"
            label={t.new}
            type="password"
            autocomplete="new-password"
            hint={t.newHint(shortest)}
            problem={problems.new_password}
          />
          <Field
            name="new_password_again"
            label={t.again}
            type="password"
            autocomplete="new-password"
            problem={problems.new_password_again}
          />
          <button type="submit" class="primary">{t.submit}</button>
        </form>
      </div>
    </>
  );
}

export function PasswordChanged({ count, t: { password: t } }: { count: number; t: Texts }) {
  return <Notification more={count === 0 ? t.noOther : t.othersClosed(count)}>{t.changed}</Notification>;
}
