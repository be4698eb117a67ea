import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { EMAIL, PASSWORD } from "../app.ts";
import { makeFolder, ROOT, startServer, users } from "../processes.ts";
import { queryElsewhere, readLines, runScript } from "./other_process.ts";
import { report } from "./report.ts";

const FILES = 5;

// Security: start at once
Deno.test("two processes that open an empty database at once both succeed, and apply each migration once", async () => {
  await using folder = await makeFolder();
  const script = `
    import { openDatabase } from ${JSON.stringify(import.meta.resolve("../../db/database.ts"))};
    console.log("ready");
    await Deno.stdin.read(new Uint8Array(1));
    for (let i = 0; i < ${FILES}; i++) {
      const db = await openDatabase("file:${folder.path}/" + i + ".db");
      await db.$client.execute("insert into limits values ('" + Deno.pid + "', 1, 1)");
      db.$client.close();
      console.log("opened");
    }`;
  const processes = [runScript(script), runScript(script)];
  const outputs = processes.map((process) => readLines(process));
  for (const lines of outputs) assert.equal((await lines.next()).value, "ready");

  await Promise.all(processes.map((process) => process.stdin.close()));

  for (const lines of outputs) assert.deepEqual(await Array.fromAsync(lines), Array(FILES).fill("opened"));
  const migrations = [...Deno.readDirSync(`${ROOT}db/migrations`)].filter(({ name }) => name.endsWith(".sql")).length;
  const counts = { written: 0, applied: 0 };
  for (let i = 0; i < FILES; i++) {
    const path = `${folder.path}/${i}.db`;
    counts.written += (await queryElsewhere(path, "select * from limits")).length;
    counts.applied += (await queryElsewhere(path, "select * from __drizzle_migrations")).length;
  }
  report("both succeed, and each migration is applied once", `two processes opened ${FILES} empty files at once`, {
    opened: 2 * FILES,
    "rows that they wrote": counts.written,
    "migrations applied": `${counts.applied} of ${FILES * migrations}`,
  });
  assert.deepEqual(counts, { written: 2 * FILES, applied: FILES * migrations });
});

// Security: start at once
Deno.test("two servers and deno task users add that start at once on an empty database share it", async () => {
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
  const areIn = [await here.isIn(), await there.isIn()];
  report("all three start, and share the database", "two servers and deno task users add started at once", {
    servers: 2,
    accounts: (await queryElsewhere(`${folder.path}/connections.db`, "select * from users")).length,
    "closed at one server and still open at the other": Number(areIn[0]),
  });
  assert.deepEqual(areIn, [false, true]);
});
