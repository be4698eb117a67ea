import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { disableUser } from "../db/accounts/disabling.ts";
import { openDatabase } from "../db/database.ts";
import { accountKey } from "../db/limits.ts";
import { browserUsers, connections, limits, links, outbox, users } from "../db/schema.ts";
import { addUser, findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import {
  addAccount,
  type Browser,
  DAY,
  EMAIL,
  HOUR,
  MINUTE,
  PASSWORD,
  type Reply,
  START,
  startApp,
  withoutCsrf,
} from "./app.ts";
import { recordsOf, SAFARI } from "./elsewhere.ts";
import { linksIn, startMailServer, startWithMail } from "./mail.ts";
import { startRemote } from "./remote.ts";
import { addAuthenticator, startWithKey } from "./second_factor.ts";

const NEW = "a much better password than before";
const FIELDS = { new_password: NEW, new_password_again: NEW };
const UNKNOWN = "nobody@example.com";

// ASVS 6.4.6, Security: forgotten password
Deno.test("a mailed link for a forgotten password closes everything and forgets all browsers", async () => {
  await using site = await startWithMail();
  const { browser, db, received } = site;
  const [thief, owner] = [browser("203.0.113.1"), browser("46.16.60.9", SAFARI)];
  await thief.signIn();
  assert.equal(await db.$count(browserUsers), 1);
  const signIn = await owner.get(paths.signIn);
  assert.equal(signIn.$(`main a[href="${paths.forgotten}"]`).text(), "Forgot your password?");

  await ask(owner, EMAIL);
  const [mail, ...more] = received;
  const [link] = linksIn(mail!);
  const page = await owner.get(link!);
  const done = await owner.submit(link!, FIELDS);

  assert.deepEqual([mail!.recipients, more], [[EMAIL], []]);
  assert.match(
    page.$("main").text(),
    /marta@example\.com.*works once.*Every connection to your account will be closed/,
  );
  assert.deepEqual([done.status, done.headers.get("Location")], [303, paths.signIn]);
  assert.equal(await owner.isIn(), false, "the link signs nobody in");
  assert.equal(await thief.isIn(), false);
  assert.match((await thief.get(paths.signIn)).$("main").text(), /when the password was changed/);
  assert.deepEqual([await db.$count(browserUsers), await db.$count(links)], [0, 0]);
  assert.equal((await owner.signIn(EMAIL, PASSWORD)).status, 422);
  assert.equal((await owner.signIn(EMAIL, NEW)).status, 303);
  assert.match(received[1]?.subject ?? "", /your password was set with a link/);
  assert.match(received[1]?.text ?? "", /Safari on iPhone/);
});

// Security: forgotten password
Deno.test("the history shows when and where a link set the password, and what that closed", async () => {
  await using site = await startWithMail();
  const { browser, received } = site;
  await browser("203.0.113.1").signIn();
  site.clock.now += MINUTE;
  const owner = browser("46.16.60.9", SAFARI);
  await ask(owner, EMAIL);
  await owner.submit(linksIn(received[0]!)[0]!, FIELDS);
  site.clock.now += MINUTE;
  await owner.signIn(EMAIL, NEW);

  const history = await owner.get(paths.connections);
  const rows = history.$("tbody tr[id]").toArray().map((row) => history.$(row).text().replace(/\s+/g, " "));

  assert.equal(rows.length, 3);
  assert.match(rows[0]!, /Safari on iPhone.*Open/);
  assert.match(rows[1]!, /46\.16\.60\.9.*Spain.*Safari on iPhone.*Closed Password set with a one-time link/);
  assert.match(rows[2]!, /203\.0\.113\.1.*Closed by a password change/);
  const details = await owner.get(history.$("tbody tr[id]").eq(1).find("a").attr("href")!);
  assert.doesNotMatch(details.$("main").text(), /Signed in with/);
  const records = recordsOf((await owner.get(paths.csv)).text);
  assert.deepEqual([records[1]!.state, records[1]!.end_reason, records[1]!.method], ["closed", "password_set", "link"]);
  assert.equal(records[2]!.closed_from, "Safari on iPhone");
});

// ASVS 6.4.3
Deno.test("a sign-in after a forgotten password still asks for the second step", async () => {
  const key = await startWithKey();
  await addAuthenticator(key.here, key.clock);
  await using site = await startWithMail({ db: key.db, secrets: key.secrets });
  site.clock.now = key.clock.now;
  const owner = site.browser();

  await ask(owner, EMAIL);
  await owner.submit(linksIn(site.received[0]!)[0]!, FIELDS);

  assert.equal((await owner.signIn(EMAIL, NEW)).headers.get("Location"), paths.code);
  assert.equal(await owner.isIn(), false);
});

// ASVS 6.3.8
Deno.test("a link is sent a moment after the answer, so that the next answer reveals no account", async () => {
  await using server = await startMailServer();
  await using site = await startWithMail({ server, linkDelay: 1_000 });
  const here = site.browser();
  await here.signIn();

  await site.browser("203.0.113.1").submit(paths.forgotten, { email: EMAIL });
  await here.submit(paths.email, { email: "new@example.com", password: PASSWORD });

  assert.deepEqual([server.received.length, await site.db.$count(outbox)], [0, 2]);
  await server.waitFor(2);
  await site.settled();
});

// ASVS 6.3.8
Deno.test("known, unknown, disabled and odd addresses get the same answer, and cost the same calls", async () => {
  await using remote = await startRemote();
  await addAccount(remote.db, EMAIL, PASSWORD);
  await addAccount(remote.db, "joan@example.com", PASSWORD);
  await addUser(remote.db, "host@example.com", "", START);
  await disableUser(remote.db, (await findUser(remote.db, "joan@example.com"))!, START);
  const { browser } = await startApp({ db: remote.db, mail: { wake: () => {} } });
  const odd = [
    "x",
    "łukasz@ßx.example",
    "a@b@c",
    `marta@example.com\r\nBcc: ${UNKNOWN}`,
    "%00",
    "'; drop table users",
    " ",
  ];
  const seen: string[] = [];

  for (const [i, email] of [EMAIL, UNKNOWN, "joan@example.com", "host@example.com", ...odd.slice(0, -1)].entries()) {
    const here = browser(`198.51.100.${i}`);
    await here.get(paths.forgotten);
    const before = remote.calls.length;
    const answer = await ask(here, email);
    const calls = remote.calls.slice(before);
    const page = await here.get(answer.headers.get("Location")!);
    seen.push(JSON.stringify([describe(answer), calls, describe(page)]));
  }

  assert.equal(new Set(seen).size, 1);
  assert.match(seen[0]!, /303.*If there is an account with this address, an email is on its way/);
  assert.deepEqual((await remote.db.select().from(outbox)).map(({ event }) => event), ["forgotten"]);
  assert.equal((await ask(browser(), " ")).status, 422);
});

// Security: forgotten password
Deno.test("a stranger who asks for links all day gets three an hour sent, and the owner's newest link always works", async () => {
  await using site = await startWithMail();
  const { browser, clock, received, db } = site;
  const times: number[] = [];

  for (let i = 0; i < 24 * 12; i++) {
    const before = received.length;
    assert.equal((await ask(browser(`198.51.${i >> 8}.${i & 255}`), EMAIL)).status, 303);
    if (received.length > before) {
      times.push(clock.now);
      assert.equal((await browser().get(linksIn(received.at(-1)!)[0]!)).status, 200);
    }
    clock.now += 5 * MINUTE;
  }

  const mostInAnHour = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + HOUR).length));
  assert.equal(mostInAnHour, 3);
  assert.ok(times.length >= 24, "the owner is never without mail for long");
  assert.ok(await db.$count(limits) < 30, "the counters of strangers don't pile up");
});

