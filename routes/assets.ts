import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { paths } from "./paths.ts";

type Asset = {
  /** With a fingerprint of the content in its name, so that browsers may keep it for good. */
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** The compressed forms, made once when first asked for. */
  compressed: Map<Encoding, Promise<Uint8Array<ArrayBuffer>>>;
};

const COMPRESS = { br: promisify(brotliCompress), gzip: promisify(gzip) } as const;
export type Encoding = keyof typeof COMPRESS;

const assets = {
  css: read("app", "css", "text/css; charset=utf-8", new URL("../static/app.css", import.meta.url), withoutNotes),
  js: read("app", "js", "text/javascript; charset=utf-8", new URL("../static/app.js", import.meta.url)),
  htmx: read("htmx", "js", "text/javascript; charset=utf-8", new URL(import.meta.resolve("htmx.org/dist/htmx.min.js"))),
  icon: read("icon", "svg", "image/svg+xml", new URL("../static/icon.svg", import.meta.url)),
};
const byName = new Map(Object.values(assets).map((asset) => [asset.name, asset]));

/** The URL of something in `static/`, or of htmx. */
export function assetPath(key: keyof typeof assets): string {
  return paths.static(assets[key].name);
}

/** The static file of this name; `undefined` when there is none. */
export function findAsset(name: string): Asset | undefined {
  return byName.get(name);
}

/** A static file's bytes in one of the encodings that the browser takes, with that encoding's name; plain where it takes none. */
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

function read(name: string, extension: string, type: string, file: URL, change = (text: string) => text): Asset {
  const bytes = new TextEncoder().encode(change(Deno.readTextFileSync(file)));
  const fingerprint = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  return { name: `${name}.${fingerprint}.${extension}`, type, bytes, compressed: new Map() };
}

/** A style sheet without its comments and indentation, which are a sixth of it on the wire. No text in one has a line's end. */
function withoutNotes(css: string): string {
  return css.replace(/\/\*.*?\*\//gs, "").replace(/\s*\n\s*/g, "\n");
}
