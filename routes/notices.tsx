import type { Context } from "hono";
import type { FC } from "hono/jsx";
import { listClosedBy } from "../db/connections.ts";
import type { Session } from "../db/sessions.ts";
import { readCookie, writeCookie } from "../http/cookies.ts";
import type { Env } from "../http/env.ts";
import { AllClosed, type Named, OneClosed } from "../views/history/closing.tsx";
import { Disowned, Recognized } from "../views/history/review.tsx";
import { PasswordChanged } from "../views/password.tsx";
import { PreferencesSaved } from "../views/preferences.tsx";
import type { Texts } from "../words/texts.ts";

/** Messages that outlive a redirect. The cookie contains only a key and a number, so that it can say nothing else. */
const notices = {
  all_closed: AllClosed,
  one_closed: OneClosed,
  recognized: Recognized,
  disowned: Disowned,
  password_changed: PasswordChanged,
  preferences_saved: PreferencesSaved,
} satisfies Record<string, FC<{ count: number; closed: Named[]; t: Texts }>>;

type NoticeKey = keyof typeof notices;

/** In seconds. */
const MAX_AGE = 60;
/** One more than a message names, to tell that there are more. */
const MAX_NAMED = 4;

export function leaveNotice(c: Context<Env>, key: NoticeKey, count = 0): void {
  writeCookie(c, "notice", `${key}.${count}`, MAX_AGE);
}

export async function takeNotice(c: Context<Env>, session: Session) {
  const { db, origin, now } = c.get("options");
  const left = readCookie(c, "notice", origin);
  if (left === undefined) return null;
  writeCookie(c, "notice", "", 0);

  const [, key, digits] = /^(\w+)\.(\d{1,4})$/.exec(left) ?? [];
  if (key === undefined || !isNoticeKey(key)) return null;
  const Notice: FC<{ count: number; closed: Named[]; t: Texts }> = notices[key];
  const count = Number(digits);
  // Whatever the cookie counts, it names what this connection closed.
  const closed = await listClosedBy(db, session, now() - MAX_AGE * 1000, Math.min(count, MAX_NAMED));
  return <Notice count={count} closed={closed} t={c.get("texts")} />;
}

function isNoticeKey(key: string): key is NoticeKey {
  return Object.hasOwn(notices, key);
}
