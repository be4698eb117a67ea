import type { Context } from "hono";
import type { HtmlEscapedString } from "hono/utils/html";
import { confirmSession, type Session } from "../db/sessions.ts";
import type { Env } from "../http/env.ts";
import { passwordField, type Problems, readForm, say } from "../http/forms.ts";
import { historyBehind } from "../http/history_query.ts";
import { wantsFragment } from "../http/htmx.ts";
import { askOwnPasskey, checkSentPasskey } from "../http/passkeys/confirming.ts";
import { checkOwnPassword, describeRefused } from "../http/passwords/check.ts";
import { logRequest } from "../http/request.ts";
import { signInPath, writeSessionCookie, zoneOf } from "../http/sessions/sessions.ts";
import { isAway } from "../http/sessions/visits.ts";
import { type Confirmation, ConfirmationPage } from "../views/confirmation.tsx";
import { renderProblem } from "./errors.tsx";

/** How long an entered password counts as recent, in milliseconds (ASVS 7.5.2). */
const RECENT = 5 * 60_000;

const PasswordField = passwordField("noPassword");

export type Unconfirmed = { problems: Problems; problem?: string; isBusy?: boolean };

/** A time in the future, from a clock that went back, isn't recent. */
export function needsPassword(session: Session, now: number): boolean {
  const age = now - session.confirmedAt;
  return age < 0 || age > RECENT;
}

/**
 * Checks the field `password`, or `passkey` in its place, unless either was given recently (ASVS 7.5.2) and none is required in any case.
 * Returns `null` to proceed, otherwise what to say.
 */
export async function confirmOwner(c: Context<Env>, isRequired = false): Promise<Unconfirmed | null> {
  const { options: { db, now }, session, texts: t } = c.var;
  if (!isDue(c, isRequired)) return null;

  const { passkey = "", ...form } = await readForm(c);
  const typed = PasswordField.safeParse(form.password);
  if (passkey === "" && !session.hasPassword) {
    c.status(422);
    return { problems: {}, problem: t.confirmation.signInFirst };
  }
  if (passkey === "" && !typed.success) {
    c.status(422);
    return { problems: { password: say(typed.error.issues[0]!.message, t) } };
  }
  const isPasskey = passkey !== "";
  const checked = isPasskey ? await checkSentPasskey(c, passkey) : await checkOwnPassword(c, typed.data ?? "");
  if (checked === null) {
    c.status(422);
    return { problems: {}, problem: t.passkey.late };
  }
  if (checked.outcome === "right") {
    const { user, reserved } = checked;
    const cookie = await confirmSession(db, { session, user, reserved, now: now() });
    if (cookie !== null) {
      logRequest(c, "session_renewed", { user: user.id, connection: session.connectionId });
      if (cookie !== "same") writeSessionCookie(c, cookie, session.openedAt);
      return null;
    }
  }
  // The password was changed while it was being checked.
  const refused = checked.outcome === "right"
    ? { outcome: "wrong" as const, standing: checked.reserved.standing, isLast: false }
    : checked;
  logRequest(c, "authn_login_fail", { user: session.userId, reason: refused.outcome });
  const text = describeRefused(c, refused, isPasskey ? t.passkey.wrong : t.confirmation.wrong);
  return refused.outcome === "wrong" && !isPasskey
    ? { problems: { password: text } }
    : { problems: {}, problem: text, isBusy: refused.outcome === "busy" };
}

/** Whether the owner has to prove now who they are. Who can't here has to sign in again, which is a proof as long as it is recent. */
function isDue(c: Context<Env>, isRequired: boolean): boolean {
  const { options, session } = c.var;
  const canProve = session.hasPassword || session.hasPasskeys;
  return needsPassword(session, options.now()) || (canProve ? isRequired : isAway(c, session));
}

export async function confirmationProps(
  c: Context<Env>,
  { problem, problems }: Unconfirmed = { problems: {} },
  isRequired = false,
): Promise<Confirmation> {
  const { options, session, texts: t } = c.var;
  const isOld = needsPassword(session, options.now());
  const isAsked = isDue(c, isRequired);
  const back = await historyBehind(c);
  return {
    csrf: session.csrf,
    email: session.email,
    hasPassword: session.hasPassword,
    needsPassword: isAsked,
    passkey: isAsked ? await askOwnPasskey(c) : null,
    signIn: signInPath(options, back),
    passwordHint: isOld ? t.confirmation.passwordOld : t.confirmation.passwordRequired,
    zone: zoneOf(c.get("session")),
    back: wantsFragment(c) ? null : back,
    problem,
    problems,
    t,
  };
}

export async function showConfirmation(
  c: Context<Env>,
  confirmation: HtmlEscapedString | Promise<HtmlEscapedString>,
  title: string,
  unconfirmed?: Unconfirmed,
) {
  if (!wantsFragment(c)) {
    return await c.render(<ConfirmationPage back={await historyBehind(c)}>{confirmation}</ConfirmationPage>, { title });
  }
  // htmx doesn't swap a 503: the form stays, with a message beside it.
  return unconfirmed?.isBusy ? renderProblem(c, unconfirmed.problem ?? "") : c.html(confirmation);
}
