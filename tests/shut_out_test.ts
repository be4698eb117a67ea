import assert from "node:assert/strict";
import type { InStatement } from "@libsql/client";
import { eq, like } from "drizzle-orm";
import fc from "fast-check";
import { createPasswords } from "../credentials/passwords.ts";
import { limits, refusals, sessions } from "../db/schema.ts";
import { findUser, resetPassword } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { type Browser, EMAIL, HOUR, MINUTE, ORIGIN, PASSWORD, startApp, type TestApp } from "./app.ts";
import {
  CHROME,
  connectionFrom,
  countryOf,
  csrfOf,
  GIRONA,
  LAGOS,
  MADRID,
  NOWHERE,
  steal,
  WRONG,
} from "./elsewhere.ts";

// ASVS 6.3.1, 6.3.4
Deno.test("ten wrong passwords over a stolen session close it and ask its owner, and nobody else notices", async () => {
  const { owner, phone, site } = await startWithPhone();
  const { db, clock } = site;
  clock.now += 10 * MINUTE;
  const thief = steal(site, phone);
  const csrf = await csrfOf(thief);
  const guess = (i: number) =>
    i % 2 === 0
      ? thief.post(paths.closeAll, { csrf, password: WRONG })
      : thief.post(paths.password, { csrf, current_password: WRONG, ...passwords("a much better password") });

  const statuses: number[] = [];
  for (let i = 0; i < 12; i++) statuses.push((await guess(i)).status);

  assert.deepEqual(statuses, [...Array(9).fill(422), 303, 303, 303]);
  assert.equal(await phone.isIn(), false);
  const closed = await connectionFrom(db, PHONE);
  assert.equal(closed.endReason, "too_many_attempts");
  assert.ok(closed.unusual?.split(" ").includes("wrong_confirmations"));
  const [row, ...others] = await db.select().from(refusals);
  assert.deepEqual([row?.reason, row?.ip, row?.attempts, row?.connectionId, others.length], [
    "wrong_confirmation",
    LAGOS,
    10,
    closed.id,
    0,
  ]);
  assert.match((await owner.get(paths.connections)).$(".banner").text(), /1 unusual connection/);
  assert.equal((await phone.signIn()).status, 303);
  assert.equal((await owner.submit(paths.closeAll, { password: PASSWORD })).status, 303);
  assert.equal((await site.browser(GIRONA).signIn()).status, 303, "strangers' budgets are untouched");
});

// ASVS 6.3.1
Deno.test("made-up accounts tried from an office's address don't keep its owner from closing or signing in", async () => {
  const { owner, site } = await startWithPhone();
  site.clock.now += 10 * MINUTE;
  for (let i = 0; i < 12; i++) await guess(site, MADRID, `nobody-${i}@example.com`);
  assert.equal((await site.browser(MADRID, CHROME).signIn()).status, 429);

  assert.equal((await owner.submit(paths.closeAll, { password: PASSWORD })).status, 303);
  await owner.signOut();
  assert.equal((await owner.signIn()).status, 303);
});

// ASVS 6.3.1
Deno.test("a known browser signs in from a new address while strangers use up the hour, and while they are locked out", async () => {
  const { owner, site } = await startWithPhone();
  const { clock, db } = site;
  const moved = site.browser(GIRONA);
  moved.cookies.set("browser", owner.cookies.get("browser")!);

  for (let i = 0; i < 25; i++) await guess(site, `198.51.100.${i}`, EMAIL);
  assert.equal((await site.browser(GIRONA).signIn()).status, 429);
  assert.equal((await moved.signIn()).status, 303);

  for (let hour = 0; hour < 5; hour++) {
    clock.now += HOUR;
    for (let i = 0; i < 25; i++) await guess(site, `198.51.100.${i}`, EMAIL);
  }
  const locked = await site.browser(LAGOS).signIn();
  assert.equal(locked.status, 429);
  assert.ok(await db.$count(refusals, eq(refusals.reason, "locked")) > 0);
  await moved.signOut();
  assert.equal((await moved.signIn()).status, 303);
  assert.equal((await site.browser(MADRID, CHROME).signIn()).status, 303, "so does anyone on a known network");
});

