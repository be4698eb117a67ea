import { randomBytes, timingSafeEqual } from "node:crypto";
import { argon2id, type Cost, OWASP_COST, readPhc, writePhc } from "./argon2id.ts";
import { createSemaphore } from "./semaphore.ts";

/** Passwords that are hashed or wait for it at the same time; each hash at work takes 46 MiB and a core. */
const MAX_PENDING = 18;
const MAX_SLOTS = 2;

export type Passwords = ReturnType<typeof createPasswords>;

export type Derive = (password: string, salt: Uint8Array, cost: Cost) => Promise<Uint8Array>;

/**
 * Hashes and verifies passwords with Argon2id (ASVS 11.4.2), leaving one core to the pages. Both return `null` when too many are pending:
 * try again in a few seconds.
 */
export function createPasswords(
  cost: Cost = OWASP_COST,
  derive: Derive = argon2id,
  cores: number = navigator.hardwareConcurrency,
) {
  const slots = Math.min(MAX_SLOTS, Math.max(1, cores - 1));
  const semaphore = createSemaphore(slots, MAX_PENDING - slots);
  /** Verified in place of an unknown account's hash, to cost the same. */
  const dummy = writePhc(cost, randomBytes(16), randomBytes(32));

  return {
    /** Whether the next call would return `null`. */
    isBusy: semaphore.isFull,

    /** Hashes with a new salt, as a PHC string. */
    hash: (password: string): Promise<string | null> =>
      semaphore(async () => {
        const salt = randomBytes(16);
        return writePhc(cost, salt, await derive(password, salt, cost));
      }),

    /** Verifies a password; for `undefined`, an unknown account, does the same work and returns `false`. */
    verify: (password: string, stored: string | undefined): Promise<boolean | null> =>
      semaphore(async () => {
        const { salt, hash, ...storedCost } = readPhc(stored ?? dummy);
        // hash-wasm rejects an empty password.
        const matches = timingSafeEqual(await derive(password || " ", salt, storedCost), hash);
        return matches && stored !== undefined && password !== "";
      }),

    /** Whether a stored hash is cheaper to attack than a new one. */
    isWeak(stored: string): boolean {
      const { memory, passes } = readPhc(stored);
      return memory * passes < cost.memory * cost.passes;
    },
  };
}
