import { type Context, Hono } from "hono";
import { newTotpSecret, stepOf, totpUri } from "../../credentials/totp.ts";
import { removeAuthenticator, setAuthenticator } from "../../db/methods/authenticators.ts";
import { listMethods } from "../../db/methods/methods.ts";
import type { Env } from "../../http/env.ts";
import { readForm } from "../../http/forms.ts";
import { requireCsrf } from "../../http/guards.ts";
import { paths } from "../../http/paths.ts";
import { notFound } from "../../http/refusal.ts";
import { requireSession } from "../../http/sessions/sessions.ts";
import { AuthenticatorPage, RemoveAuthenticatorPage } from "../../views/methods/authenticator.tsx";
import type { Unconfirmed } from "../confirmation.tsx";
import { changeAndSay, showChange } from "./changing.tsx";

export const authenticator = new Hono<Env>();

/** How long a secret that isn't stored yet can be confirmed, in milliseconds. */
const SECRET_AGE = 10 * 60_000;

authenticator.get(paths.authenticator, requireSession, (c) => showAuthenticator(c));

authenticator.post(
  paths.authenticator,
  requireCsrf((c, _, problem) => showAuthenticator(c, { problem, problems: {} })),
  requireSession,
  async (c) => {
    const { options: { db, now }, session, texts: t } = c.var;
    const { sealed = "", code = "" } = await readForm(c);
    const secret = await unseal(c, sealed);
    if (secret === null) return await showAuthenticator(c, { problems: {} });
    const step = stepOf(code.replace(/\s/g, ""), secret, now());
    if (step === null) {
      c.status(422);
      return await showAuthenticator(c, {
        problems: { code: code.trim() === "" ? t.problems.noCode : t.methods.wrongCode },
      });
    }
    return await changeAndSay(c, {
      event: "authn_method_added",
      method: "authenticator",
      apply: async (change) => {
        // Only now: the key may have been renewed while the password was checked.
        const stored = await (await secretsOf(c)).encrypt(secret, { purpose: "authenticator", of: session.userId });
        return await setAuthenticator(db, change, { secret: stored, step });
      },
      again: showAuthenticator,
    }, "authenticator_on");
  },
);

authenticator.get(paths.removeAuthenticator, requireSession, (c) => showRemoval(c));

authenticator.post(
  paths.removeAuthenticator,
  requireCsrf((c, _, problem) => showRemoval(c, { problem, problems: {} })),
  requireSession,
  async (c) => {
    const { options: { db, requiresSecondFactor }, session, texts: t } = c.var;
    const { passkeys } = await listMethods(db, session.userId);
    if (requiresSecondFactor && passkeys.length === 0) {
      c.status(422);
      return await showRemoval(c, { problem: t.methods.removeRequired, problems: {} });
    }
    return await changeAndSay(c, {
      event: "authn_method_removed",
      method: "authenticator",
      apply: (change) => removeAuthenticator(db, change),
      again: showRemoval,
    }, "authenticator_off");
  },
);

/** Shows the secret that the form sent, so that nobody has to scan again; a new one if it sent none, or one that is too old. */
async function showAuthenticator(c: Context<Env>, unconfirmed?: Unconfirmed) {
  const { options: { brand, now }, session, texts: t } = c.var;
  const secrets = await secretsOf(c);
  const typed = c.req.method === "POST" ? await readForm(c) : {};
  const known = await unseal(c, typed.sealed ?? "");
  const secret = known ?? newTotpSecret();
  const text = JSON.stringify({ secret, until: now() + SECRET_AGE });
  const sealed = known !== null ? typed.sealed! : await secrets.encrypt(text, useOf(c));
  const isLate = typed.sealed !== undefined && known === null;
  if (isLate) c.status(422);
  const props = {
    ...{ secret, sealed, isLate },
    uri: totpUri(secret, session.email, brand ?? t.brand),
    closesOthers: typed.sealed === undefined || typed.close_others === "yes",
  };
  const title = t.methods.addAuthenticator;
  return await showChange(
    c,
    title,
    (confirmation) => <AuthenticatorPage {...props} {...{ confirmation }} />,
    unconfirmed,
  );
}

/** The secret in a form, which travels sealed and bound to the session. */
async function unseal(c: Context<Env>, sealed: string): Promise<string | null> {
  const text = await (await secretsOf(c)).decrypt(sealed, useOf(c));
  if (text === null) return null;
  const { secret, until } = JSON.parse(text) as { secret: string; until: number };
  return until > c.var.options.now() ? secret : null;
}

function useOf(c: Context<Env>) {
  return { purpose: "authenticator form", of: c.var.session.id };
}

async function secretsOf(c: Context<Env>) {
  const secrets = await c.var.options.secrets?.();
  if (!secrets) throw notFound();
  return secrets;
}

async function showRemoval(c: Context<Env>, unconfirmed?: Unconfirmed) {
  const { options: { db }, session, texts: t } = c.var;
  const { authenticator, passkeys } = await listMethods(db, session.userId);
  if (authenticator === null) throw notFound();
  const isLast = passkeys.length === 0;
  const title = t.methods.removeTitle;
  return await showChange(
    c,
    title,
    (confirmation) => <RemoveAuthenticatorPage {...{ isLast, confirmation }} />,
    unconfirmed,
  );
}
