import assert from "node:assert/strict";
import { eq, gt } from "drizzle-orm";
import { type Db, openDatabase } from "../db/database.ts";
import { accountKey, afterSuccess, reserveAttempt, returnAttempt } from "../db/limits.ts";
import { limits } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { NO_ADDRESS } from "../visitor/addresses.ts";
import { EMAIL, HOUR, MINUTE, signedIn, START, startApp, withoutCsrf } from "./app.ts";
import { guessFrom } from "./verbs.ts";

const WRONG = "not the password at all";

// ASVS 6.3.1
Deno.test("one address has ten failures in three minutes, whatever accounts it tries", async () => {
  const db = await openDatabase(":memory:");

  const outcomes = await inTurn(12, (i) => attempt(db, { email: `somebody${i}@example.com` }, START + i * 1000));

  assert.deepEqual(outcomes.slice(0, 10), Array(10).fill("reserved"));
  assert.deepEqual(outcomes.slice(10), [3 * MINUTE - 10_000, 3 * MINUTE - 11_000]);
});

// ASVS 6.3.1
Deno.test("an address may try again three minutes after the first failure, and not a millisecond earlier", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(11, () => attempt(db, {}, START));

  assert.equal(await attempt(db, {}, START + 3 * MINUTE - 1), 1);
  assert.equal(await attempt(db, {}, START + 3 * MINUTE), "reserved");
});

// ASVS 6.3.1
Deno.test("attempts over the limit don't extend the wait", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(10, () => attempt(db, {}, START));

  await inTurn(100, (i) => attempt(db, {}, START + i * 1000));

  assert.equal(await attempt(db, {}, START + 2 * MINUTE), MINUTE);
});

// ASVS 6.3.1
Deno.test("addresses in one IPv6 /64 share a budget, and the next /64 has its own", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(10, (i) => attempt(db, { ip: `2001:db8:0:1::${i}` }));

  assert.equal(await attempt(db, { ip: "2001:db8:0:1:ffff:ffff:ffff:ffff" }), 3 * MINUTE);
  assert.equal(await attempt(db, { ip: "2001:db8:0:2::1" }), "reserved");
});

// ASVS 6.3.1
Deno.test("neighbouring IPv4 addresses have their own budgets, and an IPv4-mapped one shares its IPv4 address's", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(10, () => attempt(db, { ip: "203.0.113.1" }));

  assert.equal(await attempt(db, { ip: "203.0.113.2" }), "reserved");
  assert.equal(await attempt(db, { ip: "::ffff:203.0.113.1" }), 3 * MINUTE);
});

// ASVS 6.3.1
Deno.test("strangers have 25 failures an hour at one account, from any number of addresses", async () => {
  const db = await openDatabase(":memory:");

  const outcomes = await inTurn(27, (i) => attempt(db, { ip: `203.0.113.${i}` }));

  assert.deepEqual(outcomes.slice(0, 25), Array(25).fill("reserved"));
  assert.deepEqual(outcomes.slice(25), [HOUR, HOUR]);
  assert.equal(await attempt(db, { ip: "198.51.100.1" }, START + HOUR - 1), 1);
  assert.equal(await attempt(db, { ip: "198.51.100.1" }, START + HOUR), "reserved");
});

// ASVS 6.3.1
Deno.test("an account over its limit doesn't affect the others", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(26, (i) => attempt(db, { ip: `203.0.113.${i}` }));

  assert.equal(await attempt(db, { email: "joan@example.com", ip: "203.0.113.99" }), "reserved");
});

// ASVS 6.3.1
Deno.test("an attempt over the address's limit doesn't count for the account", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(60, () => attempt(db, {}));

  assert.equal(await countOf(db, `account:${accountKey(EMAIL, true)}`), 10);
  assert.equal(await countOf(db, `run:${accountKey(EMAIL, true)}`), 10);
  assert.equal(await attempt(db, { ip: "203.0.113.2" }), "reserved");
});

// ASVS 6.3.1
Deno.test("an attempt over the account's limit doesn't count for the run of failures", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(60, (i) => attempt(db, { ip: `203.0.113.${i}` }));

  assert.equal(await countOf(db, `run:${accountKey(EMAIL, true)}`), 25);
});

