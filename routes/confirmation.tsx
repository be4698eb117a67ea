import type { Context } from "hono";
import type { HtmlEscapedString } from "hono/utils/html";
import { confirmSession, type Session } from "../db/sessions.ts";
import type { Env } from "../http/env.ts";
import { passwordField, type Problems, readForm, say } from "../http/forms.ts";
import { wantsFragment } from "../http/htmx.ts";
import { checkOwnPassword, describeRefused } from "../http/password_check.ts";
import { writeSessionCookie, zoneOf } from "../http/sessions.ts";
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

/** Checks the field `password`, unless it was entered recently (ASVS 7.5.2). Returns `null` to proceed, otherwise what to say. */
export async function confirmOwner(c: Context<Env>): Promise<Unconfirmed | null> {
  const { options: { db, now, log }, session, requestId, texts: t } = c.var;
  if (!needsPassword(session, now())) return null;

  const typed = PasswordField.safeParse((await readForm(c)).password);
  if (!typed.success) {
    c.status(422);
    return { problems: { password: say(typed.error.issues[0]!.message, t) } };
  }
  const checked = await checkOwnPassword(c, typed.data);
  if (checked.outcome === "right") {
    const { user, reserved } = checked;
    const cookie = await confirmSession(db, { session, user, reserved, now: now() });
    if (cookie !== null) {
      log("session_renewed", { request_id: requestId, user: user.id, connection: session.connectionId });
      if (cookie !== "same") writeSessionCookie(c, cookie, session.openedAt);
      return null;
    }
  }
  // The password was changed while it was being checked.
  const refused = checked.outcome === "right" ? { outcome: "wrong" as const, isLast: false } : checked;
  const { address: { ip } } = await c.var.visitor();
  log("authn_login_fail", { request_id: requestId, user: session.userId, ip, reason: refused.outcome });
  const text = describeRefused(c, refused, t.confirmation.wrong);
  return refused.outcome === "wrong"
    ? { problems: { password: text } }
    : { problems: {}, problem: text, isBusy: refused.outcome === "busy" };
}

export function confirmationProps(
  c: Context<Env>,
  { problem, problems }: Unconfirmed = { problems: {} },
): Confirmation {
  const { options, session, texts: t } = c.var;
  return {
    csrf: session.csrf,
    email: session.email,
    needsPassword: needsPassword(session, options.now()),
    zone: zoneOf(c),
    inDialog: wantsFragment(c),
    problem,
    problems,
    t,
  };
}

export function showConfirmation(
  c: Context<Env>,
  confirmation: HtmlEscapedString | Promise<HtmlEscapedString>,
  title: string,
  unconfirmed?: Unconfirmed,
) {
  if (!wantsFragment(c)) return c.render(<ConfirmationPage>{confirmation}</ConfirmationPage>, { title });
  // htmx doesn't swap a 503: the form stays, with a message beside it.
  return unconfirmed?.isBusy ? renderProblem(c, unconfirmed.problem ?? "") : c.html(confirmation);
}
