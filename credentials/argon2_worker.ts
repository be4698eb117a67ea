import { parentPort } from "node:worker_threads";
import { argon2id, argon2Verify, bcryptVerify, type IArgon2Options } from "hash-wasm";

/** Derives one of our own hashes, or verifies one that another program made. */
export type Work = { derive: IArgon2Options } | { verify: string; password: Uint8Array };

parentPort?.once("message", async (work: Work) => {
  parentPort?.postMessage(
    "derive" in work ? await argon2id({ ...work.derive, outputType: "binary" }) : await verify(work),
  );
});

function verify({ verify: hash, password }: { verify: string; password: Uint8Array }): Promise<boolean> {
  return hash.startsWith("$2") ? bcryptVerify({ hash, password }) : argon2Verify({ hash, password });
}
