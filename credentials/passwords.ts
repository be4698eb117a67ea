import { randomBytes, timingSafeEqual } from "node:crypto";
import { argon2id, type Cost, OWASP_COST, readPhc, writePhc } from "./argon2id.ts";
import { createSlots, type Rank, type Turn } from "./slots.ts";

/** Passwords of one rank that wait; each hash at work takes 46 MiB and a core. */
const MAX_WAITING = 16;
const MAX_SLOTS = 2;
/** The operator, at a command or through the panel's own code. */
const OPERATOR: Turn = { rank: "owner", account: "" };

export type Passwords = ReturnType<typeof createPasswords>;

export type Derive = (password: string, salt: Uint8Array, cost: Cost) => Promise<Uint8Array>;

/**
 * Hashes and verifies passwords with Argon2id (ASVS 11.4.2), leaving one core to the pages. `verify` returns `null` when too many are
 * waiting: try again in a few seconds.
 */
export function createPasswords(
  cost: Cost = OWASP_COST,
  derive: Derive = argon2id,
  cores: number = navigator.hardwareConcurrency,
) {
  const slots = createSlots(Math.min(MAX_SLOTS, Math.max(1, cores - 1)), MAX_WAITING);
  /** Verified in place of an unknown account's hash, to cost the same. */
  const dummy = writePhc(cost, randomBytes(16), randomBytes(32));

  return {
    /** Whether the next call of this rank would return `null`. */
    isBusy: (rank: Rank): boolean => slots.isFull(rank),

    /** Hashes with a new salt, as a PHC string. */
    hash: (password: string, turn: Turn = OPERATOR): Promise<string | null> =>
      slots(turn, async () => {
        const salt = randomBytes(16);
        return writePhc(cost, salt, await derive(password, salt, cost));
      }),

    /** Verifies a password; for `undefined`, an unknown account, does the same work and returns `false`. */
    verify: (password: string, stored: string | undefined, turn: Turn): Promise<boolean | null> =>
      slots(turn, async () => {
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
