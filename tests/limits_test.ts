import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { readAddress } from "../visitor/addresses.ts";
import { type Db, openDatabase } from "../db/database.ts";
import { accountKey, afterSuccess, giveBack, reserveTry } from "../db/limits.ts";
import { limits } from "../db/schema.ts";
import { findUser, resetPassword } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { addAccount, type Browser, CELL, DAY, EMAIL, HOUR, MINUTE, PASSWORD, START, startApp } from "./app.ts";

const WRONG = "not the password at all";

// ASVS 6.3.1
Deno.test("one address has ten failures in three minutes, whatever accounts it tries", async () => {
  const db = await openDatabase(":memory:");

  const outcomes = await inTurn(12, (i) => tryOnce(db, { email: `somebody${i}@example.com` }, START + i * 1000));

  assert.deepEqual(outcomes.slice(0, 10), Array(10).fill("reserved"));
  assert.deepEqual(outcomes.slice(10), [3 * MINUTE - 10_000, 3 * MINUTE - 11_000]);
});

// ASVS 6.3.1
Deno.test("an address may try again three minutes after the first failure, and not a millisecond earlier", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(11, () => tryOnce(db, {}, START));

  assert.equal(await tryOnce(db, {}, START + 3 * MINUTE - 1), 1);
  assert.equal(await tryOnce(db, {}, START + 3 * MINUTE), "reserved");
});

// ASVS 6.3.1
Deno.test("tries over the limit don't make the wait longer", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(10, () => tryOnce(db, {}, START));

  await inTurn(100, (i) => tryOnce(db, {}, START + i * 1000));

  assert.equal(await tryOnce(db, {}, START + 2 * MINUTE), MINUTE);
});

// ASVS 6.3.1
Deno.test("addresses of one IPv6 /64 are one address, and the next /64 is another", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(10, (i) => tryOnce(db, { ip: `2001:db8:0:1::${i}` }));

  assert.equal(await tryOnce(db, { ip: "2001:db8:0:1:ffff:ffff:ffff:ffff" }), 3 * MINUTE);
  assert.equal(await tryOnce(db, { ip: "2001:db8:0:2::1" }), "reserved");
});

// ASVS 6.3.1
Deno.test("neighbours in IPv4 are different addresses, and IPv6 clothes make no other one", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(10, () => tryOnce(db, { ip: "203.0.113.1" }));

  assert.equal(await tryOnce(db, { ip: "203.0.113.2" }), "reserved");
  assert.equal(await tryOnce(db, { ip: "::ffff:203.0.113.1" }), 3 * MINUTE);
});

// ASVS 6.3.1
Deno.test("one account has 25 failures an hour, from however many addresses", async () => {
  const db = await openDatabase(":memory:");

  const outcomes = await inTurn(27, (i) => tryOnce(db, { ip: `203.0.113.${i}` }));

  assert.deepEqual(outcomes.slice(0, 25), Array(25).fill("reserved"));
  assert.deepEqual(outcomes.slice(25), [HOUR, HOUR]);
  assert.equal(await tryOnce(db, { ip: "198.51.100.1" }, START + HOUR - 1), 1);
  assert.equal(await tryOnce(db, { ip: "198.51.100.1" }, START + HOUR), "reserved");
});

// ASVS 6.3.1
Deno.test("one account over its limit leaves the others alone", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(26, (i) => tryOnce(db, { ip: `203.0.113.${i}` }));

  assert.equal(await tryOnce(db, { email: "joan@example.com", ip: "203.0.113.99" }), "reserved");
});

// ASVS 6.3.1
Deno.test("a try over the address's limit leaves the account's counters alone", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(60, () => tryOnce(db, {}));

  assert.equal(await countOf(db, `account:${accountKey(EMAIL)}`), 10);
  assert.equal(await countOf(db, `run:${accountKey(EMAIL)}`), 10);
  assert.equal(await tryOnce(db, { ip: "203.0.113.2" }), "reserved");
});

// ASVS 6.3.1
Deno.test("a try over the account's limit leaves the run of failures alone", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(60, (i) => tryOnce(db, { ip: `203.0.113.${i}` }));

  assert.equal(await countOf(db, `run:${accountKey(EMAIL)}`), 25);
});

// ASVS 6.3.1
Deno.test("an office behind one address where everybody knows their password is never shut out", async () => {
  const { browser, db, clock } = await startApp();
  for (let i = 0; i < 30; i++) {
    clock.now += 1000;
    assert.equal((await browser("203.0.113.1").signIn()).status, 303);
  }

  assert.deepEqual((await db.select().from(limits)).filter(({ count }) => count > 0), []);
});

