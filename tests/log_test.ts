import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { openDatabase } from "../db/database.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { users } from "../db/schema.ts";
import { createLog, describeError } from "../http/log.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, MINUTE, PASSWORD, signedIn, START, startApp } from "./app.ts";

// Security: log
Deno.test("a line of the log is JSON with the time in UTC, and no input can end it", () => {
  const lines: string[] = [];
  const log = createLog((line) => lines.push(line), () => START);

  log("authn_login_fail", { ip: 'x\n{"event":"authn_login_success"}\r\n\u0000\u001b[2J', reason: "\r" });

  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines[0]!, /\p{Cc}/u);
  assert.deepEqual(JSON.parse(lines[0]!), {
    time: "2026-11-23T14:04:00.000Z",
    event: "authn_login_fail",
    ip: 'x\n{"event":"authn_login_success"}\r\n\u0000\u001b[2J',
    reason: "\r",
  });
});

// Security: log
Deno.test("a line of the log contains no character that ends a line or moves a terminal's cursor, Unicode ones included", async () => {
  const lines: string[] = [];
  const { browser } = await startApp({ log: createLog((line) => lines.push(line), () => START) });
  const odd = "\u0085\u009b2J\u2028\u2029\u202e\u2066\ufeff\u007f\u{e0041}Ω😀";

  await browser().request(`/${encodeURIComponent(odd)}`, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site" },
  });

  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /^[\x20-\x7eΩ😀]+$/u);
  assert.equal(JSON.parse(lines[0]!).path, `/${odd}`);
});

// Security: log
Deno.test("whatever is typed or sent, each line of the log is one event with the id of its request", async () => {
  const lines: string[] = [];
  const { browser, db } = await startApp({ log: createLog((line) => lines.push(line), () => START) });
  const forged = '\r\n{"event":"forged"}\n';
  const here = browser("46.16.60.1", 'evil/1 {"event":"forged"}');

  await here.signIn(`${EMAIL}${forged}`, `${PASSWORD}${forged}`);
  await here.signIn(EMAIL, `not the password${forged}`);
  await here.request(`/nowhere/${encodeURIComponent(forged)}`, {
    method: "POST",
    headers: {
      Origin: `https://evil.example/${encodeURIComponent(forged)}`,
      "Content-Type": "application/x-www-form-urlencoded",
    },
  });
  await here.signIn(EMAIL, PASSWORD, { time_zone: forged, next: forged });
  db.$client.close();
  await here.get(`${paths.connections}?ip=${encodeURIComponent(forged)}`);

  const events = lines.map((line) => JSON.parse(line));
  assert.deepEqual(events.map(({ event }) => event), [
    "authn_login_fail",
    "authn_login_fail",
    "malicious_csrf",
    "authn_login_success",
    "sys_crash",
  ]);
  for (const [i, { request_id }] of events.entries()) {
    assert.match(request_id, /^[\da-f-]{36}$/);
    assert.doesNotMatch(lines[i]!, /[\r\n]/);
  }
});

// ASVS 16.3.3
Deno.test("a request that a guard refuses is in the log with its status, path and address", async () => {
  const { browser, log } = await startApp();
  const here = browser("203.0.113.7");
  const form = { "Content-Type": "application/x-www-form-urlencoded" };

  await here.get(paths.signIn, { Host: "evil.example" });
  await here.request(paths.connections, { method: "DELETE" });
  await here.get(`${paths.signIn}?next=${"x".repeat(9_000)}`);
  await here.request(paths.signIn, { method: "POST", headers: form, body: "x".repeat(17_000) });
  await here.request(paths.signIn, { method: "POST", headers: { "Content-Type": "text/plain" }, body: "x" });
  await here.get("/nowhere");

  const events = log.map((line) => JSON.parse(line));
  assert.equal(events.every(({ request_id }) => /^[\da-f-]{36}$/.test(request_id)), true);
  assert.deepEqual(events.map(({ event, status, path, ip }) => [event, status, path, ip]), [
    ["input_validation_fail", 421, paths.signIn, "203.0.113.7"],
    ["input_validation_fail", 405, paths.connections, "203.0.113.7"],
    ["input_validation_fail", 414, paths.signIn, "203.0.113.7"],
    ["input_validation_fail", 413, paths.signIn, "203.0.113.7"],
    ["input_validation_fail", 415, paths.signIn, "203.0.113.7"],
  ]);
});

