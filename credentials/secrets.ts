import { Buffer } from "node:buffer";
import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/** Of `SECRET_KEY`, in bytes. */
export const KEY_LENGTH = 32;
const IV_LENGTH = 12;
const ID_LENGTH = 6;
const NONCE_LENGTH = 16;
const TIME_LENGTH = 6;

/** A text's purpose and owner: it can't be decrypted for any other. */
type Use = { purpose: string; of: string };

type Key = { id: Buffer; encryption: CryptoKey; signing: Buffer };

export type Secrets = Awaited<ReturnType<typeof createSecrets>>;

/** Encrypts and signs with `keys`, each of `KEY_LENGTH` bytes: new texts with the first one, while those of the others can still be read. */
export async function createSecrets(keys: Uint8Array[]) {
  const all = await Promise.all(keys.map(derive));
  const [current] = all;
  if (!current) throw new Error("Cannot encrypt: there is no key");

  return {
    /** Encrypts with AES-GCM, as base64url. */
    async encrypt(text: string, use: Use): Promise<string> {
      const iv = randomBytes(IV_LENGTH);
      const algorithm = { name: "AES-GCM", iv, additionalData: labelOf(use) };
      const encrypted = await crypto.subtle.encrypt(algorithm, current.encryption, Buffer.from(text));
      return Buffer.concat([current.id, iv, Buffer.from(encrypted)]).toString("base64url");
    },

    /** `null` for what was encrypted with another key, for another use, or changed since. */
    async decrypt(encrypted: string, use: Use): Promise<string | null> {
      const bytes = Buffer.from(encrypted, "base64url");
      const key = all.find(({ id }) => id.equals(bytes.subarray(0, ID_LENGTH)));
      if (!key) return null;
      const iv = bytes.subarray(ID_LENGTH, ID_LENGTH + IV_LENGTH);
      const algorithm = { name: "AES-GCM", iv, additionalData: labelOf(use) };
      try {
        const text = await crypto.subtle.decrypt(algorithm, key.encryption, bytes.subarray(ID_LENGTH + IV_LENGTH));
        return Buffer.from(text).toString();
      } catch {
        return null;
      }
    },

    /** Whether a text was encrypted with the first key. */
    isCurrent: (encrypted: string) => Buffer.from(encrypted, "base64url").subarray(0, ID_LENGTH).equals(current.id),

    /** Makes a random value that only we can have made, and that says until when it is good. */
    challenge(use: Use, expiresAt: number): string {
      const time = Buffer.alloc(TIME_LENGTH);
      time.writeUIntBE(expiresAt, 0, TIME_LENGTH);
      const payload = Buffer.concat([randomBytes(NONCE_LENGTH), time]);
      return Buffer.concat([payload, sign(current, use, payload)]).toString("base64url");
    },

    /** Until when a challenge is good, in milliseconds since the epoch; `null` if we didn't make it for this use, or it is too late. */
    checkChallenge(challenge: string, use: Use, now: number): number | null {
      const bytes = Buffer.from(challenge, "base64url");
      const payload = bytes.subarray(0, NONCE_LENGTH + TIME_LENGTH);
      const signature = bytes.subarray(NONCE_LENGTH + TIME_LENGTH);
      const isOurs = all.some((key) => {
        const expected = sign(key, use, payload);
        return signature.length === expected.length && timingSafeEqual(signature, expected);
      });
      if (!isOurs) return null;
      const expiresAt = payload.readUIntBE(NONCE_LENGTH, TIME_LENGTH);
      return expiresAt > now ? expiresAt : null;
    },
  };
}

/** Reads one key or two, as base64 with a comma between them; `null` for anything else. */
export function readKeys(text: string): Uint8Array[] | null {
  const keys = text.split(",").map((part) => Buffer.from(part.trim(), "base64"));
  return keys.length <= 2 && keys.every((key) => key.length === KEY_LENGTH) ? keys : null;
}

async function derive(key: Uint8Array): Promise<Key> {
  if (key.length !== KEY_LENGTH) throw new Error(`Cannot encrypt: a key must have ${KEY_LENGTH} bytes`);
  const part = (info: string) => Buffer.from(hkdfSync("sha256", key, "", `connection history ${info}`, KEY_LENGTH));
  const encryption = await crypto.subtle.importKey("raw", part("encryption"), "AES-GCM", false, ["encrypt", "decrypt"]);
  const id = createHash("sha256").update(part("id")).digest().subarray(0, ID_LENGTH);
  return { id, encryption, signing: part("signing") };
}

function sign({ signing }: Key, use: Use, payload: Buffer): Buffer {
  return createHmac("sha256", signing).update(labelOf(use)).update(payload).digest();
}

function labelOf({ purpose, of }: Use): Buffer {
  return Buffer.from(JSON.stringify([purpose, of]));
}
