import { Hono } from "hono";
import { z } from "zod";
import { readAssertion } from "../credentials/passkeys.ts";
import { accountKey, passkeyAccount } from "../db/limits.ts";
import { findPasskey } from "../db/methods/passkeys.ts";
import { findUnusual } from "../db/unusual.ts";
import { findUserFrom, foldEmail } from "../db/users.ts";
import { readCookie } from "../http/cookies.ts";
import type { Env } from "../http/env.ts";
import { validForm } from "../http/forms.ts";
import { requireFormCookie } from "../http/guards.ts";
import { checkChallenge } from "../http/passkeys/challenges.ts";
import { type PasskeyProof, provePasskey, withCopy } from "../http/passkeys/check.ts";
import { checkProof, type Refused } from "../http/passwords/check.ts";
import { paths, safeNext } from "../http/paths.ts";
import { open } from "../http/sessions/opening.ts";
import { readBrowserZone } from "../words/time_zones.ts";
import { refuseSignIn, showSignIn, signInUse } from "./sign_in.tsx";

/** Signing in with a passkey alone, which proves who uses it. */
export const passkey = new Hono<Env>();

const Fields = z.object({
  passkey: z.string().catch(""),
  time_zone: z.string().optional().catch(undefined),
  next: z.string().optional().catch(undefined),
});

// For a reload of a refused answer.
passkey.get(paths.passkey, (c) => c.redirect(paths.signIn, 303));

passkey.post(
  paths.passkey,
  requireFormCookie((c, typed, problem) => showSignIn(c, typed, {}, problem)),
  validForm(Fields, showSignIn),
  async (c) => {
    const { options: { db, origin, now }, texts: { passkey: t } } = c.var;
    const { time_zone, next, passkey: sent } = c.req.valid("form");
    const assertion = readAssertion(sent);
    const answer = await checkChallenge(c, assertion, signInUse(readCookie(c, "form", origin) ?? ""));
    // The browser must have found the account by the passkey: no address was typed.
    if (answer?.response.response.userHandle === undefined) {
      c.status(422);
      return await showSignIn(c, { next }, {}, t.late);
    }
    const visitor = await c.var.visitor();
    const found = await findPasskey(db, answer.response.id);
    const { user, standings, browser } = await findUserFrom(
      db,
      found?.email ?? "",
      visitor,
      readCookie(c, "browser", origin),
    );
    let proof: PasskeyProof = "wrong";
    const [checked, unusual] = await Promise.all([
      checkProof(c, {
        ...{ user, standings, browser },
        account: passkeyAccount(accountKey(foldEmail(user?.email ?? answer.response.id), user !== undefined)),
        isRight: async () => (proof = await provePasskey(c, answer, found)) !== "wrong",
      }),
      findUnusual(db, user?.id ?? "", visitor, browser, now()),
    ]);
    const wrong = { text: t.wrong, reason: "wrong_passkey" as const };
    if (checked.outcome !== "right") return await refuseSignIn(c, { next }, checked, user, wrong);

    const isOpen = await open(c, {
      ...{ user: checked.user, browser, reserved: checked.reserved },
      unusual: withCopy(unusual, proof),
      timeZone: readBrowserZone(time_zone),
      how: { method: "passkey", passkey: answer.response.id },
    });
    if (isOpen) return c.redirect(safeNext(next), 303);
    // The passkey was removed, or the account disabled, while it was being checked.
    const refused: Refused = { outcome: "wrong", standing: checked.reserved.standing, isLast: false };
    return await refuseSignIn(c, { next }, refused, user, wrong);
  },
);
