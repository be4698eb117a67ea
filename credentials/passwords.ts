import { randomBytes, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";

/** What a hash costs: memory in KiB, passes over it. */
export type Cost = { memory: number; passes: number };

/** The first of the OWASP Password Storage Cheat Sheet's settings for Argon2id. */
export const OWASP_COST: Cost = { memory: 47_104, passes: 1 };

/**
 * Places for passwords, to be hashed or to wait. Each hash at work holds 46 MiB and a core: ungated, 32 sign-ins at once take gigabytes
 * and slow every page.
 */
const PLACES = 18;
const MOST_AT_ONCE = 2;

export const SHORTEST_PASSWORD = 15;
/** In bytes of UTF-8: three such fields, each byte written `%XX`, still fit into the largest form that is taken. */
export const LONGEST_PASSWORD = 1_536;

export type Passwords = ReturnType<typeof createPasswords>;

/** The 32 bytes that Argon2id makes of a password and a salt. */
export type Derive = (password: string, salt: Uint8Array, cost: Cost) => Promise<Uint8Array>;

/**
 * Hashing and checking with Argon2id (ASVS 11.4.2), at most two at once, and with two cores one, which leaves the other to the pages:
 * in a flood of sign-ins one of 100 pages takes 130 ms with both cores at hashes, and 25 like this. Of eighteen the others wait. Both
 * answer `null` when there is no place left to wait: try again in some seconds.
 */
export function createPasswords(
  cost: Cost = OWASP_COST,
  derive: Derive = argon2id,
  cores: number = navigator.hardwareConcurrency,
) {
  const atOnce = Math.min(MOST_AT_ONCE, Math.max(1, cores - 1));
  const gate = createGate(atOnce, PLACES - atOnce);
  /** What an unknown account's password is checked against, so that the work is the same. */
  const nobody = phc(cost, randomBytes(16), randomBytes(32));

  return {
    /** Whether there is no place left just now, so that one need not do anything else for a try. */
    isBusy: gate.isFull,

    /** A PHC string with a new salt. */
    hash: (password: string): Promise<string | null> =>
      gate(async () => {
        const salt = randomBytes(16);
        return phc(cost, salt, await derive(password, salt, cost));
      }),

    /** Whether this is the password behind `stored`; for `undefined`, an account that isn't there, the same work and `false`. */
    verify: (password: string, stored: string | undefined): Promise<boolean | null> =>
      gate(async () => {
        const { salt, key, ...storedCost } = readPhc(stored ?? nobody);
        // Nobody's password is empty, and hash-wasm takes no empty one.
        const matches = timingSafeEqual(await derive(password || " ", salt, storedCost), key);
        return matches && stored !== undefined && password !== "";
      }),

    /** Whether a stored hash is cheaper to attack than one made now. */
    isWeak(stored: string): boolean {
      const { memory, passes } = readPhc(stored);
      return memory * passes < cost.memory * cost.passes;
    },
  };
}

/** What can speak against a new password. */
export type PasswordProblem = "too_short" | "too_long" | "email" | "common";

/**
 * What speaks against a new password; `null` when nothing does. NIST SP 800-63B-4: fifteen
 * characters where the password is all there is, any characters, no rules of composition, none that attackers try first.
 */
export async function passwordProblem(password: string, email: string): Promise<PasswordProblem | null> {
  const normal = normalize(password);
  if ([...normal].length < SHORTEST_PASSWORD) return "too_short";
  if (isTooLong(password)) return "too_long";

  const folded = normal.toLowerCase();
  if (folded === email.toLowerCase()) return "email";
  return isRepetition(folded) || isRun(folded) || await isCommon(folded) ? "common" : null;
}

/** Whether a password is over `LONGEST_PASSWORD`, so that it can't be anybody's. */
export function isTooLong(password: string): boolean {
  return Buffer.byteLength(normalize(password)) > LONGEST_PASSWORD;
}

/** "aaaaaaaaaaaaaaa", "passwordpassword": something short, over and over. */
function isRepetition(password: string): boolean {
  return /^(.{1,8}?)\1+$/su.test(password);
}

/** "123456789012345", "qwertyuiopasdfg", "abcdefghijklmno": a way along the digits, the alphabet or the keyboard, or back. */
function isRun(password: string): boolean {
  const ways = ["1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm"];
  return ways.some((way) => {
    const there = way.repeat(2 + password.length / way.length);
    return there.includes(password) || [...there].reverse().join("").includes(password);
  });
}

async function isCommon(password: string): Promise<boolean> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  return dictionary["passwords-common"].includes(password);
}

