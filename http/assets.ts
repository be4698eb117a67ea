import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import * as generated from "../generated/assets.ts";
import { paths } from "./paths.ts";

type Asset = {
  /** Contains a fingerprint of the content, so that browsers may cache it forever. */
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** Each compressed form, made when it is first requested. */
  compressed: Map<Encoding, Promise<Uint8Array<ArrayBuffer>>>;
};

const COMPRESS = { br: promisify(brotliCompress), gzip: promisify(gzip) } as const;
export type Encoding = keyof typeof COMPRESS;

const assets = {
  css: createAsset("app.css", "text/css; charset=utf-8", generated.css),
  js: createAsset("app.js", "text/javascript; charset=utf-8", generated.js),
  htmx: createAsset("htmx.js", "text/javascript; charset=utf-8", generated.htmx),
  passkeys: createAsset("passkeys.js", "text/javascript; charset=utf-8", generated.passkeys),
  icon: createAsset("icon.svg", "image/svg+xml", generated.icon),
};
const byName = new Map(Object.values(assets).map((asset) => [asset.name, asset]));

/** The URL of an asset. */
export function assetPath(key: keyof typeof assets): string {
  return paths.static(assets[key].name);
}

export function findAsset(name: string): Asset | undefined {
  return byName.get(name);
}

/** An asset's bytes in the best encoding that an `Accept-Encoding` header allows. */
export async function encode(
  asset: Asset,
  accepted: string,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; encoding: Encoding | undefined }> {
  const encoding = (["br", "gzip"] as const).find((e) =>
    new RegExp(`\\b${e}\\b(?!\\s*;\\s*q=0(?![.\\d]))`).test(accepted)
  );
  if (!encoding) return { bytes: asset.bytes, encoding };

  const bytes = asset.compressed.get(encoding) ?? COMPRESS[encoding](asset.bytes).then((b) => new Uint8Array(b));
  asset.compressed.set(encoding, bytes);
  return { bytes: await bytes, encoding };
}

function createAsset(file: string, type: string, content: string): Asset {
  const bytes = new TextEncoder().encode(content);
  const fingerprint = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  return { name: file.replace(".", `.${fingerprint}.`), type, bytes, compressed: new Map() };
}
