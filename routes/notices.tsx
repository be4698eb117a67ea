import type { Context } from "hono";
import type { FC } from "hono/jsx";
import { listClosedBy } from "../db/connections.ts";
import type { Session } from "../db/sessions.ts";
import { readCookie, writeCookie } from "../http/cookies.ts";
import type { Env } from "../http/env.ts";
import { paths } from "../http/paths.ts";
import { isSeen } from "../http/request.ts";
import { hasPasswordPage } from "../http/sections.ts";
import { AllClosed, type Named, OneClosed } from "../views/history/closing.tsx";
import { Disowned, Recognized } from "../views/history/review.tsx";
import { StartOver } from "../views/code.tsx";
import { EmailCancelled, EmailRequested } from "../views/email.tsx";
import { AuthenticatorOff, AuthenticatorOn, BrowserForgotten } from "../views/methods/methods.tsx";
import { PasskeyAdded, PasskeyRemoved, PasskeyRenamed } from "../views/methods/passkeys.tsx";
import { PasswordChanged } from "../views/password.tsx";
import { PreferencesSaved } from "../views/preferences.tsx";
import { EmailChanged, EmailUndone, PasswordSet } from "../views/recovery/links.tsx";
import type { Texts } from "../words/texts.ts";

type Notice = FC<{ count: number; closed: Named[]; hasPassword: boolean; t: Texts }>;

/** Messages that outlive a redirect, each for one page. The cookie contains a key and a number only, so that it can't forge a text. */
const notices = {
  all_closed: [AllClosed, () => paths.connections],
  one_closed: [OneClosed, () => paths.connections],
  recognized: [Recognized, () => paths.connections],
  disowned: [Disowned, () => paths.password],
  disowned_elsewhere: [Disowned, () => paths.connections],
  password_changed: [PasswordChanged, () => paths.connections],
  password_set: [PasswordSet, () => paths.signIn],
  email_undone: [EmailUndone, () => paths.signIn],
  email_confirmed: [EmailChanged, () => paths.signIn],
  email_changed: [EmailChanged, () => paths.email],
  email_requested: [EmailRequested, () => paths.email],
  email_cancelled: [EmailCancelled, () => paths.email],
  start_over: [StartOver, () => paths.signIn],
  authenticator_on: [AuthenticatorOn, () => paths.methods],
  authenticator_off: [AuthenticatorOff, () => paths.methods],
  passkey_added: [PasskeyAdded, () => paths.methods],
  passkey_renamed: [PasskeyRenamed, () => paths.methods],
  passkey_removed: [PasskeyRemoved, () => paths.methods],
  browser_forgotten: [BrowserForgotten, () => paths.methods],
  preferences_saved: [PreferencesSaved, () => paths.preferences],
} satisfies Record<string, [Notice, page: () => string]>;

export type NoticeKey = keyof typeof notices;

/** In seconds. */
const MAX_AGE = 60;
/** One more than a message names, to know whether there are more. */
export const MAX_NAMED = 4;

export function leaveNotice(c: Context<Env>, key: NoticeKey, count = 0): void {
  writeCookie(c, "notice", `${key}.${count}`, MAX_AGE);
}

/** Takes the message if it is for this page, but not for a prefetch or a HEAD request. Signed out, only the sign-in page has one. */
export async function takeNotice(c: Context<Env>, session: Session | null) {
  const options = c.get("options");
  const { db, origin, now } = options;
  const left = readCookie(c, "notice", origin);
  if (left === undefined || !isSeen(c) || !session && c.req.path !== paths.signIn) return null;

  const [, key, digits] = /^(\w+)\.(\d{1,4})$/.exec(left) ?? [];
  const [Notice, page]: [Notice, () => string] | [] = key !== undefined && isNoticeKey(key) ? notices[key] : [];
  if (page !== undefined && page() !== c.req.path) return null;
  writeCookie(c, "notice", "", 0);
  if (!Notice) return null;
  const count = Number(digits);
  // Whatever the cookie counts, it names what this connection closed.
  const closed = session ? await listClosedBy(db, session, now() - MAX_AGE * 1000, Math.min(count, MAX_NAMED)) : [];
  return (
    <Notice
      {...{ count, closed }}
      hasPassword={session !== null && hasPasswordPage(options, session)}
      t={c.get("texts")}
    />
  );
}

function isNoticeKey(key: string): key is NoticeKey {
  return Object.hasOwn(notices, key);
}
