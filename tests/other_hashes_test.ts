import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { argon2d, argon2i, argon2id, bcrypt } from "hash-wasm";
import { argon2id as ownArgon2id } from "../credentials/argon2id.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { openDatabase } from "../db/database.ts";
import { users } from "../db/schema.ts";
import { addUser } from "../db/users.ts";
import { type AppOptions } from "../routes/app.tsx";
import { CHEAP, EMAIL, PASSWORD, START, startApp } from "./app.ts";

const SALT = new Uint8Array(16).fill(7);
const WRONG = "not the password at all";
const SALT_AND_HASH = `${"c2FsdA".repeat(4).slice(0, 22)}$${"aGFzaA".repeat(8).slice(0, 43)}`;

// ASVS 11.4.2
Deno.test("an account whose hash is bcrypt signs in with its password alone, and its hash is renewed", async () => {
  const hash = await bcrypt({ password: PASSWORD, salt: SALT, costFactor: 4 });

  for (const prefix of ["$2a$", "$2b$", "$2y$"]) await assertRenewed(hash.replace("$2a$", prefix));
});

// ASVS 11.4.2
Deno.test("an account whose hash is Argon2 with other parameters signs in with its password alone, and its hash is renewed", async () => {
  const options = { password: PASSWORD, salt: SALT, iterations: 3, outputType: "encoded" } as const;

  await assertRenewed(await argon2id({ ...options, parallelism: 4, memorySize: 256, hashLength: 32 }));
  await assertRenewed(await argon2id({ ...options, parallelism: 1, memorySize: 256, hashLength: 64 }));
  await assertRenewed(await argon2i({ ...options, parallelism: 1, memorySize: 64, hashLength: 16 }));
  await assertRenewed(await argon2d({ ...options, parallelism: 2, memorySize: 64, hashLength: 32 }));
});

Deno.test("of a password with a bcrypt hash the first 72 bytes count, as where it was made", async () => {
  const long = "contraseña ".repeat(20);
  const bytes = new TextEncoder().encode(long).slice(0, 72);
  const { browser, hashes } = await startWith(await bcrypt({ password: bytes, salt: SALT, costFactor: 4 }));

  assert.equal((await browser().signIn(EMAIL, long.slice(0, 60))).status, 422);
  assert.equal((await browser().signIn(EMAIL, long)).status, 303);
  assert.match((await hashes())[0] ?? "", /^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
  assert.equal((await browser().signIn(EMAIL, `${long}and more`)).status, 422);
});

// Security: unreadable hashes
Deno.test("a hash of an unknown format is a wrong password and a line of the log, and isn't replaced", async () => {
  const unknown = [
    "!",
    "x",
    PASSWORD,
    "$1$salt$22charactersofbase64..",
    `{SSHA}${SALT_AND_HASH}`,
    "$2b$10$too.short",
  ];

  for (
    const hash of [...unknown, `$argon2id$v=16$m=64,t=1,p=1$${SALT_AND_HASH}`, `$argon2id$v=19$m=64$${SALT_AND_HASH}`]
  ) {
    await assertUnreadable(hash);
  }
});

// Security: unreadable hashes
Deno.test("a hash that would cost too much memory or time is not computed", async () => {
  const costs = ["m=4194304,t=1,p=1", "m=64,t=4000000,p=1", "m=524288,t=1,p=4", "m=65536,t=17,p=4", "m=256,t=1,p=17"];
  const outside = ["m=1,t=1,p=1", "m=64,t=0,p=1", "m=64,t=1,p=0", "m=8,t=1,p=4"];

  for (const cost of [...costs, ...outside]) await assertUnreadable(`$argon2id$v=19$${cost}$${SALT_AND_HASH}`);
  await assertUnreadable(`$2b$15$${"a".repeat(53)}`);
  await assertUnreadable(`$2b$31$${"a".repeat(53)}`);
  await assertUnreadable(`$argon2id$v=19$m=64,t=1,p=2$c2FsdHNhbHQ$${"a".repeat(100_000)}`);
});

Deno.test("a host's own hashes are verified by its own function, and renewed", async () => {
  const sha1 = (password: string) => `{SHA}${createHash("sha1").update(password).digest("base64")}`;
  const passwords = createPasswords(CHEAP, ownArgon2id, 2, {
    canRead: (stored) => stored.startsWith("{SHA}"),
    verify: (password, stored) => Promise.resolve(sha1(password) === stored),
  });

  await assertRenewed(sha1(PASSWORD), { passwords });
});

async function assertRenewed(hash: string, changes: Partial<AppOptions> = {}): Promise<void> {
  const { browser, hashes } = await startWith(hash, changes);

  assert.equal((await browser().signIn(EMAIL, WRONG)).status, 422, hash);
  assert.equal((await browser().signIn(EMAIL, `${PASSWORD} `)).status, 422, hash);
  assert.deepEqual(await hashes(), [hash]);
  assert.equal((await browser().signIn()).status, 303, hash);
  const renewed = await hashes();
  assert.match(renewed[0] ?? "", /^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
  assert.equal((await browser().signIn(EMAIL, WRONG)).status, 422);
  assert.equal((await browser().signIn()).status, 303);
  assert.deepEqual(await hashes(), renewed);
}

async function assertUnreadable(hash: string): Promise<void> {
  const { browser, hashes, log } = await startWith(hash);
  const unknown = await browser().signIn("nobody@example.com");

  const refused = await browser().signIn();

  assert.deepEqual([refused.status, refused.$(".problem").text()], [422, unknown.$(".problem").text()], hash);
  assert.deepEqual(await hashes(), [hash]);
  const lines = log.map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ event }) => event), ["authn_login_fail", "password_unreadable", "authn_login_fail"]);
  assert.match(lines[1].user, /^[\da-f-]{36}$/);
}

async function startWith(hash: string, changes: Partial<AppOptions> = {}) {
  const db = await openDatabase(":memory:");
  await addUser(db, EMAIL, hash, START);
  const hashes = async () => (await db.select({ hash: users.passwordHash }).from(users)).map(({ hash }) => hash);
  return { ...await startApp({ db, ...changes }), hashes };
}
