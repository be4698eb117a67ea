import assert from "node:assert/strict";
import { Unavailable } from "../db/driver/unavailable.ts";
import { findUser } from "../db/users.ts";
import { addAccount, EMAIL, PASSWORD, START } from "./app.ts";
import { startRemote } from "./remote.ts";

const READ = "select json_array(count(*)) from users";
const WRITE = { sql: "update users set created_at = ?", args: [START + 1] };

Deno.test("what is read together in one turn is one call, whatever else was awaited in between", async () => {
  await using remote = await startWithAccount();
  const { $client } = remote.db;

  const [first, second, user] = await $client.together(() =>
    Promise.all([
      $client.readText(READ, []),
      Promise.resolve().then(async () => {
        await null;
        return await $client.readText(READ, []);
      }),
      findUser(remote.db, EMAIL),
    ])
  );

  assert.deepEqual([first, second, user?.email], ["[1]", "[1]", EMAIL]);
  assert.equal(remote.newCalls().length, 1);
});

Deno.test("a read elsewhere is a separate call, and so is a write", async () => {
  await using remote = await startWithAccount();
  const { $client } = remote.db;

  await Promise.all([$client.readText(READ, []), $client.readText(READ, [])]);
  assert.equal(remote.newCalls().length, 2);

  await $client.together(() => Promise.all([$client.readText(READ, []), $client.execute(WRITE)]));
  assert.equal(remote.newCalls().length, 2);
});

Deno.test("a call whose statement is wrong fails for whoever asked in it, and for nobody else", async () => {
  await using remote = await startWithAccount();
  const { $client } = remote.db;

  const results = await Promise.allSettled([
    $client.together(() => Promise.allSettled([$client.readText(READ, []), $client.readText("select * from no", [])])),
    $client.together(() => Promise.allSettled([$client.readText(READ, [])])),
  ]);

  const [wrong, right] = results.map((result) => result.status === "fulfilled" ? result.value : []);
  assert.deepEqual(wrong!.map(({ status }) => status), ["rejected", "rejected"]);
  assert.match(String((wrong![1] as PromiseRejectedResult).reason), /no such table: no/);
  assert.deepEqual(right, [{ status: "fulfilled", value: "[1]" }]);
});

Deno.test("a write and what is read after it are one call, in which the read sees the write", async () => {
  await using remote = await startWithAccount();
  const { $client } = remote.db;

  const [{ rowsAffected }, createdAt] = await $client.writeThenRead(
    () => $client.execute(WRITE),
    () => $client.readText("select created_at from users", []),
  );

  assert.deepEqual([rowsAffected, createdAt], [1, String(START + 1)]);
  const [call, ...more] = remote.newCalls();
  assert.match(call!.join("\n"), /BEGIN IMMEDIATE/);
  assert.deepEqual(more, []);
});

Deno.test("if the answer to a write and a read is lost, the read is asked again once the write found its trace", async () => {
  await using remote = await startWithAccount();
  const { $client } = remote.db;
  remote.breakWhen((sql) => sql.some((text) => text.startsWith("update")) ? "lose the answer" : null);

  const [written, createdAt] = await $client.writeThenRead(
    () => $client.execute(WRITE).then(() => "answered", () => "found"),
    () => $client.readText("select created_at from users", []),
  );
  assert.deepEqual([written, createdAt], ["found", String(START + 1)]);

  await assert.rejects(
    $client.writeThenRead(() => $client.execute(WRITE), () => $client.readText(READ, [])),
    Unavailable,
  );
});

async function startWithAccount() {
  const remote = await startRemote();
  await addAccount(remote.db, EMAIL, PASSWORD);
  let seen = remote.calls.length;
  return {
    ...remote,
    /** The calls since the last time. */
    newCalls() {
      const calls = remote.calls.slice(seen);
      seen = remote.calls.length;
      return calls;
    },
  };
}
