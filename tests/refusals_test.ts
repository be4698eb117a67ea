import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { argon2id } from "../credentials/argon2id.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { recordRefusal } from "../db/refusals.ts";
import { limits, refusals } from "../db/schema.ts";
import { findUser, removeUser, resetPassword } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { readAddress } from "../visitor/addresses.ts";
import {
  addAccount,
  CHEAP,
  DAY,
  EMAIL,
  HOUR,
  MINUTE,
  ORIGIN,
  PASSWORD,
  signedIn,
  START,
  startApp,
  type TestApp,
  withoutCsrf,
} from "./app.ts";

// ASVS 6.3.8
Deno.test("POST /sign-in answers a wrong password and an unknown address alike, with the address as typed", async () => {
  const { browser } = await startApp();
  const here = browser("203.0.113.1");

  const wrong = await here.signIn(EMAIL, "not the password at all");
  const unknown = await here.signIn("nobody@example.com", "not the password at all");

  assert.equal(wrong.status, 422);
  assert.equal(wrong.$("[name=email]").attr("value"), EMAIL);
  assert.equal(wrong.$("[name=password]").attr("value"), undefined);
  assert.match(wrong.$(".notification-problem").text(), /The email address or the password is wrong/);
  assert.equal(unknown.status, wrong.status);
  assert.equal(withoutCsrf(unknown.text), withoutCsrf(wrong.text).replace(EMAIL, "nobody@example.com"));
  assert.deepEqual([...unknown.headers], [...wrong.headers]);
});

// ASVS 6.3.8, Security: refusals
Deno.test("POST /sign-in records refused attempts in an account's history, and nothing for an unknown address", async () => {
  const { browser, db } = await startApp();

  await browser("203.0.113.1").signIn("nobody@example.com", "not the password at all");
  assert.deepEqual(await db.select().from(refusals), []);
  await browser("203.0.113.1").signIn(EMAIL, "not the password at all");
  const [{ id: _, userId: __, userAgent: ___, ...refused }] = await db.select().from(refusals) as [
    typeof refusals.$inferSelect,
  ];
  assert.deepEqual(refused, {
    hour: Math.floor(START / HOUR),
    client: "203.0.113.1",
    connectionId: null,
    firstAt: START,
    lastAt: START,
    attempts: 1,
    addresses: 1,
    reason: "wrong_password",
    ip: "203.0.113.1",
    network: "203.0",
    countryCode: "none",
    device: "Firefox on Linux",
    deviceKind: "computer",
  });
});

// Security: removal
Deno.test("removing an account removes the counters of its refused attempts, and none of another's", async () => {
  const { browser, db } = await startApp();
  await addAccount(db, "joan@example.com", PASSWORD);
  await browser("203.0.113.1").signIn(EMAIL, "not the password at all");
  await browser("203.0.113.2").signIn("joan@example.com", "not the password at all");
  const [marta, joan] = [await findUser(db, EMAIL), await findUser(db, "joan@example.com")];
  const countersOf = async (id = "") => (await db.select().from(limits)).filter(({ key }) => key.includes(id)).length;
  assert.deepEqual([await countersOf(marta?.id), await countersOf(joan?.id)], [1, 1]);

  await removeUser(db, EMAIL);

  assert.deepEqual([await countersOf(marta?.id), await countersOf(joan?.id)], [0, 1]);
});

// ASVS 6.3.8
Deno.test("POST /sign-in answers before it records the refusal, and a fault there doesn't reveal the account", async () => {
  const { browser, db, log } = await startApp();
  await db.run(sql`create trigger no_refusal before insert on refusals begin select raise(fail, 'full'); end`);
  const here = browser("203.0.113.1");

  const wrong = await here.signIn(EMAIL, "not the password at all");
  const unknown = await here.signIn("nobody@example.com", "not the password at all");

  assert.equal(wrong.status, 422);
  assert.equal(withoutCsrf(unknown.text), withoutCsrf(wrong.text).replace(EMAIL, "nobody@example.com"));
  assert.equal(log.filter((line) => line.includes("sys_crash")).length, 1);
});

// Security: refusals
Deno.test("a flood of made-up addresses leaves few counters, and later refusals remove the expired ones", async () => {
  const { app, clock, db, settled } = await startApp();

  for (let i = 0; i < 200; i++) {
    await flood({ app, clock }, 1, { addresses: 1, within: 0, email: `nobody-${i}@example.com` });
    await settled();
  }
  // The address has ten attempts: each adds a counter for its account and one for its run. The last is that of the refusals.
  assert.equal(await db.$count(limits), 1 + 10 + 10 + 1);

  clock.now += 31 * DAY;
  for (let i = 0; i < 4; i++) {
    await flood({ app, clock }, 1, { addresses: 1, within: 0, email: "nobody@example.com" });
    await settled();
  }
  assert.equal(await db.$count(limits), 1 + 1 + 1 + 1);
});

// ASVS 6.3.1
Deno.test("POST /sign-in over the limit answers 429 with Retry-After even to the right password, and accepts it afterwards", async () => {
  const { browser, clock } = await startApp();
  const here = browser("203.0.113.1");
  for (let i = 0; i < 10; i++) await here.signIn(EMAIL, "not the password at all");

  const refused = await here.signIn();
  clock.now += 3 * MINUTE;
  const later = await here.signIn();

  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("Retry-After"), "180");
  assert.match(refused.$(".notification").text(), /Too many attempts\. Wait 3 minutes/);
  assert.equal(refused.$("[name=email]").attr("value"), EMAIL);
  assert.equal(later.status, 303);
});

