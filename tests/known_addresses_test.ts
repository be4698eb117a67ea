import assert from "node:assert/strict";
import { readAddress } from "../visitor/addresses.ts";
import { type Db, openDatabase } from "../db/database.ts";
import { reserveAttempt } from "../db/limits.ts";
import { addAccount, DAY, EMAIL, HOUR, MINUTE, PASSWORD, START, startApp } from "./app.ts";

const WRONG = "not the password at all";

// ASVS 6.3.1
Deno.test("strangers who use up an account's attempts don't lock out its owner's address", async () => {
  const { browser } = await startApp();
  await browser("46.16.60.1").signIn();
  for (let i = 0; i < 30; i++) await browser(`203.0.113.${i}`).signIn(EMAIL, WRONG);

  assert.equal((await browser("198.51.100.1").signIn()).status, 429);
  assert.equal((await browser("46.16.60.1").signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("an owner on IPv6 is known by the /64, because the other half changes every day", async () => {
  const { browser } = await startApp();
  await browser("2a0c:5a80:1b08:c00::4").signIn();
  for (let i = 0; i < 30; i++) await browser(`203.0.113.${i}`).signIn(EMAIL, WRONG);

  assert.equal((await browser("2a0c:5a80:1b08:c01::4").signIn()).status, 429);
  assert.equal((await browser("2a0c:5a80:1b08:c00:d1ff:3a9:7e2:55").signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("an address stays known for 30 days after a sign-in", async () => {
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
Deno.test("a known address has its own 25 failures an hour, which don't count for the account", async () => {
  const db = await openDatabase(":memory:");
  const known = { isKnown: true };
  for (let i = 0; i < 25; i++) await attempt(db, known, START + Math.floor(i / 10) * 3 * MINUTE);

  assert.equal(await attempt(db, known, START + 9 * MINUTE), HOUR - 9 * MINUTE);
  assert.equal(await attempt(db, { ip: "198.51.100.1" }, START + 9 * MINUTE), "reserved");
});

// ASVS 6.3.1
Deno.test("an address that one account knows is unknown to another", async () => {
  const { browser, db } = await startApp();
  await addAccount(db, "joan@example.com", PASSWORD);
  await browser("46.16.60.1").signIn();
  for (let i = 0; i < 30; i++) await browser(`203.0.113.${i}`).signIn("joan@example.com", WRONG);

  assert.equal((await browser("46.16.60.1").signIn("joan@example.com")).status, 429);
});

/** Reserves an attempt, or returns how many milliseconds to wait. */
async function attempt(db: Db, { ip = "203.0.113.1", isKnown = false }, now: number): Promise<"reserved" | number> {
  const outcome = await reserveAttempt(db, { email: EMAIL, address: readAddress(ip)!, isKnown }, now);
  return "retryAfter" in outcome ? outcome.retryAfter : "reserved";
}
