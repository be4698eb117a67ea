import assert from "node:assert/strict";
import { Hono } from "hono";
import { openDatabase } from "../db/database.ts";
import { createSecrets } from "../credentials/secrets.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { accountKey } from "../db/limits.ts";
import { connections, limits, sessions, users } from "../db/schema.ts";
import { Unavailable } from "../db/driver/unavailable.ts";
import { dbOf, openDatabase as openHosted } from "../host/database.ts";
import { createPanel } from "../examples/panel/panel.ts";
import { createArea } from "../routes/area.ts";
import { assetPath } from "../http/assets.ts";
import type { Owner } from "../http/env.ts";
import { paths } from "../http/paths.ts";
import { addAuthenticator, startWithKey } from "./second_factor.ts";
import { Browser, CHEAP, EMAIL, HOUR, HTMX, ORIGIN, PASSWORD, START, startApp } from "./app.ts";
import { freePort, makeFolder, processOf, ROOT } from "./processes.ts";

Deno.test("a panel and the area share one app, header, name and sign-in", async () => {
  const { browser } = await startPanel();
  const here = browser();

  assert.equal((await here.get("/")).headers.get("Location"), `${paths.signIn}?next=%2F`);
  const signIn = await here.get(paths.signIn);
  assert.equal(signIn.$("header.acme").length, 1);
  assert.equal(signIn.$("header nav").length, 0);
  assert.equal((await here.signIn()).status, 303);

  const history = await here.get(paths.connections);
  assert.equal(history.$("title").first().text(), "Connection history · Acme Hosting");
  assert.equal(history.$("header").length, 1);
  assert.equal(history.$("header.acme .menu-owner").text(), EMAIL);
  assert.equal(history.$("tbody tr[id]").length, 1);
  assert.equal((await here.get("/")).$("h1").text(), "Your plan: Small");
  assert.equal((await here.get("/")).$("header.acme .menu-owner").text(), EMAIL);
  await here.signOut();
  assert.equal((await here.get("/")).status, 303);
});

// Security: CSP, headers
Deno.test("in a panel the area's pages keep their security headers, and the panel's own pages are untouched", async () => {
  const { browser } = await startPanel();
  const here = browser();
  await here.signIn();

  const [history, home, missing] = [await here.get(paths.connections), await here.get("/"), await here.get("/domains")];

  assert.match(
    history.headers.get("Content-Security-Policy") ?? "",
    /^default-src 'none'; script-src 'self'; style-src 'self'/,
  );
  assert.equal(history.$("[style], style, script:not([src])").length, 0);
  const linked = history.$("link, script").toArray().map(({ attribs: { href, src } }) => href ?? src ?? "");
  assert.deepEqual(linked.filter((path) => !path.startsWith("/")), []);
  assert.equal((await here.get(paths.signIn, { Host: "evil.example" })).status, 421);
  for (const { headers } of [home, missing]) {
    assert.equal(headers.get("Content-Security-Policy"), null);
  }
  assert.equal(home.headers.get("Cache-Control"), "no-store", "of a signed-in user");
  assert.equal(missing.headers.get("Cache-Control"), null);
});

Deno.test("in a panel the area answers only its own paths, and leaves unknown ones to the panel", async () => {
  const { browser } = await startPanel();
  const here = browser();
  await here.signIn();
  const answerOf = async (path: string) => {
    const { status, text } = await here.get(path);
    return `${status} ${text}`;
  };

  const byPanel = "404 Acme has no such page";
  assert.equal(await answerOf("/domains"), byPanel);
  assert.equal(await answerOf("/user/billing"), byPanel);
  assert.equal(await answerOf("/static/acme.png"), byPanel);
  const nowhere = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
  assert.equal(await answerOf(nowhere), byPanel);
  assert.equal((await here.get(paths.changePassword)).headers.get("Location"), paths.password);
  assert.equal((await here.post("/domains", { name: "x" }, { Origin: "https://elsewhere.example" })).status, 404);
  assert.equal((await here.get(assetPath("css"))).status, 200);
  const unknown = await here.get(paths.closeOne(crypto.randomUUID()));
  assert.equal(unknown.status, 404);
  assert.equal(unknown.$("h1").text(), "Page not found");
  assert.equal((await here.post(paths.closeAll, { csrf: "old" })).status, 403);
  assert.equal((await here.request(paths.connections, { method: "DELETE" })).status, 405);
});

