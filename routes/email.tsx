import { type Context, Hono } from "hono";
import { z } from "zod";
import { cancelEmail, findPendingEmail, requestEmail } from "../db/accounts/requests.ts";
import { foldEmail, isEmail } from "../db/users.ts";
import type { Env } from "../http/env.ts";
import { emailField, problem, type Typed, validForm } from "../http/forms.ts";
import { requireCsrf } from "../http/guards.ts";
import { describeRefused } from "../http/passwords/check.ts";
import { paths } from "../http/paths.ts";
import { notFound, SessionEnded } from "../http/refusal.ts";
import { logRequest, sendUnnoticed } from "../http/request.ts";
import { hasEmailPage } from "../http/sections.ts";
import { requireSession } from "../http/sessions/sessions.ts";
import { isAway } from "../http/sessions/visits.ts";
import { EmailPage } from "../views/email.tsx";
import { confirmationProps, confirmOwner, type Unconfirmed } from "./confirmation.tsx";
import { leaveNotice } from "./notices.tsx";

/** The owner asks for another address; the link in the mail to it makes the change. */
export const email = new Hono<Env>();

const NewEmail = z.object({ email: emailField().refine(isEmail, problem("badEmail")).transform(foldEmail) });

email.get(paths.email, requireSession, (c) => showEmail(c));

email.post(
  paths.email,
  requireCsrf((c, typed, problem) => showEmail(c, typed, { problems: {}, problem })),
  requireSession,
  validForm(NewEmail, (c, typed, problems) => showEmail(c, typed, { problems })),
  async (c) => {
    const { options, session, texts: t } = c.var;
    const { db, now } = options;
    if (!hasEmailPage(options, session)) throw notFound();
    const typed = c.req.valid("form");
    if (typed.email === session.email) {
      c.status(422);
      return await showEmail(c, typed, { problems: { email: t.email.same } });
    }
    // Otherwise a cookie stolen within minutes of the sign-in would be enough to take the account over.
    const unconfirmed = await confirmOwner(c, isAway(c, session));
    if (unconfirmed) return await showEmail(c, typed, unconfirmed);
    const requested = await requestEmail(db, session, typed.email, now());
    if (requested === null) throw new SessionEnded();
    if (requested !== "requested") {
      const standing = { kind: "session" as const, id: session.connectionId };
      const text = describeRefused(c, { outcome: "limited", standing, ...requested }, "");
      return await showEmail(c, typed, { problems: {}, problem: text });
    }
    logRequest(c, "user_updated", { user: session.userId, changed: "pending_email" });
    sendUnnoticed(c);
    leaveNotice(c, "email_requested");
    return c.redirect(paths.email, 303);
  },
);

email.post(
  paths.cancelEmail,
  requireCsrf((c, _, problem) => showEmail(c, {}, { problems: {}, problem })),
  requireSession,
  async (c) => {
    const { options, session } = c.var;
    const { db, now } = options;
    if (!hasEmailPage(options, session)) throw notFound();
    await cancelEmail(db, session, now());
    logRequest(c, "user_updated", { user: session.userId, changed: "pending_email" });
    leaveNotice(c, "email_cancelled");
    return c.redirect(paths.email, 303);
  },
);

async function showEmail(c: Context<Env>, typed: Typed = {}, unconfirmed?: Unconfirmed) {
  const { options, session, texts: t } = c.var;
  if (!hasEmailPage(options, session)) throw notFound();
  const pending = await findPendingEmail(options.db, session);
  const confirmation = await confirmationProps(c, unconfirmed, isAway(c, session));
  const page = <EmailPage {...{ pending, confirmation }} email={typed.email ?? pending ?? ""} />;
  return await c.render(page, { title: t.email.title });
}
