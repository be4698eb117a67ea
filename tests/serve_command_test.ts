import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { paths } from "../http/paths.ts";
import { CELL, EMAIL, PASSWORD } from "./app.ts";
import { flagsElsewhere, flagsOf, makeFolder, run, startServer, users } from "./processes.ts";
import { addAuthenticator } from "./second_factor.ts";

const FIRST_ACCOUNT = "There is no account yet. Make the first one by: deno task users add you@example.com";

Deno.test("deno task start in an empty folder creates the database, and says how to add an account", async () => {
  await using folder = await makeFolder();
  await using server = await startServer("start", folder, { DATABASE_URL: "" }, {
    flags: await flagsElsewhere("start"),
  });

  assert.deepEqual(server.output.slice(0, 2), [`Address: ${server.address}`, FIRST_ACCOUNT]);
  assert.equal((await server.browser().get(paths.signIn)).status, 200);
  const { mode } = await Deno.stat(`${folder.path}/data`);
  assert.equal(mode! & 0o777, 0o700);
  assert.equal((await Deno.stat(`${folder.path}/data/connections.db`)).isFile, true);
});

Deno.test("with SECOND_FACTOR=required the first sign-in leads to adding a second step, and then to the history", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  const SECRET_KEY = randomBytes(32).toString("base64");
  await using server = await startServer("start", folder, { SECRET_KEY, SECOND_FACTOR: "required" });
  const here = server.browser();
  await here.signIn();

  const { status, headers } = await here.get(paths.connections);
  assert.deepEqual([status, headers.get("Location")], [303, paths.methods]);
  await addAuthenticator(here, { now: Date.now() });

  assert.equal(await here.isIn(), true);
});

Deno.test("deno task start serves sign-in over HTTP, and the history survives a restart", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  const browser = await (async () => {
    await using server = await startServer("start", folder);
    assert.deepEqual(server.output.slice(0, 1), [`Address: ${server.address}`]);
    const browser = server.browser();
    assert.equal((await browser.signIn(EMAIL, "not the password at all")).status, 422);
    assert.equal((await browser.signIn()).status, 303);
    assert.equal((await browser.get(paths.connections)).$("tbody tr[id]").length, 2);
    return browser;
  })();

  await using again = await startServer("start", folder);
  const afterwards = again.browser();
  browser.cookies.forEach((value, name) => afterwards.cookies.set(name, value));

  const { status, $ } = await afterwards.get(paths.connections);

  assert.equal(status, 200);
  assert.equal($(`tr.current ${CELL.ip}`).text().trim(), "127.0.0.1");
  assert.equal($(`tr.current ${CELL.country}`).text().trim(), "Private network");
});

// Security: log
Deno.test("deno task start logs JSON lines with no password, cookie, csrf value, token or e-mail address in them", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await using server = await startServer("start", folder, { DATABASE_AUTH_TOKEN: "canary-token" });
  const browser = server.browser();
  await browser.signIn(EMAIL, "canary of a wrong password");
  await browser.signIn("canary@example.com", PASSWORD);
  await browser.post(paths.signIn, { csrf: "canary-csrf", email: EMAIL, password: PASSWORD });
  await browser.signIn();
  const { $ } = await browser.get(paths.connections);
  const csrf = $("[name=csrf]").first().attr("value") ?? "";
  const cookies = [...browser.cookies.values()].flatMap((value) => value.split("."));
  await browser.get(`${paths.connections}?ip=%0A%7B%22event%22%3A%22canary%22%7D`);
  await browser.submit(paths.password, {
    current_password: "canary of a wrong password",
    new_password: "canary of a new password",
    new_password_again: "canary of a new password",
  });
  await browser.submit(paths.password, {
    current_password: PASSWORD,
    new_password: "canary of a new password",
    new_password_again: "canary of a new password",
  });
  await browser.signOut();

  await server.stop();

  const log = server.output.slice(1);
  const events = log.map((line) => JSON.parse(line));
  assert.deepEqual(events.filter(({ time }) => new Date(time).toISOString() !== time), []);
  const names = new Set(events.map(({ event }) => event));
  assert.ok(
    [
      "sys_startup",
      "authn_login_fail",
      "authn_login_success",
      "malicious_csrf",
      "authn_password_change",
      "session_closed",
      "sys_shutdown",
    ].every((name) => names.has(name)),
    [...names].join(),
  );
  assert.equal(names.has("sys_crash"), false);
  assert.ok(csrf.length > 20 && cookies.length > 2);
  const written = log.join("\n") + await server.errors;
  const secrets = [PASSWORD, "canary", EMAIL, csrf, ...cookies];
  assert.deepEqual(secrets.filter((secret) => written.includes(secret)), []);
});

Deno.test("a second deno task start on the same port reports that in one sentence, and the first keeps running", async () => {
  await using folder = await makeFolder();
  await using server = await startServer("start", folder);
  const { port } = new URL(server.address);

  const second = await run(await flagsOf("start"), folder, { PORT: port });

  assert.deepEqual(second, {
    code: 1,
    stdout: "",
    stderr: `Cannot listen on 127.0.0.1:${port}: something listens there already; choose another PORT\n`,
  });
  assert.equal((await server.browser().get(paths.health)).status, 200);
});