// ASVS 16.2.1
Deno.test("what owners change in their account is in the log with the user, the address and the request's id", async () => {
  const { here, db, log } = await signedIn();
  const [{ id: user }] = await db.select().from(users) as [typeof users.$inferSelect];
  const changed = { new_password: "a much better password", new_password_again: "a much better password" };

  await here.submit(paths.preferences, { theme: "dark" });
  await here.submit(paths.password, { current_password: "not the password at all", ...changed });
  await here.submit(paths.password, { current_password: PASSWORD, ...changed });

  const events = log.slice(1).map((line) => JSON.parse(line));
  assert.equal(events.every(({ request_id }) => /^[\da-f-]{36}$/.test(request_id)), true);
  assert.deepEqual(events.map(({ request_id: _, ...fields }) => fields), [
    { event: "user_updated", user, ip: "46.16.60.1" },
    { event: "authn_password_change_fail", user, ip: "46.16.60.1", reason: "wrong" },
    { event: "authn_password_change", user, ip: "46.16.60.1", closed: 0 },
  ]);
});

// Security: log
Deno.test("the log of a failed query contains no e-mail address, cookie, csrf value, password or hash", async () => {
  const { browser, db, log, clock } = await startApp({ passwords: createPasswords({ memory: 128, passes: 1 }) });
  const [here, there, fresh] = [browser(), browser("203.0.113.1"), browser("203.0.113.2")];
  await here.signIn();
  fresh.cookies.set("form", "A".repeat(22));
  const { $ } = await there.get(paths.signIn);
  const typed = { csrf: $("[name=csrf]").attr("value") ?? "", email: EMAIL, password: PASSWORD };
  const [{ passwordHash }] = await db.select().from(users) as [typeof users.$inferSelect];
  // Four queries fail: strengthening a hash, recording a visit, finding the account and loading the session.
  await db.run(
    sql`update users set password_hash = ${await createPasswords({ memory: 64, passes: 1 }).hash(PASSWORD)}`,
  );
  await db.run(
    sql`create trigger no_hash before update of password_hash on users begin select raise(fail, 'full'); end`,
  );
  assert.equal((await there.post(paths.signIn, typed)).status, 303);
  clock.now += 2 * MINUTE;
  await db.run(sql`create trigger no_use before update on connections begin select raise(fail, 'full'); end`);
  assert.equal((await here.get(paths.connections)).status, 200);
  await db.run(sql`alter table users rename column email to mail`);
  assert.equal((await fresh.post(paths.signIn, { ...typed, csrf: "A".repeat(22) })).status, 500);
  assert.equal((await here.get(paths.connections)).status, 500);

  const crashes = log.filter((line) => line.includes("sys_crash"));
  const text = crashes.join("\n");
  const cookies = [here, there, fresh].flatMap(({ cookies }) =>
    [...cookies.values()].flatMap((value) => value.split("."))
  );
  assert.equal(crashes.length, 4);
  assert.match(text, /Failed query: update \\"users\\" set \\"password_hash\\"/);
  assert.match(text, /no such column: users\.email/);
  assert.deepEqual(
    [EMAIL, PASSWORD, passwordHash, "$argon2id$", typed.csrf, ...cookies].filter((s) => text.includes(s)),
    [],
  );
});

// Security: log
Deno.test("an error of a remote database contains neither its token nor its URL's credentials", async () => {
  const server = Deno.serve({ port: 0, onListen: () => {} }, () => new Response("no", { status: 500 }));
  const { port } = server.addr;
  const failing = await errorOf(openDatabase(`http://canary:canary@127.0.0.1:${port}?authToken=canary`, "canary"));
  await server.shutdown();
  const gone = await errorOf(openDatabase(`http://canary:canary@127.0.0.1:${port}?authToken=canary`, "canary"));

  assert.match(describeError(failing), /the database server failed \(status 500\): no/);
  assert.match(describeError(gone), /error sending request/);
  assert.doesNotMatch(describeError(failing) + describeError(gone), /canary/);
});

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(() => assert.fail("It succeeded"), (error) => error);
}
