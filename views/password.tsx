import { paths } from "../routes/paths.ts";
import type { Problems } from "../routes/forms.ts";
import { Field } from "./fields.tsx";
import { Notification } from "./notifications.tsx";
import { plural } from "./time.ts";

export function PasswordPage({ csrf, email, shortest, problem, problems = {} }: {
  csrf: string;
  email: string;
  /** How many characters a new password needs. */
  shortest: number;
  problem?: string | undefined;
  problems?: Problems;
}) {
  return (
    <>
      <div class="head">
        <div>
          <h1>Password</h1>
          <p>A new password also closes every other connection to your account. This browser stays signed in.</p>
        </div>
      </div>
      <div class="card entry">
        {problem && <Notification kind="problem">{problem}</Notification>}
        <form method="post" action={paths.password} class="form">
          <input type="hidden" name="csrf" value={csrf} />
          <input type="text" name="username" value={email} autocomplete="username" readonly hidden />
          <Field
            name="current_password"
            label="Current password"
            type="password"
            autocomplete="current-password"
            problem={problems.current_password}
          />
          <Field
            name="new_password"
            label="New password"
            type="password"
            autocomplete="new-password"
            hint={`At least ${shortest} characters, of any kind. A password manager makes a good one.`}
            problem={problems.new_password}
          />
          <Field
            name="new_password_again"
            label="New password again"
            type="password"
            autocomplete="new-password"
            problem={problems.new_password_again}
          />
          <button type="submit" class="primary">Change password</button>
        </form>
      </div>
    </>
  );
}

export function PasswordChanged({ count }: { count: number }) {
  return (
    <Notification>
      Your password was changed. {count === 0
        ? "No other connection was open."
        : `${plural(count, "other connection")} ${count === 1 ? "was" : "were"} closed.`}
    </Notification>
  );
}
