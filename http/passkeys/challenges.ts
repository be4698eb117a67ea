import type { Context } from "hono";
import {
  type Answer,
  canHavePasskeys,
  CHALLENGE_AGE,
  creationOptions,
  type KnownCredential,
  requestOptions,
} from "../../credentials/passkeys.ts";
import type { Challenge } from "../../db/methods/challenges.ts";
import type { Env } from "../env.ts";

/** What a passkey is asked for, and of whom: a browser's form cookie, a waiting sign-in, or a session. */
export type PasskeyUse = { purpose: `passkey ${"sign-in" | "code" | "confirmation" | "registration"}`; of: string };

/** Makes the options for a page's script, as JSON; `null` where there are no passkeys. Stores nothing. */
export async function askForPasskey(
  c: Context<Env>,
  use: PasskeyUse,
  known: KnownCredential[] = [],
): Promise<string | null> {
  const challenge = await newChallenge(c, use);
  return challenge === null ? null : JSON.stringify(requestOptions(c.var.options.origin, challenge, known));
}

/** The same for a new passkey of the signed-in user. */
export async function askForNewPasskey(c: Context<Env>, known: KnownCredential[]): Promise<string | null> {
  const { options: { origin, brand }, session, texts: t } = c.var;
  const challenge = await newChallenge(c, registrationUse(c));
  if (challenge === null) return null;
  const user = { id: session.userId, email: session.email };
  return JSON.stringify(creationOptions({ site: origin, brand: brand ?? t.brand, user, challenge, known }));
}

export function registrationUse(c: Context<Env>): PasskeyUse {
  return { purpose: "passkey registration", of: c.var.session.id };
}

/** Checks that an answer's challenge is ours, for this use, and not too late; otherwise `null`. It may have been used before. */
export async function checkChallenge<A extends Answer<unknown>>(
  c: Context<Env>,
  answer: A | null,
  use: PasskeyUse,
): Promise<A & Challenge | null> {
  const secrets = await c.var.options.secrets?.();
  const expiresAt = answer && secrets ? secrets.checkChallenge(answer.challenge, use, c.var.options.now()) : null;
  return answer === null || expiresAt === null ? null : { ...answer, expiresAt };
}

async function newChallenge(c: Context<Env>, use: PasskeyUse): Promise<string | null> {
  const { origin, secrets, now } = c.var.options;
  if (!canHavePasskeys(origin)) return null;
  return (await secrets?.())?.challenge(use, now() + CHALLENGE_AGE) ?? null;
}
