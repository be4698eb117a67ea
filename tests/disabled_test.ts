import assert from "node:assert/strict";
import { isNull } from "drizzle-orm";
import { disableUser, enableUser } from "../db/accounts/disabling.ts";
import { argon2id } from "../credentials/argon2id.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { addLink } from "../db/accounts/links.ts";
import { recoveryCodes } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { paths, withQuery } from "../http/paths.ts";
import { CHEAP, EMAIL, HTMX, PASSWORD, startApp, type TestApp, withoutCsrf } from "./app.ts";
import { addAuthenticator, codeAt, makeRecoveryCodes, startWithKey } from "./second_factor.ts";

// Security: disabled accounts
Deno.test("a disabled account's connections are closed, and nobody signs in until it is enabled", async () => {
  const site = await startApp();
  const here = site.browser();
  await here.signIn();

  assert.equal(await disable(site), 1);

  assert.equal(await here.isIn(), false);
  assert.match((await here.get(paths.signIn)).$("main").text(), /The administrator closed this connection/);
  assert.equal((await here.signIn()).status, 422);
  await enableUser(site.db, (await findUser(site.db, EMAIL))!);
  assert.equal((await here.signIn()).status, 303);
});

// Security: disabled accounts
Deno.test("a disabled account's right password, its wrong one and an unknown account get the same answer", async () => {
  const site = await startApp();
  await disable(site);
  const answer = async (email: string, password: string) => {
    const { status, headers, text } = await site.browser("203.0.113.1").signIn(email, password);
    const names = [...headers].map(([name, value]) =>
      name === "set-cookie" ? [name, value.replace(/=[^;]+/, "")] : [name, value]
    );
    return [status, names, withoutCsrf(text).replaceAll(email, "EMAIL")];
  };

  const right = await answer(EMAIL, PASSWORD);

  assert.equal(right[0], 422);
  assert.deepEqual(right, await answer(EMAIL, "not the password at all"));
  assert.deepEqual(right, await answer("nobody@example.com", PASSWORD));
  const events = site.log.map((line) => JSON.parse(line).event);
  assert.deepEqual(events, ["authn_login_disabled", "authn_login_fail", "authn_login_fail", "authn_login_fail"]);
});

// Security: disabled accounts
Deno.test("attempts at a disabled account count as wrong ones, however right the password is", async () => {
  const site = await startApp();
  await disable(site);
  const statuses: number[] = [];

  for (let i = 0; i < 11; i++) statuses.push((await site.browser("203.0.113.1").signIn()).status);

  assert.deepEqual(statuses, [...Array(10).fill(422), 429]);
});

// Security: disabled accounts
Deno.test("a sign-in that is hashing while the account is disabled opens nothing", async () => {
  const hashing = Promise.withResolvers<void>();
  const disabled = Promise.withResolvers<void>();
  const passwords = createPasswords(CHEAP, async (password, salt, cost) => {
    hashing.resolve();
    await disabled.promise;
    return await argon2id(password, salt, cost);
  });
  const site = await startApp({ passwords });
  const signingIn = site.browser().signIn();
  await hashing.promise;
  await disable(site);
  disabled.resolve();

  assert.equal((await signingIn).status, 422);
  assert.equal((await site.db.query.connections.findMany()).length, 0);
});

// Security: disabled accounts
Deno.test("disabling closes every door at once: an open page, a pending second step, a link, a code, and enabling reopens none", async () => {
  const site = await startWithKey();
  const { db, here, browser, clock } = site;
  const secret = await addAuthenticator(here, clock);
  const [recovery] = await makeRecoveryCodes(here);
  const methods = await here.get(paths.methods);
  const csrf = methods.$("form[action='/sign-out'] [name=csrf]").attr("value")!;
  const there = browser("46.16.60.2");
  await there.signIn();
  await there.get(paths.code);
  const token = await addLink(db, (await findUser(db, EMAIL))!, "password", clock.now);
  const stranger = browser("203.0.113.9");

  const doors = async () => [
    (await here.get(withQuery(paths.live, { version: "x" }), HTMX)).status,
    (await here.get(paths.csv)).status,
    (await here.post(paths.recoveryCodes, { csrf, password: PASSWORD })).headers.get("Location")?.split("?")[0],
    (await there.post(paths.code, { csrf: there.cookies.get("form")!, code: codeAt(secret, clock.now) })).headers
      .get("Location"),
    (await there.post(paths.code, { csrf: there.cookies.get("form")!, code: recovery! })).headers.get("Location"),
    (await stranger.get(paths.link(token))).status,
  ];
  const closed = [401, 303, paths.signIn, paths.signIn, paths.signIn, 404];

  await disable(site);
  assert.deepEqual(await doors(), closed);
  await enableUser(db, (await findUser(db, EMAIL))!);
  assert.deepEqual(await doors(), closed);
  assert.equal(await db.$count(recoveryCodes, isNull(recoveryCodes.usedAt)), 10);
});

async function disable({ db, clock }: Pick<TestApp, "db" | "clock">): Promise<number> {
  return await disableUser(db, (await findUser(db, EMAIL))!, clock.now);
}
