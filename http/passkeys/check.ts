import type { Context } from "hono";
import { type Assertion, verifyAssertion } from "../../credentials/passkeys.ts";
import type { Challenge } from "../../db/methods/challenges.ts";
import { type Passkey, usePasskey } from "../../db/methods/passkeys.ts";
import type { UnusualReason } from "../../db/schema.ts";
import type { Env } from "../env.ts";
import { logRequest } from "../request.ts";

/** `copied`: the answer is right, but its counter says that there is a copy of the passkey. */
export type PasskeyProof = "right" | "copied" | "wrong";

/** Checks an answer whose challenge `checkChallenge` accepted, and uses it up. An unknown passkey costs the same work (ASVS 6.3.8). */
export async function provePasskey(
  c: Context<Env>,
  answer: Assertion & Challenge,
  passkey: Passkey | undefined,
): Promise<PasskeyProof> {
  const { db, origin, now } = c.var.options;
  const verified = await verifyAssertion(answer, origin, passkey);
  if (!verified || !passkey) return "wrong";
  const { challenge, expiresAt } = answer;
  const used = await usePasskey(db, passkey, { ...verified, challenge, expiresAt, now: now() });
  if (used === "copied") logRequest(c, "authn_login_fail", { user: passkey.userId, reason: "passkey_copied" });
  return used === "used" ? "right" : used === "copied" ? "copied" : "wrong";
}

export function withCopy(unusual: UnusualReason[], proof: PasskeyProof): UnusualReason[] {
  return proof === "copied" ? [...unusual, "passkey_copied"] : unusual;
}
