import type { Child } from "hono/jsx";
import { paths } from "../../http/paths.ts";
import { type Confirmation, ConfirmPassword } from "../confirmation.tsx";
import { CsrfField } from "../fields.tsx";
import { Notification } from "../notifications.tsx";

/** The form of a change of the sign-in methods: asks for the password if that is due, and whether to close the other connections. */
export function ChangeForm(
  { title, action, submit, confirmation, closesOthers = true, focusesPassword = true, children }: {
    title: string;
    action: string;
    submit: string;
    confirmation: Confirmation;
    /** Whether that is ticked. */
    closesOthers?: boolean;
    focusesPassword?: boolean;
    children?: Child;
  },
) {
  const { csrf, problem, t: { methods: t } } = confirmation;
  return (
    <div class="card entry entry-wide">
      <h1>{title}</h1>
      {problem && <Notification kind="problem" id="dialog-problem">{problem}</Notification>}
      <form method="post" action={action} class="form">
        <CsrfField csrf={csrf} />
        {children}
        <ConfirmPassword {...confirmation} autofocus={focusesPassword} />
        <CloseOthers isTicked={closesOthers} label={t.closeOthers} hint={t.closeOthersHint} />
        <button type="submit" class="primary">{submit}</button>
      </form>
      <p class="hint">
        <a href={paths.methods}>{t.back}</a>
      </p>
    </div>
  );
}

function CloseOthers({ isTicked, label, hint }: { isTicked: boolean; label: string; hint: string }) {
  return (
    <div class="field">
      <label class="tick">
        <input
          type="checkbox"
          name="close_others"
          value="yes"
          checked={isTicked}
          aria-describedby="close-others-hint"
        />
        {label}
      </label>
      <p class="hint" id="close-others-hint">{hint}</p>
    </div>
  );
}
