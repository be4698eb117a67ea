import assert from "node:assert/strict";
import { assetPath } from "../http/assets.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, HTMX, ORIGIN, PASSWORD, signedIn } from "./app.ts";
import { makeFolder, startServer, users } from "./processes.ts";
import { listen } from "./sockets.ts";

const ACCEPT = { "Accept-Encoding": "gzip, deflate, br, zstd" };

// Before 2.9 Deno compresses what doesn't forbid it.
Deno.test("the program compresses no page, fragment or CSV, only static files", async () => {
  const { here, ...app } = await signedIn();
  await using site = listen(app);
  const headers = { ...ACCEPT, Host: new URL(ORIGIN).host, Cookie: `session=${here.cookies.get("session")}` };
  const encodingOf = async (path: string, more = {}) =>
    (await site.send(`GET ${path}`, { ...headers, ...more })).headers.get("Content-Encoding");

  for (const path of [paths.connections, paths.closeAll, paths.password, paths.csv, paths.signIn, "/nowhere"]) {
    assert.equal(await encodingOf(path), null, path);
    assert.equal(await encodingOf(path, HTMX), null, `the fragment of ${path}`);
  }
  assert.equal(await encodingOf(assetPath("css")), "br");
});

Deno.test("deno task start compresses no page, even where Deno is told to compress", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await using server = await startServer("start", folder, { DENO_SERVE_AUTOMATIC_COMPRESSION: "1" });
  const here = server.browser();
  await here.signIn();

  const page = await here.get(paths.connections, ACCEPT);

  assert.equal(page.headers.get("Content-Encoding"), null);
  assert.equal(page.status, 200);
});
