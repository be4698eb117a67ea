import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { connections, passkeys, refusals } from "../db/schema.ts";
import { disableUser } from "../db/accounts/disabling.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { addAccount, EMAIL, MINUTE, PASSWORD, startApp } from "./app.ts";
import {
  addPasskey,
  Authenticator,
  optionsIn,
  sendPasskey,
  signInByPasskey,
  SITE,
  startWithPasskeys,
} from "./passkeys.ts";

const OTHER = "joan@example.com";

// ASVS 6.3.3
Deno.test("a passkey alone opens a connection, whose row says by which one", async () => {
  const { db, here, browser, clock } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  clock.now += MINUTE;
  const there = browser("46.16.60.2");

  const { status, headers } = await signInByPasskey(there, authenticator);

  assert.deepEqual([status, headers.get("Location")], [303, paths.connections]);
  assert.equal(await there.isIn(), true);
  const [newest] = (await db.select().from(connections)).sort((a, b) => b.openedAt - a.openedAt);
  assert.deepEqual([newest!.method, newest!.passkey, newest!.unusual], ["passkey", authenticator.id, null]);
  const [stored] = await db.select().from(passkeys);
  assert.deepEqual([stored!.counter, stored!.lastAt], [1, clock.now]);
});

// ASVS 6.5.7, 6.7.2
Deno.test("a sign-in page asks for a verified user with a challenge that is its own, and stores nothing", async () => {
  const { db, browser } = await startWithPasskeys();
  const [first, second] = [await browser().get(paths.signIn), await browser().get(paths.signIn)];
  const [one, two] = [first, second].map((page) => optionsIn(page));

  assert.notEqual(one!.challenge, two!.challenge);
  assert.deepEqual({ ...one, challenge: "" }, {
    rpId: "localhost",
    challenge: "",
    timeout: 5 * MINUTE,
    userVerification: "required",
    allowCredentials: [],
  });
  assert.equal(first.$("[name=email]").attr("autocomplete"), "username webauthn");
  assert.equal(await db.query.usedChallenges.findFirst(), undefined);
});

// ASVS 6.7.2, Security: passkeys
Deno.test("an answer works once, at whichever instance", async () => {
  const site = await startWithPasskeys();
  const authenticator = await addPasskey(site.here);
  const other = await startApp({ db: site.db, origin: new URL(SITE), secrets: site.secrets });
  const there = site.browser("46.16.60.2");
  const answer = authenticator.get(optionsIn(await there.get(paths.signIn)));
  const elsewhere = other.browser("46.16.60.2");
  for (const [name, value] of there.cookies) elsewhere.cookies.set(name, value);

  const answers = await Promise.all([sendPasskey(there, answer), sendPasskey(elsewhere, answer)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 422]);
  assert.equal((await sendPasskey(there, answer)).status, 422);
  assert.equal(await site.db.$count(connections), 2);
});

// ASVS 6.7.2
Deno.test("an answer is too late after five minutes, and the page says so and counts nothing", async () => {
  const { db, here, browser, clock } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const there = browser("46.16.60.2");
  const answer = authenticator.get(optionsIn(await there.get(paths.signIn)));
  clock.now += 5 * MINUTE;

  const late = await sendPasskey(there, answer);

  assert.equal(late.status, 422);
  assert.match(late.$("main").text(), /open for too long/);
  assert.equal(await db.$count(refusals), 0);
  assert.equal((await sendPasskey(there, authenticator.get(optionsIn(late)))).status, 303);
});

// ASVS 6.7.2, Security: passkeys
Deno.test("an answer to another browser's challenge, to one for another purpose or to a foreign one is refused", async () => {
  const { here, browser, clock } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const there = browser("46.16.60.2");
  await there.get(paths.signIn);
  clock.now += 6 * MINUTE;
  const foreign = {
    otherBrowser: optionsIn(await browser().get(paths.signIn)),
    confirmation: optionsIn(await here.get(paths.removePasskey(authenticator.id))),
    made: { challenge: "A".repeat(72), rpId: "localhost", allowCredentials: [] },
  };

  for (const [name, options] of Object.entries(foreign)) {
    assert.equal((await sendPasskey(there, authenticator.get(options))).status, 422, name);
  }
  const signIn = optionsIn(await there.get(paths.signIn));
  const confirmed = await here.submit(paths.removePasskey(authenticator.id), { passkey: authenticator.get(signIn) });
  assert.equal(confirmed.status, 422);
  assert.equal(await there.isIn(), false);
});

