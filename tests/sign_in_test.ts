import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { readAddress } from "../visitor/addresses.ts";
import { recordRefusal } from "../db/refusals.ts";
import { connections, limits, refusals, users } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { openDatabase } from "../db/database.ts";
import { findUser, resetPassword } from "../db/users.ts";
import { type Answer, DAY, EMAIL, HOUR, MINUTE, ORIGIN, PASSWORD, START, startApp, type TestApp } from "./app.ts";

Deno.test("GET /sign-in says what to do about a forgotten password", async () => {
  const { browser } = await startApp();

  const { status, $ } = await browser().get(paths.signIn);

  assert.equal(status, 200);
  assert.match($("main").text(), /Forgot your password\? Ask the operator/);
  assert.equal($("[name=email]").attr("autocomplete"), "username");
  assert.equal($("[name=password]").attr("autocomplete"), "current-password");
});

Deno.test("GET /sign-in names the command for the first account while there is none", async () => {
  const { browser } = await startApp({ db: await openDatabase(":memory:") });

  assert.match((await browser().get(paths.signIn)).$("main").text(), /deno task users add you@example\.com/);
});

Deno.test("GET /sign-in leads on when already signed in", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();

  const answer = await here.get(`${paths.signIn}?next=${encodeURIComponent(paths.password)}`);

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), paths.password);
});

Deno.test("POST /sign-in opens a connection with time, address, network, country, User-Agent and device", async () => {
  const { browser, db } = await startApp();

  const answer = await browser("::ffff:46.16.60.1").signIn("  MARTA@example.com ", PASSWORD, {
    time_zone: "europe/madrid",
  });

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), paths.connections);
  const [{ id: _, userId: __, ...connection }] = await db.select().from(connections) as [
    typeof connections.$inferSelect,
  ];
  assert.deepEqual(connection, {
    openedAt: START,
    lastSeenAt: START,
    expiresAt: START + 7 * DAY,
    closedAt: null,
    endReason: null,
    closedBy: null,
    ip: "46.16.60.1",
    network: "46.16",
    countryCode: "ES",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    device: "Firefox on Linux",
    deviceKind: "computer",
    unusual: null,
    answer: null,
  });
});

Deno.test("POST /sign-in keeps the first time zone that a browser brings, and no nonsense", async () => {
  const { browser, db } = await startApp();
  const zone = async () => (await db.select().from(users))[0]?.timeZone;

  await browser().signIn(EMAIL, PASSWORD, { time_zone: "Mars/Olympus" });
  assert.equal(await zone(), null);
  await browser().signIn(EMAIL, PASSWORD, { time_zone: "Europe/Madrid" });
  await browser().signIn(EMAIL, PASSWORD, { time_zone: "Asia/Tokyo" });
  assert.equal(await zone(), "Europe/Madrid");
});

Deno.test("POST /sign-in keeps a zone as it is usually spelled, and none that days can't be counted in", async () => {
  const { browser, db } = await startApp();
  const here = browser();

  await here.signIn(EMAIL, PASSWORD, { time_zone: "Factory" });
  assert.equal((await db.select().from(users))[0]?.timeZone, null);
  assert.equal((await here.get(`${paths.connections}?from=2026-11-23`)).status, 200);
  await here.signOut();
  await here.signIn(EMAIL, PASSWORD, { time_zone: "asia/kolkata" });
  assert.equal((await db.select().from(users))[0]?.timeZone, "Asia/Kolkata");
});

Deno.test("POST /sign-in sets no cookie for longer than browsers keep one", async () => {
  const { browser } = await startApp({ lifetime: { idle: 1_000 * DAY, max: 1_000 * DAY } });

  const { status, headers } = await browser().signIn();

  assert.equal(status, 303);
  assert.match(headers.getSetCookie().join(), /Max-Age=34560000/);
});

Deno.test("POST /sign-in goes on to the page that was asked for", async () => {
  const { browser } = await startApp();
  const here = browser();
  const asked = await here.get(`${paths.connections}?state=open`);
  const { $ } = await here.get(asked.headers.get("Location") ?? "");

  const answer = await here.post(paths.signIn, {
    csrf: $("[name=csrf]").attr("value") ?? "",
    next: $("[name=next]").attr("value") ?? "",
    email: EMAIL,
    password: PASSWORD,
  });

  assert.equal(answer.headers.get("Location"), `${paths.connections}?state=open`);
});