// ASVS 6.3.1
Deno.test("successes of colleagues don't give an address back the failures that it had", async () => {
  const { browser } = await startApp();
  const office = () => browser("203.0.113.1");
  for (let i = 0; i < 10; i++) {
    assert.equal((await office().signIn(EMAIL, WRONG)).status, 422);
    if (i < 9) assert.equal((await office().signIn()).status, 303);
  }

  assert.equal((await office().signIn()).status, 429);
});

// ASVS 6.3.1
Deno.test("strangers who use up an account's tries don't lock out the address that its owner comes from", async () => {
  const { browser } = await startApp();
  await browser("46.16.60.1").signIn();
  for (let i = 0; i < 30; i++) await browser(`203.0.113.${i}`).signIn(EMAIL, WRONG);

  assert.equal((await browser("198.51.100.1").signIn()).status, 429);
  assert.equal((await browser("46.16.60.1").signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("an IPv6 owner is known by the /64, since its other half changes every day", async () => {
  const { browser } = await startApp();
  await browser("2a0c:5a80:1b08:c00::4").signIn();
  for (let i = 0; i < 30; i++) await browser(`203.0.113.${i}`).signIn(EMAIL, WRONG);

  assert.equal((await browser("2a0c:5a80:1b08:c01::4").signIn()).status, 429);
  assert.equal((await browser("2a0c:5a80:1b08:c00:d1ff:3a9:7e2:55").signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("an address is known for 30 days after it signed in", async () => {
  const { browser, clock } = await startApp();
  await browser("46.16.60.1").signIn();
  clock.now = START + 30 * DAY;
  for (let i = 0; i < 30; i++) await browser(`203.0.113.${i}`).signIn(EMAIL, WRONG);

  const afterwards = await browser("46.16.60.1").signIn();
  clock.now = START + 30 * DAY - 1;
  const before = await browser("46.16.60.1").signIn();

  assert.equal(afterwards.status, 429);
  assert.equal(before.status, 303);
});

// ASVS 6.3.1
Deno.test("a known address has 25 failures an hour too, which the account's don't count", async () => {
  const db = await openDatabase(":memory:");
  const known = { isKnown: true };
  await inTurn(25, (i) => tryOnce(db, known, START + Math.floor(i / 10) * 3 * MINUTE));

  assert.equal(await tryOnce(db, known, START + 9 * MINUTE), HOUR - 9 * MINUTE);
  assert.equal(await tryOnce(db, { ip: "198.51.100.1" }, START + 9 * MINUTE), "reserved");
});

// ASVS 6.3.1
Deno.test("addresses that one account knows are strangers to another", async () => {
  const { browser, db } = await startApp();
  await addAccount(db, "joan@example.com", PASSWORD);
  await browser("46.16.60.1").signIn();
  for (let i = 0; i < 30; i++) await browser(`203.0.113.${i}`).signIn("joan@example.com", WRONG);

  assert.equal((await browser("46.16.60.1").signIn("joan@example.com")).status, 429);
});

// ASVS 6.3.1
Deno.test("after 100 failures in a row the account takes no password for 24 hours", async () => {
  const { browser, clock } = await startApp();
  const last = await failInARow(browser, clock, 100);
  const { now } = clock;

  clock.now = now + HOUR;
  const right = await browser("198.51.100.1").signIn();
  clock.now = now + DAY - 1;
  const dayLater = await browser("198.51.100.2").signIn();
  clock.now = now + DAY;
  const afterwards = await browser("198.51.100.3").signIn();

  assert.equal(last.status, 422);
  assert.equal(right.status, 429);
  assert.equal(right.headers.get("Retry-After"), String(23 * 60 * 60));
  assert.equal(dayLater.status, 429);
  assert.equal(dayLater.headers.get("Retry-After"), "1");
  assert.equal(afterwards.status, 303);
});

// ASVS 6.3.1
Deno.test("the history and the log say when an account was locked, and the sign-in page what to do", async () => {
  const { browser, clock, log } = await startApp();
  const here = browser("46.16.60.1");
  await here.signIn();
  await failInARow(browser, clock, 99);
  assert.equal(log.join().includes("authn_login_lock"), false);
  clock.now += HOUR;
  await browser("198.51.100.1").signIn(EMAIL, WRONG);
  clock.now += HOUR;
  const refused = await browser("198.51.100.2").signIn();

  const { $ } = await here.get(`${paths.connections}?state=refused`);

  assert.match($(`tbody ${CELL.end}`).eq(0).text(), /Locked for 24 hours: 1 attempt$/);
  assert.match($(`tbody ${CELL.end}`).eq(1).text(), /Locked for 24 hours: 1 attempt$/);
  assert.match($(`tbody ${CELL.end}`).eq(2).text(), /Wrong password: 24 attempts/);
  assert.equal(log.filter((line) => line.includes("authn_login_lock")).length, 1);
  assert.match(
    refused.$(".notification").text(),
    /too many wrong passwords in a row.*Wait 23 hours, or ask the operator/,
  );
});

// ASVS 6.3.1
Deno.test("of several budgets that are used up, the one that lasts longest tells how long to wait", async () => {
  const { browser, clock } = await startApp();
  await failInARow(browser, clock, 100);
  for (let i = 0; i < 30; i++) await browser(`203.0.113.${i}`).signIn(EMAIL, WRONG);

  const answer = await browser("198.51.100.1").signIn();

  assert.equal(answer.status, 429);
  assert.match(answer.$(".notification").text(), /Wait 24 hours/);
});

// ASVS 6.3.1
Deno.test("an account that takes no password takes none from known addresses either", async () => {
  const { browser, clock } = await startApp();
  await browser("46.16.60.1").signIn();
  await failInARow(browser, clock, 100);

  assert.equal((await browser("46.16.60.1").signIn()).status, 429);
});

// ASVS 6.3.1
Deno.test("a new password from the operator ends the 24 hours", async () => {
  const { browser, db, clock } = await startApp();
  await failInARow(browser, clock, 100);
  const user = await findUser(db, EMAIL);

  await resetPassword(db, user!, user!.passwordHash, clock.now);

  assert.equal((await browser("198.51.100.1").signIn()).status, 303);
});

Deno.test("a new password from the operator gives known addresses their tries back too", async () => {
  const { browser, db, clock } = await startApp();
  await browser("46.16.60.1").signIn();
  for (let i = 0; i < 25; i++) {
    if (i % 10 === 0) clock.now += 3 * MINUTE;
    await browser("46.16.60.1").signIn(EMAIL, WRONG);
  }
  clock.now += 3 * MINUTE;
  const shutOut = await browser("46.16.60.1").signIn();
  const user = await findUser(db, EMAIL);

  await resetPassword(db, user!, user!.passwordHash, clock.now);

  assert.equal(shutOut.status, 429);
  assert.equal((await browser("46.16.60.1").signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("a success ends the run of failures: the next 99 lock nothing", async () => {
  const { browser, db, clock } = await startApp();
  await failInARow(browser, clock, 99);
  assert.equal(await countOf(db, `run:${accountKey(EMAIL)}`), 99);

  clock.now += HOUR;
  assert.equal((await browser("198.51.100.1").signIn()).status, 303);
  await failInARow(browser, clock, 99);
  clock.now += HOUR;

  assert.equal((await browser("198.51.100.2").signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("the hundredth try opens when it is right", async () => {
  const { browser, clock } = await startApp();
  await failInARow(browser, clock, 99);
  clock.now += HOUR;

  assert.equal((await browser("198.51.100.1").signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("a password that was never looked at costs no try, and leaves nothing behind", async () => {
  const db = await openDatabase(":memory:");
  const reserved = await reserve(db, {});
  assert.ok(!("retryAfter" in reserved));

  await giveBack(db, reserved);

  assert.deepEqual(await db.select().from(limits), []);
});

// ASVS 6.3.1
Deno.test("a right password gives its own try back, and ends the run", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(3, () => tryOnce(db, {}));
  const reserved = await reserve(db, {});
  assert.ok(!("retryAfter" in reserved));

  await db.batch(afterSuccess(db, reserved));

  assert.equal(await countOf(db, "address:203.0.113.1"), 3);
  assert.equal(await countOf(db, `account:${accountKey(EMAIL)}`), 3);
  assert.equal(await countOf(db, `run:${accountKey(EMAIL)}`), undefined);
});

// ASVS 6.3.1
Deno.test("of 200 tries that arrive together from one address, exactly ten are let through", async () => {
  const db = await openDatabase(":memory:");

  const outcomes = await Promise.all(Array.from({ length: 200 }, () => tryOnce(db, {})));

  assert.equal(outcomes.filter((outcome) => outcome === "reserved").length, 10);
});

// ASVS 6.3.1
Deno.test("of 200 tries that arrive together from 200 addresses at two instances, exactly 25 are let through", async () => {
  const folder = await Deno.makeTempDir();
  const url = `file:${folder}/connections.db`;
  const [one, two] = [await openDatabase(url), await openDatabase(url)];

  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, i) => tryOnce(i % 2 ? one : two, { ip: `203.0.113.${i}` })),
  );

  assert.equal(outcomes.filter((outcome) => outcome === "reserved").length, 25);
  one.$client.close();
  two.$client.close();
  await Deno.remove(folder, { recursive: true });
});

// ASVS 6.3.1
Deno.test("a restart forgets no failure", async () => {
  const folder = await Deno.makeTempDir();
  const url = `file:${folder}/connections.db`;
  const before = await openDatabase(url);
  await inTurn(10, () => tryOnce(before, {}));
  before.$client.close();

  const after = await openDatabase(url);

  assert.equal(await tryOnce(after, {}, START + MINUTE), 2 * MINUTE);
  after.$client.close();
  await Deno.remove(folder, { recursive: true });
});

// ASVS 6.3.8
Deno.test("an address that nobody has is limited exactly like an account", async () => {
  const { browser, clock } = await startApp();
  const nobody = "nobody@example.com";
  const answers = async (email: string, network: string) => {
    clock.now = START;
    const fromOne = await inTurn(12, () => browser(`${network}.200`).signIn(email, WRONG));
    const fromMany = await inTurn(20, (i) => browser(`${network}.${i}`).signIn(email, WRONG));
    clock.now = START + HOUR;
    const later = await browser(`${network}.200`).signIn(email, WRONG);
    return [...fromOne, ...fromMany, later].map(({ status, headers, text }) => ({
      status,
      retryAfter: headers.get("Retry-After"),
      // The form's csrf value is each browser's own, and the address is what was typed.
      text: text.replaceAll(email, "").replace(/name="csrf" value="[\w-]+"/, ""),
    }));
  };

  const unknown = await answers(nobody, "198.51.100");

  assert.deepEqual(unknown, await answers(EMAIL, "203.0.113"));
  assert.deepEqual(unknown.map(({ status }) => status), [
    ...Array(10).fill(422),
    ...Array(2).fill(429),
    ...Array(15).fill(422),
    ...Array(5).fill(429),
    422,
  ]);
});

// ASVS 6.3.8
Deno.test("an address that nobody has is locked for 24 hours like an account", async () => {
  const { browser, clock } = await startApp();
  await failInARow(browser, clock, 100, "nobody@example.com");
  clock.now += HOUR;

  const locked = await browser("198.51.100.1").signIn("nobody@example.com", WRONG);

  assert.equal(locked.status, 429);
  assert.equal(locked.headers.get("Retry-After"), String(23 * 60 * 60));
});

Deno.test("no counter holds an e-mail address in clear, which may be nobody's", async () => {
  const { browser, db } = await startApp();
  await browser().signIn("nobody@example.com", WRONG);

  const keys = (await db.select().from(limits)).map(({ key }) => key).join();

  assert.doesNotMatch(keys, /nobody|example/);
});

// ASVS 7.5.2, 6.3.1
Deno.test("wrong current passwords on the password page are counted with those at sign-in", async () => {
  const { browser } = await startApp();
  const here = browser("46.16.60.1");
  await here.signIn();
  const change = {
    current_password: WRONG,
    new_password: "another password, long enough",
    new_password_again: "another password, long enough",
  };
  const statuses = await inTurn(10, async () => (await here.submit(paths.password, change)).status);

  assert.deepEqual(statuses, Array(10).fill(422));
  assert.equal((await here.submit(paths.password, { ...change, current_password: PASSWORD })).status, 429);
  assert.equal((await browser("46.16.60.1").signIn()).status, 429);
});

type Tried = { email?: string; ip?: string; isKnown?: boolean };

function reserve(db: Db, { email = EMAIL, ip = "203.0.113.1", isKnown = false }: Tried, now = START) {
  return reserveTry(db, { email, address: readAddress(ip)!, isKnown }, now);
}

/** Whether a try was to be had, or for how many milliseconds there is none. */
async function tryOnce(db: Db, tried: Tried, now = START): Promise<"reserved" | number> {
  const outcome = await reserve(db, tried, now);
  return "retryAfter" in outcome ? outcome.retryAfter : "reserved";
}

async function countOf(db: Db, key: string): Promise<number | undefined> {
  return (await db.select().from(limits).where(eq(limits.key, key)))[0]?.count;
}

/** One after the other. */
async function inTurn<T>(times: number, run: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < times; i++) results.push(await run(i));
  return results;
}

/** Failures from ever new addresses, as fast as the account's limit allows: 25 an hour. Returns the last answer. */
async function failInARow(
  browser: (ip: string) => Browser,
  clock: { now: number },
  times: number,
  email = EMAIL,
) {
  const answers = await inTurn(times, (i) => {
    if (i % 25 === 0) clock.now += HOUR;
    return browser(`203.0.${100 + Math.floor(i / 25)}.${i % 25}`).signIn(email, WRONG);
  });
  return answers.at(-1)!;
}
