import assert from "node:assert/strict";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { assetPath } from "../http/assets.ts";
import { ORIGIN, startApp } from "./app.ts";

const STATIC = new URL("../static/", import.meta.url);

Deno.test("a static file has a fingerprint in its name and is cached forever", async () => {
  const { browser } = await startApp();

  const { status, headers } = await browser().get(assetPath("css"));

  assert.match(assetPath("css"), /^\/static\/app\.[\da-f]{12}\.css$/);
  assert.equal(status, 200);
  assert.equal(headers.get("Content-Type"), "text/css; charset=utf-8");
  assert.equal(headers.get("Cache-Control"), "public, max-age=31536000, immutable");
});

Deno.test("the style sheet is the files of static/css, each as written", async () => {
  const { browser } = await startApp();
  const files = await Array.fromAsync(Deno.readDir(new URL("css/", STATIC)));
  const parts = await Promise.all(files.map(({ name }) => Deno.readTextFile(new URL(`css/${name}`, STATIC))));

  const { text } = await browser().get(assetPath("css"));

  for (const part of parts) assert.ok(text.includes(part));
  assert.equal(parts.reduce((rest, part) => rest.replace(part, () => ""), text).trim(), "");
});

Deno.test("the script is served as written", async () => {
  const { browser } = await startApp();

  const { text, headers } = await browser().get(assetPath("js"));

  assert.equal(headers.get("Content-Type"), "text/javascript; charset=utf-8");
  assert.equal(text, await Deno.readTextFile(new URL("app.js", STATIC)));
});

Deno.test("the script that the pages add to htmx is at most 7.5 KB", async () => {
  const { browser } = await startApp();

  const { text } = await browser().get(assetPath("js"));

  assert.ok(text.length <= 7.5 * 1024, `${text.length} bytes`);
});

Deno.test("the script for passkeys is its package's and ours, beside the budget of the other pages", async () => {
  const { browser } = await startApp();
  const bundle = new URL("../dist/bundle/index.umd.min.js", import.meta.resolve("@simplewebauthn/browser"));
  const own = await Deno.readTextFile(new URL("passkeys.js", STATIC));

  const { text } = await browser().get(assetPath("passkeys"));

  assert.match(assetPath("passkeys"), /^\/static\/passkeys\.[\da-f]{12}\.js$/);
  assert.equal(text, `${await Deno.readTextFile(bundle)}\n${own}`);
  assert.ok(own.length <= 6 * 1024, `${own.length} bytes`);
});

Deno.test("htmx is served from its package", async () => {
  const { browser } = await startApp();

  const { text } = await browser().get(assetPath("htmx"));

  assert.match(assetPath("htmx"), /^\/static\/htmx\.[\da-f]{12}\.js$/);
  assert.equal(text, await Deno.readTextFile(new URL(import.meta.resolve("htmx.org/dist/htmx.min.js"))));
});

// Security: BREACH
Deno.test("static files are compressed for clients that accept it", async () => {
  const { app } = await startApp();
  const get = async (encoding: string) => {
    const answer = await app.request(`${ORIGIN}${assetPath("htmx")}`, { headers: { "Accept-Encoding": encoding } });
    return {
      encoding: answer.headers.get("Content-Encoding"),
      vary: answer.headers.get("Vary"),
      bytes: await answer.bytes(),
    };
  };

  const plain = await get("identity");
  const brotli = await get("gzip, deflate, br, zstd");
  const gzip = await get("gzip;q=1.0, br;q=0");

  assert.equal(plain.encoding, null);
  assert.equal(brotli.encoding, "br");
  assert.equal(gzip.encoding, "gzip");
  assert.match(brotli.vary ?? "", /Accept-Encoding/);
  assert.deepEqual(new Uint8Array(brotliDecompressSync(brotli.bytes)), plain.bytes);
  assert.deepEqual(new Uint8Array(gunzipSync(gzip.bytes)), plain.bytes);
  assert.ok(brotli.bytes.length < plain.bytes.length / 2);
});

Deno.test("an unknown static file is 404 and not cached", async () => {
  const { browser } = await startApp();

  const { status, headers } = await browser().get("/static/app.000000000000.css");

  assert.equal(status, 404);
  assert.equal(headers.get("Cache-Control"), "no-store");
});

// Read as text: in a language written from left to right a browser shows no difference.
Deno.test("the style sheet says start and end, not left and right", async () => {
  const { browser } = await startApp();

  const { text: css } = await browser().get(assetPath("css"));

  const properties = [...css.matchAll(/^ *([a-z-]+):(?= |$)/gm)].map(([_, name]) => name!);
  assert.ok(properties.length > 500, `${properties.length}`);
  const physical = properties.filter((name) =>
    /^(?!--)([a-z-]+-)?(left|right|top|bottom|width|height)(-|$)/.test(name)
  );
  const exceptions = [
    "line-height",
    "stroke-width",
    "border-block-end-width",
    "border-inline-start-width",
    "border-inline-end-width",
  ];
  assert.deepEqual(physical.filter((name) => !exceptions.includes(name)), []);
  assert.deepEqual(css.match(/: *(left|right);/g) ?? [], []);
});
