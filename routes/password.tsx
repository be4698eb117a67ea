import { type Context, Hono } from "hono";
import { z } from "zod";
import { SHORTEST_PASSWORD } from "../credentials/policy.ts";
import { returnAttempt } from "../db/limits.ts";
import { changePassword } from "../db/users.ts";
import type { Env } from "../http/env.ts";
import { passwordField, type Problems, validForm } from "../http/forms.ts";
import { requireCsrf } from "../http/guards.ts";
import { askOwnPasskey, checkSentPasskey } from "../http/passkeys/confirming.ts";
import { checkOwnPassword, describeRefused } from "../http/passwords/check.ts";
import { checkNewPassword, NewPassword } from "../http/passwords/new_password.ts";
import { paths } from "../http/paths.ts";
import { notFound } from "../http/refusal.ts";
import { hasEmailPage, hasPasswordPage } from "../http/sections.ts";
import { logRequest } from "../http/request.ts";
import { requireSession, writeSessionCookie } from "../http/sessions/sessions.ts";
import { PasswordPage } from "../views/password.tsx";
import { leaveNotice } from "./notices.tsx";

export const password = new Hono<Env>();

const CurrentPassword = passwordField("noCurrentPassword");
const PasswordChange = NewPassword.extend({
  current_password: z.string().catch(""),
  /** In place of the current password. */
  passkey: z.string().catch(""),
}).superRefine(({ current_password, passkey }, { addIssue }) => {
  const [issue] = passkey === "" ? CurrentPassword.safeParse(current_password).error?.issues ?? [] : [];
  if (issue) addIssue({ code: "custom", path: ["current_password"], message: issue.message });
}, { when: () => true });

password.get(paths.password, requireSession, (c) => showPassword(c));

password.post(
  paths.password,
  requireCsrf((c, _, problem) => showPassword(c, {}, problem)),
  requireSession,
  validForm(PasswordChange, (c, _, problems) => showPassword(c, problems)),
  async (c) => {
    const { options, options: { db, now, passwords, mail }, session, texts: { password: t, passkey } } = c.var;
    if (!hasPasswordPage(options, session)) throw notFound();
    const fields = c.req.valid("form");
    const problems = await checkNewPassword(c, fields, session.email);
    if (Object.keys(problems).length > 0) {
      c.status(422);
      return await showPassword(c, problems);
    }
    const { current_password, passkey: sent } = fields;
    const checked = sent === "" ? await checkOwnPassword(c, current_password) : await checkSentPasskey(c, sent);
    if (checked === null) {
      c.status(422);
      return await showPassword(c, {}, passkey.late);
    }
    if (checked.outcome !== "right") {
      logRequest(c, "authn_password_change_fail", { user: session.userId, reason: checked.outcome });
      const text = describeRefused(c, checked, sent === "" ? t.wrong : passkey.wrong);
      return await (checked.outcome === "wrong" && sent === ""
        ? showPassword(c, { current_password: text })
        : showPassword(c, {}, text));
    }
    const { user, reserved } = checked;
    const passwordHash = await passwords.hash(fields.new_password, { rank: "owner", account: user.id });
    if (passwordHash === null) {
      await returnAttempt(db, reserved);
      return await showPassword(c, {}, describeRefused(c, { outcome: "busy" }, ""));
    }
    const isMailed = mail !== undefined;
    const changed = await changePassword(db, { user, session, passwordHash, reserved, isMailed, now: now() });
    if (changed === null) {
      c.status(422);
      return await showPassword(c, {}, t.notChanged);
    }
    const { closed, cookie } = changed;
    mail?.wake();
    logRequest(c, "authn_password_change", { user: session.userId, closed });
    if (cookie !== null) writeSessionCookie(c, cookie, session.openedAt);
    leaveNotice(c, "password_changed", closed);
    return c.redirect(paths.connections, 303);
  },
);

/** Shows the page without what was typed: no page contains a password. */
async function showPassword(c: Context<Env>, problems: Problems = {}, problem?: string) {
  const { options, session, session: { csrf, email }, texts: t } = c.var;
  if (!hasPasswordPage(options, session)) throw notFound();
  const form = { csrf, email, canChangeEmail: hasEmailPage(options, session), passkey: await askOwnPasskey(c) };
  const page = <PasswordPage {...form} {...{ problems, problem, t }} shortest={SHORTEST_PASSWORD} />;
  return await c.render(page, { title: t.password.title });
}