/** One password typed on two keyboards may come as different code points (NIST SP 800-63B-4, 3.1.1.2). */
function normalize(password: string): string {
  return password.normalize("NFC");
}

/** By WebCrypto, or where it can't, by WebAssembly; both off the main thread. */
export async function argon2id(password: string, salt: Uint8Array, { memory, passes }: Cost): Promise<Uint8Array> {
  const secret = new TextEncoder().encode(normalize(password));
  return await inWebCrypto(secret, salt, memory, passes) ?? await inWebAssembly(secret, salt, memory, passes);
}

/** `null` where the runtime does not know Argon2id (Deno before 2.9). */
async function inWebCrypto(secret: Uint8Array, salt: Uint8Array, memory: number, passes: number) {
  const algorithm = { name: "Argon2id", nonce: salt, parallelism: 1, memory, passes };
  try {
    // "raw-secret" is not yet in TypeScript's list of key formats.
    const key = await crypto.subtle.importKey("raw-secret" as "raw", new Uint8Array(secret), "Argon2id", false, [
      "deriveBits",
    ]);
    return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 256));
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError" || error instanceof TypeError) return null;
    throw error;
  }
}

/** The same bytes from WebAssembly, in a worker that ends with the hash and gives its memory back. */
export async function inWebAssembly(secret: Uint8Array, salt: Uint8Array, memory: number, passes: number) {
  const worker = new Worker(import.meta.resolve("./argon2_worker.ts"), { type: "module" });
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Uint8Array>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`Cannot hash a password: ${event.message}`));
      };
      const cost = { parallelism: 1, memorySize: memory, iterations: passes, hashLength: 32 };
      worker.postMessage({ password: secret, salt, ...cost });
    });
  } finally {
    worker.terminate();
  }
}

function phc({ memory, passes }: Cost, salt: Uint8Array, key: Uint8Array): string {
  const [s, k] = [salt, key].map((bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, ""));
  return `$argon2id$v=19$m=${memory},t=${passes},p=1$${s}$${k}`;
}

function readPhc(stored: string): Cost & { salt: Uint8Array; key: Uint8Array } {
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([\w+/]+)\$([\w+/]+)$/.exec(stored);
  if (!parts) throw new Error("Cannot read a stored password hash: it is no Argon2id PHC string with p=1");
  const [, memory, passes, salt, key] = parts as unknown as [string, string, string, string, string];
  return {
    memory: Number(memory),
    passes: Number(passes),
    salt: Buffer.from(salt, "base64"),
    key: Buffer.from(key, "base64"),
  };
}

/** Lets `atOnce` tasks run and `waiting` wait their turn; `null` for one that finds no place. */
function createGate(atOnce: number, waiting: number) {
  const queue: (() => void)[] = [];
  let running = 0;

  async function pass<T>(task: () => Promise<T>): Promise<T | null> {
    if (running >= atOnce) {
      if (queue.length >= waiting) return null;
      await new Promise<void>((resolve) => queue.push(resolve));
    } else {
      running++;
    }
    try {
      return await task();
    } finally {
      // The place goes straight to who waits longest, so that nobody slips in between.
      const next = queue.shift();
      if (next) next();
      else running--;
    }
  }
  return Object.assign(pass, { isFull: () => running >= atOnce && queue.length >= waiting });
}
