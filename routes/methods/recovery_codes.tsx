import { type Context, Hono } from "hono";
import { hashRecoveryCode, newRecoveryCodes } from "../../credentials/recovery_codes.ts";
import { listMethods } from "../../db/methods/methods.ts";
import { setRecoveryCodes } from "../../db/methods/recovery_codes.ts";
import type { Env } from "../../http/env.ts";
import { requireCsrf } from "../../http/guards.ts";
import { paths } from "../../http/paths.ts";
import { requireSession } from "../../http/sessions/sessions.ts";
import { MakeRecoveryCodesPage, RecoveryCodesPage } from "../../views/methods/recovery_codes.tsx";
import type { Unconfirmed } from "../confirmation.tsx";
import { changeMethod, showChange } from "./changing.tsx";

export const recoveryCodes = new Hono<Env>();

recoveryCodes.get(paths.recoveryCodes, requireSession, (c) => showRecoveryCodes(c));

recoveryCodes.post(
  paths.recoveryCodes,
  requireCsrf((c, _, problem) => showRecoveryCodes(c, { problem, problems: {} })),
  requireSession,
  async (c) => {
    const { options: { db }, session, texts: t } = c.var;
    if (!session.hasSecondFactor) return c.redirect(paths.methods, 303);
    const codes = newRecoveryCodes();
    const again = await changeMethod(c, {
      event: "authn_method_added",
      method: "recovery codes",
      apply: (change) => setRecoveryCodes(db, change, codes.map(hashRecoveryCode)),
      again: showRecoveryCodes,
    });
    // Shown in this answer only: they are stored as hashes.
    return again ?? await c.render(<RecoveryCodesPage codes={codes} t={t} />, { title: t.methods.codesTitle });
  },
);

/** Without a second step there is nothing that a recovery code could replace. */
async function showRecoveryCodes(c: Context<Env>, unconfirmed?: Unconfirmed) {
  const { options: { db }, session, texts: t } = c.var;
  if (!session.hasSecondFactor) return c.redirect(paths.methods, 303);
  const hasCodes = (await listMethods(db, session.userId)).recoveryCodes !== null;
  const title = t.methods.recoveryTitle;
  return await showChange(
    c,
    title,
    (confirmation) => <MakeRecoveryCodesPage {...{ hasCodes, confirmation }} />,
    unconfirmed,
  );
}
