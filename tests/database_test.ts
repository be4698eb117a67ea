import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { limits, sessions } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { addAccount, EMAIL, PASSWORD, START } from "./app.ts";

Deno.test("a batch is done whole or not at all, and what comes after it is not held up", async () => {
  const db = await openDatabase(":memory:");

  await assert.rejects(db.batch([
    db.insert(limits).values(counter("first")),
    db.insert(sessions).values({ id: "s", connectionId: "of nobody", secretHash: "", csrf: "" }),
  ]));
  await db.insert(limits).values(counter("later"));

  assert.deepEqual(await db.select({ key: limits.key }).from(limits), [{ key: "later" }]);
});

Deno.test("db.transaction is refused: it can't wait for the lock, and batch can", async () => {
  const db = await openDatabase(":memory:");

  await assert.rejects(db.transaction(() => Promise.resolve()), /Cannot open a transaction: use batch/);
});

Deno.test("openDatabase rejects what is no database", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/letter.db`, "Dear Marta, this is no database. ".repeat(100));

  await assert.rejects(openDatabase(`file:${folder}/letter.db`));
  await assert.rejects(openDatabase(`file:${folder}/no such folder/connections.db`));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("opening a database again keeps what is in it", async () => {
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
