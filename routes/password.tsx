import { type Context, Hono } from "hono";
import { z } from "zod";
import { giveBack } from "../db/limits.ts";
import { passwordProblem, SHORTEST_PASSWORD } from "../credentials/passwords.ts";
import { changePassword } from "../db/users.ts";
import { PasswordPage } from "../views/password.tsx";
import type { Texts } from "../words/texts.ts";
import type { Env } from "../http/env.ts";
import { type Problems, typedPassword, validForm } from "../http/forms.ts";
import { leaveNotice } from "./notices.tsx";
import { answerRefused, checkOwnPassword } from "../http/password_check.ts";
import { paths } from "../http/paths.ts";
import { writeSessionCookie } from "../http/sessions.ts";

export const password = new Hono<Env>();

const passwordChangeIn = (t: Texts) =>
  z.object({
    current_password: typedPassword(t, t.typed.currentPassword),
    new_password: typedPassword(t, t.typed.newPassword),
    new_password_again: typedPassword(t, t.typed.newPasswordAgain),
  });

password.get("/password", (c) => showPassword(c));

password.post("/password", validForm(passwordChangeIn, (c, _, problems) => showPassword(c, problems)), async (c) => {
  const { db, session, log, requestId, passwords, texts: { password: t } } = c.var;
  const fields = c.req.valid("form");
  const problems = await problemsWith(fields, session.email, t);
  if (Object.keys(problems).length > 0) {
    c.status(422);
    return await showPassword(c, problems);
  }
  const checked = await checkOwnPassword(c, fields.current_password);
  if (checked.outcome !== "right") {
    const { address: { ip } } = await c.var.visitor();
    log("authn_password_change_fail", { request_id: requestId, user: session.userId, ip, reason: checked.outcome });
    const text = answerRefused(c, checked, t.wrong);
    return await (checked.outcome === "wrong"
      ? showPassword(c, { current_password: text })
      : showPassword(c, {}, text));
  }
  const { user, reserved } = checked;
  const passwordHash = await passwords.hash(fields.new_password);
  if (passwordHash === null) {
    await giveBack(db, reserved);
    return await showPassword(c, {}, answerRefused(c, { outcome: "busy" }, ""));
  }
  const changed = await changePassword(db, { user, session, passwordHash, reserved, now: c.var.now() });
  if (changed === null) {
    c.status(422);
    return await showPassword(c, {}, t.notChanged);
  }
  const { closed, cookie } = changed;
  log("authn_password_change", { request_id: requestId, user: session.userId, closed });
  if (cookie !== null) writeSessionCookie(c, cookie, session.openedAt);
  leaveNotice(c, "password_changed", closed);
  return c.redirect(paths.connections, 303);
});

/** What speaks against a change that every field is there for. */
async function problemsWith(
  fields: z.infer<ReturnType<typeof passwordChangeIn>>,
  email: string,
  t: Texts["password"],
): Promise<Problems> {
  const problem = await passwordProblem(fields.new_password, email);
  if (problem) return { new_password: t.problems[problem](SHORTEST_PASSWORD) };
  if (fields.new_password === fields.current_password) return { new_password: t.same };
  return fields.new_password === fields.new_password_again ? {} : { new_password_again: t.different };
}

/** The page that changes the password. What was typed in it is never sent back: passwords stand in no page. */
export function showPassword(c: Context<Env>, problems: Problems = {}, problem?: string) {
  const { session: { email }, csrf, texts: t } = c.var;
  const page = <PasswordPage {...{ csrf, email, problems, problem, t }} shortest={SHORTEST_PASSWORD} />;
  return c.render(page, { title: t.password.title });
}
