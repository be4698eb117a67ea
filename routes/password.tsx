import { type Context, Hono } from "hono";
import { SHORTEST_PASSWORD } from "../credentials/policy.ts";
import { returnAttempt } from "../db/limits.ts";
import { changePassword } from "../db/users.ts";
import type { Env } from "../http/env.ts";
import { passwordField, type Problems, validForm } from "../http/forms.ts";
import { requireCsrf } from "../http/guards.ts";
import { checkOwnPassword, describeRefused } from "../http/passwords/check.ts";
import { checkNewPassword, NewPassword } from "../http/passwords/new_password.ts";
import { paths } from "../http/paths.ts";
import { logRequest } from "../http/request.ts";
import { requireSession, writeSessionCookie } from "../http/sessions/sessions.ts";
import { PasswordPage } from "../views/password.tsx";
import { leaveNotice } from "./notices.tsx";

export const password = new Hono<Env>();

const PasswordChange = NewPassword.extend({ current_password: passwordField("noCurrentPassword") });

password.get(paths.password, requireSession, (c) => showPassword(c));

password.post(
  paths.password,
  requireCsrf((c, _, problem) => showPassword(c, {}, problem)),
  requireSession,
  validForm(PasswordChange, (c, _, problems) => showPassword(c, problems)),
  async (c) => {
    const { options: { db, now, passwords }, session, texts: { password: t } } = c.var;
    const fields = c.req.valid("form");
    const problems = await checkNewPassword(c, fields, session.email);
    if (Object.keys(problems).length > 0) {
      c.status(422);
      return await showPassword(c, problems);
    }
    const checked = await checkOwnPassword(c, fields.current_password);
    if (checked.outcome !== "right") {
      logRequest(c, "authn_password_change_fail", { user: session.userId, reason: checked.outcome });
      const text = describeRefused(c, checked, t.wrong);
      return await (checked.outcome === "wrong"
        ? showPassword(c, { current_password: text })
        : showPassword(c, {}, text));
    }
    const { user, reserved } = checked;
    const passwordHash = await passwords.hash(fields.new_password, { rank: "owner", account: user.id });
    if (passwordHash === null) {
      await returnAttempt(db, reserved);
      return await showPassword(c, {}, describeRefused(c, { outcome: "busy" }, ""));
    }
    const changed = await changePassword(db, { user, session, passwordHash, reserved, now: now() });
    if (changed === null) {
      c.status(422);
      return await showPassword(c, {}, t.notChanged);
    }
    const { closed, cookie } = changed;
    logRequest(c, "authn_password_change", { user: session.userId, closed });
    if (cookie !== null) writeSessionCookie(c, cookie, session.openedAt);
    leaveNotice(c, "password_changed", closed);
    return c.redirect(paths.connections, 303);
  },
);

/** Shows the page without what was typed: no page contains a password. */
function showPassword(c: Context<Env>, problems: Problems = {}, problem?: string) {
  const { session: { csrf, email }, texts: t } = c.var;
  const page = <PasswordPage {...{ csrf, email, problems, problem, t }} shortest={SHORTEST_PASSWORD} />;
  return c.render(page, { title: t.password.title });
}
