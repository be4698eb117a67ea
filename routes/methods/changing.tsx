import type { Context } from "hono";
import type { HtmlEscapedString } from "hono/utils/html";
import type { MethodChange, MethodsChanged } from "../../db/methods/changes.ts";
import type { Env } from "../../http/env.ts";
import { readForm } from "../../http/forms.ts";
import { paths } from "../../http/paths.ts";
import { SessionEnded } from "../../http/refusal.ts";
import { logRequest } from "../../http/request.ts";
import { writeSessionCookie } from "../../http/sessions/sessions.ts";
import { isAway } from "../../http/sessions/visits.ts";
import type { Confirmation } from "../../views/confirmation.tsx";
import { confirmationProps, confirmOwner, type Unconfirmed } from "../confirmation.tsx";
import { leaveNotice, type NoticeKey } from "../notices.tsx";

type Change = {
  /** The line of the log, with the method. */
  event: "authn_method_added" | "user_updated" | "authn_method_removed";
  method: string;
  apply: (change: MethodChange) => Promise<MethodsChanged | null>;
  /** Shows its form again. */
  again: (c: Context<Env>, unconfirmed: Unconfirmed) => Response | Promise<Response>;
};

/**
 * Changes the sign-in methods, behind a confirmation (ASVS 7.5.2). Returns the form again if that is missing, otherwise `null`. Throws
 * `SessionEnded` if the connection was closed meanwhile.
 */
export async function changeMethod(
  c: Context<Env>,
  { event, method, apply, again }: Change,
): Promise<Response | null> {
  const { options: { now, mail }, session } = c.var;
  // Always asked for away from where the connection was opened: otherwise a cookie stolen within minutes of the sign-in locks the owner out.
  const unconfirmed = await confirmOwner(c, isAway(c, session));
  if (unconfirmed) return await again(c, unconfirmed);

  const closesOthers = (await readForm(c)).close_others === "yes";
  const changed = await apply({ session, closesOthers, isMailed: mail !== undefined, now: now() });
  if (changed === null) throw new SessionEnded();
  mail?.wake();
  if (changed.cookie !== null) writeSessionCookie(c, changed.cookie, session.openedAt);
  logRequest(c, event, { user: session.userId, method, closed: changed.closed });
  return null;
}

/** The same, then redirects to the methods with a notice. */
export async function changeAndSay(c: Context<Env>, change: Change, notice: NoticeKey): Promise<Response> {
  const again = await changeMethod(c, change);
  if (again) return again;
  leaveNotice(c, notice);
  return c.redirect(paths.methods, 303);
}

/** Renders the page of a change. */
export async function showChange(
  c: Context<Env>,
  title: string,
  page: (confirmation: Confirmation) => HtmlEscapedString | Promise<HtmlEscapedString>,
  unconfirmed?: Unconfirmed,
  makesPasskey = false,
): Promise<Response> {
  const hasPasskey = makesPasskey || c.var.session.hasPasskeys;
  const confirmation = await confirmationProps(c, unconfirmed, isAway(c, c.var.session));
  return await c.render(page(confirmation), { title, hasPasskey });
}
