import { type Context, Hono } from "hono";
import { z } from "zod";
import { requestLink } from "../../db/accounts/requests.ts";
import { accountKey, requestKey } from "../../db/limits.ts";
import { findUserFrom, foldEmail } from "../../db/users.ts";
import { readCookie } from "../../http/cookies.ts";
import type { Env } from "../../http/env.ts";
import { emailField, type Problems, type Typed, validForm } from "../../http/forms.ts";
import { requireFormCookie } from "../../http/guards.ts";
import { describeRefused } from "../../http/passwords/check.ts";
import { paths } from "../../http/paths.ts";
import { logRequest, sendUnnoticed } from "../../http/request.ts";
import { formCsrf } from "../../http/sessions/sessions.ts";
import { ForgottenPage, LinkSentPage } from "../../views/recovery/forgotten.tsx";

export const forgotten = new Hono<Env>();

forgotten.get(paths.forgotten, (c) => showForgotten(c));

forgotten.post(
  paths.forgotten,
  requireFormCookie((c, typed, problem) => showForgotten(c, typed, {}, problem)),
  validForm(z.object({ email: emailField() }), showForgotten),
  async (c) => {
    const { options: { db, origin, now }, overLimits } = c.var;
    const typed = c.req.valid("form");
    const email = foldEmail(typed.email);
    const address = c.var.address();
    const visitor = await c.var.visitor();
    const found = await findUserFrom(db, email, visitor, readCookie(c, "browser", origin));
    const { user, standings: [standing = { kind: "stranger" }] } = found;

    const remembered = standing.kind === "browser" ? null : overLimits.find([requestKey(address)]);
    const request = { account: accountKey(email, user !== undefined), address, standing };
    const over = remembered ?? await requestLink(db, user, request, now());
    if (over) {
      if (!remembered) {
        overLimits.remember(over);
        logRequest(c, "excess_rate_limit_exceeded", { count: 1 });
      }
      return await showForgotten(c, typed, {}, describeRefused(c, { outcome: "limited", standing, ...over }, ""));
    }
    logRequest(c, "authn_recovery_requested", { user: user?.id });
    sendUnnoticed(c);
    // The same for every address (ASVS 6.3.8).
    return c.redirect(paths.forgottenSent, 303);
  },
);

forgotten.get(paths.forgottenSent, (c) => {
  const { texts: t } = c.var;
  return c.render(<LinkSentPage t={t} />, { title: t.forgotten.sentTitle });
});

function showForgotten(c: Context<Env>, { email }: Typed = {}, problems: Problems = {}, problem?: string) {
  const { texts: t } = c.var;
  const page = <ForgottenPage csrf={formCsrf(c)} {...{ email, problem, problems, t }} />;
  return c.render(page, { title: t.forgotten.title });
}
