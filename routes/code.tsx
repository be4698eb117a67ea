import { type Context, Hono } from "hono";
import { z } from "zod";
import { readAssertion } from "../credentials/passkeys.ts";
import { hashRecoveryCode, readRecoveryCode } from "../credentials/recovery_codes.ts";
import { stepOf } from "../credentials/totp.ts";
import { findAuthenticator, useStep } from "../db/methods/authenticators.ts";
import { findPasskey, listPasskeys } from "../db/methods/passkeys.ts";
import { endPending, findPending, type PendingSignIn } from "../db/methods/pending.ts";
import { useRecoveryCode } from "../db/methods/recovery_codes.ts";
import type { Method, UnusualReason } from "../db/schema.ts";
import { findUnusual } from "../db/unusual.ts";
import { findUserFrom } from "../db/users.ts";
import { readCookie, writeCookie } from "../http/cookies.ts";
import type { Env } from "../http/env.ts";
import { problem, type Problems, type Typed, validForm } from "../http/forms.ts";
import { requireFormCookie } from "../http/guards.ts";
import { askForPasskey, checkChallenge, type PasskeyUse } from "../http/passkeys/challenges.ts";
import { type PasskeyProof, provePasskey, withCopy } from "../http/passkeys/check.ts";
import { checkSecondStep, describeRefused, recordRefused } from "../http/passwords/check.ts";
import { paths, safeNext } from "../http/paths.ts";
import { open } from "../http/sessions/opening.ts";
import { formCsrf } from "../http/sessions/sessions.ts";
import { CodePage } from "../views/code.tsx";
import { leaveNotice } from "./notices.tsx";

/** The second step of a sign-in, after the right password in the same browser. */
export const code = new Hono<Env>();

/** In characters: a recovery code with room for how it was copied. */
const LONGEST_CODE = 64;

const Code = z.object({
  code: z.string(problem("noCode")).trim().max(LONGEST_CODE, problem("badCode")),
  passkey: z.string().catch(""),
  next: z.string().optional().catch(undefined),
}).refine(({ code, passkey }) => code !== "" || passkey !== "", { path: ["code"], message: problem("noCode") });

code.get(paths.code, async (c) => {
  const pending = await pendingOf(c);
  return pending ? await renderCode(c, pending, { next: c.req.query("next") }) : c.redirect(paths.signIn, 303);
});

code.post(
  paths.code,
  requireFormCookie((c, typed, problem) => showCode(c, typed, {}, problem)),
  validForm(Code, showCode),
  async (c) => {
    const { options: { db, origin, now }, texts: t } = c.var;
    const { next, ...typed } = c.req.valid("form");
    const pending = await pendingOf(c);
    if (!pending) return startOver(c);
    const step = typed.passkey === "" ? byCode(c, pending, typed.code) : await byPasskey(c, pending, typed.passkey);
    if (!step) {
      c.status(422);
      return await renderCode(c, pending, { next }, {}, t.passkey.late);
    }

    const visitor = await c.var.visitor();
    const { user, id, timeZone } = pending;
    const { standings, browser } = await findUserFrom(db, user.email, visitor, readCookie(c, "browser", origin));
    const unusual = await findUnusual(db, user.id, visitor, browser, now());
    const checked = await checkSecondStep(c, { pending, standings, browser, isRight: step.isRight });

    if (checked.outcome === "right") {
      const { reserved } = checked;
      const how = { ...step.how, pending: id };
      const reasons = [...unusual, ...step.reasons()];
      if (!await open(c, { user, browser, unusual: reasons, reserved, timeZone, how })) return startOver(c);
      writeCookie(c, "pending", "", 0);
      return c.redirect(safeNext(next), 303);
    }
    if (checked.outcome === "over") {
      await endPending(db, pending);
      return startOver(c);
    }
    const isPasskey = step.how.method === "passkey";
    const text = describeRefused(c, checked, isPasskey ? t.passkey.wrong : t.code.wrong);
    await recordRefused(c, checked, { user, wrong: isPasskey ? "wrong_passkey" : "wrong_code" });
    return await (isPasskey
      ? renderCode(c, pending, { next }, {}, text)
      : renderCode(c, pending, { next }, { code: text }));
  },
);

/** What may prove the second step. `reasons`: why a connection that it opens is unusual, once it was right. */
type Step = {
  how: { method: Method; passkey?: string };
  isRight: () => Promise<boolean>;
  reasons: () => UnusualReason[];
};

function byCode(c: Context<Env>, { user }: PendingSignIn, typed: string): Step {
  const { db, now, secrets } = c.var.options;
  const recovery = readRecoveryCode(typed);
  if (recovery !== null) {
    return {
      how: { method: "password+recovery" },
      isRight: () => useRecoveryCode(db, user.id, hashRecoveryCode(recovery), now()),
      reasons: () => ["recovery_code"],
    };
  }

  async function isRight(): Promise<boolean> {
    const found = await findAuthenticator(db, user.id);
    const secret = found && await (await secrets?.())?.decrypt(found.secret, { purpose: "authenticator", of: user.id });
    const step = secret ? stepOf(typed.replace(/\s/g, ""), secret, now()) : null;
    return found !== undefined && step !== null && await useStep(db, found, step, now());
  }
  return { how: { method: "password+code" }, isRight, reasons: () => [] };
}

/** `null` if the page was open for too long. */
async function byPasskey(c: Context<Env>, pending: PendingSignIn, sent: string): Promise<Step | null> {
  const answer = await checkChallenge(c, readAssertion(sent), codeUse(pending));
  if (!answer) return null;
  const { db } = c.var.options;
  let proof: PasskeyProof = "wrong";
  return {
    how: { method: "passkey", passkey: answer.response.id },
    async isRight() {
      const found = await findPasskey(db, answer.response.id);
      proof = await provePasskey(c, answer, found?.userId === pending.user.id ? found : undefined);
      return proof !== "wrong";
    },
    reasons: () => withCopy([], proof),
  };
}

function codeUse({ id }: PendingSignIn): PasskeyUse {
  return { purpose: "passkey code", of: id };
}

function pendingOf(c: Context<Env>): Promise<PendingSignIn | null> {
  const { db, origin, now } = c.var.options;
  return findPending(db, readCookie(c, "pending", origin), now());
}

/** Leads back to the password. */
function startOver(c: Context<Env>): Response {
  writeCookie(c, "pending", "", 0);
  leaveNotice(c, "start_over");
  return c.redirect(paths.signIn, 303);
}

async function showCode(c: Context<Env>, typed: Typed, problems: Problems = {}, problem?: string) {
  return await renderCode(c, await pendingOf(c), typed, problems, problem);
}

/** Shows the page without the code that was typed: it is used up, or was wrong. */
async function renderCode(
  c: Context<Env>,
  pending: PendingSignIn | null,
  { next }: Typed,
  problems: Problems = {},
  problem?: string,
) {
  const { options: { db }, texts: t } = c.var;
  const [app, known] = pending
    ? await Promise.all([findAuthenticator(db, pending.user.id), listPasskeys(db, pending.user.id)])
    : [null, []];
  const passkey = pending && known.length > 0 ? await askForPasskey(c, codeUse(pending), known) : null;
  const page = (
    <CodePage
      csrf={formCsrf(c)}
      next={safeNext(next)}
      hasApp={app !== undefined}
      {...{ passkey, problem, problems, t }}
    />
  );
  return c.render(page, { title: t.code.title, hasPasskey: passkey !== null });
}
