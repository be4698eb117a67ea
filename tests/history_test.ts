import assert from "node:assert/strict";
import { type Db, openDatabase } from "../db/client.ts";
import { readPage } from "../db/history.ts";
import { connections } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { addAccount, DAY, EMAIL, PASSWORD, START } from "./app.ts";
import { makeFolder } from "./processes.ts";

Deno.test("the countries to filter by are those of the history as it is, whoever wrote it", async () => {
  await using folder = await makeFolder();
  const [db, other] = [await openFile(folder.path), await openFile(folder.path)];
  await addAccount(db, EMAIL, PASSWORD);
  const userId = (await findUser(db, EMAIL))!.id;
  const countriesOf = async (database: Db) =>
    (await readPage(database, { userId, filter: {}, before: null, limit: 26, now: START })).countries.sort();

  assert.deepEqual(await countriesOf(db), []);
  await db.insert(connections).values(connectionIn("ES", userId));
  assert.deepEqual(await countriesOf(db), ["ES"]);
  assert.deepEqual(await countriesOf(db), ["ES"]);
  await other.insert(connections).values(connectionIn("FR", userId));
  assert.deepEqual(await countriesOf(db), ["ES", "FR"]);
  assert.deepEqual(await countriesOf(other), ["ES", "FR"]);
  await db.delete(connections);
  assert.deepEqual(await countriesOf(db), []);
  assert.deepEqual(await countriesOf(other), []);
  db.$client.close();
  other.$client.close();
});

function openFile(folder: string): Promise<Db> {
  return openDatabase(`file:${folder}/connections.db`);
}

function connectionIn(countryCode: string, userId: string) {
  return {
    id: crypto.randomUUID(),
    userId,
    openedAt: START,
    lastSeenAt: START,
    expiresAt: START + DAY,
    closedAt: START,
    endReason: "signed_out" as const,
    ip: "46.16.60.1",
    network: "46.16",
    countryCode,
    userAgent: "",
    device: "",
  };
}