Deno.test("in a panel an account with a taken address is not added", async () => {
  const { browser, accounts } = await startPanel();

  assert.equal(await accounts.add("Marta@Example.com", "a much better password than before", "Large"), false);

  const here = browser();
  assert.equal((await here.signIn()).status, 303);
  assert.equal((await here.get("/")).$("h1").text(), "Your plan: Small");
});

Deno.test("in a panel a renamed account keeps its plan and its sessions", async () => {
  const { browser, accounts } = await startPanel();
  const here = browser();
  await here.signIn();

  assert.equal(await accounts.rename(EMAIL, "marta@acme.example"), true);

  assert.equal((await here.get("/")).$("h1").text(), "Your plan: Small");
  assert.equal((await here.get(paths.connections)).$(".menu-owner").text(), "marta@acme.example");
  assert.equal((await browser().signIn()).status, 422);
  assert.equal((await browser().signIn("marta@acme.example")).status, 303);
});

Deno.test("in a panel removing an account removes its history and ends its sessions", async () => {
  const { browser, accounts, db } = await startPanel();
  await accounts.add("joan@example.com", PASSWORD, "Large");
  const [here, joan] = [browser(), browser()];
  await here.signIn();
  await joan.signIn("joan@example.com");

  assert.equal(await accounts.remove(EMAIL), true);

  assert.equal((await here.get("/")).status, 303);
  assert.equal(await here.isIn(), false);
  assert.equal((await browser().signIn()).status, 422);
  assert.equal((await joan.get("/")).$("h1").text(), "Your plan: Large");
  assert.equal(await accounts.remove(EMAIL), false);
  const left = { users: await db.$count(users), connections: await db.$count(connections) };
  assert.deepEqual({ ...left, sessions: await db.$count(sessions) }, { users: 1, connections: 1, sessions: 1 });
});

Deno.test("requireOwner redirects signed-out users to sign-in and back, and tells the panel who is signed in", async () => {
  const { area, requireOwner, users } = createArea(await options());
  const panel = new Hono();
  panel.get("/billing", requireOwner, (c) => c.text(c.var.owner.email));
  panel.use(area);
  await users.add(EMAIL, PASSWORD);
  const here = new Browser(panel, new Set());

  const page = await here.get("/billing?year=2026");
  assert.equal(page.status, 303);
  assert.equal(page.headers.get("Location"), `${paths.signIn}?next=%2Fbilling%3Fyear%3D2026`);
  const fragment = await here.get("/billing", { ...HTMX, "HX-Current-URL": `${ORIGIN}/billing` });
  assert.equal(fragment.status, 401);
  assert.equal(fragment.headers.get("HX-Redirect"), `${paths.signIn}?next=%2Fbilling`);

  await here.signIn();
  const mine = await here.get("/billing");
  assert.equal(mine.text, EMAIL);
  assert.equal(mine.headers.get("Cache-Control"), "no-store");
  await here.signOut();
  assert.equal((await here.get("/billing")).status, 303);
});

