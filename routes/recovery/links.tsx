import { type Context, Hono } from "hono";
import { SHORTEST_PASSWORD } from "../../credentials/policy.ts";
import { changeEmail, findLink, type Link, setPasswordByLink } from "../../db/accounts/links.ts";
import type { Env } from "../../http/env.ts";
import { type Problems, validForm } from "../../http/forms.ts";
import { requireFormCookie } from "../../http/guards.ts";
import { describeRefused } from "../../http/passwords/check.ts";
import { checkNewPassword, NewPassword } from "../../http/passwords/new_password.ts";
import { paths } from "../../http/paths.ts";
import { Refusal } from "../../http/refusal.ts";
import { logRequest } from "../../http/request.ts";
import { formCsrf, openSession } from "../../http/sessions/sessions.ts";
import { ConfirmEmailPage, NewPasswordPage, TakenPage } from "../../views/recovery/links.tsx";
import { leaveNotice } from "../notices.tsx";

export const links = new Hono<Env>();

// A GET only shows the form: a mail scanner or a prefetch that follows the link doesn't use it up.
links.get(paths.link(":token"), (c) => showLink(c));

links.post(
  paths.link(":token"),
  requireFormCookie((c, _, problem) => showLink(c, {}, problem)),
  async (c, next) => {
    const { db, now, mail } = c.var.options;
    const link = await requireLink(c);
    if (link.purpose !== "email") return await next();

    const outcome = await changeEmail(db, link, now());
    if (outcome === null) throw usedUp(c);
    if (outcome === "taken") return showTaken(c, link);
    logRequest(c, "user_updated", { user: link.user.id, by: "link", changed: "email" });
    mail?.wake();
    const isIn = openSession(c)?.userId === link.user.id;
    leaveNotice(c, isIn ? "email_changed" : "email_confirmed");
    return c.redirect(isIn ? paths.email : paths.signIn, 303);
  },
  validForm(NewPassword, (c, _, problems) => showLink(c, problems)),
  async (c) => {
    const { db, now, passwords, mail } = c.var.options;
    const link = await requireLink(c);
    const { user, purpose } = link;
    const fields = c.req.valid("form");
    const problems = await checkNewPassword(c, fields, emailOf(link));
    if (Object.keys(problems).length > 0) {
      c.status(422);
      return await showLink(c, problems);
    }
    const passwordHash = await passwords.hash(fields.new_password, { rank: "owner", account: user.id });
    if (passwordHash === null) return await showLink(c, {}, describeRefused(c, { outcome: "busy" }, ""));
    const visitor = await c.var.visitor();
    const set = { link, visitor, passwordHash, isMailed: mail !== undefined, now: now() };
    const closed = await setPasswordByLink(db, set);
    // Used meanwhile, or its address was taken: the page says which of the two.
    if (closed === null) return await showLink(c);
    logRequest(c, "authn_password_change", { user: user.id, by: "link", closed, purpose });
    mail?.wake();
    leaveNotice(c, purpose === "undo_email" ? "email_undone" : "password_set");
    return c.redirect(paths.signIn, 303);
  },
);

async function showLink(c: Context<Env>, problems: Problems = {}, problem?: string) {
  const link = await requireLink(c);
  if (link.isTaken) return await showTaken(c, link);
  const { texts: t } = c.var;
  const { purpose } = link;
  const form = { csrf: formCsrf(c), action: paths.link(tokenOf(c)), email: emailOf(link), problem, t };
  if (purpose === "email") return await c.render(<ConfirmEmailPage {...form} />, { title: t.link.emailTitle });
  const title = purpose === "undo_email" ? t.link.undoTitle : t.link.title;
  return await c.render(
    <NewPasswordPage {...form} {...{ purpose, problems }} shortest={SHORTEST_PASSWORD} />,
    { title },
  );
}

function showTaken(c: Context<Env>, link: Link) {
  const { texts: t } = c.var;
  if (c.req.method === "POST") c.status(422);
  const title = link.purpose === "undo_email" ? t.link.undoTitle : t.link.emailTitle;
  return c.render(<TakenPage purpose={link.purpose} email={emailOf(link)} t={t} />, { title });
}

/** The account's address once the link is used. */
function emailOf({ email, user }: Link): string {
  return email ?? user.email;
}

async function requireLink(c: Context<Env>): Promise<Link> {
  const { db, now } = c.var.options;
  const link = await findLink(db, tokenOf(c), now());
  if (link === null) throw usedUp(c);
  return link;
}

function tokenOf(c: Context<Env>): string {
  return c.req.param("token") ?? "";
}

function usedUp(c: Context<Env>): Refusal {
  const { mail } = c.var.options;
  return new Refusal(404, (errors) => mail ? errors.usedMailedLink : errors.usedLink);
}
