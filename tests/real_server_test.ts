import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { openClient } from "../db/driver/client.ts";
import { users } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { addAccount, EMAIL, PASSWORD } from "./app.ts";
import { assertVerbs } from "./every_verb.ts";
import { startHrana } from "./hrana.ts";
import { assertMainFlow } from "./main_flow.ts";

const [SERVER, TOKEN] = [Deno.env.get("TEST_DATABASE_URL"), Deno.env.get("TEST_DATABASE_AUTH_TOKEN")];

Deno.test({
  name: "the main flow works over the server in TEST_DATABASE_URL",
  ignore: !SERVER,
  async fn() {
    await using empty = await openEmpty(SERVER!, TOKEN);
    await addAccount(empty.db, EMAIL, PASSWORD);
    await assertMainFlow(empty.db, EMAIL);
  },
});

Deno.test({
  name: "every verb of db/ works over the server in TEST_DATABASE_URL",
  ignore: !SERVER,
  async fn() {
    await using empty = await openEmpty(SERVER!, TOKEN);
    await assertVerbs(empty.db);
  },
});

Deno.test("the tests over TEST_DATABASE_URL refuse a database that has accounts, and leave it unchanged", async () => {
  await using hrana = await startHrana();
  const db = await openDatabase(hrana.url);
  await addAccount(db, EMAIL, PASSWORD);
  const before = hrana.calls.length;

  await assert.rejects(openEmpty(hrana.url), {
    message: "Cannot run the tests over TEST_DATABASE_URL: the database has accounts, whose history the tests would " +
      "remove. Use an empty one",
  });

  assert.deepEqual(hrana.calls.slice(before), [["select count(*) from users"]]);
  assert.equal((await findUser(db, EMAIL))?.email, EMAIL);
  db.$client.close();
});

Deno.test("the tests over TEST_DATABASE_URL leave an empty database without accounts", async () => {
  await using hrana = await startHrana();
  for (let i = 0; i < 2; i++) {
    await using empty = await openEmpty(hrana.url);
    await addAccount(empty.db, EMAIL, PASSWORD);
  }

  assert.deepEqual(hrana.query("select count(*) as accounts from users").map((row) => ({ ...row })), [{ accounts: 0 }]);
});

/** Opens a database that has no accounts, and removes the test's own at the end. These tests move the clock by a year: they would sweep a history away. */
async function openEmpty(url: string, token?: string) {
  const client = await openClient(url, token);
  const accounts = await client.execute("select count(*) from users").then(
    ({ rows }) => Number(rows[0]?.[0]),
    (error) => /no such table/.test(String(error)) ? 0 : Promise.reject(error),
  );
  client.close();
  if (accounts > 0) {
    throw new Error(
      "Cannot run the tests over TEST_DATABASE_URL: the database has accounts, whose history the tests would " +
        "remove. Use an empty one",
    );
  }
  const db = await openDatabase(url, token);
  return {
    db,
    async [Symbol.asyncDispose]() {
      await db.delete(users);
      db.$client.close();
    },
  };
}
