import { type Context, Hono } from "hono";
import { z } from "zod";
import { openConnection, signOut } from "../db/connections.ts";
import { recordRefusal } from "../db/refusals.ts";
import { sweep } from "../db/retention.ts";
import type { User } from "../db/schema.ts";
import { findUserFrom, foldEmail, hasUsers, LONGEST_EMAIL, strengthenHash } from "../db/users.ts";
import { SignInPage } from "../views/sign_in.tsx";
import type { Texts } from "../words/texts.ts";
import type { Env } from "../http/env.ts";
import { type Problems, type Typed, typedPassword, validForm } from "../http/forms.ts";
import { answerRefused, checkPassword, refusalReason, type Refused } from "../http/password_check.ts";
import { paths, safeNext } from "../http/paths.ts";
import { formCsrf, openSession, writeSessionCookie } from "../http/sessions.ts";
import { readTimeZone } from "../words/time_zones.ts";

export const signIn = new Hono<Env>();

const credentialsIn = (t: Texts) =>
  z.object({
    email: z.string(t.typed.email).trim().min(1, t.typed.email).max(LONGEST_EMAIL, t.typed.emailTooLong),
    password: typedPassword(t, t.typed.password),
    time_zone: z.string().optional().catch(undefined),
    next: z.string().optional().catch(undefined),
  });

type SignInFields = { email: string; next?: string | undefined };

signIn.get(paths.signIn, (c) => {
  const next = c.req.query("next");
  if (openSession(c)) return c.redirect(safeNext(next), 303);
  return showSignIn(c, { next });
});

signIn.post(paths.signIn, validForm(credentialsIn, showSignIn), async (c) => {
  const { db, log, requestId, resumed, lifetime } = c.var;
  const { password, time_zone, ...typed } = c.req.valid("form");
  const email = foldEmail(typed.email);
  const visitor = await c.var.visitor();
  const found = await findUserFrom(db, email, visitor.address, c.var.now());

  const checked = await checkPassword(c, { email, ...found, password });
  if (checked.outcome !== "right") return await refuseSignIn(c, typed, checked, found.user);

  const { user, reserved } = checked;
  const now = c.var.now();
  const timeZone = readTimeZone(time_zone);
  // An old secret writes nothing (ASVS 7.2.4), unless its owner signs in again.
  const replaces = openSession(c) ?? (resumed?.userId === user.id ? resumed : null);
  const cookie = await openConnection(db, { user, visitor, reserved, replaces, timeZone, lifetime, now });
  // The password changed while it was being checked: it is a wrong one by now.
  if (cookie === null) return await refuseSignIn(c, typed, { outcome: "wrong", isLast: false }, user);

  log("authn_login_success", { request_id: requestId, user: user.id, ip: visitor.address.ip });
  c.var.later(sweep(db, lifetime, c.var.retention, now));
  c.var.later(keepHashStrong(c, user, password));
  writeSessionCookie(c, cookie, now);
  return c.redirect(safeNext(typed.next), 303);
});

signIn.post(paths.signOut, async (c) => {
  const { db, log, requestId } = c.var;
  const session = openSession(c);
  if (session && await signOut(db, session, c.var.now())) {
    log("session_closed", { request_id: requestId, user: session.userId, connection: session.connectionId });
  }
  // The cookie stays: it opens nothing any more, and lets the sign-in page say what happened.
  c.header("Clear-Site-Data", '"cache", "storage"');
  return c.redirect(paths.signIn, 303);
});

/**
 * The form again, and the refused try in the account's history: written when the answer is on its way, so that neither its time
 * nor a fault of the database tells whether there is such an account (ASVS 6.3.8).
 */
async function refuseSignIn(c: Context<Env>, typed: SignInFields, refused: Refused, user: User | undefined) {
  const problem = answerRefused(c, refused, c.var.texts.signIn.wrong);
  const answer = await showSignIn(c, typed, {}, problem);
  if (refused.outcome === "busy") return answer;

  const { db, log, requestId } = c.var;
  const visitor = await c.var.visitor();
  const reason = refusalReason(refused);
  const now = c.var.now();
  log("authn_login_fail", { request_id: requestId, user: user?.id, ip: visitor.address.ip, reason });
  const answered = new Promise((resolve) => setTimeout(resolve));
  c.var.later(answered.then(() => recordRefusal(db, { user, visitor, reason, now })));
  return answer;
}

/** The sign-in page with what was typed, but the password. */
export async function showSignIn(c: Context<Env>, typed: Typed, problems: Problems = {}, problem?: string) {
  const { resumed, texts: t } = c.var;
  const page = (
    <SignInPage
      csrf={formCsrf(c)}
      next={safeNext(typed.next)}
      email={typed.email}
      problem={problem}
      problems={problems}
      ended={resumed?.end ? { ...resumed.end, timeZone: resumed.timeZone } : null}
      hasUsers={await hasUsers(c.var.db)}
      t={t}
    />
  );
  return c.render(page, { title: t.signIn.title });
}

/** A hash made with weaker settings is replaced when its password is at hand. */
async function keepHashStrong(c: Context<Env>, user: User, password: string): Promise<void> {
  if (!c.var.passwords.isWeak(user.passwordHash)) return;
  const stronger = await c.var.passwords.hash(password);
  if (stronger !== null) await strengthenHash(c.var.db, user, stronger);
}
