import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { openDatabase } from "../db/database.ts";
import { paths } from "../http/paths.ts";
import { CELL, EMAIL, PASSWORD } from "./app.ts";
import { flagsElsewhere, flagsOf, freePort, makeFolder, run, startServer, users } from "./processes.ts";

const FIRST_ACCOUNT = "There is no account yet. Make the first one with: deno task users add you@example.com";

Deno.test("deno task users add makes the database and an account, with one line of standard input as password", async () => {
  await using folder = await makeFolder();

  const added = await users(folder, ["add", " Marta@Example.com"], `${PASSWORD}\nanother line\n`);
  const listed = await users(folder, ["list"]);

  assert.deepEqual(added, { code: 0, stdout: `Added ${EMAIL}\n`, stderr: "" });
  assert.equal(listed.code, 0);
  assert.match(listed.stdout, /^marta@example\.com\t0 open\tsince \d{4}-\d\d-\d\d\n$/);
  assert.equal(listed.stderr, "");
});

Deno.test("deno task users add refuses a password that is no good, and adds nothing", async () => {
  await using folder = await makeFolder();

  const short = await users(folder, ["add", EMAIL], "fourteen chars\n");
  const common = await users(folder, ["add", EMAIL], "passwordpassword\n");
  const none = await users(folder, ["add", EMAIL], "");

  assert.equal(short.code, 1);
  assert.match(short.stderr, /^Cannot use this password\. Use at least 15 characters\. [^\n]*\n$/);
  assert.equal(common.code, 1);
  assert.match(common.stderr, /^Cannot use this password\. This password is among the first[^\n]*\n$/);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /^No password came[^\n]*\n$/);
  assert.equal(short.stdout + common.stdout + none.stdout, "");
  assert.equal((await users(folder, ["list"])).stderr, `${FIRST_ACCOUNT}\n`);
});

Deno.test("deno task users add refuses an address that has an account, however it is written", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);

  const again = await users(folder, ["add", "MARTA@example.com"], "another password, long enough");

  assert.deepEqual(again, {
    code: 1,
    stdout: "",
    stderr: "Cannot add marta@example.com: there is an account with this address already\n",
  });
});

Deno.test("deno task users add refuses what is no e-mail address", async () => {
  await using folder = await makeFolder();
  const rule = "it must be an e-mail address like marta@example.com\n";

  assert.deepEqual(await users(folder, ["add", "marta"], PASSWORD), {
    code: 1,
    stdout: "",
    stderr: `Cannot add "marta": ${rule}`,
  });
  assert.equal((await users(folder, ["add", "@example.com"], PASSWORD)).code, 1);
  assert.equal((await users(folder, ["add", "marta@"], PASSWORD)).code, 1);
  assert.equal((await users(folder, ["add", "ma rta@example.com"], PASSWORD)).code, 1);
  assert.equal((await users(folder, ["add", `${"m".repeat(250)}@example.com`], PASSWORD)).code, 1);
  // What would move the operator's cursor wherever accounts are listed.
  assert.equal((await users(folder, ["add", "marta\u001b[2J@example.com"], PASSWORD)).code, 1);
  assert.equal((await users(folder, ["add", "marta\u009b2J@example.com"], PASSWORD)).code, 1);
  assert.equal((await users(folder, ["add", "marta\u202e@example.com"], PASSWORD)).code, 1);
});

Deno.test("deno task users says how it is used when it is used otherwise", async () => {
  await using folder = await makeFolder();
  const usage = /^Use it as one of\n {2}deno task users add EMAIL .*\n.*users close --everyone /s;

  const nothing = await users(folder, []);
  const unknown = await users(folder, ["remove", EMAIL]);
  const unnamed = await users(folder, ["add"]);
  const tooMuch = await users(folder, ["close", EMAIL, "joan@example.com"]);

  assert.deepEqual([nothing, unknown, unnamed, tooMuch].map(({ code }) => code), [1, 1, 1, 1]);
  assert.match(nothing.stderr, usage);
  assert.match(unknown.stderr, usage);
  assert.match(unnamed.stderr, usage);
  assert.match(tooMuch.stderr, usage);
});

