import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { paths } from "../http/paths.ts";
import { EMAIL, PASSWORD } from "./app.ts";
import { makeFolder, startServer, users } from "./processes.ts";
import { addAuthenticator, makeRecoveryCodes, signInWith } from "./second_factor.ts";

const SECRET_KEY = randomBytes(32).toString("base64");

// ASVS 6.4.4
Deno.test("deno task users methods lists how an account is signed in to, and --reset leaves it its password alone", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await using server = await startServer("start", folder, { SECRET_KEY });
  const [here, there, waiting] = [server.browser(), server.browser(), server.browser()];
  await here.signIn();
  const secret = await addAuthenticator(here, { now: Date.now() });
  const [code] = await makeRecoveryCodes(here);
  await signInWith(there, code!);
  await waiting.signIn();

  const text = await users(folder, ["methods", EMAIL]);
  const json = await users(folder, ["methods", EMAIL, "--json"]);
  const reset = await users(folder, ["methods", EMAIL, "--reset"]);

  assert.match(
    text.stdout,
    /^password\nauthenticator\tadded \S+Z\nrecovery codes\t9 left\tadded \S+Z\nknown browser\t"Firefox on Linux"\tadded \S+Z\tlast used \S+Z\n$/,
  );
  const lines = json.stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ method, name, left }) => [method, name ?? left]), [
    ["password", undefined],
    ["authenticator", undefined],
    ["recovery codes", 9],
    ["known browser", "Firefox on Linux"],
  ]);
  assert.doesNotMatch(text.stdout + json.stdout, new RegExp([secret, code].join("|")));
  assert.match(json.stderr, /"event":"sensitive_read"/);
  assert.equal(reset.stderr, "Left marta@example.com nothing but its password, and closed 2 open connections\n");
  const { event, by, method, closed } = JSON.parse(reset.stdout);
  assert.deepEqual([event, by, method, closed], ["authn_method_removed", "operator", "all", 2]);

  assert.deepEqual([await here.isIn(), await there.isIn()], [false, false]);
  assert.equal((await waiting.get(paths.code)).headers.get("Location"), paths.signIn);
  const again = await here.signIn();
  assert.equal(again.headers.get("Location"), paths.connections);
  assert.match((await here.get(paths.connections)).$("main").text(), /Closed by the administrator/);
  assert.match((await users(folder, ["methods", EMAIL])).stdout, /^password\nknown browser\t[^\n]+\n$/);
  const db = new DatabaseSync(`${folder.path}/connections.db`, { readOnly: true });
  for (const table of ["authenticators", "passkeys", "recovery_codes", "pending_sign_ins"]) {
    assert.deepEqual(db.prepare(`select * from ${table}`).all(), [], table);
  }
  db.close();
});

Deno.test("deno task users methods of an unknown account exits with status 1 and a sentence", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);

  const list = await users(folder, ["methods", "joan@example.com"]);
  const reset = await users(folder, ["methods", "joan@example.com", "--reset"]);

  assert.deepEqual([list.code, list.stdout], [1, ""]);
  assert.equal(list.stderr, "Cannot list any methods: there is no account joan@example.com\n");
  assert.deepEqual([reset.code, reset.stdout], [1, ""]);
  assert.equal(reset.stderr, "Cannot reset anything: there is no account joan@example.com\n");
});

Deno.test("deno task users export and remove include the sign-in methods, without secrets and hashes", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await using server = await startServer("start", folder, { SECRET_KEY });
  const [here, waiting] = [server.browser(), server.browser()];
  await here.signIn();
  await addAuthenticator(here, { now: Date.now() });
  await makeRecoveryCodes(here);
  await waiting.signIn();
  const db = new DatabaseSync(`${folder.path}/connections.db`);
  db.exec(`insert into passkeys select 'key', id, 'public', 0, 1, 'usb', 'Laptop', 1, null from users`);

  const rows = (await users(folder, ["export", EMAIL])).stdout.trim().split("\n").map((line) => JSON.parse(line));
  await users(folder, ["remove", EMAIL]);

  const fields = (table: string) => Object.keys(rows.find((row) => row.table === table) ?? {});
  assert.deepEqual(fields("authenticators"), ["table", "addedAt", "lastAt"]);
  assert.deepEqual(fields("recovery_codes"), ["table", "addedAt", "usedAt"]);
  assert.equal(rows.filter(({ table }) => table === "recovery_codes").length, 10);
  assert.deepEqual(fields("pending_sign_ins"), ["table", "id", "userId", "passwordVersion", "timeZone", "expiresAt"]);
  assert.equal(rows.find(({ table }) => table === "passkeys")?.name, "Laptop");
  assert.equal(rows.find(({ table }) => table === "connections")?.method, "password");
  for (const table of ["authenticators", "passkeys", "recovery_codes", "pending_sign_ins", "users"]) {
    assert.deepEqual(db.prepare(`select * from ${table}`).all(), [], table);
  }
  db.close();
});
