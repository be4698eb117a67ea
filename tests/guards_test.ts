import assert from "node:assert/strict";
import { eq, sql } from "drizzle-orm";
import type { Db } from "../db/database.ts";
import { connections } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { DAY, EMAIL, HTMX, MINUTE, ORIGIN, startApp } from "./app.ts";
import { SITE } from "./passkeys.ts";
import { addKnownLink, crawl, pathsOf } from "./crawl.ts";
import { addMethodsOf, startWithMethods } from "./crawl_methods.ts";

const FORM = "application/x-www-form-urlencoded";

// Security: Host
Deno.test("no answer links to another site, or repeats the host name that a request claims", async () => {
  const answers = await crawl(await startWithMethods());
  const evil = (await startApp()).browser();
  const spoofed = {
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "host=evil.example",
    "X-Forwarded-Proto": "https",
  };
  const misled = [await evil.get(paths.signIn, spoofed), await evil.get(paths.home, spoofed)];

  for (const { $, headers, text } of [...answers, ...misled]) {
    const links = $("[href], [src], [action], [hx-get], [hx-post]").toArray().flatMap((element) =>
      ["href", "src", "action", "hx-get", "hx-post"].map((name) => $(element).attr(name) ?? "/")
    );
    const redirects = ["Location", "HX-Redirect", "HX-Push-Url", "HX-Replace-Url"].map((name) =>
      headers.get(name) ?? "/"
    );
    const outside = [...links, ...redirects].filter((link) => !/^(\?|[/#](?!\/))/.test(link));
    // An error page under a wrong host name links to the right one.
    assert.deepEqual(outside.filter((link) => !["https://www.maxmind.com", `${SITE}/`].includes(link)), []);
    assert.doesNotMatch(text, /evil\.example/);
  }
});

// Security: Host
Deno.test("another Host gets 421, and the loopback's names count as one", async () => {
  const { browser } = await startApp();
  const status = async (Host: string) => (await browser().get(paths.signIn, { Host })).status;

  assert.equal(await status("127.0.0.1:8000"), 200);
  assert.equal(await status("localhost:8000"), 200);
  assert.equal(await status("[::1]:8000"), 200);
  assert.equal(await status("127.0.0.1"), 421);
  assert.equal(await status("127.0.0.1:8001"), 421);
  assert.equal(await status("evil.example:8000"), 421);
  assert.equal(await status("127.0.0.1:8000@evil.example"), 421);
  assert.equal(await status("127.0.0.1:8000/x"), 421);
  assert.equal(await status(""), 421);
});

// Security: bodies
Deno.test("an unsupported method gets 405 with Allow, before any other guard", async () => {
  const { browser } = await startApp();
  const allow = async (method: string, path: string) => {
    const { status, headers } = await browser().request(path, { method });
    assert.equal(status, 405);
    return headers.get("Allow");
  };

  assert.equal(await allow("POST", paths.connections), "GET, HEAD");
  assert.equal(await allow("DELETE", paths.closeAll), "GET, HEAD, POST");
  assert.equal(await allow("PUT", paths.closeOne("x")), "GET, HEAD, POST");
  assert.equal(await allow("PUT", paths.signOut), "GET, HEAD, POST");
  assert.equal(await allow("OPTIONS", paths.signIn), "GET, HEAD, POST");
  assert.equal(await allow("POST", "/static/app.css"), "GET, HEAD");
  assert.equal(await allow("POST", paths.health), "GET, HEAD");
  assert.equal(await allow("BREW", "/nowhere"), "GET, HEAD, POST");
});

// Security: bodies
Deno.test("a query over 8 KB gets 414", async () => {
  const { browser } = await startApp();

  assert.equal((await browser().get(`${paths.signIn}?next=${"x".repeat(8_192)}`)).status, 414);
  assert.equal((await browser().get(`${paths.signIn}?next=${"x".repeat(8_000)}`)).status, 200);
});

// Security: bodies
Deno.test("a body over 16 KiB gets 413, announced or not", async () => {
  const { browser } = await startApp();
  const large = `email=${"x".repeat(16_384)}`;
  const send = (body: BodyInit, headers: Record<string, string> = {}) =>
    browser().request(paths.signIn, {
      method: "POST",
      body,
      headers: { Origin: ORIGIN, "Content-Type": FORM, ...headers },
    });
  const chunks = new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode("x".repeat(1_000)));
    },
  });

  assert.equal((await send(large)).status, 413);
  assert.equal((await send(chunks)).status, 413);
  assert.equal((await send("email=x", { "Content-Length": "99999" })).status, 413);
  assert.equal((await send(`email=${"x".repeat(16_000)}`)).status, 403);
});

// Security: GET is safe
Deno.test("no GET, HEAD or OPTIONS of any route changes a row, except the time of the connection's last visit", async () => {
  const { app, browser, db, clock } = await startWithMethods();
  const [here, other, gone] = [browser(), browser("203.0.113.1"), browser("203.0.113.2")];
  await browser("203.0.113.3").signIn(EMAIL, "not the password at all");
  await gone.signIn();
  await gone.signOut();
  await other.signIn();
  await here.signIn();
  const id = (await db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!.id;
  const routes = [...pathsOf(app, "GET", id), ...pathsOf(app, "POST", id), "/nowhere"];
  const queries = ["", "?state=open&ip=46.16", "?_method=POST&close=1&csrf=x"];
  await addKnownLink(db);
  await addMethodsOf(db, id);
  const before = await rowsOf(db);
  clock.now += 5 * MINUTE;

  assert.ok(routes.includes(paths.closeOne(id)) && routes.includes(paths.signOut));
  for (const each of [here, gone, browser("203.0.113.4")]) {
    for (const path of routes.flatMap((route) => queries.map((query) => route + query))) {
      for (const method of ["GET", "HEAD", "OPTIONS"]) {
        await each.request(path, { method });
        await each.request(path, { method, headers: HTMX });
      }
    }
  }

  assert.deepEqual(await rowsOf(db), before);
  const [current] = await db.select().from(connections).where(eq(connections.ip, "46.16.60.1"));
  assert.equal(current?.lastSeenAt, clock.now);
  assert.equal(current?.expiresAt, clock.now + 7 * DAY);
});

/** Reads every row of every table, except for what reading a page may change: when its connection was last seen and when it expires. */
async function rowsOf(db: Db) {
  const tables = await db.all<{ name: string }>(sql`select name from sqlite_master where type = 'table'`);
  return await Promise.all(tables.map(async ({ name }) => {
    const rows = await db.all<Record<string, unknown>>(sql`select * from ${sql.identifier(name)}`);
    return [name, rows.map(({ last_seen_at: _, expires_at: __, ...row }) => row)];
  }));
}
