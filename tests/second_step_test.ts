import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createSecrets } from "../credentials/secrets.ts";
import { paths } from "../http/paths.ts";
import { addLink } from "../db/accounts/links.ts";
import { sweep } from "../db/retention.ts";
import { connections, pendingSignIns, usedChallenges } from "../db/schema.ts";
import { findUser, unlockUser } from "../db/users.ts";
import { DAY, EMAIL, HOUR, MINUTE, PASSWORD, signedIn, startApp } from "./app.ts";
import { addAuthenticator, codeAt, makeRecoveryCodes, signInWith, startWithKey } from "./second_factor.ts";
import { LIFETIME } from "./verbs.ts";

// ASVS 6.3.3
Deno.test("with an authenticator app the password alone opens no connection, and the code does", async () => {
  const { db, here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  const there = browser("46.16.60.2");
  const before = await db.$count(connections);

  const { status, headers } = await there.signIn();
  assert.deepEqual([status, headers.get("Location")], [303, paths.code]);
  assert.equal(await db.$count(connections), before);
  assert.equal(await there.isIn(), false);

  assert.equal((await there.submit(paths.code, { code: codeAt(secret, clock.now) })).status, 303);
  assert.equal(await there.isIn(), true);
  const methods = (await db.select().from(connections)).map(({ method }) => method);
  assert.deepEqual(methods.sort(), ["password", "password+code"]);
});

// ASVS 6.5.1
Deno.test("each code works once, one step either way, and none before the last one that was used", async () => {
  const { here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  const at = clock.now;

  assert.equal((await signInWith(browser(), codeAt(secret, at))).status, 303);
  assert.equal((await signInWith(browser(), codeAt(secret, at))).status, 422);
  assert.equal((await signInWith(browser(), codeAt(secret, at - 30_000))).status, 422);
  assert.equal((await signInWith(browser(), codeAt(secret, at + 60_000))).status, 422);
  assert.equal((await signInWith(browser(), codeAt(secret, at + 30_000))).status, 303);
});

Deno.test("a code may be typed with spaces; nothing, letters and other digits are wrong", async () => {
  const { here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  for (const wrong of ["", "abcdef", "12345", "1234567", "０１２３４５", "-00001"]) {
    const answer = await signInWith(browser(), wrong);
    assert.equal(answer.status, 422, wrong);
    assert.equal(answer.$("[name=code]").attr("value"), undefined);
  }

  assert.equal((await signInWith(browser(), ` ${codeAt(secret, clock.now).replace(/(?<=^...)/, " ")} `)).status, 303);
});

// ASVS 6.3.3
Deno.test("the second step belongs to the browser that gave the password, for five minutes", async () => {
  const { here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  const [there, thief] = [browser("46.16.60.2"), browser("203.0.113.9")];
  await there.signIn();

  const taken = await thief.get(paths.code);
  assert.deepEqual([taken.status, taken.headers.get("Location")], [303, paths.signIn]);

  const [id] = there.cookies.get("pending")!.split(".");
  thief.cookies.set("pending", `${id}.${"a".repeat(43)}`);
  assert.equal((await thief.get(paths.code)).status, 303);

  clock.now += 5 * MINUTE;
  const late = await there.post(paths.code, { csrf: there.cookies.get("form")!, code: codeAt(secret, clock.now) });
  assert.deepEqual([late.status, late.headers.get("Location")], [303, paths.signIn]);
  assert.match((await there.get(paths.signIn)).$("#notifications").text(), /sign in again/);
  assert.equal(await there.isIn(), false);
});

Deno.test("a password that changes between the two steps ends the sign-in", async () => {
  const { here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  const there = browser("46.16.60.2");
  await there.signIn();
  const fields = { current_password: PASSWORD, new_password: `${PASSWORD} new`, new_password_again: `${PASSWORD} new` };
  assert.equal((await here.submit(paths.password, fields)).status, 303);

  const csrf = there.cookies.get("form")!;
  const answer = await there.post(paths.code, { csrf, code: codeAt(secret, clock.now) });

  assert.deepEqual([answer.status, answer.headers.get("Location")], [303, paths.signIn]);
  assert.equal(await there.isIn(), false);
});

// ASVS 6.3.1
Deno.test("after ten wrong codes a sign-in starts over, and they are refused rows of the history", async () => {
  const { here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  const there = browser("46.16.60.2");
  await there.signIn();
  for (let i = 0; i < 10; i++) assert.equal((await there.submit(paths.code, { code: "000000" })).status, 422);

  const csrf = there.cookies.get("form")!;
  const over = await there.post(paths.code, { csrf, code: codeAt(secret, clock.now) });

  assert.deepEqual([over.status, over.headers.get("Location")], [303, paths.signIn]);
  assert.equal(await there.isIn(), false);
  const page = await here.get(`${paths.connections}?state=refused`);
  assert.match(page.$("tbody tr[id]").text(), /Wrong code \(10\)/);
});

// ASVS 6.3.1
Deno.test("whoever has the password can't go on guessing codes by starting over, from however many addresses", async () => {
  const { here, browser, clock } = await startWithKey();
  await addAuthenticator(here, clock);
  let checked = 0;
  for (let i = 0; i < 12; i++) {
    const thief = browser(`203.0.113.${i}`);
    await thief.signIn();
    for (let j = 0; j < 5; j++) {
      const { status } = await thief.submit(paths.code, { code: "000000" }).catch(() => ({ status: 0 }));
      if (status === 422) checked++;
    }
  }

  assert.equal(checked, 25);
});

// ASVS 6.3.1
Deno.test("strangers who use up the codes' budget don't keep out the owner's known browser", async () => {
  const { here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  for (let i = 0; i < 6; i++) {
    const thief = browser(`203.0.113.${i}`);
    await thief.signIn();
    for (let j = 0; j < 5; j++) await thief.submit(paths.code, { code: "000000" }).catch(() => {});
  }
  await here.signOut();

  assert.equal((await signInWith(here, codeAt(secret, clock.now))).status, 303);
});

// ASVS 6.5.1, 6.5.2
Deno.test("ten recovery codes of 120 bits are shown once, stored as hashes, and each opens the account once", async () => {
  const { db, here, browser, clock } = await startWithKey();
  await addAuthenticator(here, clock);
  const codes = await makeRecoveryCodes(here);
  assert.equal(new Set(codes).size, 10);
  for (const code of codes) assert.match(code, /^([0-9a-hjkmnp-tv-z]{6}-){3}[0-9a-hjkmnp-tv-z]{6}$/);
  const stored = JSON.stringify(await db.query.recoveryCodes.findMany());
  assert.ok(codes.every((code) => !stored.includes(code)));
  assert.doesNotMatch((await here.get(paths.recoveryCodes)).text, new RegExp(codes.join("|")));

  const there = browser("46.16.60.2");
  assert.equal((await signInWith(there, codes[3]!.toUpperCase().replaceAll("-", " "))).status, 303);
  assert.equal((await signInWith(browser("46.16.60.3"), codes[3]!)).status, 422);

  assert.match((await there.get(paths.methods)).$("main").text(), /9 left/);
  const page = await there.get(paths.connections);
  assert.match(page.$("tr.current").text(), /Opened with a recovery code/);
});

Deno.test("new recovery codes replace the old ones", async () => {
  const { here, browser, clock } = await startWithKey();
  await addAuthenticator(here, clock);
  const [old] = await makeRecoveryCodes(here);
  const [fresh] = await makeRecoveryCodes(here);

  assert.equal((await signInWith(browser(), old!)).status, 422);
  assert.equal((await signInWith(browser(), fresh!)).status, 303);
});

// ASVS 6.5.1
Deno.test("two browsers that use one code at the same moment open one connection", async () => {
  const { here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  const [recovery] = await makeRecoveryCodes(here);
  for (const code of [codeAt(secret, clock.now), recovery!]) {
    const pair = [browser("46.16.60.2"), browser("46.16.60.3")];
    for (const each of pair) {
      await each.signIn();
      await each.get(paths.code);
    }

    const answers = await Promise.all(
      pair.map((each) => each.post(paths.code, { csrf: each.cookies.get("form")!, code })),
    );

    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 422]);
    assert.equal((await Promise.all(pair.map((each) => each.isIn()))).filter(Boolean).length, 1);
    clock.now += MINUTE;
  }
});

// ASVS 6.5.1
Deno.test("a code that is used at two instances at once opens one connection", async () => {
  const keys = [randomBytes(32)];
  const secrets = () => createSecrets(keys);
  const one = await signedIn({ secrets });
  const two = await startApp({ db: one.db, now: () => one.clock.now, secrets });
  const secret = await addAuthenticator(one.here, one.clock);
  const [recovery] = await makeRecoveryCodes(one.here);
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
    one.clock.now += MINUTE;
  }
});

Deno.test("a sign-in that one instance began continues at another", async () => {
  const keys = [randomBytes(32)];
  const secrets = () => createSecrets(keys);
  const one = await signedIn({ secrets });
  const two = await startApp({ db: one.db, now: () => one.clock.now, secrets });
  const secret = await addAuthenticator(one.here, one.clock);
  const [begun, continued] = [one.browser("46.16.60.2"), two.browser("46.16.60.2")];
  await begun.signIn();
  begun.cookies.forEach((value, name) => continued.cookies.set(name, value));

  const { status } = await continued.submit(paths.code, { code: codeAt(secret, one.clock.now) });

  assert.deepEqual([status, await continued.isIn()], [303, true]);
});

// Security: log
Deno.test("the log has no code, no secret of an app, and nothing of what travels sealed", async () => {
  const { here, browser, clock, log } = await startWithKey();
  const sealed = (await here.get(paths.authenticator)).$("[name=sealed]").attr("value")!;
  const secret = await addAuthenticator(here, clock);
  const codes = await makeRecoveryCodes(here);
  const there = browser("46.16.60.2");
  await there.signIn();
  const pending = there.cookies.get("pending")!;
  await there.submit(paths.code, { code: "123456" });
  const code = codeAt(secret, clock.now);
  await there.submit(paths.code, { code });
  await signInWith(browser("46.16.60.3"), codes[0]!);

  const lines = log.join("\n");
  assert.ok(log.length > 5);
  for (const canary of [sealed, secret, pending, "123456", ...codes]) assert.ok(!lines.includes(canary), canary);
  assert.doesNotMatch(lines, new RegExp(`\\b${code}\\b`));
});

// ASVS 6.3.8
Deno.test("before the password is right nothing tells whether an account has a second step", async () => {
  const { here, browser, clock } = await startWithKey();
  const before = await browser().signIn(EMAIL, "not the password at all");
  await addAuthenticator(here, clock);
  const after = await browser().signIn(EMAIL, "not the password at all");

  const shown = ({ status, $ }: typeof after) => [status, $("main").text()];
  assert.deepEqual(shown(after), shown(before));
});

// ASVS 11.3.2
Deno.test("a secret is stored once its first code was right, and encrypted", async () => {
  const { db, here, clock } = await startWithKey();
  const page = await here.get(paths.authenticator);
  const secret = page.$("#secret").text();
  assert.ok(page.$("svg.qr path").attr("d")!.length > 100);
  const sealed = page.$("[name=sealed]").attr("value")!;

  const wrong = await here.submit(paths.authenticator, { sealed, code: "000000", password: PASSWORD });
  assert.equal(wrong.status, 422);
  assert.equal(wrong.$("#secret").text(), secret, "nobody has to scan again");
  assert.equal(await db.query.authenticators.findFirst(), undefined);

  assert.equal((await here.submit(paths.authenticator, { sealed, code: codeAt(secret, clock.now) })).status, 303);
  const stored = await db.query.authenticators.findFirst();
  assert.doesNotMatch(stored!.secret, new RegExp(secret));
});

// ASVS 11.3.2
Deno.test("a sealed secret of another session, an old one and a made-up one are not taken", async () => {
  const { db, here, browser, clock } = await startWithKey();
  const there = browser("46.16.60.2");
  await there.signIn();
  const page = await there.get(paths.authenticator);
  const secret = page.$("#secret").text();
  const sealed = page.$("[name=sealed]").attr("value")!;

  for (const [from, value, wait] of [[here, sealed, 0], [there, "made up", 0], [there, sealed, 10 * MINUTE]] as const) {
    clock.now += wait;
    const code = codeAt(secret, clock.now);
    const answer = await from.submit(paths.authenticator, { sealed: value, code, password: PASSWORD });
    assert.equal(answer.status, 422);
    assert.notEqual(answer.$("#secret").text(), secret);
    assert.match(answer.$("main").text(), /new picture/);
  }
  assert.equal(await db.query.authenticators.findFirst(), undefined);
});

// ASVS 7.5.2, 7.2.4, 6.5.6
Deno.test("changing methods asks for a password of more than 5 minutes ago, renews the secret and closes the others if ticked", async () => {
  const { here, browser, clock, log } = await startWithKey();
  const there = browser("46.16.60.2");
  await there.signIn();
  clock.now += 6 * MINUTE;
  const page = await here.get(paths.authenticator);
  assert.equal(page.$("[name=password]").length, 1);
  assert.equal(page.$("[name=close_others]").attr("checked"), "checked");
  const fields = {
    sealed: page.$("[name=sealed]").attr("value")!,
    code: codeAt(page.$("#secret").text(), clock.now),
  };
  const before = here.cookies.get("session");
  assert.equal((await here.submit(paths.authenticator, fields)).status, 422);
  assert.equal((await here.submit(paths.authenticator, { ...fields, password: "wrong wrong wrong" })).status, 422);

  const added = await here.submit(paths.authenticator, { ...fields, password: PASSWORD, close_others: "yes" });

  assert.equal(added.status, 303);
  assert.notEqual(here.cookies.get("session"), before);
  assert.equal(await there.isIn(), false);
  assert.equal(log.filter((line) => line.includes("authn_method_added")).length, 1);

  clock.now += MINUTE;
  const removed = await here.submit(paths.removeAuthenticator);
  assert.equal(removed.status, 303);
  assert.equal(await browser().signIn().then(({ headers }) => headers.get("Location")), paths.connections);
});

// ASVS 6.3.3
Deno.test("where the operator requires a second step, nothing else is shown before there is one", async () => {
  const { here, clock } = await startWithKey({ requiresSecondFactor: true });
  for (const path of [paths.connections, paths.password, paths.csv, paths.preferences, paths.closeAll]) {
    const { status, headers } = await here.get(path);
    assert.deepEqual([status, headers.get("Location")], [303, paths.methods], path);
  }
  assert.match((await here.get(paths.methods)).$("main").text(), /requires a second step/);

  await addAuthenticator(here, clock);

  assert.equal(await here.isIn(), true);
  const kept = await here.submit(paths.removeAuthenticator);
  assert.equal(kept.status, 422);
  assert.match(kept.$("main").text(), /Add another method first/);
});

Deno.test("without a key no authenticator app can be added, and the page says so", async () => {
  const { here } = await startWithKey({ secrets: () => Promise.resolve(null) });

  assert.match((await here.get(paths.methods)).$("main").text(), /can't be added here/);
  assert.equal((await here.get(paths.authenticator)).status, 404);
});

// ASVS 6.5.6
Deno.test("a known browser can be forgotten, and another account's can't", async () => {
  const { db, here, browser, clock } = await startWithKey();
  clock.now += DAY;
  const there = browser("46.16.60.1");
  await there.signIn();
  const page = await here.get(paths.methods);
  assert.equal(page.$(".method-list li").length, 2);
  const [first] = await db.query.browserUsers.findMany();

  assert.equal((await here.get(paths.forgetBrowser("AAAAAAAAAAAAAAAAAAAAAA"))).status, 404);
  assert.equal((await here.submit(paths.forgetBrowser(first!.browserId), { password: PASSWORD })).status, 303);
  assert.equal((await here.get(paths.methods)).$(".method-list li").length, 1);
  clock.now += HOUR;
  assert.equal((await here.submit(paths.forgetBrowser("all"), { password: PASSWORD })).status, 303);
  assert.match((await here.get(paths.methods)).$("main").text(), /There is none/);
});

Deno.test("unlocking an account also forgets its wrong codes", async () => {
  const { db, here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  for (let i = 0; i < 6; i++) {
    const thief = browser(`203.0.113.${i}`);
    await thief.signIn();
    for (let j = 0; j < 5; j++) await thief.submit(paths.code, { code: "000000" }).catch(() => {});
  }
  const owner = browser("198.51.100.1");
  assert.equal((await signInWith(owner, codeAt(secret, clock.now))).status, 429);

  await unlockUser(db, (await findUser(db, EMAIL))!);

  // An instance may remember for as long that codes were over their limit.
  clock.now += MINUTE;
  assert.equal((await owner.submit(paths.code, { code: codeAt(secret, clock.now) })).status, 303);
});

// ASVS 6.4.3
Deno.test("a one-time link sets a password, and its sign-in still asks for the second step", async () => {
  const { db, here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  const password = "a much better password than before";
  const token = await addLink(db, (await findUser(db, EMAIL))!, "password", clock.now);
  const there = browser("46.16.60.2");
  await there.submit(paths.link(token), { new_password: password, new_password_again: password });

  assert.equal((await there.signIn(EMAIL, password)).headers.get("Location"), paths.code);
  assert.equal(await there.isIn(), false);
  assert.equal((await there.submit(paths.code, { code: codeAt(secret, clock.now) })).status, 303);
});

Deno.test("the sweep removes what waited too long for its second step, and used challenges that are over", async () => {
  const { db, here, browser, clock } = await startWithKey();
  await addAuthenticator(here, clock);
  await browser().signIn();
  clock.now += MINUTE;
  await browser().signIn();
  const [soon, later] = [{ hash: "a", expiresAt: clock.now }, { hash: "b", expiresAt: clock.now + 5 * MINUTE }];
  await db.insert(usedChallenges).values([soon, later]);

  await sweep(db, LIFETIME, 0, clock.now + 4 * MINUTE);
  assert.equal(await db.$count(pendingSignIns), 1);
  assert.deepEqual(await db.select().from(usedChallenges), [later]);

  await sweep(db, LIFETIME, 0, clock.now + 5 * MINUTE);
  assert.deepEqual([await db.$count(pendingSignIns), await db.$count(usedChallenges)], [0, 0]);
});

// Security: refusals
Deno.test("whoever guessed codes can't hide by a wrong password that they have the right one", async () => {
  const { here, browser, clock } = await startWithKey();
  await addAuthenticator(here, clock);
  const thief = browser("203.0.113.9");
  await thief.signIn();
  await thief.submit(paths.code, { code: "000000" });
  await thief.signIn(EMAIL, "not the password at all");

  const page = await here.get(`${paths.connections}?state=refused`);
  assert.match(page.$("tbody tr[id]").text(), /Wrong code \(2\)/);
});

// ASVS 6.3.1
Deno.test("on the owner's own network, too, a hundred wrong codes in a row are the last for a day", async () => {
  const { here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  let checked = 0;
  for (let hour = 0; hour < 6; hour++) {
    for (let i = 0; i < 6; i++) {
      const thief = browser(`46.16.70.${i}`);
      await thief.signIn();
      await thief.get(paths.code);
      const fields = { csrf: thief.cookies.get("form")!, code: "000000" };
      for (let j = 0; j < 5; j++) {
        if ((await thief.post(paths.code, fields)).status === 422) checked++;
      }
    }
    clock.now += HOUR;
  }
  assert.equal(checked, 100);
  const elsewhere = browser("46.16.70.99");
  const locked = await signInWith(elsewhere, codeAt(secret, clock.now));
  assert.equal(locked.status, 429);
  assert.match(locked.$("main").text(), /too many failed attempts in a row/);

  await here.signOut();
  assert.equal((await signInWith(here, codeAt(secret, clock.now))).status, 303, "the owner's known browser");
  clock.now += MINUTE;
  assert.equal((await signInWith(browser("46.16.70.98"), codeAt(secret, clock.now))).status, 303, "a success ends it");
});

// ASVS 6.5.2
Deno.test("recovery codes end with the last second step: a later one begins without them", async () => {
  const { here, browser, clock } = await startWithKey();
  await addAuthenticator(here, clock);
  const [old] = await makeRecoveryCodes(here);
  assert.equal((await here.submit(paths.removeAuthenticator, { password: PASSWORD })).status, 303);

  await addAuthenticator(here, clock);

  assert.equal((await signInWith(browser("46.16.60.2"), old!)).status, 422);
  assert.match((await here.get(paths.methods)).$("main").text(), /You have none/);
});

Deno.test("a right password without a code is a line of the log, and of many that wait the late ones are removed", async () => {
  const { db, here, browser, clock, log } = await startWithKey();
  await addAuthenticator(here, clock);
  const pending = () => log.filter((line) => line.includes("authn_login_pending"));

  for (let i = 0; i < 20; i++) {
    await browser(`203.0.113.${i}`).signIn();
    clock.now += MINUTE;
  }

  assert.equal(pending().length, 20);
  assert.match(pending()[0]!, /"ip":"203\.0\.113\.0","user":"[^"]+"/);
  assert.equal(await db.$count(pendingSignIns), 5);
});
