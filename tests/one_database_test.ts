import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { openDatabase } from "../db/database.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, PASSWORD, startApp } from "./app.ts";
import { startHrana } from "./hrana.ts";
import { flagsElsewhere, flagsOf, makeFolder, NOT_SET, run, runWhole, startServer } from "./processes.ts";

Deno.test("no command but users add and start makes a database: the others refuse, with status 1", async () => {
  await using folder = await makeFolder();
  const users = await flagsOf("users");
  const acts = ["password", "link", "remove", "disable", "enable", "unlock", "close", "history", "export"];
  const commands = [
    ...acts.map((act) => [...users, act, EMAIL]),
    [...users, "rename", EMAIL, "joan@example.com"],
    [...users, "close", "--everyone"],
    [...users, "list"],
    [...users, "find", "--ip", "46.16.60.1"],
    [...users, "sweep"],
    await flagsOf("migrate"),
    [...await flagsOf("backup"), `${folder.path}/copy.db`],
  ];

  for (const command of commands) {
    const { code, stdout, stderr } = await runWhole(command, folder, {}, PASSWORD);
    const database = `${folder.path}/connections.db`;
    assert.deepEqual([code, stdout, stderr], [
      1,
      "",
      `Database: ${database}\nThere is no database at ${database}. Is DATABASE_URL what the service has?\n`,
    ]);
  }
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});

Deno.test("an empty file, and a remote database without tables, are no database", async () => {
  await using folder = await makeFolder();
  await using hrana = await startHrana();
  await Deno.writeTextFile(`${folder.path}/connections.db`, "");
  const close = [...await flagsOf("users"), "close", "--everyone"];

  const file = await run(close, folder);
  const remote = await run(close, folder, { DATABASE_URL: hrana.url });

  assert.equal(file.code, 1);
  assert.match(file.stderr, /^There is no database at .+connections\.db\. Is DATABASE_URL what the service has\?\n$/);
  assert.deepEqual([remote.code, remote.stderr], [
    1,
    `There is no database at ${hrana.url}. Is DATABASE_URL what the service has?\n`,
  ]);
});

Deno.test("a file that can't be opened is no missing database: the command asks whose it is", async () => {
  await using folder = await makeFolder();
  await Deno.mkdir(`${folder.path}/connections.db`);

  const flags = [`--allow-read=${folder.path}`, ...await flagsOf("users")];
  const { code, stderr } = await run([...flags, "list"], folder);

  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Cannot open the database file:.+ of DATABASE_URL: .*unable to open.+\. Does the file belong to the user that runs this\?\n$/i,
  );
});

Deno.test("without DATABASE_URL a command says so, and users add says that its database is new", async () => {
  await using folder = await makeFolder();
  const flags = await flagsElsewhere("users");
  const users = (...args: string[]) => runIn(folder.path, [...flags, ...args]);
  const database = `${await Deno.realPath(folder.path)}/data/connections.db`;

  const closed = await users("close", "--everyone");
  const added = await users("add", EMAIL);
  const listed = await users("list");

  assert.deepEqual([closed.code, closed.stderr], [
    1,
    `Database: ${database} (DATABASE_URL is not set)\n` +
    "There is no database at data/connections.db. DATABASE_URL is not set: is it what the service has?\n",
  ]);
  assert.equal(added.code, 0);
  assert.ok(
    added.stderr.startsWith(`Database: ${database} (DATABASE_URL is not set)\nIt is new: there was none\nAdded`),
  );
  assert.deepEqual([listed.code, listed.stderr], [0, `Database: ${database} (DATABASE_URL is not set)\n`]);
});

// Security: log
Deno.test("the line that names a remote database has no credentials", async () => {
  await using folder = await makeFolder();
  await using hrana = await startHrana();
  const url = hrana.url.replace("http://", "http://canary:canary@");

  const { stderr } = await runWhole([...await flagsOf("users"), "list"], folder, {
    DATABASE_URL: `${url}?authToken=canary`,
  });

  assert.match(stderr, /^Database: http:\/\/127\.0\.0\.1:\d+\n/);
  assert.doesNotMatch(stderr, /canary/);
});

Deno.test("a start says which database it serves, and that it is new", async () => {
  await using folder = await makeFolder();
  const start = await flagsOf("start");

  const { stderr } = await runWhole([...start.slice(0, -1), "migrate"], folder);
  assert.match(stderr, /There is no database/);
  await using server = await startServer("start", folder);
  await server.stop();

  assert.equal(await server.wholeErrors, `Database: ${folder.path}/connections.db\nIt is new: there was none\n`);
});

// Security: disk
Deno.test("a start on a database that can't be written is refused with a sentence, and so is an act", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  const db = await openDatabase(`file:${path}`);
  await refuseWrites(db);
  db.$client.close();
  const sentence =
    `Cannot write to the database at ${path}: no permission. Does the file belong to the user that runs this?\n`;

  const start = await run(await flagsOf("start"), folder);
  const act = await run([...await flagsOf("users"), "close", "--everyone"], folder);
  const list = await run([...await flagsOf("users"), "list"], folder);

  assert.deepEqual([start.code, start.stdout, start.stderr], [1, "", sentence]);
  assert.deepEqual([act.code, act.stdout, act.stderr], [1, "", sentence]);
  assert.equal(list.code, 0);
});

// Security: disk
Deno.test("GET /health is 503 while the database can't be written, and 200 again afterwards", async () => {
  const { browser, db, clock } = await startApp();
  const status = async () => (await browser().get(paths.health)).status;
  assert.equal(await status(), 200);

  await refuseWrites(db);
  clock.now += 5_000;
  assert.equal(await status(), 503);
  await db.run(sql`drop trigger refuse`);
  assert.equal(await status(), 200);
});

// Security: GET is safe
Deno.test("GET /health writes at most every five seconds, and leaves no row", async () => {
  await using hrana = await startHrana();
  const db = await openDatabase(hrana.url);
  const { browser, clock } = await startApp({ db });
  const writes = () => hrana.calls.filter((call) => call.some((text) => /^insert into "limits"/.test(text))).length;

  for (let i = 0; i < 20; i++) await browser().get(paths.health);
  assert.equal(writes(), 1);
  clock.now += 5_000;
  await browser().get(paths.health);

  assert.equal(writes(), 2);
  assert.equal(await db.$count(sql`limits`), 0);
  db.$client.close();
});

function refuseWrites(db: Awaited<ReturnType<typeof openDatabase>>) {
  return db.run(sql`create trigger refuse before insert on limits begin select raise(fail, 'no permission'); end`);
}

/** Runs a command in a folder, with no setting and nothing on its standard input. */
async function runIn(cwd: string, flags: string[]) {
  const env = Object.fromEntries(Object.keys(NOT_SET).map((name) => [name, ""]));
  const command = new Deno.Command(Deno.execPath(), { args: ["run", ...flags], cwd, env, stdin: "null" });
  const { code, stderr } = await command.output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}
