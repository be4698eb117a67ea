import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { accountKey } from "../db/limits.ts";
import { limits } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, HOUR, PASSWORD } from "./app.ts";
import { makeFolder, startServer, users } from "./processes.ts";

const FIRST_ACCOUNT =
  "There is no account yet. With the same DATABASE_URL, make the first one by: deno task users add you@example.com";

Deno.test("deno task users add creates the database and an account, with a line of standard input as the password", async () => {
  await using folder = await makeFolder();

  const added = await users(folder, ["add", " Marta@Example.com"], `${PASSWORD}\nanother line\n`);
  const listed = await users(folder, ["list"]);

  assert.deepEqual([added.code, added.stderr], [0, `Added ${EMAIL}\n`]);
  assert.equal(listed.code, 0);
  assert.match(listed.stdout, /^marta@example\.com\t0 open\tsince \d{4}-\d\d-\d\d\n$/);
  assert.equal(listed.stderr, "");
});

Deno.test("deno task users add rejects an unsuitable password, and adds nothing", async () => {
  await using folder = await makeFolder();

  const short = await users(folder, ["add", EMAIL], "fourteen chars\n");
  const common = await users(folder, ["add", EMAIL], "passwordpassword\n");
  const none = await users(folder, ["password", EMAIL], "");

  assert.equal(short.code, 1);
  assert.match(short.stderr, /^Cannot use this password\. Use at least 15 characters\. [^\n]*\n$/);
  assert.equal(common.code, 1);
  assert.match(common.stderr, /^Cannot use this password\. This password is among the first[^\n]*\n$/);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /^Cannot set a password: there is no account[^\n]*\n$/);
  assert.equal(short.stdout + common.stdout + none.stdout, "");
  assert.equal((await users(folder, ["list"])).stderr, `${FIRST_ACCOUNT}\n`);
});

Deno.test("deno task users add rejects an address that already has an account, whatever its case", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);

  const again = await users(folder, ["add", "MARTA@example.com"], "another password, long enough");

  assert.deepEqual(again, {
    code: 1,
    stdout: "",
    stderr: "Cannot add marta@example.com: there is an account with this address already\n",
  });
});

Deno.test("deno task users add rejects an invalid e-mail address", async () => {
  await using folder = await makeFolder();
  const rule = "it must be an email address like marta@example.com\n";

  assert.deepEqual(await users(folder, ["add", "marta"], PASSWORD), {
    code: 1,
    stdout: "",
    stderr: `Cannot add "marta": ${rule}`,
  });
  assert.equal((await users(folder, ["add", "@example.com"], PASSWORD)).code, 1);
  assert.equal((await users(folder, ["add", "marta@"], PASSWORD)).code, 1);
  assert.equal((await users(folder, ["add", "ma rta@example.com"], PASSWORD)).code, 1);
  assert.equal((await users(folder, ["add", `${"m".repeat(250)}@example.com`], PASSWORD)).code, 1);
  // These would move the cursor of a terminal that lists the accounts.
  assert.equal((await users(folder, ["add", "marta\u001b[2J@example.com"], PASSWORD)).code, 1);
  assert.equal((await users(folder, ["add", "marta\u009b2J@example.com"], PASSWORD)).code, 1);
  assert.equal((await users(folder, ["add", "marta\u202e@example.com"], PASSWORD)).code, 1);
});

Deno.test("deno task users prints its usage when the arguments are wrong", async () => {
  await using folder = await makeFolder();
  const usage = /^Usage:\n {2}deno task users add EMAIL .*\n.*users close EMAIL \| --everyone .*\n.*users sweep /s;

  const nothing = await users(folder, []);
  const unknown = await users(folder, ["erase", EMAIL]);
  const unnamed = await users(folder, ["add"]);
  const tooMuch = await users(folder, ["close", EMAIL, "joan@example.com"]);

  assert.deepEqual([nothing, unknown, unnamed, tooMuch].map(({ code }) => code), [1, 1, 1, 1]);
  assert.match(nothing.stderr, usage);
  assert.match(unknown.stderr, usage);
  assert.match(unnamed.stderr, /^Usage: deno task users add EMAIL\n {2}a new account; .*\n$/);
  assert.match(tooMuch.stderr, /^Usage: deno task users close EMAIL \| --everyone\n.*\n$/);
});