// ASVS 6.3.1
Deno.test("an office behind one address is never shut out while everybody knows their password", async () => {
  const { browser, db, clock } = await startApp();
  for (let i = 0; i < 30; i++) {
    clock.now += 1000;
    assert.equal((await browser("203.0.113.1").signIn()).status, 303);
  }

  assert.deepEqual((await db.select().from(limits)).filter(({ count }) => count > 0), []);
});

// ASVS 6.3.1
Deno.test("a colleague's success doesn't refund the failures of their shared address", async () => {
  const { browser } = await startApp();
  const office = () => browser("203.0.113.1");
  for (let i = 0; i < 10; i++) {
    assert.equal((await office().signIn(EMAIL, WRONG)).status, 422);
    if (i < 9) assert.equal((await office().signIn()).status, 303);
  }

  assert.equal((await office().signIn()).status, 429);
});

// ASVS 6.3.1
Deno.test("a password that was never checked costs no attempt, and leaves no counter behind", async () => {
  const db = await openDatabase(":memory:");
  const reserved = await reserve(db, {});
  assert.ok(!("retryAfter" in reserved));

  await returnAttempt(db, reserved);

  assert.deepEqual(await db.select().from(limits), []);
});

// ASVS 6.3.1
Deno.test("a right password returns its own attempt, and ends the run of failures", async () => {
  const db = await openDatabase(":memory:");
  await inTurn(3, () => attempt(db, {}));
  const reserved = await reserve(db, {});
  assert.ok(!("retryAfter" in reserved));

  await db.batch(afterSuccess(db, reserved));

  assert.equal(await countOf(db, "address:203.0.113.1"), 3);
  assert.equal(await countOf(db, `account:${accountKey(EMAIL, true)}`), 3);
  assert.equal(await countOf(db, `run:${accountKey(EMAIL, true)}`), undefined);
});

// ASVS 6.3.1
Deno.test("of 200 simultaneous attempts from one address, exactly ten are let through", async () => {
  const db = await openDatabase(":memory:");

  const outcomes = await Promise.all(Array.from({ length: 200 }, () => attempt(db, {})));

  assert.equal(outcomes.filter((outcome) => outcome === "reserved").length, 10);
});

// ASVS 6.3.1
Deno.test("of 200 simultaneous attempts from 200 addresses at two instances, exactly 25 are let through", async () => {
  const folder = await Deno.makeTempDir();
  const url = `file:${folder}/connections.db`;
  const [one, two] = [await openDatabase(url), await openDatabase(url)];

  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, i) => attempt(i % 2 ? one : two, { ip: `203.0.113.${i}` })),
  );

  assert.equal(outcomes.filter((outcome) => outcome === "reserved").length, 25);
  one.$client.close();
  two.$client.close();
  await Deno.remove(folder, { recursive: true });
});

// ASVS 6.3.1
Deno.test("a restart doesn't forget any failure", async () => {
  const folder = await Deno.makeTempDir();
  const url = `file:${folder}/connections.db`;
  const before = await openDatabase(url);
  await inTurn(10, () => attempt(before, {}));
  before.$client.close();

  const after = await openDatabase(url);

  assert.equal(await attempt(after, {}, START + MINUTE), 2 * MINUTE);
  after.$client.close();
  await Deno.remove(folder, { recursive: true });
});