// Security: refusals
Deno.test("a flood at one account makes 21 rows an hour that count them all", async () => {
  const { db } = await startApp();
  const user = await findUser(db, EMAIL);
  const from = { countryCode: "FR", userAgent: "curl/8.14.1", device: "curl", deviceKind: "script" as const };
  const standing = { kind: "stranger" } as const;

  for (let i = 0; i < 1_000; i++) {
    const address = readAddress(`198.51.100.${i % 250}`)!;
    const reason = i % 50 < 3 ? "wrong_password" : "too_many_tries";
    await recordRefusal(db, { user, visitor: { address, ...from }, standing, reason, now: START + i * 10_000 });
  }

  const rows = await db.select().from(refusals);
  // From 14:04 to 16:50: in each hour twenty clients, and the others.
  assert.equal(rows.length, 3 * 21);
  assert.equal(rows.reduce((sum, { attempts }) => sum + attempts, 0), 1_000);
  const others = rows.filter(({ client }) => client === "");
  assert.deepEqual(others.map(({ addresses, reason }) => [addresses, reason]), Array(3).fill([230, "wrong_password"]));
  assert.deepEqual(
    others.map(({ ip, countryCode, device }) => [ip, countryCode, device]),
    Array(3).fill(["", "none", "Unknown device"]),
  );
});

// Security: refusals
Deno.test("a flood of attempts neither fills the history's page nor hides the connections", async () => {
  const { here, app, clock, db, settled } = await signedIn();
  clock.now += MINUTE;
  await flood({ app, clock }, 500, { addresses: 60, within: HOUR / 2 });
  await settled();

  const { $ } = await here.get(paths.connections);

  assert.equal($("tbody tr[id]").length, 1 + 21);
  assert.equal($("tbody tr[id]").first().attr("class"), "open current");
  const counted = (await db.select().from(refusals)).map(({ attempts }) => attempts);
  assert.equal(counted.reduce((sum, attempts) => sum + attempts, 0), 500);
});

// Security: DoS
Deno.test("an attempt over the limit costs no hash, for any account", async () => {
  let hashes = 0;
  const counting = createPasswords(CHEAP, (...given) => (hashes++, argon2id(...given)));
  const { app, clock, browser } = await startApp({ passwords: counting });

  await flood({ app, clock }, 100, { addresses: 1, within: MINUTE });
  assert.equal(hashes, 10);
  await flood({ app, clock }, 100, { addresses: 1, within: MINUTE, email: "nobody@example.com" });
  assert.equal(hashes, 10);
  await flood({ app, clock }, 400, { addresses: 200, within: MINUTE });
  assert.equal(hashes, 25);
  assert.equal((await browser("203.0.113.200").signIn()).status, 429);
  assert.equal(hashes, 25);
});

// Security: DoS
Deno.test("POST /sign-in answers 503 with Retry-After while too many passwords are being checked, and counts no attempt", async () => {
  const passwords = createPasswords({ memory: 8192, passes: 4 });
  const { browser, db } = await startApp({ passwords });
  await resetPassword(db, (await findUser(db, EMAIL))!, (await passwords.hash(PASSWORD))!, START);
  const forms = await Promise.all(Array.from({ length: 25 }, async (_, i) => {
    const here = browser(`203.0.113.${i}`);
    const { $ } = await here.get(paths.signIn);
    return { here, csrf: $("[name=csrf]").attr("value") ?? "" };
  }));

  const answers = await Promise.all(
    forms.map(({ here, csrf }) => here.post(paths.signIn, { csrf, email: EMAIL, password: PASSWORD })),
  );

  const busy = answers.filter(({ status }) => status === 503);
  assert.equal(answers.filter(({ status }) => status === 303).length, 17);
  assert.equal(busy.length, 8);
  assert.equal(busy[0]?.headers.get("Retry-After"), "5");
  assert.equal(busy[0]?.$("[name=email]").attr("value"), EMAIL);
  const counts = await db.query.limits.findMany();
  assert.equal(counts.reduce((sum, { count }) => sum + count, 0), 0);
  const turnedAway = answers.flatMap(({ status }, i) => status === 503 ? [`address:203.0.113.${i}`] : []);
  assert.deepEqual(counts.filter(({ key }) => turnedAway.includes(key)), []);
});

/** Sends wrong passwords from each of some addresses in turn, spread evenly over `within`. */
async function flood(
  { app, clock }: Pick<TestApp, "app" | "clock">,
  attempts: number,
  { addresses, within, email = EMAIL }: { addresses: number; within: number; email?: string },
) {
  const start = clock.now;
  const csrf = "A".repeat(22);
  for (let i = 1; i <= attempts; i++) {
    clock.now = start + Math.floor(i * within / attempts);
    const network = Math.floor(i % addresses / 250);
    const remoteAddr = {
      transport: "tcp" as const,
      hostname: `198.51.${network}.${i % addresses % 250}`,
      port: 40_000,
    };
    const { status } = await app.request(`${ORIGIN}${paths.signIn}`, {
      method: "POST",
      headers: { Origin: ORIGIN, Cookie: `form-8000=${csrf}` },
      body: new URLSearchParams({ csrf, email, password: "not the password at all" }),
    }, { remoteAddr });
    assert.ok(status === 422 || status === 429);
  }
}
