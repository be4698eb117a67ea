import type { Context } from "hono";
import type { FC } from "hono/jsx";
import { listClosedBy } from "../db/connections.ts";
import type { Session } from "../db/sessions.ts";
import { Disowned, Recognized } from "../views/review.tsx";
import { AllClosed, type Named, OneClosed } from "../views/closing.tsx";
import { PasswordChanged } from "../views/password.tsx";
import { PreferencesSaved } from "../views/preferences.tsx";
import type { Texts } from "../words/texts.ts";
import type { Env } from "../http/env.ts";
import { readCookie, writeCookie } from "../http/sessions.ts";

/** Messages that outlive one redirect. The cookie holds a key and a number only, so that it can say nothing else. */
const notices: Record<string, FC<{ count: number; closed: Named[]; t: Texts }>> = {
  all_closed: AllClosed,
  one_closed: OneClosed,
  recognized: Recognized,
  disowned: Disowned,
  password_changed: PasswordChanged,
  preferences_saved: PreferencesSaved,
};

/** For how long a message waits for its page, in seconds. */
const WAITS = 60;
/** So many connections at most are named in a message, and one more tells that there are more. */
const NAMED = 4;

export function leaveNotice(c: Context<Env>, key: keyof typeof notices, count: number): void {
  writeCookie(c, "notice", `${key}.${count}`, WAITS);
}

/** The message that the last request left for this page, which takes it away; null without one. */
export async function takeNotice(c: Context<Env>, session: Session) {
  const left = readCookie(c, "notice");
  if (left === undefined) return null;
  writeCookie(c, "notice", "", 0);

  const [, key, digits] = /^(\w+)\.(\d{1,4})$/.exec(left) ?? [];
  if (key === undefined || !Object.hasOwn(notices, key)) return null;
  const Notice = notices[key]!;
  const count = Number(digits);
  // Whatever number the cookie has: what is named is what this connection closed.
  const closed = await listClosedBy(c.var.db, session, c.var.now() - WAITS * 1000, Math.min(count, NAMED));
  return <Notice count={count} closed={closed} t={c.var.texts} />;
}
