import { Buffer } from "node:buffer";
import { Worker } from "node:worker_threads";
import type { Work } from "./argon2_worker.ts";
import { normalizePassword } from "./policy.ts";

/** Argon2id parameters: memory in KiB, number of passes. */
export type Cost = { memory: number; passes: number };

/** The first of the Argon2id settings in the OWASP Password Storage Cheat Sheet. */
export const OWASP_COST: Cost = { memory: 47_104, passes: 1 };

/** Derives 32 bytes from a password and a salt, off the main thread. Deno before 2.9 has no Argon2id in WebCrypto: WebAssembly then. */
export async function argon2id(password: string, salt: Uint8Array, { memory, passes }: Cost): Promise<Uint8Array> {
  const secret = new TextEncoder().encode(normalizePassword(password));
  return await inWebCrypto(secret, salt, memory, passes) ?? await inWebAssembly(secret, salt, memory, passes);
}

/** Returns `null` where the runtime doesn't know Argon2id. */
async function inWebCrypto(secret: Uint8Array, salt: Uint8Array, memory: number, passes: number) {
  const algorithm = { name: "Argon2id", nonce: salt, parallelism: 1, memory, passes };
  try {
    // TypeScript's list of key formats lacks "raw-secret".
    const key = await crypto.subtle.importKey("raw-secret" as "raw", new Uint8Array(secret), "Argon2id", false, [
      "deriveBits",
    ]);
    return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 256));
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError" || error instanceof TypeError) return null;
    throw error;
  }
}

/** Derives the same bytes in WebAssembly. */
export async function inWebAssembly(secret: Uint8Array, salt: Uint8Array, memory: number, passes: number) {
  const cost = { parallelism: 1, memorySize: memory, iterations: passes, hashLength: 32 };
  return await inWorker<Uint8Array>({ derive: { password: secret, salt, ...cost } });
}

/** Runs hash-wasm in a worker, which frees its memory when it ends. */
export async function inWorker<Result>(work: Work): Promise<Result> {
  const worker = new Worker(new URL(import.meta.resolve("./argon2_worker.ts")));
  try {
    return await new Promise<Result>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", (cause) => reject(new Error("Cannot hash a password", { cause })));
      worker.postMessage(work);
    });
  } finally {
    await worker.terminate();
  }
}

/** Writes a hash as a PHC string: `$argon2id$v=19$m=…,t=…,p=1$salt$hash`. */
export function writePhc({ memory, passes }: Cost, salt: Uint8Array, hash: Uint8Array): string {
  const [s, h] = [salt, hash].map((bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, ""));
  return `$argon2id$v=19$m=${memory},t=${passes},p=1$${s}$${h}`;
}

/** Reads what `writePhc` wrote; `null` for anything else. */
export function readPhc(stored: string): Cost & { salt: Uint8Array; hash: Uint8Array } | null {
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([\w+/]{11,86})\$([\w+/]{43})$/.exec(stored);
  if (!parts) return null;
  const [, memory, passes, salt, hash] = parts as unknown as [string, string, string, string, string];
  return {
    memory: Number(memory),
    passes: Number(passes),
    salt: Buffer.from(salt, "base64"),
    hash: Buffer.from(hash, "base64"),
  };
}
