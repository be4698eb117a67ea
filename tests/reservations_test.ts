import assert from "node:assert/strict";
import { createPasswords } from "../credentials/passwords.ts";
import { argon2id } from "../credentials/argon2id.ts";
import { openDatabase } from "../db/database.ts";
import { limits } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { addAccount, CHEAP, EMAIL, PASSWORD, startApp } from "./app.ts";
import { startHrana } from "./hrana.ts";

// Security: DoS
Deno.test("of a hundred sign-ins at once only those that find a place reserve an attempt, and each of these is hashed", async () => {
  await using site = await startSite();
  const signIns = await site.prepare(100);
  const before = site.remote.calls.length;

  const answers = await Promise.all(signIns.map((signIn) => signIn()));

  const statuses = answers.map(({ status }) => status);
  const [reserved, returned] = site.countAttempts(before);
  assert.ok(statuses.includes(422) && statuses.includes(503));
  assert.equal(reserved, site.hashes(), "each was hashed");
  assert.equal(reserved, statuses.filter((status) => status === 422).length);
  assert.equal(returned, 0);
});

// Security: DoS
Deno.test("a reservation that fails gives its place back", async () => {
  await using site = await startSite();
  site.remote.breakWhen((sql) => sql.some(isReservation) ? "error" : null);
  const signIns = await site.prepare(40);

  for (const signIn of signIns) assert.equal((await signIn()).status, 503);
  site.remote.heal();

  assert.equal((await site.browser().signIn()).status, 303);
  assert.equal(site.hashes(), 1);
});

// Security: DoS
Deno.test("a reservation that is refused gives its place back, and hashes nothing", async () => {
  await using site = await startSite();
  const [signIn] = await site.prepare(1);
  for (let i = 0; i < 10; i++) assert.equal((await signIn!()).status, 422);
  const others = await startApp({ db: site.db, passwords: site.passwords });

  // Another instance learns it from the database.
  const stranger = others.browser("198.51.100.0");
  for (let i = 0; i < 20; i++) assert.equal((await stranger.signIn(EMAIL)).status, 429);

  assert.equal(site.hashes(), 10);
  assert.equal((await others.browser().signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("an attempt whose hash fails is returned, and its place too", async () => {
  let fails = true;
  const passwords = createPasswords(CHEAP, (password, salt, cost) => {
    return fails ? Promise.reject(new Error("no memory")) : argon2id(password, salt, cost);
  });
  const { browser, db } = await startApp({ passwords });

  for (let i = 0; i < 20; i++) assert.equal((await browser().signIn()).status, 500);
  const counted = await db.select().from(limits);
  fails = false;

  assert.deepEqual(counted, []);
  assert.equal((await browser().signIn()).status, 303);
});

/** An instance over a fake database server, with counted hashes. */
async function startSite() {
  const remote = await startHrana();
  const db = await openDatabase(remote.url);
  await addAccount(db, EMAIL, PASSWORD);
  let hashes = 0;
  const passwords = createPasswords(CHEAP, (password, salt, cost) => {
    hashes++;
    return argon2id(password, salt, cost);
  });
  const { browser } = await startApp({ db, passwords });
  return {
    remote,
    db,
    passwords,
    browser,
    hashes: () => hashes,
    /** Forms of strangers, filled in with a wrong password and ready to be sent. */
    prepare: async (count: number) =>
      await Promise.all(Array.from({ length: count }, async (_, i) => {
        const stranger = browser(`198.51.100.${i}`);
        const csrf = (await stranger.get(paths.signIn)).$("[name=csrf]").attr("value") ?? "";
        const fields = { csrf, email: `nobody-${i}@example.com`, password: "not the password at all" };
        return () => stranger.post(paths.signIn, fields);
      })),
    /** The calls that reserved attempts, and those that only returned them. */
    countAttempts(since: number) {
      const calls = remote.calls.slice(since);
      return [isReservation, isReturn].map((is) => calls.filter((sql) => sql.some(is)).length);
    },
    async [Symbol.asyncDispose]() {
      db.$client.close();
      await remote[Symbol.asyncDispose]();
    },
  };
}

/** The batch that counts an attempt begins by reading its budgets. */
function isReservation(sql: string): boolean {
  return /^\s*select .* from "limits"/.test(sql);
}

function isReturn(sql: string): boolean {
  return /^\s*update "limits"/.test(sql);
}
