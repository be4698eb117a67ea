import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { argon2id } from "../credentials/argon2id.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { openDatabase } from "../db/database.ts";
import { browserUsers, connections, users } from "../db/schema.ts";
import { findUser, removeUser, renameUser, resetPassword } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { addAccount, CHEAP, DAY, EMAIL, ORIGIN, PASSWORD, type Reply, signedIn, START, startApp } from "./app.ts";

Deno.test("GET /sign-in says what to do about a forgotten password", async () => {
  const { browser } = await startApp();

  const { status, $ } = await browser().get(paths.signIn);

  assert.equal(status, 200);
  assert.match($("main").text(), /Forgot your password\? Ask the administrator/);
  assert.equal($("[name=email]").attr("autocomplete"), "username");
  assert.equal($("[name=password]").attr("autocomplete"), "current-password");
});

Deno.test("GET /sign-in names the command for the first account while there is none", async () => {
  const { browser } = await startApp({ db: await openDatabase(":memory:") });

  assert.match((await browser().get(paths.signIn)).$("main").text(), /deno task users add you@example\.com/);
});

Deno.test("GET /sign-in redirects to next when signed in", async () => {
  const { here } = await signedIn();

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
  const [{ id: _, userId: __, browser: opened, ...connection }] = await db.select().from(connections) as [
    typeof connections.$inferSelect,
  ];
  assert.deepEqual(await db.select({ browser: browserUsers.browserId }).from(browserUsers), [{ browser: opened }]);
  assert.deepEqual(connection, {
    openedAt: START,
    lastSeenAt: START,
    expiresAt: START + 7 * DAY,
    closedAt: null,
    endReason: null,
    closedBy: null,
    ip: "46.16.60.1",
    network: "46.16",
    method: "password",
    passkey: null,
    countryCode: "ES",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    device: "Firefox on Linux",
    deviceKind: "computer",
    unusual: null,
    verdict: null,
    place: null,
  });
});

Deno.test("POST /sign-in stores the first valid time zone that a browser sends", async () => {
  const { browser, db } = await startApp();
  const zone = async () => (await db.select().from(users))[0]?.timeZone;

  await browser().signIn(EMAIL, PASSWORD, { time_zone: "Mars/Olympus" });
  assert.equal(await zone(), null);
  await browser().signIn(EMAIL, PASSWORD, { time_zone: "Europe/Madrid" });
  await browser().signIn(EMAIL, PASSWORD, { time_zone: "Asia/Tokyo" });
  assert.equal(await zone(), "Europe/Madrid");
});

Deno.test("POST /sign-in stores a time zone in its usual spelling, and never the placeholder Factory", async () => {
  const { browser, db } = await startApp();
  const here = browser();

  await here.signIn(EMAIL, PASSWORD, { time_zone: "Factory" });
  assert.equal((await db.select().from(users))[0]?.timeZone, null);
  assert.equal((await here.get(`${paths.connections}?from=2026-11-23`)).status, 200);
  await here.signOut();
  await here.signIn(EMAIL, PASSWORD, { time_zone: "asia/calcutta" });
  assert.equal((await db.select().from(users))[0]?.timeZone, "Asia/Kolkata");
});

Deno.test("every account that can be made can sign in, however browsers write its address", async () => {
  const { browser, db } = await startApp();
  await addAccount(db, "josé@example.com", PASSWORD);
  await addAccount(db, "marta@exämple.com", PASSWORD);
  await addAccount(db, "ana@my_host.example", PASSWORD);
  const status = async (email: string) => (await browser().signIn(email)).status;

  assert.equal(await status("josé@example.com"), 303);
  assert.equal(await status("jose\u0301@example.com"), 303, "with a combining accent");
  assert.equal(await status("marta@exämple.com"), 303);
  assert.equal(await status("marta@xn--exmple-cua.com"), 303, "as Chromium's email fields send it");
  assert.equal(await status("MARTA@EXÄMPLE.COM"), 303);
  assert.equal(await status("ana@my_host.example"), 303);
});

Deno.test("the sign-in form leaves it to the server what an address is", async () => {
  const { $ } = await (await startApp()).browser().get(paths.signIn);

  const field = $("[name=email]");
  assert.deepEqual([field.attr("type"), field.attr("inputmode"), field.attr("autocomplete")], [
    "text",
    "email",
    "username",
  ]);
});

Deno.test("an account from before domains were written in ASCII still signs in, and can be renamed and removed", async () => {
  const { browser, db } = await startApp();
  await addAccount(db, "old@example.com", PASSWORD);
  await db.update(users).set({ email: "old@exämple.com" }).where(eq(users.email, "old@example.com"));

  assert.equal((await browser().signIn("old@exämple.com")).status, 303);
  assert.equal((await browser().signIn("old@xn--exmple-cua.com")).status, 303);
  assert.equal(await renameUser(db, "old@exämple.com", "new@exämple.com"), true);
  assert.equal(await removeUser(db, "new@exämple.com"), true);
});

