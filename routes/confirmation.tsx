import type { Context } from "hono";
import type { HtmlEscapedString } from "hono/utils/html";
import { confirmSession, type Session } from "../db/sessions.ts";
import { type Confirmation, ConfirmationPage } from "../views/confirmation.tsx";
import type { Env } from "../http/env.ts";
import { type Problems, readForm, typedPassword } from "../http/forms.ts";
import { answerProblem } from "../http/guards.tsx";
import { wantsPiece } from "../http/htmx.ts";
import { answerRefused, checkOwnPassword } from "../http/password_check.ts";
import { writeSessionCookie } from "../http/sessions.ts";
import { zoneOf } from "../words/time_zones.ts";

/** For how long a password that was given counts as just given, in milliseconds (ASVS 7.5.2). */
const FRESH_FOR = 5 * 60_000;

/** Why a form is not done yet: by field, or as a whole. */
export type Unconfirmed = { problems: Problems; problem?: string; isBusy?: boolean };

/** Whether closing takes the password. A time ahead of the clock, which went back, counts as long ago. */
export function needsPassword(session: Session, now: number): boolean {
  const age = now - session.confirmedAt;
  return age < 0 || age > FRESH_FOR;
}

/**
 * Makes sure that the owner is the one who closes, and not somebody who found the browser open (ASVS 7.5.2): looks at the
 * form's field `password` when it was last given more than five minutes ago, and renews the session's secret when it is right.
 *
 * Returns `null` when the owner may go on; else what the form has to say, with the status set.
 */
export async function confirmOwner(c: Context<Env>): Promise<Unconfirmed | null> {
  const { db, session, log, requestId, texts: t } = c.var;
  if (!needsPassword(session, c.var.now())) return null;

  const typed = typedPassword(t, t.typed.password).safeParse((await readForm(c)).password);
  if (!typed.success) {
    c.status(422);
    return { problems: { password: typed.error.issues[0]?.message ?? "" } };
  }
  const checked = await checkOwnPassword(c, typed.data);
  if (checked.outcome === "right") {
    const { user, reserved } = checked;
    const cookie = await confirmSession(db, { session, user, reserved, now: c.var.now() });
    if (cookie !== null) {
      log("session_renewed", { request_id: requestId, user: user.id, connection: session.connectionId });
      if (cookie !== "same") writeSessionCookie(c, cookie, session.openedAt);
      return null;
    }
  }
  // A right one that was changed while it was being checked is a wrong one by now.
  const refused = checked.outcome === "right" ? { outcome: "wrong" as const, isLast: false } : checked;
  const { address: { ip } } = await c.var.visitor();
  log("authn_login_fail", { request_id: requestId, user: session.userId, ip, reason: refused.outcome });
  const text = answerRefused(c, refused, t.confirmation.wrong);
  return refused.outcome === "wrong"
    ? { problems: { password: text } }
    : { problems: {}, problem: text, isBusy: refused.outcome === "busy" };
}

/** What a confirmation is shown with. */
export function asksOf(c: Context<Env>, { problem, problems }: Unconfirmed = { problems: {} }): Confirmation {
  const { session, csrf, texts: t } = c.var;
  return {
    csrf,
    email: session.email,
    needsPassword: needsPassword(session, c.var.now()),
    zone: zoneOf(c),
    inDialog: wantsPiece(c),
    problem,
    problems,
    t,
  };
}

/** Shows a confirmation: as a page, or as what htmx puts into the dialog. */
export function showConfirmation(
  c: Context<Env>,
  confirmation: HtmlEscapedString | Promise<HtmlEscapedString>,
  title: string,
  unconfirmed?: Unconfirmed,
) {
  if (!wantsPiece(c)) return c.render(<ConfirmationPage>{confirmation}</ConfirmationPage>, { title });
  // htmx puts no 5xx into the dialog: the form stays as it is, and a piece beside it says why.
  return unconfirmed?.isBusy ? answerProblem(c, unconfirmed.problem ?? "") : c.html(confirmation);
}
