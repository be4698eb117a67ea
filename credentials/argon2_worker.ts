import { argon2id, type IArgon2Options } from "hash-wasm";

self.onmessage = async ({ data }: MessageEvent<IArgon2Options>) => {
  self.postMessage(await argon2id({ ...data, outputType: "binary" }));
};