// ASVS 6.5.7, Security: passkeys
Deno.test("an answer of another site, for another site, without a verified user, or by another key is refused", async () => {
  const { db, here, browser } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const there = browser("46.16.60.2");
  const lies = [
    { origin: "http://evil.example" },
    { origin: "http://localhost:8001" },
    { rpId: "evil.example" },
    { isVerified: false },
    { type: "webauthn.create" },
    { userHandle: "c29tZWJvZHkgZWxzZQ" },
  ];

  for (const lie of lies) {
    const refused = await signInByPasskey(there, authenticator, lie);
    assert.equal(refused.status, 422, JSON.stringify(lie));
    assert.match(refused.$("main").text(), /wasn't accepted/);
  }
  assert.equal((await signInByPasskey(there, authenticator.impostor())).status, 422);
  assert.equal(await there.isIn(), false);
  assert.deepEqual((await db.select().from(refusals)).map(({ reason, attempts }) => [reason, attempts]), [
    ["wrong_passkey", 7],
  ]);
  assert.match((await here.get(paths.connections)).$("tbody").text(), /Wrong passkey \(7\)/);
});

// ASVS 6.3.8
Deno.test("an unknown passkey and a wrong answer of a known one get the same page", async () => {
  const { here, browser } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const stranger = browser("203.0.113.9");
  const shown = async (sent: Promise<{ status: number; $: ReturnType<typeof import("cheerio").load> }>) => {
    const { status, $ } = await sent;
    return [status, $("main").text()];
  };

  const wrong = await shown(signInByPasskey(stranger, authenticator, { isVerified: false }));
  const unknown = await shown(signInByPasskey(stranger, new Authenticator(), { userHandle: "bm9ib2R5" }));

  assert.deepEqual(unknown, wrong);
  assert.equal(wrong[0], 422);
});

// ASVS 6.3.1
Deno.test("wrong answers are limited like passwords, apart from them, and spare the owner's known browser", async () => {
  const { here, browser } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const statuses: number[] = [];
  for (let i = 0; i < 6; i++) {
    const stranger = browser(`203.0.113.${i}`);
    for (let j = 0; j < 5; j++) {
      statuses.push((await signInByPasskey(stranger, authenticator, { isVerified: false })).status);
    }
  }

  assert.equal(statuses.filter((status) => status === 422).length, 25);
  const limited = await signInByPasskey(browser("203.0.113.50"), authenticator);
  assert.equal(limited.status, 429);
  assert.ok(Number(limited.headers.get("Retry-After")) > 0);
  await here.signOut();
  assert.equal((await signInByPasskey(here, authenticator)).status, 303);
  assert.equal((await browser("203.0.113.51").signIn()).headers.get("Location"), paths.code);
});

// Security: passkeys
Deno.test("a counter that goes back, or stands still, makes the connection unusual, and the higher one is kept", async () => {
  const { db, here, browser } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const copy = authenticator.clone();
  await signInByPasskey(browser("46.16.60.2"), authenticator);
  await signInByPasskey(browser("46.16.60.2"), authenticator);
  const thief = browser("46.16.60.3");

  assert.equal((await signInByPasskey(thief, copy)).status, 303);

  const [opened] = await db.select().from(connections).where(eq(connections.ip, "46.16.60.3"));
  assert.match(opened!.unusual ?? "", /\bpasskey_copied$/);
  assert.equal((await db.query.passkeys.findFirst())!.counter, 2);
  await signInByPasskey(browser("46.16.60.4"), copy);
  const [still] = await db.select().from(connections).where(eq(connections.ip, "46.16.60.4"));
  assert.match(still!.unusual ?? "", /\bpasskey_copied$/);
});

Deno.test("an authenticator that doesn't count is no copy", async () => {
  const { db, here, browser } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  for (let i = 0; i < 2; i++) {
    assert.equal((await signInByPasskey(browser("46.16.60.2"), authenticator, { counter: 0 })).status, 303);
  }

  assert.deepEqual((await db.select().from(connections)).map(({ unusual }) => unusual), [null, null, null]);
});

// Security: passkeys
Deno.test("a removed passkey, and one of a disabled account, opens nothing", async () => {
  const { db, here, browser, clock, log } = await startWithPasskeys();
  const [kept, removed] = [await addPasskey(here), await addPasskey(here, { name: "Phone" })];
  assert.equal((await here.submit(paths.removePasskey(removed.id))).status, 303);
  const there = browser("46.16.60.2");

  assert.equal((await signInByPasskey(there, removed)).status, 422);
  assert.equal((await signInByPasskey(there, kept)).status, 303);
  await disableUser(db, (await findUser(db, EMAIL))!, clock.now);
  const refused = await signInByPasskey(browser("46.16.60.2"), kept);
  assert.equal(refused.status, 422);
  assert.match(refused.$("main").text(), /wasn't accepted/);
  assert.equal(log.filter((line) => line.includes("authn_login_disabled")).length, 1);
});

// ASVS 6.3.3
Deno.test("an account with a passkey isn't opened by its password alone, and a passkey of it is the second step", async () => {
  const { db, here, browser } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const there = browser("46.16.60.2");

  assert.equal((await there.signIn()).headers.get("Location"), paths.code);
  assert.equal(await there.isIn(), false);
  const page = await there.get(paths.code);
  assert.match(page.$("main").text(), /asks for a passkey or a recovery code/);
  const options = optionsIn(page);
  assert.deepEqual(options.allowCredentials.map(({ id }) => id), [authenticator.id]);
  assert.equal((await there.submit(paths.code, { code: "", passkey: "" })).status, 422);

  assert.equal((await there.submit(paths.code, { code: "", passkey: authenticator.get(options) })).status, 303);

  assert.equal(await there.isIn(), true);
  const [opened] = await db.select().from(connections).where(eq(connections.ip, "46.16.60.2"));
  assert.deepEqual([opened!.method, opened!.passkey], ["passkey", authenticator.id]);
  assert.equal(there.cookies.has("pending"), false);
});

// Security: passkeys
Deno.test("another account's passkey is no second step and no confirmation", async () => {
  const { db, here, browser, clock } = await startWithPasskeys();
  const own = await addPasskey(here);
  await addAccount(db, OTHER, PASSWORD);
  const joan = browser("46.16.60.9");
  await joan.signIn(OTHER);
  const theirs = await addPasskey(joan);
  const there = browser("46.16.60.2");
  await there.signIn();

  const options = optionsIn(await there.get(paths.code));
  assert.equal((await there.submit(paths.code, { code: "", passkey: theirs.get(options) })).status, 422);
  assert.equal(await there.isIn(), false);

  clock.now += 6 * MINUTE;
  const asked = optionsIn(await here.get(paths.removePasskey(own.id)));
  assert.equal((await here.submit(paths.removePasskey(own.id), { passkey: theirs.get(asked) })).status, 422);
  assert.equal(await db.$count(passkeys), 2);
});

Deno.test("whatever is in the place of an answer is refused with a page", async () => {
  const { here, browser } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const there = browser("46.16.60.2");
  const good = JSON.parse(authenticator.get(optionsIn(await there.get(paths.signIn))));
  const bad = [
    "",
    "{",
    "[]",
    "null",
    '{"__proto__":null}',
    JSON.stringify({ ...good, rawId: "other" }),
    JSON.stringify({ ...good, id: "%" }),
    JSON.stringify({ ...good, response: { ...good.response, signature: "AAAA" } }),
    JSON.stringify({ ...good, response: { ...good.response, authenticatorData: "AAAA" } }),
    JSON.stringify({ ...good, response: { ...good.response, clientDataJSON: "bnVsbA" } }),
    JSON.stringify({ ...good, response: { ...good.response, userHandle: undefined } }),
  ];

  for (const passkey of bad) {
    assert.equal((await sendPasskey(there, passkey)).status, 422, passkey);
    assert.equal((await here.submit(paths.passkeys, { name: "Phone", credential: passkey })).status, 422, passkey);
  }
  assert.equal(await there.isIn(), false);
});
