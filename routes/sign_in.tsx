import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Attempt } from "../db/limits.ts";
import { addPending, PENDING_AGE } from "../db/methods/pending.ts";
import type { RefusalReason, User } from "../db/schema.ts";
import { findUnusual } from "../db/unusual.ts";
import { findUserFrom, foldEmail, hasUsers, strengthenHash } from "../db/users.ts";
import { readCookie, writeCookie } from "../http/cookies.ts";
import type { Env } from "../http/env.ts";
import { emailField, passwordField, type Problems, type Typed, validForm } from "../http/forms.ts";
import { requireFormCookie, requireOwnPage } from "../http/guards.ts";
import { askForPasskey, type PasskeyUse } from "../http/passkeys/challenges.ts";
import { checkPassword, describeRefused, recordRefused, type Refused } from "../http/passwords/check.ts";
import { paths, safeNext, withQuery } from "../http/paths.ts";
import { logRequest } from "../http/request.ts";
import { closeCurrent, open } from "../http/sessions/opening.ts";
import { formCsrf, openSession, signInPath } from "../http/sessions/sessions.ts";
import { SignInPage } from "../views/sign_in.tsx";
import { SignOutPage } from "../views/sign_out.tsx";
import { readBrowserZone } from "../words/time_zones.ts";

export const signIn = new Hono<Env>();

const Credentials = z.object({
  email: emailField(),
  password: passwordField("noPassword"),
  time_zone: z.string().optional().catch(undefined),
  next: z.string().optional().catch(undefined),
});

signIn.get(paths.signIn, (c) => {
  const next = c.req.query("next");
  if (openSession(c)) return c.redirect(safeNext(next), 303);
  return showSignIn(c, { next });
});

signIn.post(
  paths.signIn,
  requireFormCookie((c, typed, problem) => showSignIn(c, typed, {}, problem)),
  validForm(Credentials, showSignIn),
  async (c) => {
    const { options: { db, origin, now }, waitUntil } = c.var;
    const { password, time_zone, ...typed } = c.req.valid("form");
    const email = foldEmail(typed.email);
    const visitor = await c.var.visitor();
    const browserCookie = readCookie(c, "browser", origin);
    const found = await findUserFrom(db, email, visitor, browserCookie);

    // For an unknown account too: it costs the same work (ASVS 6.3.8).
    const [checked, unusual] = await Promise.all([
      checkPassword(c, { email, ...found, password }),
      findUnusual(db, found.user?.id ?? "", visitor, found.browser, now()),
    ]);
    if (checked.outcome !== "right") return await refuseSignIn(c, typed, checked, found.user);

    const { user, reserved } = checked;
    const timeZone = readBrowserZone(time_zone);
    waitUntil(rehashIfWeak(c, user, password));
    const { browser, hasSecondFactor } = found;
    const how = { method: "password" as const };
    const isDone = hasSecondFactor
      ? await askForCode(c, { user, reserved, timeZone })
      : await open(c, { user, browser, unusual, reserved, timeZone, how });
    if (!isDone) {
      // The password was changed, or a second step was added, while it was being checked.
      const refused: Refused = { outcome: "wrong", standing: reserved.standing, isLast: false };
      return await refuseSignIn(c, typed, refused, user);
    }
    const next = safeNext(typed.next);
    if (!hasSecondFactor) return c.redirect(next, 303);
    return c.redirect(next === paths.connections ? paths.code : withQuery(paths.code, { next }), 303);
  },
);

/** Gives the browser the cookie of a sign-in that waits for its second step. `false` if the password changed meanwhile. */
async function askForCode(
  c: Context<Env>,
  proved: { user: User; reserved: Attempt; timeZone: string | null },
): Promise<boolean> {
  const { db, now } = c.var.options;
  const cookie = await addPending(db, { ...proved, now: now() });
  if (cookie === null) return false;
  // The only trace of somebody who has the password and gives up here.
  logRequest(c, "authn_login_pending", { user: proved.user.id });
  writeCookie(c, "pending", cookie, PENDING_AGE / 1000);
  return true;
}

// A panel can link here: the page has the form that signs out.
signIn.get(paths.signOut, (c) => {
  const session = openSession(c);
  if (!session) return c.redirect(paths.signIn, 303);
  const { csrf, email } = session;
  const t = c.get("texts");
  return c.render(<SignOutPage {...{ csrf, email, t }} />, { title: t.signOut.title });
});

signIn.post(paths.signOut, requireOwnPage, async (c) => {
  await closeCurrent(c);
  return c.redirect(signInPath(c.var.options), 303);
});

export async function refuseSignIn(
  c: Context<Env>,
  typed: Typed,
  refused: Refused,
  user: User | undefined,
  { text, reason }: { text: string; reason: RefusalReason } = {
    text: c.var.texts.signIn.wrong,
    reason: "wrong_password",
  },
) {
  const problem = describeRefused(c, refused, text);
  const answer = await showSignIn(c, typed, {}, problem);
  await recordRefused(c, refused, { user, wrong: reason });
  return answer;
}

export async function showSignIn(c: Context<Env>, typed: Typed, problems: Problems = {}, problem?: string) {
  const { options: { db, mail }, resumed, texts: t } = c.var;
  const csrf = formCsrf(c);
  const passkey = await askForPasskey(c, signInUse(csrf));
  const page = (
    <SignInPage
      csrf={csrf}
      passkey={passkey}
      next={safeNext(typed.next)}
      email={typed.email}
      problem={problem}
      problems={problems}
      ended={resumed?.end ? { ...resumed.end, timeZone: resumed.timeZone } : null}
      hasUsers={await hasUsers(db)}
      hasMail={mail !== undefined}
      t={t}
    />
  );
  return c.render(page, { title: t.signIn.title, hasPasskey: passkey !== null });
}

/** Bound to the browser by its form cookie. */
export function signInUse(csrf: string): PasskeyUse {
  return { purpose: "passkey sign-in", of: csrf };
}

async function rehashIfWeak(c: Context<Env>, user: User, password: string): Promise<void> {
  const { db, passwords } = c.var.options;
  if (!passwords.isWeak(user.passwordHash)) return;
  const stronger = await passwords.hash(password);
  if (stronger !== null) await strengthenHash(db, user, stronger);
}
