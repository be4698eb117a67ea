import type { Context } from "hono";
import type { Child } from "hono/jsx";
import { AllClosed, OneClosed } from "../views/closing.tsx";
import { PasswordChanged } from "../views/password.tsx";
import type { Env } from "./env.ts";
import { readCookie, writeCookie } from "./sessions.ts";

/** Messages that outlive one redirect. The cookie holds a key and a number only, so that it can say nothing else. */
const notices = { all_closed: AllClosed, one_closed: OneClosed, password_changed: PasswordChanged };

export function leaveNotice(c: Context<Env>, key: keyof typeof notices, count: number): void {
  writeCookie(c, "notice", `${key}.${count}`, 60);
}

/** The message that the last request left for this page, which takes it away; null without one. */
export function takeNotice(c: Context<Env>): Child {
  const left = readCookie(c, "notice");
  if (left === undefined) return null;
  writeCookie(c, "notice", "", 0);

  const [, key, count] = /^(\w+)\.(\d{1,4})$/.exec(left) ?? [];
  if (key === undefined || !Object.hasOwn(notices, key)) return null;
  const Notice = notices[key as keyof typeof notices];
  return <Notice count={Number(count)} />;
}
