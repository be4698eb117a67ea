import { Buffer } from "node:buffer";
import { verify } from "hono/jwt";
import { z } from "zod";

/** How far ahead a ticket may expire, in milliseconds. */
const LONGEST = 60_000;
/** In bytes (RFC 7518, 3.2). */
const SHORTEST_KEY = 32;
const HMAC = { name: "HMAC", hash: "SHA-256" };

const Claims = z.object({
  sub: z.string(),
  jti: z.string().min(1).max(200),
  exp: z.number(),
  aud: z.union([z.string().transform((one) => [one]), z.array(z.string())]).optional(),
});

/** A panel's statement that it signed an owner in; `expiresAt` in milliseconds since the epoch. */
export type Ticket = { email: string; id: string; expiresAt: number };

export type ReadTicket = (text: string, now: number) => Promise<Ticket | null>;

/** Reads `TICKET_KEY`: one key, or two separated by a comma; `null` for anything else. */
export function readTicketKeys(text: string): string[] | null {
  const keys = text.split(",").map((key) => key.trim());
  return keys.length <= 2 && keys.every((key) => /^[\x21-\x7e]{32,256}$/.test(key)) ? keys : null;
}

/**
 * Creates a reader of tickets: JWTs signed by HS256 with any of `keys`, that expire within a minute and are for this `audience` or for none
 * (RFC 7519, 4.1.3). It returns `null` for others, but doesn't know which were used: the database does.
 */
export function createTicketReader(keys: string[], audience = ""): ReadTicket {
  const imported = Promise.all(
    keys.flatMap(bytesOf).map((key) => crypto.subtle.importKey("raw", key, HMAC, false, ["verify"])),
  );
  return async (text, now) => {
    for (const key of await imported) {
      const claims = Claims.safeParse(await verified(text, key));
      if (!claims.success) continue;
      const { sub, jti, exp, aud = [audience] } = claims.data;
      const expiresAt = Math.ceil(exp * 1000);
      const isTimely = now < expiresAt && expiresAt <= now + LONGEST;
      return isTimely && aud.includes(audience) ? { email: sub, id: jti, expiresAt } : null;
    }
    return null;
  };
}

/** Checks the signature only: the times are compared with our own clock. */
async function verified(text: string, key: CryptoKey): Promise<unknown> {
  try {
    return await verify(text, key, { alg: "HS256", exp: false, nbf: false, iat: false });
  } catch {
    return null;
  }
}

/** Some libraries sign with the key's text, others with the bytes that it encodes as base64. */
function bytesOf(key: string): Uint8Array<ArrayBuffer>[] {
  const text = new TextEncoder().encode(key);
  // No base64 has this length: older Denos throw.
  const isBase64 = /^[\w+/-]+={0,2}$/.test(key) && key.replace(/=+$/, "").length % 4 !== 1;
  const decoded = Uint8Array.from(isBase64 ? Buffer.from(key, "base64") : []);
  return decoded.length >= SHORTEST_KEY ? [text, decoded] : [text];
}
