import { type Context, Hono } from "hono";
import { z } from "zod";
import { hashRecoveryCode, readRecoveryCode } from "../credentials/recovery_codes.ts";
import { stepOf } from "../credentials/totp.ts";
import { findAuthenticator, useStep } from "../db/methods/authenticators.ts";
import { endPending, findPending, type PendingSignIn } from "../db/methods/pending.ts";
import { useRecoveryCode } from "../db/methods/recovery_codes.ts";
import { recordRefusal } from "../db/refusals.ts";
import type { Method } from "../db/schema.ts";
import { findUnusual } from "../db/unusual.ts";
import { findUserFrom } from "../db/users.ts";
import { readCookie, writeCookie } from "../http/cookies.ts";
import type { Env } from "../http/env.ts";
import { problem, type Problems, type Typed, validForm } from "../http/forms.ts";
import { requireFormCookie } from "../http/guards.ts";
import { checkCode, describeRefused } from "../http/passwords/check.ts";
import { paths, safeNext } from "../http/paths.ts";
import { logRequest } from "../http/request.ts";
import { open } from "../http/sessions/opening.ts";
import { formCsrf } from "../http/sessions/sessions.ts";
import { CodePage } from "../views/code.tsx";
import { leaveNotice } from "./notices.tsx";

/** The second step of a sign-in, for whoever gave the right password in this browser. */
export const code = new Hono<Env>();

/** In characters: a recovery code with room for how it was copied. */
const LONGEST_CODE = 64;

const Code = z.object({
  code: z.string(problem("noCode")).trim().min(1, problem("noCode")).max(LONGEST_CODE, problem("badCode")),
  next: z.string().optional().catch(undefined),
});

code.get(paths.code, async (c) => {
  const pending = await pendingOf(c);
  return pending ? await showCode(c, { next: c.req.query("next") }) : c.redirect(paths.signIn, 303);
});

code.post(
  paths.code,
  requireFormCookie((c, typed, problem) => showCode(c, typed, {}, problem)),
  validForm(Code, showCode),
  async (c) => {
    const { options: { db, origin, now, secrets = noSecrets }, overLimits, waitUntil, texts: t } = c.var;
    const { code: typed, next } = c.req.valid("form");
    const pending = await pendingOf(c);
    if (!pending) return startOver(c);

    const visitor = await c.var.visitor();
    const { user, id, timeZone } = pending;
    const { standings, browser } = await findUserFrom(db, user.email, visitor, readCookie(c, "browser", origin));
    const unusual = await findUnusual(db, user.id, visitor, browser, now());
    const recovery = readRecoveryCode(typed);
    const method: Method = recovery === null ? "password+code" : "password+recovery";
    const checked = await checkCode(c, {
      ...{ pending, standings, browser },
      isRight: () =>
        recovery === null
          ? useCode(typed.replace(/\s/g, ""))
          : useRecoveryCode(db, user.id, hashRecoveryCode(recovery), now()),
    });

    async function useCode(digits: string): Promise<boolean> {
      const found = await findAuthenticator(db, user.id);
      const secret = found && await (await secrets())?.decrypt(found.secret, { purpose: "authenticator", of: user.id });
      const step = secret ? stepOf(digits, secret, now()) : null;
      return found !== undefined && step !== null && await useStep(db, found, step, now());
    }

    if (checked.outcome === "right") {
      const reasons = method === "password+recovery" ? [...unusual, "recovery_code" as const] : unusual;
      const { reserved } = checked;
      const how = { method, pending: id };
      if (!await open(c, { user, browser, unusual: reasons, reserved, timeZone, how })) return startOver(c);
      writeCookie(c, "pending", "", 0);
      return c.redirect(safeNext(next), 303);
    }
    if (checked.outcome === "over") {
      await endPending(db, pending);
      return startOver(c);
    }
    const text = describeRefused(c, checked, t.code.wrong);
    if (checked.outcome !== "busy") {
      const refusal = { user, visitor, standing: checked.standing, reason: "wrong_code" as const, now: now() };
      if (checked.outcome === "limited") overLimits.gather(refusal);
      else {
        logRequest(c, "authn_login_fail", { user: user.id, reason: refusal.reason });
        waitUntil(recordRefusal(db, refusal));
      }
    }
    return await showCode(c, { next }, { code: text });
  },
);

function noSecrets(): Promise<null> {
  return Promise.resolve(null);
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

/** Shows the page without the code that was typed: it is used up, or was wrong. */
function showCode(c: Context<Env>, { next }: Typed, problems: Problems = {}, problem?: string) {
  const { texts: t } = c.var;
  const page = <CodePage csrf={formCsrf(c)} next={safeNext(next)} problem={problem} problems={problems} t={t} />;
  return c.render(page, { title: t.code.title });
}