Deno.test("a browser that hides its time zone leaves the account without one, until another tells it", async () => {
  const { browser, db } = await startApp();
  const zone = async () => (await db.select().from(users))[0]?.timeZone;

  await browser().signIn(EMAIL, PASSWORD, { time_zone: "UTC" });
  await browser().signIn(EMAIL, PASSWORD, { time_zone: "Etc/UTC" });
  await browser().signIn(EMAIL, PASSWORD, { time_zone: "Atlantic/Reykjavik" });
  assert.equal(await zone(), null);

  await browser().signIn(EMAIL, PASSWORD, { time_zone: "Europe/Kiev" });
  assert.equal(await zone(), "Europe/Kyiv");
});

Deno.test("POST /sign-in limits its cookie to the 400 days that browsers accept", async () => {
  const { browser } = await startApp({ lifetime: { idle: 1_000 * DAY, max: 1_000 * DAY } });

  const { status, headers } = await browser().signIn();

  assert.equal(status, 303);
  assert.match(headers.getSetCookie().join(), /Max-Age=34560000/);
});

Deno.test("POST /sign-in redirects to the page that was requested", async () => {
  const { browser } = await startApp();
  const here = browser();
  const requested = await here.get(`${paths.connections}?state=open`);
  const { $ } = await here.get(requested.headers.get("Location") ?? "");

  const answer = await here.post(paths.signIn, {
    csrf: $("[name=csrf]").attr("value") ?? "",
    next: $("[name=next]").attr("value") ?? "",
    email: EMAIL,
    password: PASSWORD,
  });

  assert.equal(answer.headers.get("Location"), `${paths.connections}?state=open`);
});

Deno.test("POST /sign-in says beside each field what is missing or too long", async () => {
  const { browser } = await startApp();

  const empty = await browser().submit(paths.signIn, { email: " ", password: "" });
  const long = await browser().submit(paths.signIn, {
    email: `${"m".repeat(300)}@example.com`,
    password: "x".repeat(5000),
  });

  assert.equal(empty.status, 422);
  assert.equal(empty.$("#email-problem").text(), "Type your email address.");
  assert.equal(empty.$("#password-problem").text(), "Type your password.");
  assert.equal(empty.$("[name=email]").attr("aria-describedby"), "email-problem");
  assert.equal(long.status, 422);
  assert.match(long.$("#email-problem").text(), /too long/);
  assert.match(long.$("#password-problem").text(), /This password is too long/);
});

// Security: race
Deno.test("a sign-in fails if the password changes while it is being checked", async () => {
  const cheap = createPasswords(CHEAP);
  const { browser, db, clock } = await startApp({
    passwords: createPasswords(CHEAP, async (password, salt, cost) => {
      const user = await findUser(db, EMAIL);
      await resetPassword(db, user!, (await cheap.hash("another long password"))!, clock.now);
      return await argon2id(password, salt, cost);
    }),
  });

  const answer = await browser().signIn();

  assert.equal(answer.status, 422);
  assert.deepEqual(await db.select().from(connections), []);
});

// ASVS 7.2.4
Deno.test("signing in again in the same browser creates a new session and ends the previous one", async () => {
  const { browser } = await startApp();
  const here = browser();
  const { $ } = await here.get(paths.signIn);
  const fields = { csrf: $("[name=csrf]").attr("value") ?? "", email: EMAIL, password: PASSWORD };
  await here.post(paths.signIn, fields);
  const first = here.cookies.get("session") ?? "";

  await here.post(paths.signIn, fields);

  const previous = browser();
  previous.cookies.set("session", first);
  assert.notEqual(here.cookies.get("session"), first);
  assert.equal(await here.isIn(), true);
  assert.equal(await previous.isIn(), false);
});

// ASVS 7.4.1
Deno.test("POST /sign-out closes the connection, and the sign-in page says so", async () => {
  const { here } = await signedIn();

  const answer = await here.signOut();

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), paths.signIn);
  // Emptying a cache takes browsers seconds, and a host's storage is none of the area's business.
  assert.equal(answer.headers.get("Clear-Site-Data"), null);
  assert.equal(await here.isIn(), false);
  assert.match(
    (await here.get(paths.signIn)).$(".notification").text(),
    /You signed out on 23 Nov 2026, 14:04 \(UTC\)/,
  );
});

// ASVS 3.7.2
Deno.test("next only leads to a path of this site", async () => {
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

function nextField({ $ }: Reply): string | undefined {
  return $("[name=next]").attr("value");
}
