import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import type { Db } from "../db/database.ts";
import { accountKey } from "../db/limits.ts";
import { limits } from "../db/schema.ts";
import { findUser, resetPassword, unlockUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { type Browser, CELL, DAY, EMAIL, HOUR, MINUTE, signedIn, startApp } from "./app.ts";

const SECOND = 1_000;
const WRONG = "not the password at all";

// ASVS 6.3.1
Deno.test("after 100 failures in a row the account accepts no password from strangers for 24 hours", async () => {
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
Deno.test("the history and the log show that an account was locked, and the sign-in page says what to do", async () => {
  const { here, browser, clock, log } = await signedIn();
  await failInARow(browser, clock, 99);
  assert.equal(log.join().includes("authn_login_lock"), false);
  clock.now += HOUR;
  await browser("198.51.100.1").signIn(EMAIL, WRONG);
  clock.now += HOUR;
  const refused = await browser("198.51.100.2").signIn();

  const { $ } = await here.get(`${paths.connections}?state=refused`);

  assert.match($(`tbody ${CELL.state}`).eq(0).text(), /Locked for 24 hours \(1\)$/);
  assert.match($(`tbody ${CELL.state}`).eq(1).text(), /Locked for 24 hours \(1\)$/);
  const hourBefore = $(`tbody ${CELL.state}`).toArray().slice(2, 23).map((cell) => $(cell).text());
  assert.deepEqual(hourBefore.toSorted(), [
    ...Array(20).fill("Refused Wrong password (1)"),
    "Refused Wrong password (4 from 4 addresses)",
  ]);
  assert.equal(log.filter((line) => line.includes("authn_login_lock")).length, 1);
  assert.match(
    refused.$(".notification").text(),
    /too many failed attempts in a row.*Wait 23 hours, or ask the administrator/,
  );
});

// ASVS 6.3.1
Deno.test("when several budgets are used up, the last to free up decides the wait", async () => {
  const { browser, clock } = await startApp();
  await failInARow(browser, clock, 100);
  for (let i = 0; i < 30; i++) await browser(`203.0.113.${i}`).signIn(EMAIL, WRONG);

  const answer = await browser("198.51.100.1").signIn();

  assert.equal(answer.status, 429);
  assert.match(answer.$(".notification").text(), /Wait 24 hours/);
});

// ASVS 6.3.1
Deno.test("a locked account accepts its password from a known browser anywhere, and at a known network", async () => {
  const { here, browser, clock } = await signedIn();
  await failInARow(browser, clock, 100);
  const abroad = browser("198.51.100.1");
  abroad.cookies.set("browser", here.cookies.get("browser")!);

  assert.equal((await browser("198.51.100.2").signIn()).status, 429);
  assert.equal((await abroad.signIn()).status, 303);
  assert.equal((await browser("46.16.60.99").signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("a lock that the operator ends is over at a server that refused somebody ten seconds later", async () => {
  const { browser, db, clock } = await startApp();
  await failInARow(browser, clock, 100);
  const refused = await browser("198.51.100.1").signIn();

  await unlockUser(db, (await findUser(db, EMAIL))!);
  clock.now += 10 * SECOND;

  assert.equal(refused.status, 429);
  assert.equal((await browser("198.51.100.1").signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("a new password from the operator ends the lock", async () => {
  const { browser, db, clock } = await startApp();
  await failInARow(browser, clock, 100);
  const user = await findUser(db, EMAIL);

  await resetPassword(db, user!, user!.passwordHash, clock.now);

  assert.equal((await browser("198.51.100.1").signIn()).status, 303);
});

Deno.test("a new password from the operator restores the attempts of known networks too", async () => {
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
Deno.test("a success ends the run of failures: 99 more don't lock the account", async () => {
  const { browser, db, clock } = await startApp();
  await failInARow(browser, clock, 99);
  assert.equal(await countOf(db, `run:${accountKey(EMAIL, true)}`), 99);

  clock.now += HOUR;
  assert.equal((await browser("198.51.100.1").signIn()).status, 303);
  await failInARow(browser, clock, 99);
  clock.now += HOUR;

  assert.equal((await browser("198.51.100.2").signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("the hundredth attempt succeeds with the right password", async () => {
  const { browser, clock } = await startApp();
  await failInARow(browser, clock, 99);
  clock.now += HOUR;

  assert.equal((await browser("198.51.100.1").signIn()).status, 303);
});

// ASVS 6.3.8
Deno.test("an unknown e-mail address is locked for 24 hours like an account", async () => {
  const { browser, clock } = await startApp();
  await failInARow(browser, clock, 100, "nobody@example.com");
  clock.now += HOUR;

  const locked = await browser("198.51.100.1").signIn("nobody@example.com", WRONG);

  assert.equal(locked.status, 429);
  assert.equal(locked.headers.get("Retry-After"), String(23 * 60 * 60));
});

async function countOf(db: Db, key: string): Promise<number | undefined> {
  return (await db.select().from(limits).where(eq(limits.key, key)))[0]?.count;
}

/** Runs one after the other. */
async function inTurn<T>(times: number, run: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < times; i++) results.push(await run(i));
  return results;
}

/** Fails from a new address each time, as fast as the account's limit allows: 25 an hour. Returns the last answer. */
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
