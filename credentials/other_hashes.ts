import { Buffer } from "node:buffer";
import { inWorker } from "./argon2id.ts";

/** The most that one row may cost, some two seconds: KiB, KiB times passes, lanes, and bcrypt's logarithm of rounds. */
const MAX_MEMORY = 256 * 1024;
const MAX_WORK = 1024 * 1024;
const MAX_LANES = 16;
const MAX_BCRYPT_COST = 14;
/** In bytes: bcrypt ignores what follows, and hash-wasm refuses it. */
const BCRYPT_PASSWORD = 72;
/** In bytes; RFC 9106 allows any. */
const LONGEST_SALT = 64;
const LONGEST_HASH = 128;

/** Verifies hashes in another program's format: `canRead` recognises them, and `verify` resolves to whether the password is right. */
export type OtherHashes = {
  canRead: (stored: string) => boolean;
  verify: (password: string, stored: string) => Promise<boolean>;
};

/** A stored hash that is of no known format, or costs too much to verify: nobody can sign in with it. */
export class UnreadableHash extends Error {
  override name = "UnreadableHash";
}

/** bcrypt, and Argon2 with any parameters. */
export const bcryptAndArgon2: OtherHashes = {
  canRead: (stored) => isBcrypt(stored) || isArgon2(stored),

  /** As typed, because other programs don't normalize. Throws `UnreadableHash` where hash-wasm can't read it either. */
  async verify(password, stored) {
    const bytes = Buffer.from(password);
    const entered = new Uint8Array(isBcrypt(stored) ? bytes.subarray(0, BCRYPT_PASSWORD) : bytes);
    try {
      return await inWorker<boolean>({ verify: stored, password: entered });
    } catch (error) {
      throw new UnreadableHash("Cannot verify a stored password hash", { cause: error });
    }
  },
};

/** Whether Argon2 may be computed with this memory, in KiB, and this number of passes. */
export function isAffordable(memory: number, passes: number): boolean {
  return memory >= 8 && memory <= MAX_MEMORY && passes > 0 && memory * passes <= MAX_WORK;
}

function isBcrypt(stored: string): boolean {
  const [, cost] = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(stored) ?? [];
  return cost !== undefined && Number(cost) >= 4 && Number(cost) <= MAX_BCRYPT_COST;
}

function isArgon2(stored: string): boolean {
  const parts = /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,3})\$([\w+/]+)\$([\w+/]+)$/.exec(stored);
  if (!parts) return false;
  const [memory, passes, lanes] = parts.slice(1, 4).map(Number) as [number, number, number];
  const [salt, hash] = parts.slice(4).map((text) => Buffer.from(text, "base64").length) as [number, number];
  const isValid = lanes > 0 && memory >= 8 * lanes && salt >= 8 && hash >= 4;
  return isValid && isAffordable(memory, passes) && lanes <= MAX_LANES && salt <= LONGEST_SALT && hash <= LONGEST_HASH;
}
