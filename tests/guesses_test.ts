import assert from "node:assert/strict";
import { closeAsOperator } from "../db/connections.ts";
import { openDatabase } from "../db/database.ts";
import { paths, withQuery } from "../http/paths.ts";
import { addAccount, type Browser, EMAIL, HOUR, HTMX, MINUTE, ORIGIN, PASSWORD, startApp, withoutCsrf } from "./app.ts";
import { startRemote } from "./remote.ts";

/** Everything that a signed-in browser reads. */
const PAGES = [
  paths.home,
  paths.connections,
  withQuery(paths.connections, { state: "open" }),
  paths.closeAll,
  paths.password,
  paths.preferences,
  paths.csv,
];

// ASVS 7.4.1
// Security: guesses
Deno.test("what this process knew of a session lets nobody in: closed at another instance it gets no page", async () => {
  await using site = await startTwo();
  const { here, there, log } = site;
  for (const page of PAGES) await here.get(page);
  const before = log.length;

  await closeEverything(site);
  const answers = [];
  for (const page of PAGES) answers.push(await here.get(page));
  const poll = await here.get(withQuery(paths.live, { version: "x" }), HTMX);

  assert.deepEqual(answers.map(({ status }) => status), PAGES.map(() => 303));
  for (const { headers, text } of answers) {
    assert.match(headers.get("Location") ?? "", new RegExp(`^${paths.signIn}`));
    assert.doesNotMatch(text, new RegExp(EMAIL));
  }
  assert.equal(poll.status, 401);
  assert.equal(poll.text, "");
  assert.deepEqual(log.slice(before), []);
  assert.equal(await there.isIn(), false);
});

// Security: guesses
Deno.test("a session that changed at another instance is answered in its current state", async () => {
  await using site = await startTwo();
  const { here, there } = site;
  await here.get(paths.connections);
  await there.get(paths.connections);

  await there.submit(paths.preferences, { language: "ca", time_zone: "Asia/Tokyo", theme: "dark" });
  const [page, cold] = [await here.get(paths.connections), await site.coldBrowser(here)];

  assert.equal(page.$("html").attr("lang"), "ca");
  assert.equal(page.$("html").attr("data-theme"), "dark");
  assert.equal(withoutCsrf(page.text), withoutCsrf((await cold.get(paths.connections)).text));
});

// ASVS 7.2.4
// Security: guesses
Deno.test("a former secret that this process knew gets in no longer than anywhere else", async () => {
  await using site = await startTwo();
  const { here, there, clock } = site;
  await here.get(paths.connections);
  const thief = site.copyOf(here, "one");
  await thief.get(paths.connections);

  clock.now += HOUR;
  await there.submit(paths.password, {
    current_password: PASSWORD,
    new_password: `${PASSWORD} indeed`,
    new_password_again: `${PASSWORD} indeed`,
  });
  await there.get(paths.connections);
  clock.now += MINUTE;

  assert.equal(await thief.isIn(), false);
  assert.equal(await there.isIn(), true);
});

// Security: guesses
Deno.test("a visit by a guess is recorded once, as any other", async () => {
  await using site = await startTwo();
  const { here, clock, remote } = site;
  await here.get(paths.connections);
  clock.now += 2 * MINUTE;
  const lastSeen = () => remote.query("select last_seen_at from connections order by opened_at limit 1");
  const updates = () =>
    remote.calls.flat().filter((sql) => /^update "connections" set "last_seen_at"/.test(sql)).length;
  const before = updates();

  await here.get(paths.connections);
  await here.get(paths.connections);

  assert.deepEqual(lastSeen().map((row) => ({ ...row })), [{ last_seen_at: clock.now }]);
  assert.equal(updates(), before + 1);
});

// Security: guesses, places
Deno.test("a stolen cookie that is guessed right shows its place all the same", async () => {
  await using site = await startTwo();
  const { here, remote } = site;
  await here.get(paths.connections);

  const thief = site.copyOf(here, "one", "102.89.23.4");
  await thief.get(paths.connections);

  assert.deepEqual(remote.query("select ip from places").map((row) => ({ ...row })), [{ ip: "102.89.23.4" }]);
});

// Security: guesses
Deno.test("a page that isn't there is logged once, whether the guess was right or wrong", async () => {
  await using site = await startTwo();
  const { here, there, log } = site;
  const missing = paths.details("01a208b8-8480-735a-b02e-000000000000");
  const refused = () => log.filter((line) => line.includes("authz_fail")).length;
  await here.get(paths.connections);

  assert.equal((await here.get(missing)).status, 404);
  assert.equal(refused(), 1);

  await there.submit(paths.preferences, { language: "es" });
  assert.equal((await here.get(missing)).status, 404);
  assert.equal(refused(), 2);
});

// ASVS 7.4.1
// Security: guesses
Deno.test("a form, a HEAD request, a prefetch and another secret get nothing by a guess after the session is closed", async () => {
  await using site = await startTwo();
  const { here, copyOf, remote } = site;
  const page = await here.get(paths.preferences);
  const csrf = page.$("main [name=csrf]").attr("value")!;
  const guesser = copyOf(here, "one");
  guesser.cookies.set("session", here.cookies.get("session")!.replace(/.{43}$/, "A".repeat(43)));
  assert.equal(await guesser.isIn(), false, "while it is open, too");

  await closeEverything(site);
  const answers = [
    await here.request(paths.connections, { method: "HEAD" }),
    await here.get(paths.connections, { "Sec-Purpose": "prefetch" }),
    await here.get(paths.connections, HTMX),
    await here.get(paths.connections, { "If-None-Match": "*", "If-Modified-Since": new Date(0).toUTCString() }),
    await here.post(paths.preferences, { csrf, language: "ca", time_zone: "Asia/Tokyo", theme: "dark" }),
    await guesser.get(paths.connections),
  ];

  assert.deepEqual(answers.map(({ status }) => status), [303, 303, 401, 303, 303, 303]);
  for (const { text } of answers) assert.doesNotMatch(text, new RegExp(EMAIL));
  assert.deepEqual(remote.query("select language, theme from users").map((row) => ({ ...row })), [
    { language: null, theme: null },
  ]);
});