Deno.test("deno task users says when there is no such account", async () => {
  await using folder = await makeFolder();

  assert.deepEqual(await users(folder, ["close", "Joan@example.com"]), {
    code: 1,
    stdout: "",
    stderr: "Cannot close anything: there is no account joan@example.com\n",
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
  assert.deepEqual(closed, { code: 0, stdout: "Closed 2 open connections of marta@example.com\n", stderr: "" });
  assert.deepEqual(await open(), [false, false, true]);
  assert.match((await here.get(paths.signIn)).$("main").text(), /operator/);

  await here.signIn();
  const everyone = await users(folder, ["close", "--everyone"]);
  assert.deepEqual(everyone, { code: 0, stdout: "Closed 2 open connections of all accounts\n", stderr: "" });
  assert.deepEqual(await open(), [false, false, false]);

  await here.signIn();
  const changed = await users(folder, ["password", EMAIL], "another password, long enough\n");
  assert.deepEqual(changed, {
    code: 0,
    stdout: "Set the password of marta@example.com, and closed 1 open connection\n",
    stderr: "",
  });
  assert.deepEqual(await open(), [false, false, false]);
  assert.equal((await here.signIn()).status, 422);
  assert.equal((await here.signIn(EMAIL, "another password, long enough")).status, 303);
});

Deno.test("deno task users password refuses a password that is no good, and changes nothing", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);

  const refused = await users(folder, ["password", EMAIL], "too short\n");

  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^Cannot use this password\. Use at least 15 characters\./);
  await using server = await startServer("start", folder);
  assert.equal((await server.browser().signIn()).status, 303);
});

Deno.test("deno task start on an empty directory makes the folder and the database, and says what to do first", async () => {
  await using folder = await makeFolder();
  await using server = await startServer("start", folder, { DATABASE_URL: "" }, {
    flags: await flagsElsewhere("start"),
  });

  assert.deepEqual(server.output.slice(0, 2), [`Address: ${server.address}`, FIRST_ACCOUNT]);
  assert.equal((await server.browser().get(paths.signIn)).status, 200);
  const { mode } = await Deno.stat(`${folder.path}/data`);
  assert.equal(mode! & 0o777, 0o700);
  assert.equal((await Deno.stat(`${folder.path}/data/connections.db`)).isFile, true);
});

Deno.test("deno task start lets sign in over HTTP, and keeps what happened over a restart", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  const browser = await (async () => {
    await using server = await startServer("start", folder);
    assert.deepEqual(server.output.slice(0, 1), [`Address: ${server.address}`]);
    const browser = server.browser();
    assert.equal((await browser.signIn(EMAIL, "not the password at all")).status, 422);
    assert.equal((await browser.signIn()).status, 303);
    assert.equal((await browser.get(paths.connections)).$("tbody tr").length, 2);
    return browser;
  })();

  await using again = await startServer("start", folder);
  const afterwards = again.browser();
  browser.cookies.forEach((value, name) => afterwards.cookies.set(name, value));

  const { status, $ } = await afterwards.get(paths.connections);

  assert.equal(status, 200);
  assert.equal($(`tr.current ${CELL.ip}`).text().trim(), "127.0.0.1");
  assert.equal($(`tr.current ${CELL.country}`).text().trim(), "Private network");
});

