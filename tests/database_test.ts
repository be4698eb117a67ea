import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { eq } from "drizzle-orm";
import { openDatabase } from "../db/database.ts";
import { sweep } from "../db/retention.ts";
import { connections, limits, sessions, users } from "../db/schema.ts";
import { addUser, findUser, removeUser } from "../db/users.ts";
import { addAccount, DAY, EMAIL, PASSWORD, START } from "./app.ts";

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

// Security: removal
Deno.test("a removed account leaves nothing readable in the files of the database", async () => {
  const folder = await Deno.makeTempDir();
  const db = await openDatabase(`file:${folder}/connections.db`);
  await addAccount(db, EMAIL, PASSWORD);
  await addUser(db, "canary@example.com", "$argon2id$canary-hash", START);
  const userId = (await findUser(db, "canary@example.com"))!.id;
  const rows = Array.from({ length: 1_000 }, (_, i) => connectionFrom(userId, `203.0.${i >> 8}.${i & 255}`));
  for (let i = 0; i < rows.length; i += 100) await db.insert(connections).values(rows.slice(i, i + 100));
  await db.update(users).set({ passwordHash: "$argon2id$canary-stronger" }).where(eq(users.id, userId));
  // An open second connection keeps the log from being emptied by the first one's end.
  const other = await openDatabase(`file:${folder}/connections.db`);
  const canaries = ["canary", userId, "203.0.1.7", "203.0.3.200", "canary-agent/7", rows[500]!.id];
  const found = async () => {
    const files = await readFiles(folder);
    return canaries.filter((canary) => files.some((bytes) => bytes.includes(canary)));
  };
  assert.deepEqual(await found(), canaries);

  assert.equal(await removeUser(db, "canary@example.com"), true);

  assert.deepEqual(await found(), []);
  assert.equal((await findUser(other, EMAIL))?.email, EMAIL);
  db.$client.close();
  other.$client.close();
  await Deno.remove(folder, { recursive: true });
});

// Security: removal
Deno.test("what the retention sweep removes is overwritten in the file", async () => {
  const folder = await Deno.makeTempDir();
  const db = await openDatabase(`file:${folder}/connections.db`);
  await addAccount(db, EMAIL, PASSWORD);
  const userId = (await findUser(db, EMAIL))!.id;
  const rows = Array.from({ length: 100 }, (_, i) => connectionFrom(userId, `203.0.113.${i}`));
  await db.insert(connections).values(rows);

  await sweep(db, { idle: 7 * DAY, max: 30 * DAY }, 365 * DAY, START + 400 * DAY);
  await db.$client.emptyLog();

  const files = await readFiles(folder);
  assert.equal(files.some((bytes) => bytes.includes("canary-agent") || bytes.includes("203.0.113.")), false);
  db.$client.close();
  await Deno.remove(folder, { recursive: true });
});

// Security: database file
Deno.test({
  name: "only its owner can read a new database, and the mode of an existing one stays",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    const modes = async () =>
      (await Promise.all(
        ["", "-wal", "-shm"].map((end) => Deno.stat(`${folder}/connections.db${end}`)),
      )).map(({ mode }) => mode! & 0o777);

    const db = await openDatabase(`file:${folder}/connections.db`);
    const created = await modes();
    db.$client.close();
    await Deno.chmod(`${folder}/connections.db`, 0o640);
    const again = await openDatabase(`file:${folder}/connections.db`);
    const [kept] = await modes();
    again.$client.close();
    await Deno.remove(folder, { recursive: true });

    assert.deepEqual(created, [0o600, 0o600, 0o600]);
    assert.equal(kept, 0o640);
  },
});

function connectionFrom(userId: string, ip: string): typeof connections.$inferInsert {
  return {
    id: crypto.randomUUID(),
    userId,
    openedAt: START,
    lastSeenAt: START,
    expiresAt: START,
    closedAt: START,
    endReason: "signed_out",
    ip,
    network: "203.0",
    countryCode: "ES",
    userAgent: `canary-agent/${ip.split(".").at(-1)}`,
    device: "Firefox on Linux",
  };
}

/** Reads every file in a folder, because a database may have several. */
async function readFiles(folder: string): Promise<Buffer[]> {
  const files = await Array.fromAsync(Deno.readDir(folder));
  return await Promise.all(files.map(async ({ name }) => Buffer.from(await Deno.readFile(`${folder}/${name}`))));
}

function counter(key: string) {
  return { key, count: 1, expiresAt: START };
}
