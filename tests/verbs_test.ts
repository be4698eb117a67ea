import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { startHrana } from "./hrana.ts";
import { ROOT } from "./processes.ts";
import { assertVerbs } from "./verbs.ts";

/** What takes the database to write a part of a query. */
const CONDITIONS = ["isStillOpen"];

Deno.test("every verb of db/ does the same over the embedded database, …", async () => {
  const db = await openDatabase(":memory:");
  await assertVerbs(db);
  db.$client.close();
});

// Security: remote database
Deno.test("… over a remote one, …", async () => {
  await using hrana = await startHrana();
  const db = await openDatabase(hrana.url);
  await assertVerbs(db);
  db.$client.close();
});

Deno.test({
  name: "… and over the server in TEST_DATABASE_URL",
  ignore: !Deno.env.get("TEST_DATABASE_URL"),
  async fn() {
    const db = await openDatabase(Deno.env.get("TEST_DATABASE_URL")!, Deno.env.get("TEST_DATABASE_AUTH_TOKEN"));
    await assertVerbs(db);
    db.$client.close();
  },
});

Deno.test("every verb is every exported function of db/ that asks or changes the database by itself", async () => {
  const asserted = await Deno.readTextFile(`${ROOT}tests/verbs.ts`);
  const verbs: string[] = [];
  for await (const { name } of Deno.readDir(`${ROOT}db`)) {
    if (!name.endsWith(".ts") || name === "client.ts") continue;
    const code = await Deno.readTextFile(`${ROOT}db/${name}`);
    // Statements for a batch are the parts of a verb.
    const exported = code.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport (?:async )?function (\w+)\(\s*db: Db\b/g);
    for (const [_, comment, verb] of exported) {
      if (!/^[\s*]*Statements? for a batch/.test(comment!)) verbs.push(verb!);
    }
  }

  assert.ok(verbs.length >= 30, verbs.join());
  assert.deepEqual(verbs.filter((verb) => !new RegExp(`\\b${verb}\\(db\\b`).test(asserted)), CONDITIONS);
});