// Security: forgotten password
Deno.test("whatever strangers ask for, an owner at a known browser still gets a link", async () => {
  await using site = await startWithMail();
  const { browser, received } = site;
  const owner = browser("203.0.113.7");
  await owner.signIn();
  await owner.signOut();
  for (let i = 0; i < 5; i++) await ask(browser(`198.51.100.${i}`), EMAIL);
  assert.equal(received.length, 3);

  for (let i = 0; i < 5; i++) await ask(owner, EMAIL);

  assert.equal(received.length, 6);
  assert.equal((await owner.submit(linksIn(received.at(-1)!)[0]!, FIELDS)).status, 303);
});

// Security: forgotten password
Deno.test("a client may ask ten times an hour, for whatever addresses, and keeps what it typed", async () => {
  const { browser, clock, db } = await startApp({ mail: { wake: () => {} } });
  const here = browser();
  for (let i = 0; i < 10; i++) assert.equal((await ask(here, `user${i}@example.com`)).status, 303);

  const over = await ask(here, UNKNOWN);

  assert.deepEqual([over.status, over.headers.get("Retry-After")], [429, "3600"]);
  assert.match(over.$("#problem").text(), /Too many attempts\. Wait 1 hour/);
  assert.equal(over.$("[name=email]").attr("value"), UNKNOWN);
  assert.equal((await ask(here, EMAIL)).status, 429);
  assert.equal(await db.$count(outbox), 0);
  assert.equal((await ask(browser("203.0.113.7"), EMAIL)).status, 303);
  clock.now += HOUR;
  assert.equal((await ask(here, EMAIL)).status, 303);
});

