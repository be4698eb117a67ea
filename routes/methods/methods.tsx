import { Hono } from "hono";
import { canHavePasskeys } from "../../credentials/passkeys.ts";
import { listMethods } from "../../db/methods/methods.ts";
import type { Env } from "../../http/env.ts";
import { paths } from "../../http/paths.ts";
import { hasEmailPage, hasPasswordPage } from "../../http/sections.ts";
import { requireSession, zoneOf } from "../../http/sessions/sessions.ts";
import { MethodsPage } from "../../views/methods/methods.tsx";

/** The account's sign-in methods. */
export const methods = new Hono<Env>();

methods.get(paths.methods, requireSession, async (c) => {
  const { options, options: { db, origin, secrets, requiresSecondFactor = false }, session, texts: t } = c.var;
  const found = await listMethods(db, session.userId);
  const canAdd = await secrets?.() != null;
  const isRequired = requiresSecondFactor && !session.hasSecondFactor;
  const page = (
    <MethodsPage
      email={hasEmailPage(options, session) && !isRequired ? session.email : null}
      methods={found}
      hasPassword={hasPasswordPage(options, session)}
      asksForCode={session.hasPassword}
      browser={session.browser}
      canAdd={canAdd}
      canAddPasskey={canAdd && canHavePasskeys(origin)}
      isRequired={isRequired}
      zone={zoneOf(session)}
      t={t}
    />
  );
  return c.render(page, { title: t.methods.title });
});
