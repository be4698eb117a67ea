import type { End } from "../db/sessions.ts";
import { paths } from "../routes/paths.ts";
import type { Problems } from "../routes/forms.ts";
import { Field } from "./fields.tsx";
import { Notification } from "./notifications.tsx";
import { DEFAULT_ZONE, formatTime } from "./time.ts";

/** Why the connection of this very browser ended, and when; never from where: it may be an intruder who reads it. */
export type Ended = End & { timeZone: string | null };

export function SignInPage({ csrf, next, email = "", problem, problems = {}, ended, hasUsers }: {
  csrf: string;
  next: string;
  email?: string | undefined;
  /** What is wrong as a whole; `problems` by field. */
  problem?: string | undefined;
  problems?: Problems;
  ended: Ended | null;
  hasUsers: boolean;
}) {
  return (
    <div class="card entry">
      <h1>Sign in</h1>
      {ended && !problem && <Notification kind="info">{describeEnd(ended)}</Notification>}
      {problem && (
        <div id="problem">
          <Notification kind="problem">{problem}</Notification>
        </div>
      )}
      {!hasUsers && (
        <Notification kind="info">
          There is no account yet. The operator makes the first one with{" "}
          <code>deno task users add you@example.com</code>
        </Notification>
      )}
      <form method="post" action={paths.signIn} class="form">
        <input type="hidden" name="csrf" value={csrf} />
        <input type="hidden" name="next" value={next} />
        <input type="hidden" name="time_zone" value="" data-zone />
        <Field
          name="email"
          label="E-mail address"
          type="email"
          value={email}
          autocomplete="username"
          autofocus={email === ""}
          problem={problems.email}
          describedBy={problem && "problem"}
        />
        <Field
          name="password"
          label="Password"
          type="password"
          autocomplete="current-password"
          autofocus={email !== ""}
          problem={problems.password}
          describedBy={problem && "problem"}
        />
        <button type="submit" class="primary">Sign in</button>
      </form>
      <p class="hint">Forgot your password? Ask the operator of this control panel to set a new one.</p>
    </div>
  );
}

function describeEnd({ at, reason, timeZone }: Ended): string {
  const zone = timeZone ?? DEFAULT_ZONE;
  const when = `${formatTime(at, zone)} (${zone})`;
  const sentences: Record<End["reason"], string> = {
    signed_out: `You signed out on ${when}.`,
    closed: `This connection was closed from another one on ${when}. Sign in to open a new one.`,
    expired: `This connection expired on ${when}. Sign in to open a new one.`,
    password_changed: `This connection was closed on ${when}, when the password was changed. Sign in with the new one.`,
    closed_by_operator: `The operator closed this connection on ${when}. Sign in to open a new one.`,
    replaced: `This connection was closed on ${when}: the account had too many open ones, and it was the oldest.`,
    renewed: `Your password was given on ${when}, but the answer did not reach this browser. Please sign in again.`,
  };
  return sentences[reason];
}
