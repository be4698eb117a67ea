import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createSecrets } from "../credentials/secrets.ts";
import { openDatabase } from "../db/database.ts";
import { authenticators, browserUsers, connections, recoveryCodes } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { addAccount, EMAIL, MINUTE, PASSWORD, startApp } from "./app.ts";
import { startRemote } from "./remote.ts";
import { addAuthenticator, codeAt, makeRecoveryCodes, signInWith, startWithKey } from "./second_factor.ts";

// ASVS 7.5.2
Deno.test("a thief with a stolen cookie changes no sign-in method without the password", async () => {
  const { db, here, browser, clock } = await startWithKey();
  await addAuthenticator(here, clock);
  await makeRecoveryCodes(here);
  const [known] = await db.query.browserUsers.findMany();
  clock.now += 6 * MINUTE;
  const thief = browser("203.0.113.9");
  thief.cookies.set("session", here.cookies.get("session")!);
  const page = await thief.get(paths.authenticator);
  const field = (name: string) => page.$(`[name=${name}]`).attr("value")!;
  const form = { csrf: field("csrf"), close_others: "yes" };
  const rows = async () => [
    await db.select().from(authenticators),
    await db.select().from(recoveryCodes),
    await db.select().from(browserUsers),
    await db.$count(connections),
  ];
  const before = await rows();
  const code = codeAt(page.$("#secret").text(), clock.now);

  for (const password of ["", "not the password at all"]) {
    for (
      const answer of [
        await thief.post(paths.authenticator, { ...form, sealed: field("sealed"), code, password }),
        await thief.post(paths.removeAuthenticator, { ...form, password }),
        await thief.post(paths.recoveryCodes, { ...form, password }),
        await thief.post(paths.forgetBrowser(known!.browserId), { ...form, password }),
        await thief.post(paths.forgetBrowser("all"), { ...form, password }),
      ]
    ) {
      assert.equal(answer.status, 422);
      assert.equal(answer.$(".recovery-code").length, 0);
      assert.equal(answer.headers.getSetCookie().some((cookie) => cookie.startsWith("session")), false);
    }
  }
  assert.deepEqual(await rows(), before);
  assert.equal(await here.isIn(), true);
});

// ASVS 7.5.2
Deno.test("a cookie stolen right after sign-in changes no sign-in method from elsewhere, and the owner needs no second password", async () => {
  const { db, here, browser, clock } = await startWithKey();
  const thieves = [browser("203.0.113.9"), browser("46.16.60.1", "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0")];
  for (const thief of thieves) {
    thief.cookies.set("session", here.cookies.get("session")!);
    const page = await thief.get(paths.authenticator);
    assert.match(page.$("main").text(), /For your security, enter it again/);
    // As if the thief had hurried: what shows the place is the request itself.
    await here.get(paths.connections);
    const fields = {
      csrf: page.$("[name=csrf]").attr("value")!,
      sealed: page.$("[name=sealed]").attr("value")!,
      code: codeAt(page.$("#secret").text(), clock.now),
    };
    assert.equal((await thief.post(paths.authenticator, fields)).status, 422);
  }
  assert.equal(await db.$count(authenticators), 0);

  const page = await here.get(paths.authenticator);
  assert.equal(page.$("[name=password]").length, 0);
  const added = await here.submit(paths.authenticator, {
    ...{ sealed: page.$("[name=sealed]").attr("value")!, code: codeAt(page.$("#secret").text(), clock.now) },
  });
  assert.equal(added.status, 303);
});

// ASVS 6.5.1
Deno.test("a code that one instance took is worth nothing at another, even at the same moment", async () => {
  await using remote = await startRemote();
  const elsewhere = await openDatabase(remote.url);
  await addAccount(remote.db, EMAIL, PASSWORD);
  const key = await createSecrets([randomBytes(32)]);
  const secrets = () => Promise.resolve(key);
  const one = await startWithKey({ db: remote.db, secrets });
  const secret = await addAuthenticator(one.here, one.clock);
  const [recovery] = await makeRecoveryCodes(one.here);
  const two = await startApp({ db: elsewhere, now: () => one.clock.now, secrets });
  for (const code of [codeAt(secret, one.clock.now), recovery!]) {
    const pair = [one.browser("46.16.60.2"), two.browser("46.16.60.3")];
    for (const each of pair) {
      await each.signIn();
      await each.get(paths.code);
    }

    const answers = await Promise.all(
      pair.map((each) => each.post(paths.code, { csrf: each.cookies.get("form")!, code })),
    );

    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 422]);
    assert.equal((await signInWith(two.browser("46.16.60.4"), code)).status, 422);
    one.clock.now += MINUTE;
  }
  elsewhere.$client.close();
});

// ASVS 6.3.3
Deno.test("a pending sign-in that a thief plants takes none of the victim's codes, and the victim's own sign-in replaces it", async () => {
  const { db, here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  await addAccount(db, "mallory@example.com", PASSWORD);
  const thief = browser("203.0.113.9");
  await thief.signIn("mallory@example.com");
  await addAuthenticator(thief, clock);
  await thief.signOut();
  await thief.signIn("mallory@example.com");
  const victim = browser("46.16.60.2");
  await victim.get(paths.signIn);

  victim.cookies.set("pending", thief.cookies.get("pending")!);
  const refused = await victim.submit(paths.code, { code: codeAt(secret, clock.now) });
  assert.equal(refused.status, 422, "the victim's code is not the thief's");
  await signInWith(victim, codeAt(secret, clock.now));

  assert.equal((await victim.get(paths.connections)).$(".menu-owner").text(), EMAIL);
  assert.equal(await db.$count(connections), 3);
});
