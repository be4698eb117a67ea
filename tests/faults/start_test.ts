import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { EMAIL, PASSWORD } from "../app.ts";
import { makeFolder, startServer, users } from "../processes.ts";
import { linesOf, readElsewhere, start } from "./elsewhere.ts";
import { report } from "./report.ts";

// Security: start at once
Deno.test("two processes that start at once on an empty file both come up, with the tables made once", async () => {
  const folder = await Deno.makeTempDir();
  const script = `
    import { openDatabase } from ${JSON.stringify(import.meta.resolve("../../db/database.ts"))};
    console.log("ready");
    await Deno.stdin.read(new Uint8Array(1));
    for (let i = 0; i < 5; i++) {
      const db = await openDatabase("file:${folder}/" + i + ".db");
      await db.$client.execute("insert into limits values ('" + Deno.pid + "', 1, 1)");
      db.$client.close();
      console.log("up");
    }`;
  const processes = [start(script), start(script)];
  const outputs = processes.map((process) => linesOf(process));
  for (const lines of outputs) assert.equal((await lines.next()).value, "ready");

  await Promise.all(processes.map((process) => process.stdin.close()));

  for (const lines of outputs) assert.deepEqual(await Array.fromAsync(lines), Array(5).fill("up"));
  const migrations = [...Deno.readDirSync("db/migrations")].filter(({ name }) => name.endsWith(".sql")).length;
  const counts = { written: 0, applied: 0 };
  for (let i = 0; i < 5; i++) {
    counts.written += (await readElsewhere(`${folder}/${i}.db`, "select * from limits")).length;
    counts.applied += (await readElsewhere(`${folder}/${i}.db`, "select * from __drizzle_migrations")).length;
  }
  report("both come up, and the tables are made once", "two processes opened 5 empty files at the same moments", {
    "came up": 10,
    "rows written by them": counts.written,
    "migrations applied": `${counts.applied} of ${5 * migrations}`,
  });
  assert.deepEqual(counts, { written: 10, applied: 5 * migrations });
  await Deno.remove(folder, { recursive: true });
});

// Security: start at once
Deno.test("two servers and the command that adds an account start at once on an empty database, and are one", async () => {
  await using folder = await makeFolder();

  const [added, first, second] = await Promise.all([
    users(folder, ["add", EMAIL], PASSWORD),
    startServer("start", folder),
    startServer("start", folder),
  ]);

  await using one = first;
  await using other = second;
  const [here, there] = [one.browser(), other.browser()];
  assert.equal(added.code, 0, added.stderr);
  assert.equal((await here.signIn()).status, 303);
  assert.equal((await there.signIn()).status, 303);
  await there.submit(paths.closeAll);
  const open = [await here.isIn(), await there.isIn()];
  report("they come up on one database", "two servers and deno task users add started at the same moment", {
    servers: 2,
    accounts: (await readElsewhere(`${folder.path}/connections.db`, "select * from users")).length,
    "closed at one and still open at the other": Number(open[0]),
  });
  assert.deepEqual(open, [false, true]);
});
