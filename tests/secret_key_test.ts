import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { readConfiguration } from "../commands/configuration.ts";
import { createSecretReader } from "../commands/secret_key.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, PASSWORD, signedIn } from "./app.ts";
import { DENO, flagsOf, type Folder, makeFolder, run, startServer, users, type Variables } from "./processes.ts";
import { addAuthenticator, codeAt, signInWith } from "./second_factor.ts";

const USE = { purpose: "authenticator", of: "u" };
const newKey = () => randomBytes(32).toString("base64");

function readerOf(variables: Record<string, string>) {
  const log: string[] = [];
  const configuration = readConfiguration(variables);
  const read = createSecretReader(configuration, (event, fields) => log.push(JSON.stringify({ event, ...fields })));
  return { read, log };
}

/** A task's flags, with a folder that it may write in besides `data/`, for the key beside the database. */
async function flagsIn({ path }: Folder, task: string): Promise<string[]> {
  return (await flagsOf(task)).map((flag) =>
    flag.replace("--allow-read=.", `--allow-read=.,${path}`).replace("--allow-write=data", `--allow-write=${path}`)
  );
}

async function startIn(folder: Folder, variables: Variables = {}) {
  const command = [DENO, "run", ...await flagsIn(folder, "start")];
  return await startServer("start", folder, variables, { command });
}

// Security: secret key
Deno.test("the key is a file of mode 0600 beside an embedded database, made once at the first need", async () => {
  await using folder = await makeFolder();
  const variables = { DATABASE_URL: `file:${folder.path}/connections.db` };
  const names = async () => (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name);
  const readers = Array.from({ length: 5 }, () => readerOf(variables));
  assert.deepEqual(await names(), []);

  const all = await Promise.all(readers.map(({ read }) => read()));

  assert.deepEqual(await names(), ["secret.key"]);
  const { mode, size } = await Deno.stat(`${folder.path}/secret.key`);
  assert.deepEqual([mode! & 0o777, size], [0o600, 45]);
  const encrypted = await all[0]!.encrypt("a secret", USE);
  for (const secrets of all) assert.equal(await secrets!.decrypt(encrypted, USE), "a secret");
  assert.deepEqual(readers.flatMap(({ log }) => log), []);
});

