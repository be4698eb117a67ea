import { type Context, Hono } from "hono";
import { z } from "zod";
import { changePassword } from "../db/connections.ts";
import { LONGEST_PASSWORD, passwordProblem, SHORTEST_PASSWORD } from "../db/passwords.ts";
import { findUserFrom } from "../db/users.ts";
import { PasswordPage } from "../views/password.tsx";
import { formatWait } from "../views/time.tsx";
import type { Env } from "./env.ts";
import { type Problems, validForm } from "./forms.ts";
import { leaveNotice } from "./notices.tsx";
import { answerTo, checkPassword } from "./password_check.ts";
import { paths } from "./paths.ts";

export const password = new Hono<Env>();

const typed = (empty: string) =>
  z.string(empty).min(1, empty).max(LONGEST_PASSWORD, `Use at most ${LONGEST_PASSWORD} characters`);
const PasswordChange = z.object({
  current_password: typed("Type your current password"),
  new_password: typed("Type a new password"),
  new_password_again: typed("Type the new password once more"),
});

password.get("/password", (c) => showPassword(c));

password.post("/password", validForm(PasswordChange, (c, _, problems) => showPassword(c, problems)), async (c) => {
  const { db, session, log, requestId } = c.var;
  const { current_password, new_password, new_password_again } = c.req.valid("form");
  const problems: Problems = {};
  const problem = await passwordProblem(new_password, session.email);
  if (problem) problems.new_password = problem;
  else if (new_password === current_password) {
    problems.new_password = "This is your current password. Choose another one.";
  } else if (new_password !== new_password_again) {
    problems.new_password_again = "This is not the same as the new password above.";
  }
  if (Object.keys(problems).length > 0) {
    c.status(422);
    return await showPassword(c, problems);
  }

  const { address } = await c.var.visitor();
  const { user, isKnown } = await findUserFrom(db, session.email, address, c.var.now());
  const checked = await checkPassword(c, { email: session.email, user, isKnown, password: current_password });
  const passwordHash = checked.outcome === "right" ? await c.var.passwords.hash(new_password) : null;
  const closed = checked.outcome === "right" && passwordHash
    ? await changePassword(db, { ...checked, session, passwordHash, now: c.var.now() })
    : null;

  if (closed === null) {
    const wait = checked.outcome === "limited" ? formatWait(checked.retryAfter) : "";
    const refused = checked.outcome !== "right"
      ? checked
      : { outcome: passwordHash ? "wrong" as const : "busy" as const };
    const wrong = "This is not your current password. Check it and try again.";
    const text = answerTo(c, refused, wrong, `There were too many tries. Wait ${wait}, then try again.`);
    return await showPassword(c, refused.outcome === "wrong" ? { current_password: text } : {}, text);
  }
  log("authn_password_change", { request_id: requestId, user: session.userId, closed });
  leaveNotice(c, "password_changed", closed);
  return c.redirect(paths.connections, 303);
});

/** The page that changes the password. What was typed in it is never sent back: passwords stand in no page. */
export function showPassword(c: Context<Env>, problems: Problems = {}, problem?: string) {
  const { session: { email }, csrf } = c.var;
  const page = <PasswordPage {...{ csrf, email, problems, problem }} shortest={SHORTEST_PASSWORD} />;
  return c.render(page, { title: "Password" });
}
