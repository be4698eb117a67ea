import assert from "node:assert/strict";
import { type Db, openDatabase } from "../db/database.ts";
import { type Attempt, type OverLimit, reserveAttempt } from "../db/limits.ts";
import { limits } from "../db/schema.ts";
import { addAccount, type Browser, DAY, EMAIL, HOUR, MINUTE, PASSWORD, START, startApp } from "./app.ts";
import { guessFrom } from "./verbs.ts";

const WRONG = "not the password at all";
const KNOWN = { kind: "network" } as const;

// ASVS 6.3.1
Deno.test("strangers who use up an account's attempts don't shut out a network that it knows", async () => {
  const { browser } = await startApp();
  await browser("46.16.60.1").signIn();
  await useUp(browser);

  assert.equal((await browser("198.51.100.1").signIn()).status, 429);
  assert.equal((await browser("46.16.200.7").signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("a network of IPv6 is the /64, because the other half changes every day", async () => {
  const { browser } = await startApp();
  await browser("2a0c:5a80:1b08:c00::4").signIn();
  await useUp(browser);

  assert.equal((await browser("2a0c:5a80:1b08:c01::4").signIn()).status, 429);
  assert.equal((await browser("2a0c:5a80:1b08:c00:d1ff:3a9:7e2:55").signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("a private network, which every house has, is never a known one", async () => {
  const { browser } = await startApp();
  await browser("192.168.1.20").signIn();
  await useUp(browser);

  assert.equal((await browser("192.168.1.20").signIn()).status, 429);
});

// ASVS 6.3.1
Deno.test("a network stays known for as long as the history is kept", async () => {
  const { browser, clock } = await startApp();
  await browser("46.16.60.1").signIn();

  // Each sign-in removes what is too old.
  clock.now = START + 365 * DAY;
  await browser("198.51.100.1").signIn();
  await useUp(browser);
  assert.equal((await browser("46.16.60.1").signIn()).status, 303);

  clock.now += 365 * DAY + 1;
  await browser("198.51.100.1").signIn();
  await useUp(browser);
  assert.equal((await browser("46.16.60.1").signIn()).status, 429);
});

// ASVS 6.3.1
Deno.test("a network that one account knows is unknown to another", async () => {
  const { browser, db } = await startApp();
  await addAccount(db, "joan@example.com", PASSWORD);
  await browser("46.16.60.1").signIn();
  await useUp(browser, "joan@example.com");

  assert.equal((await browser("46.16.60.1").signIn("joan@example.com")).status, 429);
});

// ASVS 6.3.1
Deno.test("known networks have 25 failures an hour together, which strangers can't use up, nor they the strangers'", async () => {
  const db = await openDatabase(":memory:");
  for (let i = 0; i < 30; i++) await attempt(db, { ip: `203.0.113.${i}`, isKnown: false });
  const outcomes: unknown[] = [];
  for (let i = 0; i < 27; i++) outcomes.push(await attempt(db, { ip: `${i % 2 ? "46.16.60" : "81.40.12"}.${i}` }));

  assert.deepEqual(outcomes, [...Array(25).fill("reserved"), HOUR, HOUR]);
  const another = await openDatabase(":memory:");
  for (let i = 0; i < 30; i++) await attempt(another, { ip: `46.16.60.${i}` });
  assert.equal(await attempt(another, { ip: "203.0.113.1", isKnown: false }), "reserved");
});

// ASVS 6.3.1
Deno.test("an address at a known network has ten failures in three minutes, like any other", async () => {
  const db = await openDatabase(":memory:");
  for (let i = 0; i < 10; i++) await attempt(db, { ip: "46.16.60.1" });

  assert.equal(await attempt(db, { ip: "46.16.60.1" }), 3 * MINUTE);
  assert.equal(await attempt(db, { ip: "46.16.60.2" }), "reserved");
});

// ASVS 6.3.1
Deno.test("no number of failures at a known network locks an account", async () => {
  const db = await openDatabase(":memory:");
  for (let i = 0; i < 200; i++) {
    const now = START + Math.floor(i / 25) * HOUR;
    const outcome = await guess(db, { ip: `46.16.60.${i % 25}` }, now);
    assert.ok("runs" in outcome && !outcome.isLast);
  }

  const keys = (await db.select().from(limits)).map(({ key }) => key);
  assert.deepEqual(keys.filter((key) => key.startsWith("run:")), []);
  assert.equal(await attempt(db, { ip: "203.0.113.1", isKnown: false }), "reserved");
});

/** Strangers fail from many addresses until the account accepts nothing from them. */
async function useUp(browser: (ip: string) => Browser, email = EMAIL): Promise<void> {
  for (let i = 0; i < 25; i++) await browser(`203.0.113.${i}`).signIn(email, WRONG);
}

type Attempted = { ip: string; isKnown?: boolean };

function guess(db: Db, { ip, isKnown = true }: Attempted, now = START): Promise<Attempt | OverLimit> {
  const standing = isKnown ? KNOWN : { kind: "stranger" } as const;
  return reserveAttempt(db, guessFrom(ip, { email: EMAIL, standing }), now);
}

/** Reserves an attempt, or returns how many milliseconds to wait. */
async function attempt(db: Db, attempted: Attempted, now = START): Promise<"reserved" | number> {
  const outcome = await guess(db, attempted, now);
  return "retryAfter" in outcome ? outcome.retryAfter : "reserved";
}