// Security: forgotten password
Deno.test("a link for a forgotten password that is used ends all others, and what is still to be sent", async () => {
  await using site = await startWithMail();
  const { browser, received, db, clock } = site;
  for (let i = 0; i < 3; i++) await ask(browser(), EMAIL);
  const [first, second, third] = received.map((mail) => linksIn(mail)[0]!);
  await db.insert(outbox).values({
    ...{ id: "waiting", userId: (await findUser(db, EMAIL))!.id, event: "forgotten" },
    ...{ happenedAt: clock.now, dueAt: clock.now + MINUTE },
  });

  assert.deepEqual(await statusesOf(browser(), [first!, second!, third!]), [200, 200, 200]);
  assert.equal((await browser().submit(second!, FIELDS)).status, 303);

  assert.deepEqual(await statusesOf(browser(), [first!, second!, third!]), [404, 404, 404]);
  clock.now += HOUR;
  await site.sendMail();
  assert.deepEqual(received.slice(3).map(({ subject }) => subject), [
    "Control panel: your password was set with a link",
  ]);
});

// Security: forgotten password
Deno.test("a link for a forgotten password works for half an hour", async () => {
  await using site = await startWithMail();
  await ask(site.browser(), EMAIL);
  const [link] = linksIn(site.received[0]!);

  site.clock.now += 30 * MINUTE - 1;
  assert.equal((await site.browser().get(link!)).status, 200);
  site.clock.now += 1;
  const late = await site.browser().get(link!);

  assert.equal(late.status, 404);
  assert.match(late.$("main").text(), /no longer works.*ask for a new link with "Forgot your password\?"/);
});

// Security: links
Deno.test("a mailed link's token is only in its mail: not in the database, the log or a header", async () => {
  await using site = await startWithMail();
  const owner = site.browser();
  await ask(owner, EMAIL);
  const [link] = linksIn(site.received[0]!);
  const token = link!.slice(paths.link("").length);

  const answers = [await owner.get(link!), await owner.submit(link!, { new_password: "short" })];
  answers.push(await owner.get(link!, { Host: "evil.example" }), await owner.submit(link!, FIELDS));

  const stored = await Promise.all(
    [links, outbox, users, connections, limits].map((table) => site.db.select().from(table)),
  );
  const told = JSON.stringify([stored, site.log, answers.map(({ headers }) => [...headers])]);
  assert.equal(told.includes(token), false);
  for (const { headers } of answers) assert.equal(headers.get("Referrer-Policy"), "no-referrer");
});

