import type { SessionEnd } from "../db/sessions.ts";
import type { Problems } from "../http/forms.ts";
import { paths } from "../http/paths.ts";
import type { Texts } from "../words/texts.ts";
import { DEFAULT_ZONE, formatTime } from "../words/time.ts";
import { CsrfField, EmailField, PasswordField } from "./fields.tsx";
import { Notification } from "./notifications.tsx";
import { PasskeySignIn } from "./passkey.tsx";

/** Why and when this browser's connection ended; never from where, because an intruder may be reading. */
export type Ended = SessionEnd & { timeZone: string | null };

export function SignInPage({ csrf, next, passkey, email = "", problem, problems = {}, ended, hasUsers, hasMail, t }: {
  csrf: string;
  next: string;
  passkey: string | null;
  email?: string | undefined;
  problem?: string | undefined;
  problems?: Problems;
  ended: Ended | null;
  hasUsers: boolean;
  hasMail: boolean;
  t: Texts;
}) {
  return (
    <div class="card entry">
      <h1>{t.signIn.title}</h1>
      {ended && !problem && <Notification kind="info">{describeEnd(ended, t)}</Notification>}
      {problem && <Notification kind="problem" id="problem">{problem}</Notification>}
      {!hasUsers && (
        <Notification kind="info">
          {t.signIn.noUsers(<code>deno task users add you@example.com</code>)}
        </Notification>
      )}
      <form method="post" action={paths.signIn} class="form">
        <CsrfField csrf={csrf} />
        <input type="hidden" name="next" value={next} />
        <input type="hidden" name="time_zone" value="" data-zone />
        <EmailField
          label={t.signIn.email}
          value={email}
          autocomplete={passkey === null ? "username" : "username webauthn"}
          autofocus={email === ""}
          problem={problems.email}
          describedBy={problem && "problem"}
        />
        <PasswordField
          name="password"
          words={t.field}
          label={t.signIn.password}
          autocomplete="current-password"
          autofocus={email !== ""}
          problem={problems.password}
          describedBy={problem && "problem"}
        />
        <button type="submit" class="primary">{t.signIn.submit}</button>
      </form>
      {passkey !== null && <PasskeySignIn options={passkey} {...{ csrf, next, t }} />}
      <p class="hint">{hasMail ? <a href={paths.forgotten}>{t.signIn.forgottenLink}</a> : t.signIn.forgotten}</p>
    </div>
  );
}

export function describeEnd({ at, reason, timeZone }: Ended, t: Texts): string {
  const zone = timeZone ?? DEFAULT_ZONE;
  return t.signIn.ended[reason](`${formatTime(at, zone, t)} (${zone})`);
}