// Security: guesses
Deno.test("two requests of one session at once, before and after it changes elsewhere, show no old state", async () => {
  await using site = await startTwo();
  const { here, there } = site;
  await here.get(paths.connections);
  await there.submit(paths.preferences, { language: "es", time_zone: "Asia/Tokyo", theme: "dark" });

  const pages = await Promise.all([paths.connections, paths.preferences, paths.password].map((path) => here.get(path)));

  assert.deepEqual(pages.map(({ $ }) => [$("html").attr("lang"), $("html").attr("data-theme")]), [
    ["es", "dark"],
    ["es", "dark"],
    ["es", "dark"],
  ]);
});

// Security: guesses
Deno.test("what a guessed page logs has its client's address, as Deno's own server gives it", async () => {
  await using remote = await startRemote();
  await addAccount(remote.db, EMAIL, PASSWORD);
  const { app, browser, log } = await startApp({ db: remote.db });
  const here = browser();
  await here.signIn();
  const served = (request: Request, info: Deno.ServeHandlerInfo) => {
    const headers = { Host: new URL(ORIGIN).host, Cookie: request.headers.get("Cookie") ?? "" };
    return app.fetch(new Request(`${ORIGIN}${new URL(request.url).pathname}`, { headers }), info);
  };
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, served);
  const missing = paths.details("01a208b8-8480-735a-b02e-000000000000");

  for (let i = 0; i < 2; i++) {
    const answer = await fetch(`http://127.0.0.1:${server.addr.port}${missing}`, {
      headers: { Cookie: `session-8000=${here.cookies.get("session")}` },
    });
    await answer.body?.cancel();
    assert.equal(answer.status, 404);
  }

  const refused = log.map((line) => JSON.parse(line)).filter(({ event }) => event === "authz_fail");
  assert.deepEqual(refused.map(({ ip }) => ip), ["127.0.0.1", "127.0.0.1"]);
  assert.deepEqual(log.filter((line) => line.includes("address_unknown")), []);
});

// Security: guesses
Deno.test("nothing that a host hands its app as env counts as a guess", async () => {
  await using site = await startTwo();
  const { app } = await startApp({ db: site.remote.db, now: () => site.clock.now });
  const session = { userId: "x", email: EMAIL, csrf: "x".repeat(22), end: null };

  const request = new Request(`${ORIGIN}${paths.preferences}`, { headers: { Host: new URL(ORIGIN).host } });
  const { status } = await app.fetch(request, { guess: { session, isUsed: false, log: [] } });

  assert.equal(status, 303);
});

// Security: guesses, remote database
Deno.test("while the database gives no answer a guess gives none either, and the failure is logged once", async () => {
  await using site = await startTwo();
  const { here, remote, log } = site;
  await here.get(paths.connections);
  remote.breakWhen(() => "error");

  const { status, text } = await here.get(paths.connections);

  assert.equal(status, 503);
  assert.doesNotMatch(text, new RegExp(EMAIL));
  assert.equal(log.filter((line) => line.includes("sys_crash")).length, 1);
});

// Security: guesses
Deno.test("a page and the session that allows it are read in one transaction, and a download only after its session", async () => {
  await using site = await startTwo();
  const { here, remote } = site;
  await here.get(paths.connections);
  const callsOf = async (path: string) => {
    const before = remote.calls.length;
    await here.get(path);
    return remote.calls.slice(before).map((sql) => sql.join("\n"));
  };

  const [page, ...more] = await callsOf(paths.connections);
  for (const part of [/from "sessions"/, /json_group_array/, /^BEGIN TRANSACTION READONLY$/m]) {
    assert.match(page!, part);
  }
  assert.deepEqual(more, []);

  const [session, slot] = await callsOf(paths.csv);
  assert.match(session!, /from "sessions"/);
  assert.doesNotMatch(session!, /limits|json_group_array/);
  assert.match(slot!, /insert into limits/);
});

/** Two instances on one remote database, with a browser `here` at the first and the same one, `there`, at the second. */
async function startTwo() {
  const remote = await startRemote();
  const elsewhere = await openDatabase(remote.url);
  await addAccount(remote.db, EMAIL, PASSWORD);
  const one = await startApp({ db: remote.db });
  const two = await startApp({ db: elsewhere, now: () => one.clock.now });
  const here = one.browser();
  await here.signIn();

  function copyOf(browser: Browser, where: "one" | "two", ip?: string): Browser {
    const copy = (where === "one" ? one : two).browser(ip);
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
    return copy;
  }

  return {
    ...{ remote, here, there: copyOf(here, "two"), clock: one.clock, log: one.log, copyOf },
    /** The same browser at an instance that has just started. */
    async coldBrowser(browser: Browser): Promise<Browser> {
      const { browser: make } = await startApp({ db: elsewhere, now: () => one.clock.now });
      const copy = make();
      for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
      return copy;
    },
    async [Symbol.asyncDispose]() {
      elsewhere.$client.close();
      await remote[Symbol.asyncDispose]();
    },
  };
}

async function closeEverything({ remote, clock }: Awaited<ReturnType<typeof startTwo>>): Promise<void> {
  assert.equal(await closeAsOperator(remote.db, "everyone", clock.now), 1);
}