Deno.test("a key file that is no key, and a folder that can't be written, are no key, and the log says so once", async () => {
  await using folder = await makeFolder();
  await Deno.writeTextFile(`${folder.path}/secret.key`, "hunter2\n");
  const damaged = readerOf({ DATABASE_URL: `file:${folder.path}/connections.db` });
  const missing = readerOf({ DATABASE_URL: `file:${folder.path}/nowhere/connections.db` });

  for (const { read } of [damaged, missing]) assert.deepEqual([await read(), await read()], [null, null]);

  assert.equal(damaged.log.length, 1);
  assert.match(damaged.log[0]!, /"secret_key_missing".*secret\.key: it must contain a key of 32 bytes as base64/);
  assert.doesNotMatch(damaged.log[0]!, /hunter2/);
  assert.equal(missing.log.length, 1);
  assert.match(missing.log[0]!, /"secret_key_missing".*nowhere\/secret\.key: the process can't write there/);
});

Deno.test("with a remote database and no SECRET_KEY nothing can be added, and the log says so once", async () => {
  const { read, log } = readerOf({ DATABASE_URL: "libsql://history.example" });
  const { here } = await signedIn({ secrets: read });

  assert.match((await here.get(paths.methods)).$("main").text(), /It can't be added here/);
  assert.equal((await here.get(paths.authenticator)).status, 404);
  assert.equal((await here.post(paths.authenticator, { code: "000000" })).status, 404);

  assert.equal(log.length, 1);
  assert.match(log[0]!, /"secret_key_missing".*SECRET_KEY is not set, and a remote database has no file beside it/);
});

Deno.test("with SECRET_KEY no file is made", async () => {
  await using folder = await makeFolder();
  const { read } = readerOf({ DATABASE_URL: `file:${folder.path}/connections.db`, SECRET_KEY: newKey() });

  assert.notEqual(await read(), null);

  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});

Deno.test("what one key encrypted another doesn't open, and the former one of two does", async () => {
  const [older, newer] = [newKey(), newKey()];
  const secretsOf = async (SECRET_KEY: string) => (await readerOf({ SECRET_KEY }).read())!;
  const encrypted = await (await secretsOf(older)).encrypt("a secret", USE);

  assert.equal(await (await secretsOf(newer)).decrypt(encrypted, USE), null);
  const both = await secretsOf(`${newer},${older}`);
  assert.equal(await both.decrypt(encrypted, USE), "a secret");
  assert.deepEqual([both.isCurrent(encrypted), both.isCurrent(await both.encrypt("a secret", USE))], [false, true]);
});

// Security: secret key
Deno.test("a start without the key that the secrets were encrypted with stops with a sentence", async () => {
  await using folder = await makeFolder();
  const SECRET_KEY = newKey();
  await users(folder, ["add", EMAIL], PASSWORD);
  {
    await using server = await startServer("start", folder, { SECRET_KEY });
    const here = server.browser();
    await here.signIn();
    await addAuthenticator(here, { now: Date.now() });
  }
  const problem = "Cannot read the authenticator apps' secrets in the database";

  await assert.rejects(startIn(folder, { SECRET_KEY: newKey() }), {
    message: new RegExp(`${problem}: SECRET_KEY is not the key they were encrypted with\\n$`),
  });
  await assert.rejects(startIn(folder), {
    message: new RegExp(`${problem}: \\S+/secret\\.key is not the key they were encrypted with\\n$`),
  });
  {
    await using server = await startIn(folder, { SECRET_KEY });
    assert.equal((await server.browser().signIn()).headers.get("Location"), paths.code);
  }
  await users(folder, ["methods", EMAIL, "--reset"]);
  await using server = await startIn(folder, { SECRET_KEY: newKey() });
  assert.equal((await server.browser().signIn()).headers.get("Location"), paths.connections);
});

// ASVS 11.2.2
Deno.test("deno task rotate-key renews the key's file beside a running server, which keeps running", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await using server = await startIn(folder);
  const here = server.browser();
  await here.signIn();
  const secret = await addAuthenticator(here, { now: Date.now() });
  const before = await Deno.readTextFile(`${folder.path}/secret.key`);
  const open = await here.get(paths.authenticator);

  const rotated = await run(await flagsIn(folder, "rotate-key"), folder);

  assert.deepEqual([rotated.code, rotated.stderr], [0, "Encrypted 1 secret with the new key\n"]);
  const after = await Deno.readTextFile(`${folder.path}/secret.key`);
  assert.notEqual(after, before);
  assert.equal(Buffer.from(after, "base64").length, 32);
  assert.equal((await Deno.stat(`${folder.path}/secret.key`)).mode! & 0o777, 0o600);
  // The step of the code that added the app is used up.
  const there = server.browser();
  assert.equal((await signInWith(there, codeAt(secret, Date.now() + 30_000))).status, 303);
  assert.equal(await there.isIn(), true);
  // A page from before shows a new picture.
  const late = await here.submit(paths.authenticator, {
    ...{ sealed: open.$("[name=sealed]").attr("value")!, code: codeAt(open.$("#secret").text(), Date.now()) },
  });
  assert.deepEqual([late.status, /new picture/.test(late.$("main").text())], [422, true]);
  await server.stop();
  await using again = await startIn(folder);
  assert.equal((await again.browser().signIn()).headers.get("Location"), paths.code);
});

// ASVS 11.2.2
Deno.test("a rotation that was cut off is finished by the next, with no secret lost", async () => {
  await using folder = await makeFolder();
  const file = `${folder.path}/secret.key`;
  const [older, newer] = [newKey(), newKey()];
  await Deno.writeTextFile(file, `${older}\n`);
  await users(folder, ["add", EMAIL], PASSWORD);
  {
    await using server = await startIn(folder);
    const here = server.browser();
    await here.signIn();
    await addAuthenticator(here, { now: Date.now() });
  }
  // As it is between the first step and the last.
  await Deno.writeTextFile(file, `${newer},${older}\n`);
  const flags = await flagsIn(folder, "rotate-key");

  const finished = await run(flags, folder);
  const kept = await Deno.readTextFile(file);
  const again = await run(flags, folder);

  assert.deepEqual([finished.code, finished.stderr], [0, "Encrypted 1 secret with the new key\n"]);
  assert.equal(kept, `${newer}\n`);
  assert.deepEqual([again.code, again.stderr], [0, "Encrypted 1 secret with the new key\n"]);
  assert.notEqual(await Deno.readTextFile(file), kept);
  await using server = await startIn(folder);
  assert.equal((await server.browser().signIn()).headers.get("Location"), paths.code);
});

// ASVS 11.2.2
Deno.test('deno task rotate-key with SECRET_KEY="new,old" encrypts with the new one, which is enough from then on', async () => {
  await using folder = await makeFolder();
  const [older, newer] = [newKey(), newKey()];
  await users(folder, ["add", EMAIL], PASSWORD);
  {
    await using server = await startServer("start", folder, { SECRET_KEY: older });
    const here = server.browser();
    await here.signIn();
    await addAuthenticator(here, { now: Date.now() });
  }
  const flags = await flagsOf("rotate-key");

  const alone = await run(flags, folder, { SECRET_KEY: newer });
  const wrong = await run(flags, folder, { SECRET_KEY: `${newer},${newKey()}` });
  const rotated = await run(flags, folder, { SECRET_KEY: `${newer},${older}` });
  const again = await run(flags, folder, { SECRET_KEY: `${newer},${older}` });
  const extra = await run([...flags, "now"], folder, { SECRET_KEY: newer });

  assert.deepEqual([alone.code, wrong.code, extra.code], [1, 1, 1]);
  assert.match(alone.stderr, /^SECRET_KEY must be two keys, "new,old"/);
  assert.match(wrong.stderr, /^Cannot read a secret: neither key is the one it was encrypted with/);
  assert.equal(extra.stderr, "Usage: deno task rotate-key\n");
  const advice = "Now remove the old key from SECRET_KEY, and restart the service\n";
  assert.deepEqual([rotated.code, rotated.stderr], [0, `Encrypted 1 secret with the new key\n${advice}`]);
  assert.deepEqual([again.code, again.stderr], [0, `Encrypted 0 secrets with the new key\n${advice}`]);
  await using server = await startServer("start", folder, { SECRET_KEY: newer });
  assert.equal((await server.browser().signIn()).headers.get("Location"), paths.code);
});