// ASVS 14.3
Deno.test("requireOwner forbids caching, whichever way the panel's page answers", async () => {
  const { area, requireOwner, users } = createArea(await options());
  const elsewhere = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response("passed on", {
        status: 201,
        headers: { "Cache-Control": "public, max-age=3600", "X-Plan": "Small" },
      }),
  );
  const panel = new Hono<{ Variables: { owner: Owner } }>().use("/private/*", requireOwner);
  panel.get("/private/own", () => new Response("own", { headers: { "Cache-Control": "max-age=60" } }));
  panel.get("/private/passed-on", () => fetch(`http://127.0.0.1:${elsewhere.addr.port}`));
  panel.get("/private/moved", () => Response.redirect(ORIGIN, 302));
  panel.get("/private/failing", () => {
    throw new Error("The plan is missing");
  });
  panel.onError((error) => new Response(error.message, { status: 500 }));
  panel.use(area);
  await users.add(EMAIL, PASSWORD);
  const here = new Browser(panel, new Set());
  await here.signIn();
  const answerOf = async (path: string) => {
    const { status, text, headers } = await here.get(path);
    return `${status} ${text} ${headers.get("Cache-Control")}`;
  };

  assert.equal(await answerOf("/private/own"), "200 own no-store");
  assert.equal(await answerOf("/private/passed-on"), "201 passed on no-store");
  assert.equal((await here.get("/private/passed-on")).headers.get("X-Plan"), "Small");
  assert.equal(await answerOf("/private/moved"), "302  no-store");
  assert.equal(await answerOf("/private/failing"), "500 The plan is missing no-store");
  assert.equal(await answerOf("/private/nowhere"), "404 404 Not Found no-store");
  await elsewhere.shutdown();
});

Deno.test("requireOwner lets a panel's page open a WebSocket", async () => {
  const { area, requireOwner, users } = createArea(await options());
  const panel = new Hono<{ Variables: { owner: Owner } }>();
  panel.get("/messages", requireOwner, (c) => {
    const { socket, response } = Deno.upgradeWebSocket(c.req.raw);
    socket.onopen = () => socket.send(c.var.owner.email);
    return response;
  });
  panel.use(area);
  await users.add(EMAIL, PASSWORD);
  const here = new Browser(panel, new Set());
  await here.signIn();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, panel.fetch);

  const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  const handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
    `Sec-WebSocket-Key: ${btoa("0123456789abcdef")}\r\nCookie: session=${here.cookies.get("session")}\r\n`;
  await connection.write(
    new TextEncoder().encode(`GET /messages HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n${handshake}\r\n`),
  );
  const bytes = new Uint8Array(4_096);
  let answer = "";
  while (!answer.includes(EMAIL)) {
    const read = await connection.read(bytes);
    if (read === null) break;
    answer += String.fromCharCode(...bytes.subarray(0, read));
  }
  connection.close();
  await server.shutdown();

  assert.match(answer, /^HTTP\/1\.1 101 /);
  assert.ok(answer.includes(EMAIL));
});

Deno.test("a panel can leave the sign-in methods out, and accounts that have a second step are still asked for it", async () => {
  const { db, here, clock } = await startWithKey();
  await addAuthenticator(here, clock);
  const without = await startApp({ db, now: () => clock.now, sections: ["history", "password", "preferences"] });
  const there = without.browser();

  assert.equal((await there.signIn()).headers.get("Location"), paths.code);
  assert.equal(
    (await there.get(paths.methods)).headers.get("Location"),
    `${paths.signIn}?next=${encodeURIComponent(paths.methods)}`,
  );
  there.cookies.set("session", here.cookies.get("session")!);
  const history = await there.get(paths.connections);
  assert.equal(history.status, 200);
  assert.equal(history.$(`a[href^="${paths.methods}"]`).length, 0);
  for (const path of [paths.methods, paths.authenticator, paths.recoveryCodes, paths.forgetBrowser("all")]) {
    assert.equal((await there.get(path)).status, 404, path);
  }
  assert.equal((await there.post(paths.recoveryCodes, {})).status, 404);
  assert.equal((await here.get(paths.methods)).status, 200);
  const required = { ...await options(), sections: ["history" as const], requiresSecondFactor: true };
  assert.throws(() => createArea(required), { message: "Cannot require a second step where nobody could add one" });
});

