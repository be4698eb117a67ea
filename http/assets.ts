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
  css: read("app", "css", "text/css; charset=utf-8", new URL("../static/app.css", import.meta.url), shortCss),
  js: read(
    "app",
    "js",
    "text/javascript; charset=utf-8",
    new URL("../static/app.js", import.meta.url),
    shortJs,
  ),
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

function read(name: string, extension: string, type: string, file: URL, shorten = (text: string) => text): Asset {
  const bytes = new TextEncoder().encode(shorten(Deno.readTextFileSync(file)));
  const fingerprint = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  return { name: `${name}.${fingerprint}.${extension}`, type, bytes, compressed: new Map() };
}

/** Without comments and spaces, which are a sixth of it on the wire. No text in ours has a space beside one of these signs. */
function shortCss(css: string): string {
  return css.replace(/\/\*.*?\*\//gs, "").replace(/\s*([{};,])\s*/g, "$1").replace(/\s+/g, " ");
}

/** Without the comments and the indentation of whole lines. No text in ours is longer than a line. */
function shortJs(js: string): string {
  return js.replace(/^\s*\/\/.*$/gm, "").replace(/\s*\n\s*/g, "\n");
}
