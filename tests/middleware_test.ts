import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { Hono, type MiddlewareHandler } from "hono";
import { compress } from "hono/compress";
import { logger } from "hono/logger";
import { secureHeaders } from "hono/secure-headers";
import { createPasswords } from "../credentials/passwords.ts";
import { openDatabase } from "../db/database.ts";
import { paths } from "../http/paths.ts";
import { createArea } from "../routes/area.ts";
import { Browser, CHEAP, EMAIL, ORIGIN, PASSWORD } from "./app.ts";

const BROWSER = { "Sec-Fetch-Site": "same-origin", Origin: "null" };

Deno.test("behind Hono's secureHeaders() the area works in browsers that say where a form comes from", async () => {
  const { browser } = await startBehind(secureHeaders());
  const here = browser();

  const signIn = await here.get(paths.signIn);
  assert.equal(signIn.headers.get("Referrer-Policy"), "no-referrer", "which makes browsers send Origin: null");
  assert.match(signIn.headers.get("Content-Security-Policy") ?? "", /^default-src 'none'/);
  const fields = { csrf: signIn.$("[name=csrf]").attr("value") ?? "", email: EMAIL, password: PASSWORD };
  assert.equal((await here.post(paths.signIn, fields, { Origin: "null" })).status, 403, "an older browser");
  assert.equal((await here.post(paths.signIn, fields, BROWSER)).status, 303);
  assert.equal((await here.get(paths.connections)).status, 200);
});

Deno.test("behind secureHeaders() with the area's own Referrer-Policy older browsers can sign in too", async () => {
  const { browser } = await startBehind(secureHeaders({ referrerPolicy: "same-origin" }));
  const here = browser();

  assert.equal((await here.signIn()).status, 303);
  assert.equal((await here.get(paths.connections)).headers.get("Referrer-Policy"), "same-origin");
});

Deno.test("behind Hono's logger() everything works, and each request is a line with its path", async () => {
  const lines: string[] = [];
  const { browser, users } = await startBehind(logger((line) => lines.push(line)));
  const here = browser();

  assert.equal((await here.signIn()).status, 303);
  assert.equal((await here.submit(paths.preferences, { theme: "dark" })).status, 303);
  const link = await users.link(EMAIL);
  await here.get(link!.pathname);

  assert.ok(lines.some((line) => line.includes(paths.preferences)));
  assert.ok(lines.some((line) => line.includes(link!.pathname)), "the token too: docs/embedding.md warns of it");
});

Deno.test("behind Hono's compress() pages arrive compressed, files as the area compresses them, and a download row by row", async () => {
  const { panel, browser } = await startBehind(compress());
  const here = browser();
  await here.signIn();
  const cookie = `session-8000=${here.cookies.get("session")}`;
  const read = async (path: string) => {
    const headers = { "Accept-Encoding": "gzip", Cookie: cookie, Host: "127.0.0.1:8000" };
    const response = await panel.fetch(new Request(`${ORIGIN}${path}`, { headers }));
    assert.equal(response.headers.get("Content-Encoding"), "gzip", path);
    return gunzipSync(new Uint8Array(await response.arrayBuffer())).toString();
  };

  assert.match(await read(paths.connections), /<h1 id="title"[^>]*>Connection history<\/h1>/);
  const download = await here.get(paths.csv, { "Accept-Encoding": "gzip" });
  assert.equal(download.headers.get("Content-Encoding"), null, "it says no-transform");
  assert.match(download.text, /^opened_at,.*\r\n.*,open,/);
  const [styles] = /\/static\/app\.[\w]+\.css/.exec(await read(paths.connections)) ?? [];
  assert.match(await read(styles!), /:root/);
  assert.equal((await here.submit(paths.preferences, { theme: "dark" })).status, 303);
});

Deno.test("a middleware that reads a form before the area gets an error that says so", async () => {
  const errors: string[] = [];
  const { panel, browser } = await startBehind(async (c, next) => {
    if (c.req.method === "POST") await c.req.parseBody();
    await next();
  });
  panel.onError((error, c) => {
    errors.push(error.message);
    return c.text("failed", 500);
  });

  assert.equal((await browser().signIn()).status, 500);

  assert.deepEqual(errors, [
    "Cannot answer POST /sign-in: a middleware before the area read the form's body. Mount the area before it",
  ]);
});

/** Starts a panel with an account, whose area is behind a middleware. */
async function startBehind(middleware: MiddlewareHandler) {
  const db = await openDatabase(":memory:");
  const given = { db, origin: new URL(ORIGIN), log: () => {}, passwords: createPasswords(CHEAP) };
  const { area, users } = createArea(given);
  await users.add(EMAIL, PASSWORD);
  const panel = new Hono();
  panel.use(middleware);
  panel.use(area);
  return { panel, users, browser: () => new Browser(panel, new Set()) };
}
