import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { limits, sessions } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { addAccount, EMAIL, PASSWORD, START } from "./app.ts";

Deno.test("a batch is atomic, and a failed one doesn't block the next write", async () => {
  const db = await openDatabase(":memory:");

  await assert.rejects(db.batch([
    db.insert(limits).values(counter("first")),
    db.insert(sessions).values({ id: "s", connectionId: "unknown", secretHash: "", csrf: "" }),
  ]));
  await db.insert(limits).values(counter("later"));

  assert.deepEqual(await db.select({ key: limits.key }).from(limits), [{ key: "later" }]);
});

Deno.test("db.transaction throws: unlike batch it can't wait for the lock", async () => {
  const db = await openDatabase(":memory:");

  await assert.rejects(db.transaction(() => Promise.resolve()), /Cannot open a transaction: use batch/);
});

Deno.test("openDatabase rejects a file that isn't a database, and a missing folder", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/letter.db`, "Dear Marta, this isn't a database. ".repeat(100));

  await assert.rejects(openDatabase(`file:${folder}/letter.db`));
  await assert.rejects(openDatabase(`file:${folder}/no such folder/connections.db`));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("reopening a database keeps its contents", async () => {
  const folder = await Deno.makeTempDir();
  const db = await openDatabase(`file:${folder}/connections.db`);
  await addAccount(db, EMAIL, PASSWORD);

  const again = await openDatabase(`file:${folder}/connections.db`);

  assert.equal((await findUser(again, EMAIL))?.email, EMAIL);
  db.$client.close();
  again.$client.close();
  await Deno.remove(folder, { recursive: true });
});

function counter(key: string) {
  return { key, count: 1, expiresAt: START };
}
