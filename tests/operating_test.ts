import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { paths } from "../http/paths.ts";
import { EMAIL, PASSWORD } from "./app.ts";
import { flagsOf, makeFolder, ROOT, run, startServer, users } from "./processes.ts";

Deno.test("what docs/operating.md says of going back to a backup does it", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  const server = await startServer("start", folder);
  const [closedLater, openedLater] = [server.browser(), server.browser()];
  await closedLater.signIn();
  await run([...await flagsOf("backup"), `${folder.path}/backup.db`], folder);
  await closedLater.signOut();
  await openedLater.signIn();
  // The log of what is not yet in the file stays behind, as after a crash.
  await server.stop("SIGKILL");
  await Deno.writeTextFile(`${folder.path}/connections.db`, "no database any more");

  const [mkdir, copy, close, ...more] = await readCommands("To go back, stop the server");
  const steps = `${mkdir}\n${copy}`.replaceAll("data/", `${folder.path}/`).replace(
    /\/backups\/\S+/,
    `${folder.path}/backup.db`,
  );
  const { code, stderr } = await new Deno.Command("sh", { args: ["-ec", steps] }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.deepEqual([close, more], ["deno task users close --everyone", []]);
  const closed = await users(folder, close!.split(" ").slice(3));

  assert.equal(closed.stdout, "Closed 1 open connection of all accounts\n");
  const db = new DatabaseSync(`${folder.path}/connections.db`);
  assert.equal(db.prepare("pragma integrity_check").get()?.integrity_check, "ok");
  db.close();
  assert.equal((await Deno.stat(`${folder.path}/connections.db`)).mode! & 0o777, 0o600);
  await using again = await startServer("start", folder, { PORT: new URL(server.address).port });
  assert.equal(await closedLater.isIn(), false);
  assert.equal(await openedLater.isIn(), false);
  const here = again.browser();
  assert.equal((await here.signIn()).status, 303);
  assert.equal((await here.get(paths.connections)).$("tbody tr").length, 2);
});

Deno.test("docs/operating.md explains every event of the log", async () => {
  const page = await readPage();
  const log = await Deno.readTextFile(`${ROOT}routes/log.ts`);

  const events = [...log.matchAll(/^ {2}\| "(\w+)"/gm)].map(([_, event]) => event!);

  assert.ok(events.length >= 12);
  const table = page.slice(page.indexOf("| event "), page.indexOf("## Accounts"));
  assert.deepEqual(events.filter((event) => !table.includes(`\`${event}\``)), []);
});

function readPage(): Promise<string> {
  return Deno.readTextFile(`${ROOT}docs/operating.md`);
}

/** The lines of the first block of commands after a sentence. */
async function readCommands(after: string): Promise<string[]> {
  const page = await readPage();
  const [, block] = /```sh\n([^]+?)\n```/.exec(page.slice(page.indexOf(after))) ?? [];
  return block!.split("\n");
}
