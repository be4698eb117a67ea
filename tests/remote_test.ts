import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { reserveAttempt } from "../db/limits.ts";
import { addUser, findUser } from "../db/users.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { paths } from "../http/paths.ts";
import { CHEAP, EMAIL, HOUR, MINUTE, PASSWORD, signedIn, START, startApp } from "./app.ts";
import { startHrana } from "./hrana.ts";
import { startRemote } from "./remote.ts";
import { assertMainFlow, NEW } from "./main_flow.ts";
import { guessFrom } from "./verbs.ts";

Deno.test("the main flow works over a remote database", async () => {
  await using remote = await startWithAccount();
  await assertMainFlow(remote.db, EMAIL);
});

// ASVS 7.4.1
Deno.test("over a remote database, closing on one instance takes effect on another at the next request", async () => {
  await using remote = await startWithAccount();
  const elsewhere = await openDatabase(remote.url);
  const [one, two] = [await startApp({ db: remote.db }), await startApp({ db: elsewhere })];
  const [here, there] = [one.browser(), two.browser()];
  await here.signIn();
  await there.signIn();

  await here.submit(paths.closeAll);

  assert.equal(await there.isIn(), false);
  elsewhere.$client.close();
});

// ASVS 6.3.1
Deno.test("of 60 simultaneous attempts over a remote database exactly 25 are allowed", async () => {
  await using remote = await startWithAccount();

  const outcomes = await Promise.all(
    Array.from(
      { length: 60 },
      (_, i) => reserveAttempt(remote.db, guessFrom(`203.0.113.${i}`, { email: EMAIL }), START),
    ),
  );

  assert.equal(outcomes.filter((outcome) => !("retryAfter" in outcome)).length, 25);
});

Deno.test("two processes that open an empty remote database at once create its tables once", async () => {
  await using hrana = await startHrana();

  const databases = await Promise.all([openDatabase(hrana.url), openDatabase(hrana.url)]);

  assert.equal(await addUser(databases[0]!, EMAIL, "a hash", START), true);
  assert.equal((await findUser(databases[1]!, EMAIL))?.email, EMAIL);
  for (const db of databases) db.$client.close();
});

Deno.test("a statement's own error is not an outage, and is not retried", async () => {
  await using remote = await startWithAccount();
  const before = remote.calls.length;

  await assert.rejects(remote.db.$client.execute("select * from nowhere"), /no such table: nowhere/);

  assert.equal(remote.calls.length, before + 1);
});

// Security: remote database
Deno.test("a failed read is retried at most twice", async () => {
  await using remote = await startWithAccount();
  const { here } = await signedIn({ db: remote.db });
  let failures = 0;
  remote.breakWhen((sql) => isSessionRead(sql) && failures < 2 && ++failures ? "error" : null);

  assert.equal((await here.get(paths.password)).status, 200);
  assert.equal(failures, 2);

  let reads = 0;
  remote.breakWhen((sql) => isSessionRead(sql) && ++reads ? "error" : null);
  const answer = await here.get(paths.password);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get("Retry-After"), "5");
  assert.match(answer.$("h1").text(), /Not available right now/);
  assert.equal(reads, 3);
});

// Security: remote database
Deno.test("a failed write is not retried, changes nothing and answers 503", async () => {
  await using remote = await startWithAccount();
  const { here, browser } = await signedIn({ db: remote.db });
  const other = browser("203.0.113.1");
  await other.signIn();
  let writes = 0;
  remote.breakWhen((sql) => isClosing(sql) && ++writes ? "error" : null);

  const answer = await here.submit(paths.closeAll);
  remote.heal();

  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get("Retry-After"), "5");
  assert.equal(writes, 1);
  assert.equal(await other.isIn(), true);
});

// Security: remote database
Deno.test("a sign-in whose answer is lost opens one connection, and the browser is signed in", async () => {
  await using remote = await startWithAccount();
  const { browser } = await startApp({ db: remote.db });
  const here = browser();
  remote.breakWhen((sql) => sql.some((text) => /insert into "sessions"/.test(text)) ? "lose the answer" : null);

  const answer = await here.signIn();
  remote.heal();

  assert.equal(answer.status, 303);
  assert.equal(await here.isIn(), true);
  assert.equal(remote.query("select * from connections").length, 1);
});

// Security: remote database
Deno.test("closing connections reports how many were closed even if the database's answer is lost", async () => {
  await using remote = await startWithAccount();
  const { here, browser } = await signedIn({ db: remote.db });
  const [other, another] = [browser("203.0.113.1"), browser("203.0.113.2")];
  for (const each of [other, another]) await each.signIn();
  remote.breakWhen((sql) => isClosing(sql) ? "lose the answer" : null);

  const answer = await here.submit(paths.closeAll);
  remote.heal();

  assert.equal(answer.status, 303);
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /2 open connections were closed/);
  assert.equal(await other.isIn() || await another.isIn(), false);
});

// Security: remote database
Deno.test("a confirmation or password change whose answer is lost still gives the browser the new cookie", async () => {
  await using remote = await startWithAccount();
  const { here, browser, clock } = await signedIn({ db: remote.db });
  const other = browser("203.0.113.1");
  await other.signIn();
  clock.now += HOUR;
  remote.breakWhen((sql) => sql.some((text) => /update "sessions"/.test(text)) ? "lose the answer" : null);

  const closed = await here.submit(paths.closeAll, { password: PASSWORD });
  clock.now += MINUTE;
  const changed = await here.submit(paths.password, {
    current_password: PASSWORD,
    new_password: NEW,
    new_password_again: NEW,
  });
  remote.heal();
  clock.now += MINUTE;

  assert.deepEqual([closed.status, changed.status], [303, 303]);
  assert.equal(await here.isIn(), true);
  assert.equal(await other.isIn(), false);
  assert.equal((await browser().signIn(EMAIL, NEW)).status, 303);
});

// Security: remote database
Deno.test("while the remote database is down every page answers 503, and it recovers without a restart", async () => {
  await using remote = await startWithAccount();
  const { here, browser } = await signedIn({ db: remote.db });

  await remote.stop();
  const down = [await here.get(paths.connections), await here.get(paths.csv), await browser().signIn()];
  const health = await here.get(paths.health);
  await remote.start();

  assert.deepEqual(down.map(({ status }) => status), [503, 503, 503]);
  assert.equal(health.status, 503);
  assert.equal((await here.get(paths.health)).status, 200);
  assert.equal(await here.isIn(), true);
});

/** Starts the fake database server with an account in it, and opens it as the app does. */
async function startWithAccount() {
  const remote = await startRemote();
  await addUser(remote.db, EMAIL, (await createPasswords(CHEAP).hash(PASSWORD))!, START);
  return remote;
}

function isSessionRead(sql: string[]): boolean {
  return sql.some((text) => /^\s*select .* from "sessions"/s.test(text));
}

function isClosing(sql: string[]): boolean {
  return sql.some((text) => /^update "connections" set "closed_at"/.test(text));
}