// ASVS 6.3.1
Deno.test("where the client's address is unknown there is no budget by address, and the log says so once", async () => {
  const { app, log, db } = await startApp();
  const csrf = "A".repeat(22);
  const signIn = async (email: string, password: string) => {
    const { status } = await app.request(`${ORIGIN}${paths.signIn}`, {
      method: "POST",
      headers: { Origin: ORIGIN, Cookie: `form-8000=${csrf}` },
      body: new URLSearchParams({ csrf, email, password }),
    });
    return status;
  };

  for (let i = 0; i < 15; i++) assert.equal(await signIn(`nobody-${i}@example.com`, WRONG), 422);

  assert.equal(await signIn(EMAIL, PASSWORD), 303);
  assert.equal(await db.$count(limits, like(limits.key, "address:%")), 0);
  assert.equal(log.filter((line) => line.includes("address_unknown")).length, 1);
});

// Security: DoS
Deno.test("with every slot and place in the queue taken by strangers, a known browser signs in and a session closes", async () => {
  const slow = createPasswords({ memory: 8192, passes: 4 });
  const { owner, site } = await startWithPhone({ passwords: slow });
  const { db, browser, clock } = site;
  await resetPassword(db, (await findUser(db, EMAIL))!, (await slow.hash(PASSWORD))!, clock.now);
  await owner.signIn();
  await browser(MADRID).signIn();
  clock.now += 10 * MINUTE;
  const knownBrowser = browser(GIRONA);
  knownBrowser.cookies.set("browser", owner.cookies.get("browser")!);
  const [csrf, form] = [await csrfOf(owner), await formOf(knownBrowser)];
  const strangers = await Promise.all(Array.from({ length: 40 }, async (_, i) => {
    const stranger = browser(`2001:db8:0:${i}::1`);
    return { stranger, csrf: await formOf(stranger) };
  }));

  const flood = strangers.map(({ stranger, csrf }, i) =>
    stranger.post(paths.signIn, { csrf, email: `nobody-${i}@example.com`, password: WRONG })
  );
  const closed = await owner.post(paths.closeAll, { csrf, password: PASSWORD });
  const signedIn = await knownBrowser.post(paths.signIn, { csrf: form, email: EMAIL, password: PASSWORD });
  const statuses = (await Promise.all(flood)).map(({ status }) => status);

  assert.deepEqual([closed.status, signedIn.status], [303, 303]);
  assert.ok(statuses.includes(503) && statuses.includes(422));
});

// ASVS 6.3.1
Deno.test("whatever strangers do, from whichever addresses, the owner signs in and closes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 50, size: "max" }), async (actions) => {
      const { owner, phone, site } = await startWithPhone();
      const { db, clock } = site;
      for (const { do: kind, ip, pause, email } of actions) {
        clock.now += pause;
        if (kind === "guess") await guess(site, ip, email);
        if (kind === "burst") await Promise.all(Array.from({ length: 8 }, () => guess(site, ip, email)));
        if (kind === "steal" && await phone.isIn()) {
          const thief = steal(site, phone, ip);
          await db.update(sessions).set({ confirmedAt: 0 });
          const csrf = await csrfOf(thief);
          for (let i = 0; i < 3; i++) await thief.post(paths.closeAll, { csrf, password: WRONG });
        }
      }
      // Strangers together have at most 100 failures in a row, and lock nobody but themselves.
      const runs = await db.select().from(limits).where(like(limits.key, "run:%"));
      assert.ok(runs.every(({ count }) => count <= 101));

      clock.now += 6 * MINUTE;
      const moved = site.browser(GIRONA);
      moved.cookies.set("browser", owner.cookies.get("browser")!);
      assert.equal((await moved.signIn()).status, 303);
      assert.equal((await owner.submit(paths.closeAll, { password: PASSWORD })).status, 303);
      assert.equal(await moved.isIn(), false);
      await owner.signOut();
      assert.equal((await owner.signIn()).status, 303);
      db.$client.close();
    }),
    { numRuns: 8, endOnFailure: true },
  );
});

