import type { Context } from "hono";
import { readAssertion } from "../../credentials/passkeys.ts";
import { findPasskey, listPasskeys, markCopied } from "../../db/methods/passkeys.ts";
import type { Env } from "../env.ts";
import { type Checked, checkOwnPasskey } from "../passwords/check.ts";
import { askForPasskey, checkChallenge, type PasskeyUse } from "./challenges.ts";
import { provePasskey } from "./check.ts";

/** Asks the signed-in user for one of their passkeys, in place of the password; `null` if they have none. */
export async function askOwnPasskey(c: Context<Env>): Promise<string | null> {
  const { options: { db }, session } = c.var;
  if (!session.hasPasskeys) return null;
  return await askForPasskey(c, confirmationUse(c), await listPasskeys(db, session.userId));
}

/** Checks the form's field `passkey`; `null` if it came too late. A copy is refused, and makes the connection unusual. */
export async function checkSentPasskey(c: Context<Env>, sent: string): Promise<Checked | null> {
  const { options: { db, now, mail }, session } = c.var;
  const answer = await checkChallenge(c, readAssertion(sent), confirmationUse(c));
  if (!answer) return null;
  const found = await findPasskey(db, answer.response.id);
  return await checkOwnPasskey(c, async () => {
    const proof = await provePasskey(c, answer, found?.userId === session.userId ? found : undefined);
    if (proof === "copied") {
      await markCopied(db, session, now(), mail !== undefined);
      mail?.wake();
    }
    return proof === "right";
  });
}

function confirmationUse(c: Context<Env>): PasskeyUse {
  return { purpose: "passkey confirmation", of: c.var.session.id };
}