Deno.test("a panel can replace the sign-in methods with its own page", async () => {
  const { area, requireOwner, users } = createArea(await options());
  const panel = new Hono();
  panel.get(paths.methods, requireOwner, (c) => c.text(`Acme's own for ${c.var.owner.email}`));
  panel.use(area);
  await users.add(EMAIL, PASSWORD);
  const here = new Browser(panel, new Set());
  await here.signIn();

  assert.equal((await here.get(paths.connections)).$(`nav a[href="${paths.methods}"]`).length, 1);
  assert.equal((await here.get(paths.methods)).text, `Acme's own for ${EMAIL}`);
  assert.match((await here.get(paths.recoveryCodes)).headers.get("Location") ?? "", new RegExp(`^${paths.methods}$`));
});

// ASVS 6.3.3
Deno.test("where a panel requires a second step, its own pages wait for one too", async () => {
  const secrets = await createSecrets([new Uint8Array(32)]);
  const given = { ...await options(), requiresSecondFactor: true, secrets: () => Promise.resolve(secrets) };
  const { area, findOwner, requireOwner, users } = createArea(given);
  const panel = new Hono();
  panel.get("/billing", requireOwner, (c) => c.text(c.var.owner.email));
  panel.get("/news", async (c) => c.text((await findOwner(c))?.email ?? "nobody"));
  panel.use(area);
  await users.add(EMAIL, PASSWORD);
  const here = new Browser(panel, new Set());
  await here.signIn();

  assert.equal((await here.get("/billing")).headers.get("Location"), paths.methods);
  assert.equal((await here.get("/billing", HTMX)).headers.get("HX-Redirect"), paths.methods);
  assert.equal((await here.get("/news")).text, "nobody");
  assert.equal((await here.get(paths.live, HTMX)).headers.get("HX-Redirect"), paths.methods);
  await addAuthenticator(here, { now: Date.now() });

  assert.equal((await here.get("/billing")).text, EMAIL);
  assert.equal((await here.get("/news")).text, EMAIL);
});

Deno.test("a password set by the panel closes the account's connections", async () => {
  const { area, users } = createArea(await options());
  const panel = new Hono().use(area);
  await users.add(EMAIL, PASSWORD);
  const here = new Browser(panel, new Set());
  await here.signIn();

  assert.equal(await users.setPassword(EMAIL, "a much better password than before"), true);
  assert.equal(await users.setPassword("joan@example.com", "a much better password than before"), false);

  assert.equal(await here.isIn(), false);
  assert.equal((await here.signIn()).status, 422);
  assert.equal((await here.signIn(EMAIL, "a much better password than before")).status, 303);
});

// ASVS 16.2.1
Deno.test("what a panel changes of accounts is in the log, by the host", async () => {
  const log: string[] = [];
  const { users } = createArea({
    ...await options(),
    log: (event, fields) => log.push(JSON.stringify({ event, ...fields })),
  });

  await users.add(EMAIL, PASSWORD);
  await users.rename(EMAIL, "joan@example.com");
  await users.setPassword("joan@example.com", "a much better password than before");
  await users.unlock("joan@example.com");
  await users.disable("joan@example.com", "anna");
  await users.enable("joan@example.com", "anna");
  const link = await users.link("joan@example.com", "anna");
  await users.resetMethods("joan@example.com", "anna");
  await users.remove("joan@example.com");
  const done = log.length;
  await users.rename(EMAIL, "marta@example.com");
  await users.unlock(EMAIL);
  await users.remove(EMAIL);
  await users.disable(EMAIL);
  await users.enable(EMAIL);
  assert.equal(await users.resetMethods(EMAIL), false);
  assert.equal(await users.link(EMAIL), null);

  const events = log.map((line) => JSON.parse(line));
  const [{ user }] = events;
  assert.match(user, /^[\da-f-]{36}$/);
  assert.deepEqual(events, [
    { event: "user_created", user, by: "host" },
    { event: "user_updated", user, by: "host" },
    { event: "authn_password_change", user, by: "host", closed: 0 },
    { event: "authn_login_unlock", user, by: "host" },
    { event: "user_disabled", user, closed: 0, by: "host", who: "anna" },
    { event: "user_enabled", user, by: "host", who: "anna" },
    { event: "authn_token_created", user, purpose: "password", by: "host", who: "anna" },
    { event: "authn_method_removed", user, method: "all", closed: 0, by: "host", who: "anna" },
    { event: "user_deleted", user, by: "host" },
  ]);
  assert.match(String(link), /^https?:\/\/[^/]+\/links\/[\w-]{43}$/);
  assert.equal(done, events.length, "what wasn't done isn't logged");
});