// Security: DoS
Deno.test("over the limit, 100 attempts at once write nothing each", async () => {
  const { site } = await startWithPhone();
  const { db, log } = site;
  const stranger = site.browser(NOWHERE);
  const csrf = await formOf(stranger);
  const guess = () => stranger.post(paths.signIn, { csrf, email: EMAIL, password: WRONG });
  for (let i = 0; i < 11; i++) await guess();
  const writes = countWrites(site);

  const answers = await Promise.all(Array.from({ length: 100 }, guess));

  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([429]));
  assert.ok(writes() <= 2, `${writes()} writes`);
  const [row] = await db.select().from(refusals);
  assert.deepEqual([row?.attempts, row?.ip], [111, NOWHERE]);
  const counted = log.flatMap((line) => line.includes("excess_rate") ? [JSON.parse(line)["count"]] : []);
  assert.equal(counted.reduce((sum, count) => sum + count, 0), 101);
});

type Action = {
  do: "guess" | "burst" | "steal";
  ip: string;
  pause: number;
  email: string;
};

const action: fc.Arbitrary<Action> = fc.record({
  do: fc.constantFrom("guess", "guess", "guess", "burst", "steal"),
  // The owner's own address and network too.
  ip: fc.oneof(
    fc.constantFrom(MADRID, "46.16.99.9", GIRONA, LAGOS),
    fc.ipV4().filter((ip) => !ip.startsWith("127.")),
    fc.nat({ max: 65_535 }).map((subnet) => `2001:db8:0:${subnet.toString(16)}::1`),
  ),
  pause: fc.constantFrom(0, 0, 1, MINUTE, 10 * MINUTE, HOUR, 3 * HOUR),
  email: fc.constantFrom(EMAIL, EMAIL, EMAIL, "nobody@example.com"),
});

const PHONE = "46.16.60.2";

/** The owner, signed in at a desk in Madrid and on a phone in the same network. */
async function startWithPhone(changes: Parameters<typeof startApp>[0] = {}) {
  const site = await startApp({ countryOf, lifetime: { idle: 365 * 24 * HOUR, max: 365 * 24 * HOUR }, ...changes });
  const [owner, phone] = [site.browser(MADRID), site.browser(PHONE)];
  await owner.signIn();
  await phone.signIn();
  return { site, owner, phone };
}

async function formOf(browser: Browser): Promise<string> {
  return (await browser.get(paths.signIn)).$("[name=csrf]").attr("value") ?? "";
}

function passwords(password: string): Record<string, string> {
  return { new_password: password, new_password_again: password };
}

/** Sends a wrong password from an address. */
async function guess(site: TestApp, ip: string, email: string): Promise<void> {
  const stranger = site.browser(ip, CHROME);
  stranger.cookies.set("form", "A".repeat(22));
  await stranger.post(paths.signIn, { csrf: "A".repeat(22), email, password: WRONG });
}

/** Counts the batches and statements that write from now on. */
function countWrites({ db }: Pick<TestApp, "db">): () => number {
  const { execute, batch } = db.$client;
  let writes = 0;
  const isWrite = (statement: InStatement) =>
    !/^\s*select/i.test(typeof statement === "string" ? statement : statement.sql);
  Object.assign(db.$client, {
    execute(statement: InStatement) {
      if (isWrite(statement)) writes++;
      return execute(statement);
    },
    batch(statements: InStatement[]) {
      if (statements.some(isWrite)) writes++;
      return batch(statements);
    },
  });
  return () => writes;
}