// ASVS 6.3.8
Deno.test("POST /sign-in answers a wrong password and an unknown address alike, and keeps what was typed", async () => {
  const { browser } = await startApp();
  const here = browser("203.0.113.1");

  const wrong = await here.signIn(EMAIL, "not the password at all");
  const unknown = await here.signIn("nobody@example.com", "not the password at all");

  assert.equal(wrong.status, 422);
  assert.equal(wrong.$("[name=email]").attr("value"), EMAIL);
  assert.equal(wrong.$("[name=password]").attr("value"), undefined);
  assert.match(wrong.$(".notification.problem").text(), /E-mail address or password is wrong/);
  assert.equal(unknown.status, wrong.status);
  assert.equal(unknown.text, wrong.text.replace(EMAIL, "nobody@example.com"));
  assert.deepEqual([...unknown.headers], [...wrong.headers]);
});

// ASVS 6.3.8, Security: refusals
Deno.test("POST /sign-in writes the refused tries of an account into its history, and nothing of an unknown address", async () => {
  const { browser, db } = await startApp();

  await browser("203.0.113.1").signIn("nobody@example.com", "not the password at all");
  assert.deepEqual(await db.select().from(refusals), []);
  await browser("203.0.113.1").signIn(EMAIL, "not the password at all");
  const [{ id: _, userId: __, userAgent: ___, ...refused }] = await db.select().from(refusals) as [
    typeof refusals.$inferSelect,
  ];
  assert.deepEqual(refused, {
    hour: Math.floor(START / HOUR),
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

// ASVS 6.3.8
Deno.test("POST /sign-in answers before the refused try is written, so that no fault of that tells accounts apart", async () => {
  const { browser, db, log } = await startApp();
  await db.run(sql`create trigger no_refusal before insert on refusals begin select raise(fail, 'full'); end`);
  const here = browser("203.0.113.1");

  const wrong = await here.signIn(EMAIL, "not the password at all");
  const unknown = await here.signIn("nobody@example.com", "not the password at all");

  assert.equal(wrong.status, 422);
  assert.equal(unknown.text, wrong.text.replace(EMAIL, "nobody@example.com"));
  assert.equal(log.filter((line) => line.includes("sys_crash")).length, 1);
});

// Security: refusals
Deno.test("a flood of made-up addresses leaves no more than a counter, and expired counters go with nobody signing in", async () => {
  const { app, clock, db, settled } = await startApp();

  for (let i = 0; i < 200; i++) {
    await startFlood({ app, clock }, 1, { addresses: 1, within: 0, email: `nobody-${i}@example.com` });
    await settled();
  }
  // Ten were looked at, each with a counter of its own for the address and for the run.
  assert.equal(await db.$count(limits), 1 + 10 + 10 + 1);

  clock.now += 31 * DAY;
  for (let i = 0; i < 4; i++) {
    await startFlood({ app, clock }, 1, { addresses: 1, within: 0, email: "nobody@example.com" });
    await settled();
  }
  assert.equal(await db.$count(limits), 1 + 1 + 1 + 1);
});

Deno.test("POST /sign-in says by each field what is missing or too long", async () => {
  const { browser } = await startApp();

  const empty = await browser().submit(paths.signIn, { email: " ", password: "" });
  const long = await browser().submit(paths.signIn, {
    email: `${"m".repeat(300)}@example.com`,
    password: "x".repeat(5000),
  });

  assert.equal(empty.status, 422);
  assert.equal(empty.$("#email-problem").text(), "Type your e-mail address.");
  assert.equal(empty.$("#password-problem").text(), "Type your password.");
  assert.equal(empty.$("[name=email]").attr("aria-describedby"), "email-problem");
  assert.equal(long.status, 422);
  assert.match(long.$("#email-problem").text(), /too long/);
  assert.match(long.$("#password-problem").text(), /No password here is that long/);
});

// ASVS 6.3.1
Deno.test("POST /sign-in answers 429 with Retry-After past the limit, even to the right password, and lets in afterwards", async () => {
  const { browser, clock } = await startApp();
  const here = browser("203.0.113.1");
  for (let i = 0; i < 10; i++) await here.signIn(EMAIL, "not the password at all");

  const refused = await here.signIn();
  clock.now += 3 * MINUTE;
  const later = await here.signIn();

  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("Retry-After"), "180");
  assert.match(refused.$(".notification").text(), /There were too many tries\. Wait 3 minutes/);
  assert.equal(refused.$("[name=email]").attr("value"), EMAIL);
  assert.equal(later.status, 303);
});

// Security: refusals
Deno.test("a flood of 10,000 tries at one account makes a handful of rows that count them all", async () => {
  const { db } = await startApp();
  const user = await findUser(db, EMAIL);
  const from = { countryCode: "none", userAgent: "", device: "Unknown device", deviceKind: "unknown" as const };

  for (let i = 0; i < 10_000; i++) {
    const address = readAddress(`198.51.100.${i % 250}`)!;
    const reason = i % 500 < 25 ? "wrong_password" : "too_many_tries";
    await recordRefusal(db, { user, visitor: { address, ...from }, reason, now: START + i * 1000 });
  }

  const rows = await db.select().from(refusals);
  // From 14:04 to 16:50.
  assert.equal(rows.length, 3);
  assert.equal(rows.reduce((sum, { attempts }) => sum + attempts, 0), 10_000);
  assert.deepEqual(rows.map(({ addresses, reason }) => [addresses, reason]), Array(3).fill([250, "wrong_password"]));
});

// Security: refusals
Deno.test("a flood of tries at the form neither fills the page nor hides the connections from it", async () => {
  const { app, browser, clock, settled } = await startApp();
  const here = browser();
  await here.signIn();
  clock.now += MINUTE;
  await startFlood({ app, clock }, 500, { addresses: 10, within: HOUR / 2 });
  await settled();

  const { $ } = await here.get(paths.connections);

  assert.equal($("tbody tr").length, 2);
  assert.equal($("tbody tr").first().attr("class"), "current");
  assert.match($("tbody tr").last().text(), /500/);
});

// Security: DoS
Deno.test("a try over the limit costs no hash, whoever it is for", async () => {
  const cheap = createPasswords({ memory: 64, passes: 1 });
  let hashes = 0;
  const counting = {
    ...cheap,
    verify: (...args: Parameters<typeof cheap.verify>) => (hashes++, cheap.verify(...args)),
  };
  const { app, clock, browser } = await startApp({ passwords: counting });

  await startFlood({ app, clock }, 100, { addresses: 1, within: MINUTE });
  assert.equal(hashes, 10);
  await startFlood({ app, clock }, 100, { addresses: 1, within: MINUTE, email: "nobody@example.com" });
  assert.equal(hashes, 10);
  await startFlood({ app, clock }, 400, { addresses: 200, within: MINUTE });
  assert.equal(hashes, 25);
  assert.equal((await browser("203.0.113.200").signIn()).status, 429);
  assert.equal(hashes, 25);
});

// Security: DoS
Deno.test("POST /sign-in answers 503 with Retry-After when too many passwords are being checked, and takes no try for it", async () => {
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
  assert.equal(answers.filter(({ status }) => status === 303).length, 18);
  assert.equal(busy.length, 7);
  assert.equal(busy[0]?.headers.get("Retry-After"), "5");
  assert.equal(busy[0]?.$("[name=email]").attr("value"), EMAIL);
  const counts = await db.query.limits.findMany();
  assert.equal(counts.reduce((sum, { count }) => sum + count, 0), 0);
  const turnedAway = answers.flatMap(({ status }, i) => status === 503 ? [`address:203.0.113.${i}`] : []);
  assert.deepEqual(counts.filter(({ key }) => turnedAway.includes(key)), []);
});

// Security: race
Deno.test("a sign-in whose password changed while it was being checked fails", async () => {
  const slow = createPasswords({ memory: 64, passes: 1 });
  const { browser, db, clock } = await startApp({
    passwords: {
      ...slow,
      async verify(password, stored) {
        const isRight = await slow.verify(password, stored);
        const user = await findUser(db, EMAIL);
        await resetPassword(db, user!, (await slow.hash("another long password"))!, clock.now);
        return isRight;
      },
    },
  });

  const answer = await browser().signIn();

  assert.equal(answer.status, 422);
  assert.deepEqual(await db.select().from(connections), []);
});

// ASVS 7.2.4
Deno.test("signing in again in the same browser makes a new session and ends the one before", async () => {
  const { browser } = await startApp();
  const here = browser();
  const { $ } = await here.get(paths.signIn);
  const fields = { csrf: $("[name=csrf]").attr("value") ?? "", email: EMAIL, password: PASSWORD };
  await here.post(paths.signIn, fields);
  const first = here.cookies.get("session") ?? "";

  await here.post(paths.signIn, fields);

  const before = browser();
  before.cookies.set("session", first);
  assert.notEqual(here.cookies.get("session"), first);
  assert.equal(await here.isIn(), true);
  assert.equal(await before.isIn(), false);
});

// ASVS 7.4.1, 14.3
Deno.test("POST /sign-out closes the connection, tells the browser to forget, and the sign-in page says so", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();

  const answer = await here.signOut();

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), paths.signIn);
  assert.equal(answer.headers.get("Clear-Site-Data"), '"cache", "storage"');
  assert.equal(await here.isIn(), false);
  assert.match(
    (await here.get(paths.signIn)).$(".notification").text(),
    /You signed out on 23 Nov 2026, 14:04 \(UTC\)/,
  );
});

