import { type Context, Hono } from "hono";
import { z } from "zod";
import { giveBack } from "../db/limits.ts";
import { passwordProblem, SHORTEST_PASSWORD } from "../db/passwords.ts";
import { changePassword } from "../db/users.ts";
import { PasswordPage } from "../views/password.tsx";
import type { Env } from "./env.ts";
import { type Problems, typedPassword, validForm } from "./forms.ts";
import { leaveNotice } from "./notices.tsx";
import { answerRefused, checkOwnPassword } from "./password_check.ts";
import { paths } from "./paths.ts";
import { writeSessionCookie } from "./sessions.ts";

export const password = new Hono<Env>();

const PasswordChange = z.object({
  current_password: typedPassword("Type your current password"),
  new_password: typedPassword("Type a new password"),
  new_password_again: typedPassword("Type the new password once more"),
});

password.get("/password", (c) => showPassword(c));

password.post("/password", validForm(PasswordChange, (c, _, problems) => showPassword(c, problems)), async (c) => {
  const { db, session, log, requestId, passwords } = c.var;
  const fields = c.req.valid("form");
  const problems = await problemsWith(fields, session.email);
  if (Object.keys(problems).length > 0) {
    c.status(422);
    return await showPassword(c, problems);
  }
  const checked = await checkOwnPassword(c, fields.current_password);
  if (checked.outcome !== "right") {
    const { address: { ip } } = await c.var.visitor();
    log("authn_password_change_fail", { request_id: requestId, user: session.userId, ip, reason: checked.outcome });
    const text = answerRefused(c, checked, "This is not your current password. Check it and try again.");
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
    return await showPassword(
      c,
      {},
      "Nothing was changed: the password or this connection changed at the same moment.",
    );
  }
  const { closed, cookie } = changed;
  log("authn_password_change", { request_id: requestId, user: session.userId, closed });
  if (cookie !== null) writeSessionCookie(c, cookie, session.openedAt);
  leaveNotice(c, "password_changed", closed);
  return c.redirect(paths.connections, 303);
});

/** What speaks against a change that every field is there for. */
async function problemsWith(fields: z.infer<typeof PasswordChange>, email: string): Promise<Problems> {
  const problem = await passwordProblem(fields.new_password, email);
  if (problem) return { new_password: problem };
  if (fields.new_password === fields.current_password) {
    return { new_password: "This is your current password. Choose another one." };
  }
  return fields.new_password === fields.new_password_again
    ? {}
    : { new_password_again: "This is not the same as the new password above." };
}

/** The page that changes the password. What was typed in it is never sent back: passwords stand in no page. */
export function showPassword(c: Context<Env>, problems: Problems = {}, problem?: string) {
  const { session: { email }, csrf } = c.var;
  const page = <PasswordPage {...{ csrf, email, problems, problem }} shortest={SHORTEST_PASSWORD} />;
  return c.render(page, { title: "Password" });
}
