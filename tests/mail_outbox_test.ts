import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { addMail, CLAIM, type News } from "../db/mail/outbox.ts";
import { outbox } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { createSender } from "../mail/sender.ts";
import { paths } from "../http/paths.ts";
import { addAccount, DAY, EMAIL, HOUR, MINUTE, ORIGIN, PASSWORD, startApp } from "./app.ts";
import { linksIn, MAIL_FROM, type Received, startMailServer, startWithMail } from "./mail.ts";
import { makeFolder } from "./processes.ts";
import { startRemote } from "./remote.ts";

// Security: outbox
Deno.test("the outbox contains no address, text, token or link", async () => {
  const onConnect = (_: unknown, callback: (error: Error) => void) => callback(new Error("Busy"));
  await using site = await startWithMail({ faults: { onConnect } });
  await write(site, { event: "forgotten" });
  await site.sendMail();

  const [row] = await site.db.select().from(outbox);

  const { id, userId, dueAt, ...rest } = row!;
  assert.deepEqual([typeof id, userId, dueAt], [
    "string",
    (await findUser(site.db, EMAIL))!.id,
    site.clock.now + 5_000,
  ]);
  const expected = { event: "forgotten", about: null, recipient: null, happenedAt: site.clock.now, attempts: 1 };
  assert.deepEqual(rest, expected);
});

// Security: outbox
Deno.test("two instances on one outbox send each mail once", async () => {
  await using server = await startMailServer();
  await using folder = await makeFolder();
  const url = `file:${folder.path}/connections.db`;
  const [first, second] = [await openDatabase(url), await openDatabase(url)];
  const now = Date.now();
  const emails = Array.from({ length: 12 }, (_, i) => `owner-${i}@example.com`);
  for (const email of emails) {
    await addAccount(first, email, PASSWORD);
    await addMail(first, { userId: (await findUser(first, email))!.id, event: "locked" }, now);
  }

  const work: Promise<void>[] = [];
  const senders = [first, second, first, second].map((db) =>
    createSender({
      db,
      server: { url: server.url, from: MAIL_FROM },
      origin: new URL(ORIGIN),
      now: () => now,
      log: (event, fields) => assert.fail(JSON.stringify({ event, ...fields })),
      waitUntil: (each) => void work.push(each),
    })
  );
  for (const sender of senders) sender.wake();
  await Promise.all(work);

  assert.deepEqual(server.received.flatMap(({ recipients }) => recipients).toSorted(), emails.toSorted());
  assert.equal(await first.$count(outbox), 0);
  for (const db of [first, second]) db.$client.close();
});

// Security: outbox
Deno.test("mail that an instance claimed and didn't send is sent by another two minutes later, as the same mail", async () => {
  await using server = await startMailServer();
  await using site = await startWithMail({ server });
  const { db, clock } = site;
  await write(site, { event: "locked" });
  await site.sendMail();
  // The server had taken it, but the program was killed before it could say so.
  await write(site, { event: "locked" });
  const [row] = await db.select().from(outbox);
  await db.update(outbox).set({ id: idOf(server.received[0]!), attempts: 1, dueAt: row!.happenedAt + CLAIM });

  await site.sendMail();
  assert.equal(server.received.length, 1);
  clock.now += CLAIM;
  await site.sendMail();

  const [once, twice] = server.received;
  assert.equal(once!.messageId, twice!.messageId);
  assert.equal(await db.$count(outbox), 0);
});

// Security: outbox
Deno.test("an account gets five mails an hour, and then one that counts the rest", async () => {
  await using site = await startWithMail();
  const { clock, received, db } = site;
  for (let i = 0; i < 8; i++) await tell(site, i % 2 === 0 ? "unusual" : "method_added");
  assert.equal(received.length, 5);
  assert.equal(await db.$count(outbox), 3);

  clock.now += 59 * MINUTE;
  await site.sendMail();
  assert.equal(received.length, 5);
  clock.now += MINUTE;
  await site.sendMail();

  const [summary, ...more] = received.slice(5);
  assert.deepEqual([summary?.subject, more.length], ["Control panel: 3 more events in your account", 0]);
  assert.match(
    summary?.text ?? "",
    /only has the counts:\n\nAccount: marta@example\.com\nUnusual connections: 1\nSign-in methods added: 2\n\n/,
  );
  assert.deepEqual(linksIn(summary!), [paths.connections]);
  assert.equal(await db.$count(outbox), 0);
});

