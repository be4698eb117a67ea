import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { HtmlEscapedString } from "hono/utils/html";
import type { Attempt } from "../db/limits.ts";
import type { User } from "../db/schema.ts";
import { confirmSession, type Session } from "../db/sessions.ts";
import type { Env } from "../http/env.ts";
import { passwordField, type Problems, readForm, say } from "../http/forms.ts";
import { historyBehind } from "../http/history_query.ts";
import { wantsFragment } from "../http/htmx.ts";
import { askOwnPasskey, checkSentPasskey } from "../http/passkeys/confirming.ts";
import { checkOwnPassword, describeRefused } from "../http/passwords/check.ts";
import { logRequest } from "../http/request.ts";
import { hasPasswordPage } from "../http/sections.ts";
import { ownerOf, signInPath, writeSessionCookie, zoneOf } from "../http/sessions/sessions.ts";
import { isAway } from "../http/sessions/visits.ts";
import { type Confirmation, ConfirmationPage, SignInAgain } from "../views/confirmation.tsx";
import { renderProblem } from "./errors.tsx";

/** How long an entered password counts as recent, in milliseconds (ASVS 7.5.2). */
const RECENT = 5 * 60_000;

const PasswordField = passwordField("noPassword");

/** `byHost`: what the host's `confirm` returned for this request, if it was asked. */
export type Unconfirmed = { problems: Problems; problem?: string; isBusy?: boolean; byHost?: Child };

/** A time in the future, from a clock that went back, isn't recent. */
export function needsPassword(session: Session, now: number): boolean {
  const age = now - session.confirmedAt;
  return age < 0 || age > RECENT;
}

/**
 * Checks the field `password`, or what replaces it: a passkey, or the host's confirmation. A recent one is enough (ASVS 7.5.2), unless
 * `isRequired`. Returns `null` to proceed, otherwise what to say.
 */
export async function confirmOwner(c: Context<Env>, isRequired = false): Promise<Unconfirmed | null> {
  const { session, texts: t } = c.var;
  if (!isDue(c, isRequired)) return null;

  const { passkey = "", ...form } = await readForm(c);
  const byHost = passkey === "" ? await askHost(c) : null;
  if (byHost === true && await renew(c, null)) return null;
  if (passkey === "" && !asksForPassword(c)) {
    const problem = c.var.options.confirm ? t.confirmation.notConfirmed : t.confirmation.signInFirst;
    return refuse(c, { problems: {}, problem, byHost });
  }
  const typed = PasswordField.safeParse(form.password);
  if (passkey === "" && !typed.success) {
    return refuse(c, { problems: { password: say(typed.error.issues[0]!.message, t) } });
  }
  const isPasskey = passkey !== "";
  const checked = isPasskey ? await checkSentPasskey(c, passkey) : await checkOwnPassword(c, typed.data ?? "");
  if (checked === null) return refuse(c, { problems: {}, problem: t.passkey.late });
  if (checked.outcome === "right" && await renew(c, checked)) return null;

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

function refuse(c: Context<Env>, unconfirmed: Unconfirmed): Unconfirmed {
  c.status(422);
  return unconfirmed;
}

/** Renews the session's secret and confirmation. `false` if the session ended, or the password changed since it was checked. */
async function renew(c: Context<Env>, checked: { user: User; reserved: Attempt } | null): Promise<boolean> {
  const { options: { db, now }, session } = c.var;
  const { user = null, reserved = null } = checked ?? {};
  const cookie = await confirmSession(db, { session, user, reserved, now: now() });
  if (cookie === null) return false;
  logRequest(c, "session_renewed", { user: session.userId, connection: session.connectionId });
  if (cookie !== "same") writeSessionCookie(c, cookie, session.openedAt);
  return true;
}

/** Whether the owner has to confirm. Owners with no way to do so here sign in again: for them a recent sign-in always counts. */
function isDue(c: Context<Env>, isRequired: boolean): boolean {
  const { options, session } = c.var;
  const canProve = asksForPassword(c) || session.hasPasskeys || options.confirm !== undefined;
  return needsPassword(session, options.now()) || (canProve ? isRequired : isAway(c, session));
}

function asksForPassword(c: Context<Env>): boolean {
  const { options, session } = c.var;
  return session.hasPassword && options.confirm === undefined;
}

/** Returns the result of the host's `confirm`: `true`, or what the form shows; `null` without one. */
async function askHost(c: Context<Env>): Promise<Child> {
  const { options, session, texts: { language } } = c.var;
  return await options.confirm?.(c, ownerOf(session, options, language)) ?? null;
}

export async function confirmationProps(
  c: Context<Env>,
  { problem, problems, byHost: answered }: Unconfirmed = { problems: {} },
  isRequired = false,
): Promise<Confirmation> {
  const { options, session, texts: t } = c.var;
  const isOld = needsPassword(session, options.now());
  // Asked twice for one request, a host would count one wrong PIN as two.
  const byHost = !isDue(c, isRequired) ? null : answered === undefined ? await askHost(c) : answered;
  const isAsked = isDue(c, isRequired) && byHost !== true;
  const back = await historyBehind(c);
  const instead = options.confirm
    ? byHost
    : session.hasPassword
    ? null
    : <SignInAgain href={signInPath(options, back)} t={t} />;
  return {
    csrf: session.csrf,
    email: session.email,
    hasPassword: hasPasswordPage(options, session),
    needsPassword: isAsked,
    instead,
    passkey: isAsked ? await askOwnPasskey(c) : null,
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