Deno.test("deno task users reports an unknown account", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);

  assert.deepEqual(await users(folder, ["close", "Joan@example.com"]), {
    code: 1,
    stdout: "",
    stderr: "Cannot close anything: there is no account joan@example.com\n",
  });
  assert.deepEqual(await users(folder, ["unlock", "joan@example.com"]), {
    code: 1,
    stdout: "",
    stderr: "Cannot unlock anything: there is no account joan@example.com\n",
  });
  assert.deepEqual(await users(folder, ["password", "joan@example.com"], PASSWORD), {
    code: 1,
    stdout: "",
    stderr: "Cannot set a password: there is no account joan@example.com\n",
  });
});

// ASVS 7.4.5
Deno.test("deno task users close and password end connections at their very next request to the running server", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await users(folder, ["add", "joan@example.com"], PASSWORD);
  await using server = await startServer("start", folder);
  const [here, phone, joan] = [server.browser(), server.browser(), server.browser()];
  await here.signIn();
  await phone.signIn();
  await joan.signIn("joan@example.com");
  const open = async () => await Promise.all([here, phone, joan].map((browser) => browser.isIn()));

  const listed = await users(folder, ["list"]);
  assert.match(listed.stdout, /^joan@example\.com\t1 open\t.*\nmarta@example\.com\t2 open\t.*\n$/);
  assert.deepEqual(await open(), [true, true, true]);

  const closed = await users(folder, ["close", EMAIL]);
  assert.deepEqual([closed.code, closed.stderr], [0, "Closed 2 open connections of marta@example.com\n"]);
  assert.deepEqual(await open(), [false, false, true]);
  assert.match((await here.get(paths.signIn)).$("main").text(), /The administrator closed this connection/);

  await here.signIn();
  const everyone = await users(folder, ["close", "--everyone"]);
  assert.deepEqual([everyone.code, everyone.stderr], [0, "Closed 2 open connections of all accounts\n"]);
  assert.deepEqual(await open(), [false, false, false]);

  await here.signIn();
  const changed = await users(folder, ["password", EMAIL], "another password, long enough\n");
  assert.deepEqual(
    [changed.code, changed.stderr],
    [0, "Set the password of marta@example.com, and closed 1 open connection\n"],
  );
  assert.deepEqual(await open(), [false, false, false]);
  assert.equal((await here.signIn()).status, 422);
  assert.equal((await here.signIn(EMAIL, "another password, long enough")).status, 303);
});

Deno.test("deno task users password rejects an unsuitable password, and changes nothing", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);

  const refused = await users(folder, ["password", EMAIL], "too short\n");

  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^Cannot use this password\. Use at least 15 characters\./);
  await using server = await startServer("start", folder);
  assert.equal((await server.browser().signIn()).status, 303);
});

// ASVS 16.3.3
Deno.test("what deno task users changes is in its log, with the account's id and without its e-mail address", async () => {
  await using folder = await makeFolder();

  const done = [
    await users(folder, ["add", EMAIL], PASSWORD),
    await users(folder, ["password", EMAIL], "another password, long enough"),
    await users(folder, ["unlock", EMAIL]),
    await users(folder, ["close", EMAIL]),
    await users(folder, ["close", "--everyone"]),
    await users(folder, ["list"]),
    await users(folder, ["add", EMAIL], PASSWORD),
  ];

  const changes = done.slice(0, 5).map(({ stdout }) => JSON.parse(stdout));
  const [{ user }] = changes;
  assert.match(user, /^[\da-f-]{36}$/);
  assert.deepEqual(changes.map(({ time: _, ...fields }) => fields), [
    { event: "user_created", user, by: "operator" },
    { event: "authn_password_change", user, by: "operator", closed: 0 },
    { event: "authn_login_unlock", user, by: "operator" },
    { event: "session_closed", user, by: "operator", count: 0 },
    { event: "session_closed", by: "operator", count: 0 },
  ]);
  assert.deepEqual(done.slice(5).filter(({ stdout }) => stdout.includes("event")), []);
  assert.equal(changes.some((change) => JSON.stringify(change).includes(EMAIL)), false);
});

// ASVS 6.3.1
Deno.test("deno task users unlock ends a lock at the running server", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  const db = await openDatabase(`file:${folder.path}/connections.db`);
  await db.insert(limits).values({ key: `run:${accountKey(EMAIL, true)}`, count: 100, expiresAt: Date.now() + HOUR });
  db.$client.close();
  await using server = await startServer("start", folder);
  // Another server, because one that has refused somebody remembers that for some seconds.
  await using other = await startServer("start", folder);
  assert.equal((await other.browser().signIn()).status, 429);

  const unlocked = await users(folder, ["unlock", " Marta@Example.com"]);

  assert.deepEqual(
    [unlocked.code, unlocked.stderr],
    [0, "Forgot the failed attempts of marta@example.com: it can sign in again\n"],
  );
  assert.equal((await server.browser().signIn()).status, 303);
});
