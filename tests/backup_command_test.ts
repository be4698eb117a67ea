import assert from "node:assert/strict";
import { EMAIL, PASSWORD } from "./app.ts";
import { flagsOf, makeFolder, run, startServer, users } from "./processes.ts";

Deno.test("deno task backup copies the database while the server runs, and the copy is as it was then", async () => {
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

Deno.test("deno task backup overwrites nothing, and reports what it can't do", async () => {
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
  assert.equal((await backup([])).stderr, "Usage: deno task backup FILE\n");
});