// ASVS 6.3.8
Deno.test("an unknown e-mail address is limited exactly like an account", async () => {
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
      // The page repeats the typed address.
      text: withoutCsrf(text.replaceAll(email, "")),
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

Deno.test("no counter contains an e-mail address in clear text", async () => {
  const { browser, db } = await startApp();
  await browser().signIn("nobody@example.com", WRONG);

  const keys = (await db.select().from(limits)).map(({ key }) => key).join();

  assert.doesNotMatch(keys, /nobody|example/);
});

// ASVS 6.3.4
Deno.test("wrong passwords on the password page count for their connection alone, and the tenth closes it", async () => {
  const { here, browser, db } = await signedIn();
  const change = {
    current_password: WRONG,
    new_password: "another password, long enough",
    new_password_again: "another password, long enough",
  };
  const statuses = await inTurn(9, async () => (await here.submit(paths.password, change)).status);
  const last = await here.submit(paths.password, change);

  assert.deepEqual(statuses, Array(9).fill(422));
  assert.deepEqual([last.status, last.headers.get("Location")?.startsWith(paths.signIn)], [303, true]);
  assert.equal(await here.isIn(), false);
  const counted = await db.select().from(limits).where(gt(limits.count, 0));
  assert.deepEqual(counted.map(({ key }) => key.split(":")[0]).sort(), ["refusal", "session"]);
  assert.equal((await browser("46.16.60.1").signIn()).status, 303);
});

// ASVS 6.3.4
Deno.test("a session has ten failures in a row, and a right password starts again", async () => {
  const db = await openDatabase(":memory:");
  const guess = guessFrom("203.0.113.1", { email: EMAIL, standing: { kind: "session", id: "its connection" } });
  const fail = async () => {
    const outcome = await reserveAttempt(db, guess, START);
    return "retryAfter" in outcome ? "refused" : outcome.isLast;
  };
  await inTurn(9, fail);
  const right = await reserveAttempt(db, guess, START);
  assert.ok("runs" in right);
  await db.batch(afterSuccess(db, right));

  assert.deepEqual(await inTurn(11, fail), [...Array(9).fill(false), true, "refused"]);
  assert.deepEqual((await db.select().from(limits)).map(({ key }) => key), ["session:its connection"]);
});

// ASVS 6.3.1
Deno.test("each account gives a known browser its own ten failures in a row", async () => {
  const db = await openDatabase(":memory:");
  const fail = async (email: string) => {
    const standing = { kind: "browser", id: "its id" } as const;
    const outcome = await reserveAttempt(db, guessFrom("203.0.113.1", { email, standing, browser: "its id" }), START);
    return "retryAfter" in outcome ? "refused" : outcome.isLast;
  };

  assert.deepEqual(await inTurn(11, () => fail(EMAIL)), [...Array(9).fill(false), true, "refused"]);
  assert.equal(await fail("joan@example.com"), false);
  assert.equal(await attempt(db, {}), "reserved");
  assert.equal(await countOf(db, `account:${accountKey(EMAIL, true)}`), 1);
});

// ASVS 6.3.1
Deno.test("clients whose address is unknown share no budget", async () => {
  const db = await openDatabase(":memory:");
  const outcomes = await inTurn(40, (i) => {
    const guess = { ...guessFrom("203.0.113.1", { email: `somebody${i}@example.com` }), address: NO_ADDRESS };
    return reserveAttempt(db, guess, START);
  });

  assert.equal(outcomes.filter((outcome) => "retryAfter" in outcome).length, 0);
});

// ASVS 6.3.1
Deno.test("however many accounts are made up, they share a bounded number of counters", () => {
  const keys = Array.from({ length: 1_000 }, (_, i) => accountKey(`nobody${i}@example.com`, false));

  assert.deepEqual(keys.filter((key) => !/^unknown-\d{1,5}$/.test(key)), []);
  assert.ok(new Set(keys).size > 900);
});

type Attempted = { email?: string; ip?: string };

function reserve(db: Db, { email = EMAIL, ip = "203.0.113.1" }: Attempted, now = START) {
  return reserveAttempt(db, guessFrom(ip, { email }), now);
}

/** Reserves an attempt, or returns how many milliseconds to wait. */
async function attempt(db: Db, attempted: Attempted, now = START): Promise<"reserved" | number> {
  const outcome = await reserve(db, attempted, now);
  return "retryAfter" in outcome ? outcome.retryAfter : "reserved";
}

async function countOf(db: Db, key: string): Promise<number | undefined> {
  return (await db.select().from(limits).where(eq(limits.key, key)))[0]?.count;
}

/** Runs one after the other. */
async function inTurn<T>(times: number, run: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < times; i++) results.push(await run(i));
  return results;
}
