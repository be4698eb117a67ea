import assert from "node:assert/strict";
import { startHrana } from "./hrana.ts";
import { createOldDatabase } from "./old_database.ts";
import { flagsOf, freePort, makeFolder, ROOT, run, startServer } from "./processes.ts";

Deno.test("deno task migrate creates the tables of a remote database, and afterwards finds nothing to do", async () => {
  await using folder = await makeFolder();
  await using hrana = await startHrana();
  const migrate = await flagsOf("migrate");

  const first = await run(migrate, folder, { DATABASE_URL: hrana.url });
  const second = await run(migrate, folder, { DATABASE_URL: hrana.url });

  assert.deepEqual(first, { code: 0, stdout: "", stderr: "Created the tables of the database\n" });
  assert.deepEqual(second, { code: 0, stdout: "", stderr: "The database is up to date\n" });
});

Deno.test("deno task migrate names what it applied to a remote database, and ends", async () => {
  await using folder = await makeFolder();
  await using hrana = await startHrana();
  await createOldDatabase(hrana.file, 10);

  const { code, stdout, stderr } = await run(await flagsOf("migrate"), folder, { DATABASE_URL: hrana.url });

  assert.deepEqual([code, stdout, stderr], [
    0,
    "",
    "Applied 0002_unusual, 0003_preferences, 0004_places, 0005_links, 0006_methods\n",
  ]);
});

Deno.test("deno task migrate exits with status 1 and one sentence if the database gives no answer", async () => {
  await using folder = await makeFolder();
  const migrate = await flagsOf("migrate");

  const unreachable = await run(migrate, folder, { DATABASE_URL: `http://127.0.0.1:${freePort()}` });
  const unknown = await run([...migrate, "--dry-run"], folder);

  assert.equal(unreachable.code, 1);
  assert.match(unreachable.stderr, /^Cannot open the database of DATABASE_URL: error sending request[^\n]*\n$/);
  assert.deepEqual([unknown.code, unknown.stderr], [1, "Usage: deno task migrate\n"]);
});

Deno.test("a start names the migrations that it applies to an old database, before it listens", async () => {
  await using folder = await makeFolder();
  await createOldDatabase(`${folder.path}/connections.db`, 10);

  const server = await startServer("start", folder);
  await server.stop();

  assert.equal(
    await server.errors,
    ["0002_unusual", "0003_preferences", "0004_places", "0005_links", "0006_methods"].map((name) =>
      `Migrating the database: ${name}\n`
    )
      .join(""),
  );
});

Deno.test("Deno Deploy migrates before it deploys, by a task of deno.json", async () => {
  const { deploy, tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));

  assert.equal(deploy.predeploy, "deno task migrate");
  assert.ok("migrate" in tasks);
});
