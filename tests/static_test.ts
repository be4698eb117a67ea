import assert from "node:assert/strict";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { assetPath } from "../http/assets.ts";
import { startApp } from "./app.ts";

Deno.test("static files are kept for good under a name with their fingerprint", async () => {
  const { browser } = await startApp();

  const css = await browser().get(assetPath("css"));

  assert.match(assetPath("css"), /^\/static\/app\.[\da-f]{12}\.css$/);
  assert.equal(css.status, 200);
  assert.equal(css.headers.get("Content-Type"), "text/css; charset=utf-8");
  assert.equal(css.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
  const written = await Deno.readTextFile(new URL("../static/app.css", import.meta.url));
  assert.equal(css.text.replace(/\s/g, ""), written.replace(/\/\*.*?\*\/|\s/gs, ""), "all but comments and spaces");
  assert.ok(css.text.length < 0.8 * written.length, `${css.text.length} of ${written.length}`);
});

Deno.test("what the pages add to htmx stays under two kilobytes", async () => {
  const { size } = await Deno.stat(new URL("../static/app.js", import.meta.url));

  assert.ok(size < 2048, `${size} bytes`);
});

Deno.test("the script comes without its comments, and is else what is written", async () => {
  const { browser } = await startApp();

  const { text, headers } = await browser().get(assetPath("js"));

  assert.equal(headers.get("Content-Type"), "text/javascript; charset=utf-8");
  const lines = (await Deno.readTextFile(new URL("../static/app.js", import.meta.url))).split("\n").map((line) =>
    line.trim()
  );
  assert.deepEqual(text.split("\n").filter(Boolean), lines.filter((line) => line !== "" && !line.startsWith("//")));
});

Deno.test("htmx is served from its package", async () => {
  const { browser } = await startApp();

  const { text } = await browser().get(assetPath("htmx"));

  assert.match(text, /htmx/);
  assert.match(assetPath("htmx"), /^\/static\/htmx\.[\da-f]{12}\.js$/);
});

// Security: BREACH
Deno.test("static files come compressed to who takes that", async () => {
  const { app } = await startApp();
  const get = async (encoding: string) => {
    const answer = await app.request(`http://127.0.0.1:8000${assetPath("htmx")}`, {
      headers: { "Accept-Encoding": encoding },
    });
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

Deno.test("a static file that isn't there is not found, and is not kept", async () => {
  const { browser } = await startApp();

  const { status, headers } = await browser().get("/static/app.000000000000.css");

  assert.equal(status, 404);
  assert.equal(headers.get("Cache-Control"), "no-store, no-transform");
});

Deno.test("the style sheet says start and end, not left and right", async () => {
  const css = await Deno.readTextFile(new URL("../static/app.css", import.meta.url));

  const names = css.match(/^ *([a-z-]+-)?(left|right|top|bottom|width|height)(-[a-z-]+)?:.*$/gm) ?? [];

  assert.deepEqual(
    names.filter((line) => !/^ *(line-height|stroke-width|border-(block|inline)-end-width):/.test(line)),
    [],
  );
  assert.deepEqual(css.match(/: *(left|right);/g) ?? [], []);
});
