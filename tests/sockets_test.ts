import assert from "node:assert/strict";
import { assetPath } from "../routes/assets.ts";
import { paths } from "../routes/paths.ts";
import { HTMX, ORIGIN, startApp } from "./app.ts";
import { listen } from "./sockets.ts";

const { host } = new URL(ORIGIN);
const FORM = { Host: host, Origin: ORIGIN, "Content-Type": "application/x-www-form-urlencoded" };

// Security: bodies
Deno.test("TRACE and made-up methods get 405 with Allow over the wire, whatever else is wrong with them", async () => {
  await using site = listen(await startApp());

  const trace = await site.send("TRACE /sign-in", { Host: host });
  const brew = await site.send("BREW /user/security/password", { Host: host, "Content-Length": "99999" });
  const small = await site.send("post /sign-out", FORM);
  const track = await site.send("TRACK /health", { Host: host });

  assert.deepEqual([trace, brew, small, track].map(({ status }) => status), [405, 405, 405, 405]);
  assert.equal(trace.headers.get("Allow"), "GET, HEAD, POST");
  assert.equal(brew.headers.get("Allow"), "GET, HEAD, POST");
  assert.equal(small.headers.get("Allow"), "POST");
  assert.doesNotMatch(trace.body, /TRACE|Host/, "nothing of the request comes back");
});

// Security: bodies
Deno.test("a body over 16 KiB gets 413 over the wire before it has all come, announced or in chunks", async () => {
  await using site = listen(await startApp());
  const chunk = `400\r\n${"x".repeat(1024)}\r\n`;

  const announced = await site.send("POST /sign-in", { ...FORM, "Content-Length": "99999999" }, "email=");
  const chunked = await site.send("POST /sign-in", { ...FORM, "Transfer-Encoding": "chunked" }, chunk.repeat(17));
  const endless = await site.send("POST /nowhere", { ...FORM, "Transfer-Encoding": "chunked" }, chunk.repeat(17));
  const within = await site.send(
    "POST /sign-in",
    { ...FORM, "Transfer-Encoding": "chunked" },
    `${chunk.repeat(16)}0\r\n\r\n`,
  );

  assert.deepEqual([announced, chunked, endless, within].map(({ status }) => status), [413, 413, 413, 403]);
});

// Security: bodies
Deno.test("a body that does not come within ten seconds gets 408, with the headers of every answer", async () => {
  await using site = listen(await startApp());

  const [silent, halfway, chunked] = await withoutWaiting(10_000, () =>
    Promise.all([
      site.send("POST /sign-in", { ...FORM, "Content-Length": "100" }),
      site.send("POST /sign-in", { ...FORM, ...HTMX, "Content-Length": "100" }, "email=marta"),
      site.send("POST /sign-out", { ...FORM, "Transfer-Encoding": "chunked" }, "5\r\ncsrf=\r\n"),
    ]));

  assert.deepEqual([silent.status, halfway.status, chunked.status], [408, 408, 408]);
  assert.match(silent.body, /The form did not arrive/);
  assert.match(halfway.body, /^<hx-partial hx-target="#notifications"/);
  assert.match(silent.headers.get("Content-Security-Policy") ?? "", /^default-src 'none'/);
  assert.equal(silent.headers.get("Cache-Control"), "no-store, no-transform");
});

// Security: bodies
Deno.test("a query over 8 KB gets 414 over the wire, and so does that of a form", async () => {
  await using site = listen(await startApp());
  const query = `?next=${"x".repeat(8_192)}`;

  assert.equal((await site.send(`GET /sign-in${query}`, { Host: host })).status, 414);
  assert.equal((await site.send(`POST /sign-in${query}`, { ...FORM, "Content-Length": "0" })).status, 414);
});

// Security: bodies
Deno.test("a request whose end can be read in two ways is refused, and nothing of it is read as a second one", async () => {
  await using site = listen(await startApp());
  const second = `GET /second HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const send = (headers: Record<string, string>, body: string) =>
    site.send("POST /sign-in", { ...FORM, ...headers }, body);

  const both = await send({ "Content-Length": "4", "Transfer-Encoding": "chunked" }, `0\r\n\r\n${second}`);
  const twice = await send({ "Content-Length": "4\r\nContent-Length: 5" }, `csrf=${second}`);
  const signed = await send({ "Content-Length": "+4" }, `csrf${second}`);
  const unknown = await send({ "Transfer-Encoding": "xchunked" }, second);
  const folded = await send({ "X-Folded": "a\r\n b" }, second);
  const spaced = await send({ "Content-Length ": "0" }, second);

  for (const { status, body } of [both, twice, signed, unknown, folded, spaced]) {
    assert.equal(status, 400);
    assert.doesNotMatch(body, /HTTP\/1\.1/);
  }
});

// Security: Host
Deno.test("over the wire a request without our Host gets 421, whatever name stands in its first line", async () => {
  await using site = listen(await startApp());

  const none = await site.send("GET /sign-in", {});
  const other = await site.send("GET /sign-in", { Host: "evil.example" });
  const absolute = await site.send(`GET ${ORIGIN}/sign-in`, { Host: "evil.example" });
  const named = await site.send("GET http://evil.example/sign-in", { Host: host });
  const twice = await site.send("GET /sign-in", { Host: `${host}\r\nHost: evil.example` });

  assert.deepEqual([none, other, absolute].map(({ status }) => status), [421, 421, 421]);
  assert.doesNotMatch(none.body + other.body + absolute.body + named.body, /evil\.example/);
  assert.equal(twice.status, 400);
});

// Security: BREACH
Deno.test("private pages and the CSV come as they are to a browser that takes any compression, static files compressed", async () => {
  const start = await startApp();
  await using site = listen(start);
  const here = start.browser();
  await here.signIn();
  const headers = {
    Host: host,
    Cookie: `session=${here.cookies.get("session")}`,
    "Accept-Encoding": "gzip, deflate, br, zstd",
  };

  for (const path of [paths.connections, paths.closeAll, paths.password, paths.csv, "/nowhere"]) {
    const page = await site.send(`GET ${path}`, headers);
    assert.equal(page.headers.get("Content-Encoding"), null, path);
    assert.match(page.body, path === paths.csv ? /^opened_at,/ : /^<!doctype html>/);
  }
  const signIn = await site.send(`GET ${paths.signIn}`, { ...headers, Cookie: "" });
  assert.equal(signIn.headers.get("Content-Encoding"), null);
  assert.match(signIn.body, /name="csrf" value="[\w-]{22}"/);
  assert.equal((await site.send(`GET ${assetPath("css")}`, headers)).headers.get("Content-Encoding"), "br");
});

/** Whoever would wait for just so many milliseconds while `run` runs has waited; somebody must. */
async function withoutWaiting<T>(milliseconds: number, run: () => Promise<T>): Promise<T> {
  const { setTimeout } = globalThis;
  let waits = 0;
  globalThis.setTimeout = new Proxy(setTimeout, {
    apply(target, self, [handler, delay, ...args]) {
      if (delay === milliseconds) waits++;
      return Reflect.apply(target, self, [handler, delay === milliseconds ? 0 : delay, ...args]);
    },
  });
  try {
    return await run();
  } finally {
    globalThis.setTimeout = setTimeout;
    assert.ok(waits > 0, `Nobody waited for ${milliseconds} milliseconds`);
  }
}
