import { randomBytes, timingSafeEqual } from "node:crypto";
import { argon2id, type Cost, OWASP_COST, readPhc, writePhc } from "./argon2id.ts";
import { createSlots, type Turn } from "./slots.ts";

/** Passwords of one rank that wait; each hash at work takes 46 MiB and a core. */
const MAX_WAITING = 16;
const MAX_SLOTS = 2;
/** The operator, at a command or through the panel's own code. */
const OPERATOR: Turn = { rank: "owner", account: "" };

export type Passwords = ReturnType<typeof createPasswords>;

type Verify = (password: string, stored: string | undefined) => Promise<boolean>;

export type Derive = (password: string, salt: Uint8Array, cost: Cost) => Promise<Uint8Array>;

/**
 * Hashes and verifies passwords with Argon2id (ASVS 11.4.2), leaving one core to the pages. `null` means that too many are waiting: try
 * again in a few seconds.
 */
export function createPasswords(
  cost: Cost = OWASP_COST,
  derive: Derive = argon2id,
  cores: number = navigator.hardwareConcurrency,
) {
  const slots = createSlots(Math.min(MAX_SLOTS, Math.max(1, cores - 1)), MAX_WAITING);
  /** Verified in place of an unknown account's hash, to cost the same. */
  const dummy = writePhc(cost, randomBytes(16), randomBytes(32));

  /** For `undefined`, an unknown account, does the same work and returns `false` (ASVS 6.3.8). */
  async function matches(password: string, stored: string | undefined): Promise<boolean> {
    const { salt, hash, ...storedCost } = readPhc(stored ?? dummy);
    // hash-wasm rejects an empty password.
    const isEqual = timingSafeEqual(await derive(password || " ", salt, storedCost), hash);
    return isEqual && stored !== undefined && password !== "";
  }

  return {
    /** Hashes with a new salt, as a PHC string. */
    hash: (password: string, turn: Turn = OPERATOR): Promise<string | null> =>
      slots(turn, async () => {
        const salt = randomBytes(16);
        return writePhc(cost, salt, await derive(password, salt, cost));
      }),

    /** Runs `check` with a place in the queue, which is kept until it ends. Its `verify` waits for the slot. */
    inTurn: <T>(turn: Turn, check: (verify: Verify) => Promise<T>): Promise<T | null> =>
      slots.hold(turn, (started) =>
        check(async (password, stored) => {
          await started;
          return await matches(password, stored);
        })),

    /** How many passwords are at work in a slot, and how many wait for one. */
    load: slots.load,

    /** Whether a stored hash is cheaper to attack than a new one. */
    isWeak(stored: string): boolean {
      const { memory, passes } = readPhc(stored);
      return memory * passes < cost.memory * cost.passes;
    },
  };
}
