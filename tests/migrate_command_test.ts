import assert from "node:assert/strict";
import { paths } from "../http/paths.ts";
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
    "Applied 0002_unusual, 0003_preferences, 0004_places, 0005_links, 0006_methods, 0007_outbox, 0008_browser_language\n",
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
    [
      "0002_unusual",
      "0003_preferences",
      "0004_places",
      "0005_links",
      "0006_methods",
      "0007_outbox",
      "0008_browser_language",
    ].map((name) => `Migrating the database: ${name}\n`)
      .join(""),
  );
});

Deno.test("while a remote database says whether its tables are up to date, the first page is asked for already", async () => {
  await using folder = await makeFolder();
  await using hrana = await startHrana();
  await run(await flagsOf("migrate"), folder, { DATABASE_URL: hrana.url });
  const [checked, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await using between = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const body = await request.text();
    if (body.includes("users")) asked.resolve();
    if (body.includes("__drizzle_migrations")) await checked.promise;
    return await fetch(`${hrana.url}/v2/pipeline`, { method: "POST", body });
  });
  const port = freePort();
  const url = `http://127.0.0.1:${between.addr.port}`;
  const server = startServer("start", folder, { DATABASE_URL: url, PORT: String(port) });

  const page = getWhenItListens(`http://127.0.0.1:${port}${paths.signIn}`);
  await asked.promise;
  checked.resolve();

  const { status, body } = await page;
  assert.equal(status, 200);
  await body?.cancel();
  await (await server).stop();
});

Deno.test("Deno Deploy migrates before it deploys, by a task of deno.json", async () => {
  const { deploy, tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));

  assert.equal(deploy.predeploy, "deno task migrate");
  assert.ok("migrate" in tasks);
});

async function getWhenItListens(url: string): Promise<Response> {
  for (;;) {
    const response = await fetch(url).catch(() => null);
    if (response) return response;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