// Security: log
Deno.test("deno task start logs JSON lines, with no password, cookie, csrf value, token or e-mail address in them", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await using server = await startServer("start", folder, { DATABASE_AUTH_TOKEN: "canary-token" });
  const browser = server.browser();
  await browser.signIn(EMAIL, "canary of a wrong password");
  await browser.signIn("canary@example.com", PASSWORD);
  await browser.post(paths.signIn, { csrf: "canary-csrf", email: EMAIL, password: PASSWORD });
  await browser.signIn();
  const { $ } = await browser.get(paths.connections);
  const csrf = $("main [name=csrf], [name=csrf]").first().attr("value") ?? "";
  const cookies = [...browser.cookies.values()].flatMap((value) => value.split("."));
  await browser.get(`${paths.connections}?ip=%0A%7B%22event%22%3A%22canary%22%7D`);
  await browser.submit(paths.password, {
    current_password: "canary of a wrong password",
    new_password: "canary of a new password",
    new_password_again: "canary of a new password",
  });
  await browser.submit(paths.password, {
    current_password: PASSWORD,
    new_password: "canary of a new password",
    new_password_again: "canary of a new password",
  });
  await browser.signOut();

  await server.stop();

  const log = server.output.slice(1);
  const events = log.map((line) => JSON.parse(line));
  assert.deepEqual(events.filter(({ time }) => new Date(time).toISOString() !== time), []);
  const names = new Set(events.map(({ event }) => event));
  assert.ok(
    [
      "sys_startup",
      "authn_login_fail",
      "authn_login_success",
      "malicious_csrf",
      "authn_password_change",
      "session_closed",
      "sys_shutdown",
    ].every((name) => names.has(name)),
    [...names].join(),
  );
  assert.equal(names.has("sys_crash"), false);
  assert.ok(csrf.length > 20 && cookies.length > 2);
  const said = log.join("\n") + await server.errors;
  const secrets = [PASSWORD, "canary", EMAIL, csrf, ...cookies];
  assert.deepEqual(secrets.filter((secret) => said.includes(secret)), []);
});

// Security: log
Deno.test("a command that the database fails says so with status 1, and not with the password's hash", async () => {
  await using folder = await makeFolder();
  const db = await openDatabase(`file:${folder.path}/connections.db`);
  await db.run(sql`create trigger full before insert on users begin select raise(fail, 'no space'); end`);
  db.$client.close();

  const { code, stdout, stderr } = await users(folder, ["add", EMAIL], PASSWORD);

  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /Failed query: insert into "users"[^]*no space/);
  assert.doesNotMatch(stderr, /argon2id/);
});

// Security: log
Deno.test("no command says the credentials of a database that it can't reach", async () => {
  await using folder = await makeFolder();
  const variables = {
    DATABASE_URL: `http://canary:canary@127.0.0.1:${freePort()}?authToken=canary`,
    DATABASE_AUTH_TOKEN: "canary",
  };

  const start = await run(await flagsOf("start"), folder, variables);
  const add = await run([...await flagsOf("users"), "add", EMAIL], folder, variables, "canary of a password\n");

  assert.equal(start.code, 1);
  assert.match(start.stderr, /^Cannot open the database of DATABASE_URL: error sending request[^\n]*\n$/);
  assert.equal(add.code, 1);
  assert.doesNotMatch(start.stdout + start.stderr + add.stdout + add.stderr, /canary/);
});

Deno.test("a second deno task start on the same port says so in one sentence, and the first one goes on", async () => {
  await using folder = await makeFolder();
  await using server = await startServer("start", folder);
  const { port } = new URL(server.address);

  const second = await run(await flagsOf("start"), folder, { PORT: port });

  assert.deepEqual(second, {
    code: 1,
    stdout: "",
    stderr: `Cannot listen on 127.0.0.1:${port}: something listens there already; choose another PORT\n`,
  });
  assert.equal((await server.browser().get(paths.health)).status, 200);
});

Deno.test("a wrong configuration, database or command ends in one sentence and status 1", async () => {
  await using folder = await makeFolder();
  const flags = await flagsOf("start");

  const configuration = await run(flags, folder, { SESSION_IDLE_DAYS: "two" });
  const database = await run(flags, folder, { DATABASE_URL: `file:${folder.path}/nowhere/connections.db` });
  const command = await run([...flags.slice(0, -1), "stop"], folder);

  assert.deepEqual(configuration, {
    code: 1,
    stdout: "",
    stderr:
      'Cannot read the configuration: SESSION_IDLE_DAYS must be a whole number of days from 1 to 36500, is "two"\n',
  });
  assert.equal(database.code, 1);
  assert.match(database.stderr, /^Cannot open the database file:[^\n]*nowhere[^\n]* of DATABASE_URL: [^\n]+\n$/);
  assert.deepEqual(command, {
    code: 1,
    stdout: "",
    stderr: 'Cannot run "stop": the commands are serve, demo, users, backup\n',
  });
});

