import { randomBytes, timingSafeEqual } from "node:crypto";
import { argon2id, type Cost, OWASP_COST, readPhc, writePhc } from "./argon2id.ts";
import { bcryptAndArgon2, isAffordable, type OtherHashes, UnreadableHash } from "./other_hashes.ts";
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
 * again in a few seconds. `others` are asked first, for hashes that a host brings from its own table.
 */
export function createPasswords(
  cost: Cost = OWASP_COST,
  derive: Derive = argon2id,
  cores: number = navigator.hardwareConcurrency,
  others?: OtherHashes,
) {
  const slots = createSlots(Math.min(MAX_SLOTS, Math.max(1, cores - 1)), MAX_WAITING);
  /** Verified in place of an unknown account's hash, to cost the same. */
  const dummy = writePhc(cost, randomBytes(16), randomBytes(32));

  const reader = (stored: string) => [others, bcryptAndArgon2].find((other) => other?.canRead(stored));

  /** For `undefined`, an unknown account, and before it throws `UnreadableHash`, it does the same work (ASVS 6.3.8). */
  async function matches(password: string, stored: string | undefined): Promise<boolean> {
    const own = stored === undefined ? null : readOwn(stored);
    const other = own || stored === undefined ? undefined : reader(stored);
    if (other && stored !== undefined) return password !== "" && await other.verify(password, stored);

    const { salt, hash, ...storedCost } = own ?? readPhc(dummy)!;
    // hash-wasm rejects an empty password.
    const isEqual = timingSafeEqual(await derive(password || " ", salt, storedCost), hash);
    if (stored !== undefined && !own) throw new UnreadableHash("Cannot read a stored password hash");
    return isEqual && own !== null && password !== "";
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

    /** Whether a stored hash is cheaper to attack than a new one, or another program's. */
    isWeak(stored: string): boolean {
      const own = readOwn(stored);
      return own === null ? reader(stored) !== undefined : own.memory * own.passes < cost.memory * cost.passes;
    },
  };
}

function readOwn(stored: string) {
  const own = readPhc(stored);
  return own && isAffordable(own.memory, own.passes) ? own : null;
}