Deno.test("a panel can unlock an account", async () => {
  const clock = { now: START };
  const settings = { ...await options(), now: () => clock.now };
  const { area, users } = createArea(settings);
  const here = new Browser(new Hono().use(area), new Set());
  await users.add(EMAIL, PASSWORD);
  const expiresAt = START + HOUR;
  await settings.db.insert(limits).values({ key: `run:${accountKey(EMAIL, true)}`, count: 100, expiresAt });
  assert.equal((await here.signIn()).status, 429);

  assert.equal(await users.unlock(EMAIL), true);

  // An instance may remember for as long that the account was locked.
  clock.now += 10_000;
  assert.equal((await here.signIn()).status, 303);
  assert.equal(await users.unlock("joan@example.com"), false);
});

Deno.test("adding an account throws Unavailable while too many passwords are being hashed", async () => {
  const { users } = createArea({
    ...await options(),
    passwords: { ...createPasswords(CHEAP), hash: () => Promise.resolve(null) },
  });

  await assert.rejects(users.add(EMAIL, PASSWORD), Unavailable);
  assert.equal(await users.remove(EMAIL), false);
});

Deno.test("a panel can't give an account an address that nobody could sign in with", async () => {
  const { users } = createArea(await options());

  assert.equal(await users.add("", PASSWORD), false);
  assert.equal(await users.add(`${"m".repeat(250)}@example.com`, PASSWORD), false);
  assert.equal(await users.add(EMAIL, PASSWORD), true);
  assert.equal(await users.rename(EMAIL, "marta"), false);
  assert.equal(await users.remove(EMAIL), true);
});

Deno.test("the example panel starts with the command in docs/embedding.md, and accepts the account that it prints", async () => {
  await using folder = await makeFolder();
  const page = await Deno.readTextFile(`${ROOT}docs/embedding.md`);
  const flags = /deno run (--.*examples\/panel\/main\.ts)/.exec(page)?.[1];
  const port = freePort();
  const process = processOf(flags?.split(" ") ?? [], folder, { PORT: String(port) });
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let output = "";
  while (!output.includes("Password: ")) {
    const { value, done } = await lines.read();
    if (done) assert.fail(`The example ended: ${new TextDecoder().decode(await new Response(process.stderr).bytes())}`);
    output += value;
  }
  const [, email, password] = /E-mail: (.+)\nPassword: (.+)/.exec(output) ?? [];
  const overHttp = async (request: Request) => {
    const headers = new Headers(request.headers);
    headers.delete("Host");
    const body = request.method === "POST" ? await request.text() : null;
    return await fetch(request.url, { method: request.method, headers, body, redirect: "manual" });
  };
  const here = new Browser({ fetch: overHttp }, new Set(), undefined, undefined, `http://127.0.0.1:${port}`);

  const signedIn = await here.signIn(email, password);
  const home = await here.get("/");

  process.kill("SIGTERM");
  await Promise.all([process.status, lines.cancel(), process.stdin.close(), process.stderr.cancel()]);
  assert.equal(signedIn.status, 303);
  assert.equal(home.$("h1").text(), "Your plan: Small");
});

/** Starts the example's panel over a new database with one account. */
async function startPanel() {
  const database = await openHosted(":memory:");
  const { panel, accounts } = createPanel({ ...await options(), db: database });
  await accounts.add(EMAIL, PASSWORD, "Small");
  return { db: dbOf(database), accounts, browser: () => new Browser(panel, new Set()) };
}

async function options() {
  const db = await openDatabase(":memory:");
  return { db, origin: new URL(ORIGIN), log: () => {}, passwords: createPasswords(CHEAP) };
}
