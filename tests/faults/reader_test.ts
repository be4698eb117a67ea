import assert from "node:assert/strict";
import type { Db } from "../../db/database.ts";
import { limits } from "../../db/schema.ts";
import { START } from "../app.ts";
import { holdLock, openTemporary, queryElsewhere, readLines, runWithDatabase } from "./other_process.ts";
import { report } from "./report.ts";

// Security: reader
Deno.test("the read-only connection sees what another process wrote in its very next query", async () => {
  await using file = await openTemporary();
  const process = runWithDatabase(
    `
    for (let i = 0; i < 200; i++) {
      db.exec("insert into limits values ('" + i + "', 1, 1)");
      console.log("written");
      await Deno.stdin.read(new Uint8Array(1));
    }`,
    file.path,
  );
  const writer = process.stdin.getWriter();
  let written = 0, seen = 0;

  for await (const _ of readLines(process, () => writer.close())) {
    written++;
    if (await countCounters(file.db) === written) seen++;
    await writer.write(new Uint8Array(1));
  }

  report("what is committed is visible at once", "another process wrote, with a read after each write", {
    written,
    seen,
  });
  assert.deepEqual([written, seen], [200, 200]);
});

// Security: reader
Deno.test("the read-only connection survives a lock, a backup, a vacuum and schema changes by other processes", async () => {
  await using file = await openTemporary();
  const { db, path } = file;
  const counts: Record<string, string> = {};
  let written = 0;
  const check = async (after: string) => {
    await db.insert(limits).values({ key: after, count: 1, expiresAt: START });
    counts[after] = `${await countCounters(db)} of ${++written}`;
  };

  await check("at first");
  const lock = await holdLock(path);
  const waiting = db.insert(limits).values({ key: "waited", count: 1, expiresAt: START }).then(() => written++);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await lock.release();
  await waiting;
  await check("after a lock");
  await queryElsewhere(path, `vacuum into '${path}.copy'`);
  await check("after a backup");
  await queryElsewhere(path, "vacuum");
  await check("after a vacuum");
  await queryElsewhere(path, "alter table limits add column more text");
  await check("after a new column");
  await queryElsewhere(path, "create index more on limits (count)");
  await check("after a new index");

  report("the reader follows the file", "other processes locked, copied, vacuumed and altered it", counts);
  assert.deepEqual(counts, {
    "at first": "1 of 1",
    "after a lock": "3 of 3",
    "after a backup": "4 of 4",
    "after a vacuum": "5 of 5",
    "after a new column": "6 of 6",
    "after a new index": "7 of 7",
  });
});

// Security: reader
Deno.test("when another file replaces the database, the connections that read and write never use different ones", async () => {
  await using file = await openTemporary();
  const { db, path } = file;
  await db.insert(limits).values({ key: "in both", count: 1, expiresAt: START });
  await queryElsewhere(path, `vacuum into '${path}.copy'`);
  await db.insert(limits).values({ key: "in the first file only", count: 1, expiresAt: START });
  const before = await countCounters(db);
  const lock = await holdLock(path);
  for (const end of ["-wal", "-shm"]) await Deno.remove(`${path}${end}`);
  await Deno.rename(`${path}.copy`, path);

  const afterReplacement = await countCounters(db);
  // The first file is locked: the write that meets the lock reconnects, and so reaches the second.
  await db.insert(limits).values({ key: "in the second file", count: 1, expiresAt: START });
  const afterWrite = await countCounters(db);

  await lock.release();
  const onDisk = (await queryElsewhere(path, "select key from limits")).map(({ key }) => key);
  report(
    "reader and writer change files together",
    "a copy replaced the file, and the old one was locked",
    {
      "rows read before": before,
      "while both use the old file": afterReplacement,
      "after a write to the new file": afterWrite,
      "found there by another process": onDisk.length,
    },
  );
  assert.deepEqual([before, afterReplacement, afterWrite], [2, 2, 2]);
  assert.deepEqual(onDisk, ["in both", "in the second file"]);
});

// Security: reader
Deno.test("no query holds the write-ahead log open: under writes and reads it is reused", async () => {
  await using file = await openTemporary();
  const { db, path } = file;
  let largest = 0, reads = 0;

  for (let i = 0; i < 1_500; i++) {
    await db.insert(limits).values({ key: `${i} ${"x".repeat(3_500)}`, count: 1, expiresAt: START });
    await countCounters(db);
    await db.$client.readText("select key from limits", []);
    reads += 2;
    largest = Math.max(largest, (await Deno.stat(`${path}-wal`)).size);
  }

  const [checkpoint] = await queryElsewhere(path, "pragma wal_checkpoint(truncate)");
  const { size } = await Deno.stat(path);
  report("the log stops growing", "1,500 writes with two reads after each", {
    reads,
    "largest log in KB": Math.round(largest / 1024),
    "database in KB": Math.round(size / 1024),
    "readers left over": Number(checkpoint?.busy),
  });
  // SQLite restarts it after a thousand pages of 4 KB.
  assert.ok(largest < 5_000_000, `${largest}`);
  assert.equal(checkpoint?.busy, 0);
  assert.equal((await Deno.stat(`${path}-wal`)).size, 0);
});

async function countCounters({ $client }: Db): Promise<number> {
  return JSON.parse(await $client.readText("select json_array(count(*)) from limits", []) ?? "[]")[0];
}
