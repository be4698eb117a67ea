import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { openDatabase } from "../db/database.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, PASSWORD } from "./app.ts";
import { flagsOf, freePort, makeFolder, ROOT, run, startServer, users } from "./processes.ts";

// Security: log
Deno.test("a command whose query fails exits with status 1, and doesn't print the password's hash", async () => {
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
Deno.test("no command prints the credentials of a database that it can't reach", async () => {
  await using folder = await makeFolder();
  const variables = {
    DATABASE_URL: `http://canary:canary@127.0.0.1:${freePort()}?authToken=canary`,
    DATABASE_AUTH_TOKEN: "canary",
    PORT: String(freePort()),
  };

  const start = await run(await flagsOf("start"), folder, variables);
  const add = await run([...await flagsOf("users"), "add", EMAIL], folder, variables, "canary of a password\n");

  assert.equal(start.code, 1);
  assert.match(start.stderr, /^Cannot open the database of DATABASE_URL: error sending request[^\n]*\n$/);
  assert.equal(add.code, 1);
  assert.doesNotMatch(start.stdout + start.stderr + add.stdout + add.stderr, /canary/);
});

Deno.test("a wrong configuration, database or command exits with status 1 and one sentence", async () => {
  await using folder = await makeFolder();
  const flags = await flagsOf("start");

  const configuration = await run(flags, folder, { SESSION_IDLE_DAYS: "two" });
  const database = await run(flags, folder, { DATABASE_URL: `file:${folder.path}/nowhere/connections.db` });
  const deploy = await run(flags, folder, { DENO_DEPLOY: "true" });
  const command = await run([...flags.slice(0, -1), "stop"], folder);

  assert.deepEqual(configuration, {
    code: 1,
    stdout: "",
    stderr:
      'Cannot read the configuration: SESSION_IDLE_DAYS must be a whole number of days from 1 to 36500, is "two"\n',
  });
  assert.equal(database.code, 1);
  assert.match(database.stderr, /^Cannot open the database file:[^\n]*nowhere[^\n]* of DATABASE_URL: [^\n]+\n$/);
  assert.equal(deploy.code, 1);
  assert.match(
    deploy.stderr,
    /^Cannot read the configuration: DATABASE_URL must be libsql:[^\n]+, is "file:[^\n]+"\n$/,
  );
  assert.deepEqual(command, {
    code: 1,
    stdout: "",
    stderr: 'Cannot run "stop": the commands are serve, demo, users, migrate, backup, transfer, rotate-key\n',
  });
});

Deno.test("--version prints the version of deno.json, which CHANGELOG.md explains, and /health doesn't tell it", async () => {
  await using folder = await makeFolder();
  const { version } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));

  const alone = await run(["--allow-read", `${ROOT}main.ts`, "--version"], folder, { SESSION_IDLE_DAYS: "two" });
  const task = await run([...await flagsOf("start"), "--version"], folder);
  await using server = await startServer("start", folder);
  const health = await server.browser().get(paths.health);

  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual(alone, { code: 0, stdout: `connection-history ${version}\n`, stderr: "" });
  assert.deepEqual(task, alone);
  assert.equal((health.text + JSON.stringify([...health.headers])).includes(version), false);
  const [newest] = (await Deno.readTextFile(`${ROOT}CHANGELOG.md`)).match(/(?<=^## )\S+/m) ?? [];
  assert.equal(newest, version);
});
