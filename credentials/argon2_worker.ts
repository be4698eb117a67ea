import { argon2id, type IArgon2Options } from "hash-wasm";

/** A worker for one hash: off the main thread, which has pages to answer meanwhile. */
self.onmessage = async ({ data }: MessageEvent<IArgon2Options>) => {
  self.postMessage(await argon2id({ ...data, outputType: "binary" }));
};