Deno.test("a link requested at one instance works at another, once", async () => {
  await using site = await startWithMail();
  const other = await startApp({ db: site.db, mail: { wake: () => {} } });
  await ask(site.browser(), EMAIL);
  for (let i = 0; i < 3; i++) await ask(other.browser(`198.51.100.${i}`), EMAIL);
  await site.sendMail();
  const [link] = linksIn(site.received[0]!);

  const answers = await Promise.all([site, other].map(({ browser }) => browser().submit(link!, FIELDS)));

  assert.equal(site.received.filter(({ subject }) => /set a new password/.test(subject ?? "")).length, 3);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 404]);
});

// ASVS 6.3.1
Deno.test("an owner locked out by strangers is offered the link, which ends the lock", async () => {
  await using site = await startWithMail();
  const { browser, clock, db, received } = site;
  const key = `run:${accountKey(EMAIL, true)}`;
  await db.insert(limits).values({ key, count: 100, expiresAt: clock.now + DAY });
  const owner = browser();
  const locked = await owner.signIn();

  await ask(owner, EMAIL);
  await owner.submit(linksIn(received[0]!)[0]!, FIELDS);

  assert.equal(locked.status, 429);
  assert.match(locked.$("#problem").text(), /is locked.*or set a new password with "Forgot your password\?"/);
  clock.now += MINUTE;
  assert.equal((await owner.signIn(EMAIL, NEW)).status, 303);
});

Deno.test("without mail there is no page for a forgotten password, and the sign-in page refers to the administrator", async () => {
  const { browser } = await startApp();
  const here = browser();

  assert.equal((await here.get(paths.forgotten)).status, 404);
  assert.equal((await here.get(paths.forgottenSent)).status, 404);
  assert.equal((await here.post(paths.forgotten, { email: EMAIL })).status, 404);
  const signIn = await here.get(paths.signIn);
  assert.match(signIn.$("main").text(), /Ask the administrator of this control panel to set a new one/);
  assert.equal(signIn.$(`a[href="${paths.forgotten}"]`).length, 0);
});

Deno.test("the log shows that a link was requested and used, without the address", async () => {
  await using site = await startWithMail();
  const owner = site.browser();
  await ask(owner, EMAIL);
  await ask(owner, UNKNOWN);
  await owner.submit(linksIn(site.received[0]!)[0]!, FIELDS);

  const { id } = (await findUser(site.db, EMAIL))!;
  const lines = site.log.filter((line) => /recovery|password_change/.test(line)).map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ event, user, by, purpose }) => [event, user, by, purpose]), [
    ["authn_recovery_requested", id, undefined, undefined],
    ["authn_recovery_requested", undefined, undefined, undefined],
    ["authn_password_change", id, "link", "forgotten"],
  ]);
  assert.equal(site.log.join().includes("@"), false);
});

Deno.test("a password set with a link doesn't make the next sign-in unusual", async () => {
  const db = await openDatabase(":memory:");
  await addAccount(db, EMAIL, PASSWORD);
  await using site = await startWithMail({ db });
  const owner = site.browser();
  await ask(owner, EMAIL);
  await owner.submit(linksIn(site.received[0]!)[0]!, FIELDS);

  await owner.signIn(EMAIL, NEW);

  const [opened] = await db.select().from(connections).where(eq(connections.method, "password"));
  assert.equal(opened?.unusual, null);
  assert.equal(site.clock.now < START + DAY, true);
});

function ask(browser: Browser, email: string): Promise<Reply> {
  return browser.submit(paths.forgotten, { email });
}

async function statusesOf(browser: Browser, paths: string[]): Promise<number[]> {
  return await Promise.all(paths.map(async (path) => (await browser.get(path)).status));
}

/** What a client sees of an answer, without what is random in each. */
function describe({ status, headers, text }: Reply): unknown {
  return [
    status,
    [...headers].map(([name, value]) => [name, value.replace(/form-8000=[\w-]+/, "")]),
    withoutCsrf(text),
  ];
}