// ASVS 3.7.2
Deno.test("next leads nowhere but to a path of this site", async () => {
  const { browser } = await startApp();
  const next = async (value: string) =>
    nextField(await browser().get(`${paths.signIn}?next=${encodeURIComponent(value)}`));

  assert.equal(await next("/user/security/password"), "/user/security/password");
  assert.equal(
    await next("/user/security/connections?ip=46.16&state=open"),
    "/user/security/connections?ip=46.16&state=open",
  );
  assert.equal(await next("//evil.example"), paths.connections);
  assert.equal(await next("/\\evil.example"), paths.connections);
  assert.equal(await next("/%2f%2fevil.example"), paths.connections);
  assert.equal(await next("/%5cevil.example"), paths.connections);
  assert.equal(await next("/\t/evil.example"), paths.connections);
  assert.equal(await next("https://evil.example/"), paths.connections);
  assert.equal(await next("javascript:alert(1)"), paths.connections);
  assert.equal(await next(ORIGIN), paths.connections);
  assert.equal(await next("/x/..//evil.example"), paths.connections);
  assert.equal(await next("/.//evil.example"), paths.connections);
  assert.equal(await next("/x/../%2fevil.example"), paths.connections);
  assert.equal(await next("/sign-in?next=/"), paths.connections);
  assert.equal(await next("/x/../sign-in"), paths.connections);
  assert.equal(await next(""), paths.connections);
});

/** Sends so many wrong passwords, from each address in turn, spread evenly over a time; all answers say no. */
async function startFlood(
  { app, clock }: Pick<TestApp, "app" | "clock">,
  tries: number,
  { addresses, within, email = EMAIL }: { addresses: number; within: number; email?: string },
) {
  const start = clock.now;
  const csrf = "A".repeat(22);
  for (let i = 1; i <= tries; i++) {
    clock.now = start + Math.floor(i * within / tries);
    const network = Math.floor(i % addresses / 250);
    const remoteAddr = {
      transport: "tcp" as const,
      hostname: `198.51.${network}.${i % addresses % 250}`,
      port: 40_000,
    };
    const { status } = await app.request(`${ORIGIN}${paths.signIn}`, {
      method: "POST",
      headers: { Origin: ORIGIN, Cookie: `form=${csrf}` },
      body: new URLSearchParams({ csrf, email, password: "not the password at all" }),
    }, { remoteAddr });
    assert.ok(status === 422 || status === 429);
  }
}

function nextField({ $ }: Answer): string | undefined {
  return $("[name=next]").attr("value");
}
