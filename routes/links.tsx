import { type Context, Hono } from "hono";
import { SHORTEST_PASSWORD } from "../credentials/policy.ts";
import { findLink, setPasswordByLink } from "../db/accounts/links.ts";
import type { User } from "../db/schema.ts";
import type { Env } from "../http/env.ts";
import { type Problems, validForm } from "../http/forms.ts";
import { requireFormCookie } from "../http/guards.ts";
import { describeRefused } from "../http/passwords/check.ts";
import { checkNewPassword, NewPassword } from "../http/passwords/new_password.ts";
import { paths } from "../http/paths.ts";
import { Refusal } from "../http/refusal.ts";
import { logRequest } from "../http/request.ts";
import { formCsrf } from "../http/sessions/sessions.ts";
import { LinkPage } from "../views/links.tsx";
import { leaveNotice } from "./notices.tsx";

export const links = new Hono<Env>();

// Only shows: a mail scanner or a prefetch that follows the link doesn't use it up.
links.get(paths.link(":token"), (c) => showLink(c));

links.post(
  paths.link(":token"),
  requireFormCookie((c, _, problem) => showLink(c, {}, problem)),
  validForm(NewPassword, (c, _, problems) => showLink(c, problems)),
  async (c) => {
    const { db, now, passwords } = c.var.options;
    const user = await requireLink(c);
    const fields = c.req.valid("form");
    const problems = await checkNewPassword(c, fields, user.email);
    if (Object.keys(problems).length > 0) {
      c.status(422);
      return await showLink(c, problems);
    }
    const passwordHash = await passwords.hash(fields.new_password, { rank: "owner", account: user.id });
    if (passwordHash === null) return await showLink(c, {}, describeRefused(c, { outcome: "busy" }, ""));
    const closed = await setPasswordByLink(db, { user, token: tokenOf(c), passwordHash, now: now() });
    if (closed === null) throw usedUp();
    logRequest(c, "authn_password_change", { user: user.id, by: "link", closed });
    leaveNotice(c, "password_set");
    return c.redirect(paths.signIn, 303);
  },
);

async function showLink(c: Context<Env>, problems: Problems = {}, problem?: string) {
  const { email } = await requireLink(c);
  const { texts: t } = c.var;
  const form = { csrf: formCsrf(c), action: paths.link(tokenOf(c)), shortest: SHORTEST_PASSWORD };
  return c.render(<LinkPage {...form} {...{ email, problems, problem, t }} />, { title: t.link.title });
}

async function requireLink(c: Context<Env>): Promise<User> {
  const { db, now } = c.var.options;
  const user = await findLink(db, tokenOf(c), "password", now());
  if (user === null) throw usedUp();
  return user;
}

function tokenOf(c: Context<Env>): string {
  return c.req.param("token") ?? "";
}

function usedUp(): Refusal {
  return new Refusal(404, (errors) => errors.usedLink);
}
