import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { isIP } from "node:net";
import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from "@simplewebauthn/server";
import { z } from "zod";

/** How long a challenge can be answered, in milliseconds. */
export const CHALLENGE_AGE = 5 * 60_000;

/** EdDSA, ES256 and RS256, as COSE numbers them. */
const ALGORITHMS = [-8, -7, -257];
const COSE_P256 = { beforeX: "a5010203262001215820", beforeY: "225820" };

/** `transports`: separated by spaces. */
export type KnownCredential = { id: string; transports: string };

/** What a browser answers to a challenge. */
export type Answer<Response> = { challenge: string; response: Response };
export type Assertion = Answer<AuthenticationResponseJSON>;
export type Registration = Answer<RegistrationResponseJSON>;

/** Whether browsers make passkeys for a site: not for a bare IP address. */
export function canHavePasskeys({ hostname }: URL): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, "")) === 0;
}

/** Asks for a new passkey that proves its user, and that a browser finds without an address typed. */
export function creationOptions({ site, brand, user, challenge, known }: {
  site: URL;
  brand: string;
  user: { id: string; email: string };
  challenge: string;
  known: KnownCredential[];
}): PublicKeyCredentialCreationOptionsJSON {
  return {
    rp: { id: site.hostname, name: brand },
    user: { id: handleOf(user.id), name: user.email, displayName: user.email },
    challenge,
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ alg, type: "public-key" })),
    timeout: CHALLENGE_AGE,
    excludeCredentials: known.map(describe),
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    attestation: "none",
  };
}

/** Asks for a passkey: any of this site's, or one of those that are `known`. */
export function requestOptions(
  site: URL,
  challenge: string,
  known: KnownCredential[] = [],
): PublicKeyCredentialRequestOptionsJSON {
  return {
    rpId: site.hostname,
    challenge,
    timeout: CHALLENGE_AGE,
    userVerification: "required",
    allowCredentials: known.map(describe),
  };
}

const Base64url = z.string().regex(/^[\w-]+$/);
const Credential = z.object({ id: Base64url, rawId: Base64url, type: z.literal("public-key") });
const Asserted = Credential.extend({
  response: z.object({
    clientDataJSON: Base64url,
    authenticatorData: Base64url,
    signature: Base64url,
    userHandle: Base64url.optional(),
  }),
});
const Registered = Credential.extend({
  response: z.object({
    clientDataJSON: Base64url,
    attestationObject: Base64url,
    transports: z.array(z.string().regex(/^[a-z-]{1,20}$/)).max(10).optional().catch(undefined),
  }),
});
const ClientData = z.object({ challenge: z.string() });

/** Reads a form's field; `null` for what no browser sends. */
export function readAssertion(text: string): Assertion | null {
  const parsed = Asserted.safeParse(parseJson(text));
  const challenge = parsed.success ? challengeIn(parsed.data.response.clientDataJSON) : null;
  if (!parsed.success || challenge === null) return null;
  const { userHandle, ...response } = parsed.data.response;
  const full = { ...response, ...(userHandle !== undefined && { userHandle }) };
  return { challenge, response: { ...parsed.data, response: full, clientExtensionResults: {} } };
}

/** Reads a form's field; `null` for what no browser sends. */
export function readRegistration(text: string): Registration | null {
  const parsed = Registered.safeParse(parseJson(text));
  const challenge = parsed.success ? challengeIn(parsed.data.response.clientDataJSON) : null;
  if (!parsed.success || challenge === null) return null;
  const { transports, ...response } = parsed.data.response;
  const full = { ...response, transports: (transports ?? []) as AuthenticatorTransport[] };
  return { challenge, response: { ...parsed.data, response: full, clientExtensionResults: {} } };
}

export type NewCredential = {
  id: string;
  publicKey: string;
  counter: number;
  isBackedUp: boolean;
  transports: string;
};

/** Checks an answer whose challenge is ours, and returns its credential; `null` if it is wrong. */
export async function verifyRegistration(
  { challenge, response }: Registration,
  site: URL,
): Promise<NewCredential | null> {
  const { verifyRegistrationResponse } = await import("@simplewebauthn/server");
  const result = await orNull(() =>
    verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: site.hostname,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    })
  );
  if (!result?.verified) return null;
  const { credential: { id, publicKey, counter }, credentialBackedUp } = result.registrationInfo;
  return {
    id,
    publicKey: Buffer.from(publicKey).toString("base64url"),
    counter,
    isBackedUp: credentialBackedUp,
    transports: response.response.transports?.join(" ") ?? "",
  };
}

/**
 * Checks an answer whose challenge is ours; `null` if it is wrong. Whether its counter went back is the caller's to see. Without a stored
 * credential it is wrong after the same work.
 */
export async function verifyAssertion(
  { challenge, response }: Assertion,
  site: URL,
  stored: { publicKey: string; userId: string } | undefined,
): Promise<{ counter: number; isBackedUp: boolean } | null> {
  const { verifyAuthenticationResponse } = await import("@simplewebauthn/server");
  const publicKey = new Uint8Array(Buffer.from(stored?.publicKey ?? NOBODYS_KEY, "base64url"));
  const result = await orNull(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: site.hostname,
      requireUserVerification: true,
      // The library calls a signature wrong if its counter isn't above this one.
      credential: { id: response.id, publicKey, counter: 0 },
    })
  );
  const { userHandle } = response.response;
  const isTheirs = stored !== undefined && (userHandle === undefined || userHandle === handleOf(stored.userId));
  if (!result?.verified || !isTheirs) return null;
  return { counter: result.authenticationInfo.newCounter, isBackedUp: result.authenticationInfo.credentialBackedUp };
}

/** The library throws for each thing that can be wrong with an answer. */
async function orNull<T>(verify: () => Promise<T>): Promise<T | null> {
  try {
    return await verify();
  } catch {
    return null;
  }
}

const NOBODYS_KEY = newPublicKey();

function newPublicKey(): string {
  const { x = "", y = "" } = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
  return Buffer.concat([
    Buffer.from(COSE_P256.beforeX, "hex"),
    Buffer.from(x, "base64url"),
    Buffer.from(COSE_P256.beforeY, "hex"),
    Buffer.from(y, "base64url"),
  ]).toString("base64url");
}

/** By what an authenticator knows the account. */
function handleOf(userId: string): string {
  return Buffer.from(userId).toString("base64url");
}

function describe({ id, transports }: KnownCredential) {
  const each = transports.split(" ").filter(Boolean) as AuthenticatorTransport[];
  return { id, type: "public-key" as const, ...(each.length > 0 && { transports: each }) };
}

function challengeIn(clientData: string): string | null {
  const parsed = ClientData.safeParse(parseJson(Buffer.from(clientData, "base64url").toString()));
  return parsed.success ? parsed.data.challenge : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