Deno.test("deno task demo prints address, e-mail and password, and they open a history of everything", async () => {
  await using folder = await makeFolder();
  await using server = await startServer("demo", folder);
  const [address, email, password] = server.output;
  assert.equal(address, `Address: ${server.address}`);
  assert.equal(email, "E-mail: marta@example.com");
  assert.match(password ?? "", /^Password: \S{15,}$/);
  const browser = server.browser();

  const signedIn = await browser.signIn(email?.slice("E-mail: ".length), password?.slice("Password: ".length));

  assert.equal(signedIn.status, 303);
  const statesOf = async (state: string) => {
    const { $ } = await browser.get(`${paths.connections}?state=${state}`);
    return new Set($(`tbody ${CELL.state}`).toArray().map((cell) => $(cell).text().trim()));
  };
  assert.deepEqual(await statesOf("open"), new Set(["Open"]));
  assert.deepEqual(await statesOf("closed"), new Set(["Closed"]));
  assert.deepEqual(await statesOf("refused"), new Set(["Refused"]));
  const { $ } = await browser.get(paths.connections);
  const first = $("tbody tr").slice(0, 12);
  assert.deepEqual(
    new Set(first.find(CELL.state).toArray().map((cell) => $(cell).text())),
    new Set(["Open", "Closed", "Refused"]),
  );
  assert.match(first.text(), /Was this you\?/);
  assert.match(first.text(), /You said: this was me/);
  assert.match(first.text(), /You said: not me/);
  const ends = new Set(
    first.find(`${CELL.state}:not([class]) + p`).toArray().map((end) => $(end).text().split(",")[0]),
  );
  assert.deepEqual(
    ends,
    new Set(["From Chrome on Android", "Signed out", "Password changed", "By the operator"]),
  );
  const rows = (await browser.get(paths.csv)).text.trim().split("\r\n").slice(1);
  assert.ok(rows.length > 300, `${rows.length}`);
});

Deno.test("deno task demo has a second account with the same password, and leaves nothing behind", async () => {
  await using folder = await makeFolder();
  await using server = await startServer("demo", folder);
  const password = server.output[2]?.slice("Password: ".length);

  assert.equal((await server.browser().signIn("joan@example.com", password)).status, 303);
  assert.equal(await server.stop("SIGINT"), 0);

  assert.match(await server.errors, /joan@example\.com is a second account/);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});

Deno.test("deno task backup copies the database while the server goes on, and the copy opens as it was", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await using server = await startServer("start", folder);
  const [here, later] = [server.browser(), server.browser()];
  await here.signIn();
  const file = `${folder.path}/copy.db`;

  const copied = await run([...await flagsOf("backup"), file], folder);
  await later.signIn();

  assert.equal(copied.code, 0);
  assert.match(copied.stdout, new RegExp(`^Wrote ${file}, \\d+ KiB\n$`));
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  await using restored = await startServer("start", folder, { DATABASE_URL: `file:${file}` });
  const [copyOfHere, copyOfLater] = [restored.browser(), restored.browser()];
  copyOfHere.cookies.set("session", here.cookies.get("session")!);
  copyOfLater.cookies.set("session", later.cookies.get("session")!);
  assert.equal(await copyOfHere.isIn(), true);
  assert.equal(await copyOfLater.isIn(), false);
  assert.equal(await later.isIn(), true);
  assert.match(
    (await run([...await flagsOf("users"), "list"], folder, { DATABASE_URL: `file:${file}` })).stdout,
    /1 open/,
  );
});

Deno.test("deno task backup overwrites nothing, and says what it can't do", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  const file = `${folder.path}/copy.db`;
  await Deno.writeTextFile(file, "something of value");
  const backup = async (args: string[], variables = {}) =>
    await run([...await flagsOf("backup"), ...args], folder, variables);

  const [again, nowhere] = [await backup([file]), await backup([`${folder.path}/nowhere/copy.db`])];
  const remote = await backup([`${folder.path}/other.db`], { DATABASE_URL: "libsql://db.example" });

  assert.deepEqual([again.code, again.stderr], [
    1,
    `Cannot back up to ${file}: it exists already; choose a new name\n`,
  ]);
  assert.equal(await Deno.readTextFile(file), "something of value");
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /^Cannot back up to .*nowhere.*No such file or directory[^\n]*\n$/);
  assert.equal(remote.stderr, "Cannot back up a remote database from here: its server does that\n");
  assert.equal((await backup([])).stderr, "Use it as: deno task backup FILE\n");
});