// Security: outbox
Deno.test("a flood of events makes at most five mails an hour, and they miss no event", async () => {
  await using site = await startWithMail();
  const { clock, received } = site;
  for (let i = 0; i < 60; i++) {
    await tell(site, "moved");
    clock.now += 2 * MINUTE;
  }
  clock.now += HOUR;
  await site.sendMail();

  const told = received.map((mail) => Number(/new places: (\d+)/.exec(mail.text ?? "")?.[1] ?? 1));
  assert.equal(told.reduce((sum, count) => sum + count), 60);
  assert.ok(received.length <= 5 * 3, `${received.length} mails`);
});

// Security: outbox
Deno.test("mails with a link aren't counted among the five, and don't wait for them", async () => {
  await using site = await startWithMail();
  for (let i = 0; i < 6; i++) await tell(site, "unusual");
  for (let i = 0; i < 2; i++) await tell(site, "forgotten");

  assert.equal(site.received.length, 7);
  assert.match(site.received.at(-1)!.subject ?? "", /set a new password/);
});

Deno.test("events while the mail server was down are mailed in full, or counted if there are many", async () => {
  let isDown = true;
  const onConnect = (_: unknown, callback: (error?: Error) => void) => callback(isDown ? new Error("Busy") : undefined);
  await using site = await startWithMail({ faults: { onConnect } });
  await addAccount(site.db, "pere@example.com", PASSWORD);
  for (let i = 0; i < 3; i++) await tell(site, "unusual");
  for (let i = 0; i < 7; i++) await tell(site, "moved", "pere@example.com");
  isDown = false;
  site.clock.now += HOUR;
  await site.sendMail();

  const subjects = (email: string) =>
    site.received.filter(({ recipients }) => recipients.includes(email)).map(({ subject }) => subject);
  assert.deepEqual(subjects(EMAIL), Array(3).fill("Control panel: unusual connection to your account"));
  assert.deepEqual(subjects("pere@example.com"), ["Control panel: 7 more events in your account"]);
});

// Security: outbox
Deno.test("a start sends what is due, however old, and an account that was removed gets no mail", async () => {
  await using site = await startWithMail();
  await write(site, { event: "locked" });
  site.clock.now += 3 * DAY;

  const work: Promise<void>[] = [];
  const sender = createSender({
    ...{ db: site.db, origin: new URL(ORIGIN), now: () => site.clock.now, log: site.write },
    server: { url: site.mailUrl, from: MAIL_FROM },
    waitUntil: (each) => void work.push(each),
  });
  sender.wake();
  await Promise.all(work);
  assert.equal(site.received.length, 1);

  await write(site, { event: "locked" });
  await site.db.$client.execute("pragma foreign_keys = off");
  await site.db.$client.execute("delete from users");
  await site.sendMail();
  assert.deepEqual([site.received.length, await site.db.$count(outbox)], [1, 0]);
});

Deno.test("mail that nothing sends because mail is no longer set up is removed after a week", async () => {
  const { db, browser, clock } = await startApp();
  await addMail(db, { userId: (await findUser(db, EMAIL))!.id, event: "locked" }, clock.now);
  clock.now += 7 * DAY;
  await browser().signIn();
  assert.equal(await db.$count(outbox), 1);
  clock.now += 1;
  await browser().signIn();
  assert.equal(await db.$count(outbox), 0);
});

// Security: remote database
Deno.test("mail is sent over a remote database too, and a request doesn't wait for its calls", async () => {
  await using remote = await startRemote();
  await addAccount(remote.db, EMAIL, PASSWORD);
  await using site = await startWithMail({ db: remote.db });
  await site.browser("46.16.60.1").signIn();
  await site.browser("203.0.113.9", "curl/8.14.1").signIn();

  assert.deepEqual(site.received.map(({ subject }) => subject), ["Control panel: unusual connection to your account"]);
  assert.equal(await remote.db.$count(outbox), 0);
});

type Site = Awaited<ReturnType<typeof startWithMail>>;

async function write({ db, clock }: Site, news: Omit<News, "userId">, email = EMAIL): Promise<void> {
  await addMail(db, { userId: (await findUser(db, email))!.id, ...news }, clock.now);
}

/** Writes news, and sends it if it is due. */
async function tell(site: Site, event: News["event"], email = EMAIL): Promise<void> {
  await write(site, { event }, email);
  await site.sendMail();
}

function idOf({ messageId = "" }: Received): string {
  return messageId.replace(/^<|@.*/g, "");
}
