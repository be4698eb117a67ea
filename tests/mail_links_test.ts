import assert from "node:assert/strict";
import { addMailedLink, findLink } from "../db/accounts/links.ts";
import { addMail, CLAIM, claimMail, type News } from "../db/mail/outbox.ts";
import { type LinkPurpose, links, outbox, users } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { DAY, EMAIL, HOUR, MINUTE } from "./app.ts";
import { linksIn, startWithMail } from "./mail.ts";

const OLD = "marta@old.example";
const NEW = "marta@new.example";

// ASVS 6.4.1
Deno.test("the mail for a forgotten password has a link for half an hour, of which only the hash is stored", async () => {
  await using site = await startWithMail();

  const { token, mail } = await mailLink(site, { event: "forgotten" });

  assert.deepEqual([mail.recipients, mail.subject], [[EMAIL], "Control panel: set a new password"]);
  assert.match(mail.text ?? "", /Account: marta@example\.com\nWhen: 23 Nov 2026, 14:04 \(UTC\)/);
  await assertGoodFor(site, token, "forgotten", 30 * MINUTE);
  assert.doesNotMatch(JSON.stringify([await site.db.select().from(links), site.log]), new RegExp(token));
  assert.equal(await site.db.$count(outbox), 0);
});

// Security: forgotten password
Deno.test("no link for a forgotten password goes to an address that the account has lost since the claim", async () => {
  await using site = await startWithMail();
  const { db, clock } = site;
  await write(site, { event: "forgotten" });
  const { mails: [mail] } = (await claimMail(db, clock.now))!;
  await db.update(users).set({ email: NEW });

  const late = { mail, to: EMAIL, purpose: "forgotten", expiresAt: clock.now + HOUR } as const;
  assert.equal(await addMailedLink(db, late), null);
  assert.equal(await db.$count(links), 0);
  clock.now += CLAIM;
  await site.sendMail();

  assert.deepEqual(site.received.map(({ recipients }) => recipients), [[NEW]]);
  assert.equal(await db.$count(links), 1);
});

Deno.test("the three newest links for a forgotten password work at the same time", async () => {
  await using site = await startWithMail();
  const tokens = [];
  for (let i = 0; i < 4; i++) tokens.push((await mailLink(site, { event: "forgotten" })).token);

  const found = await Promise.all(tokens.map((token) => findLink(site.db, token, site.clock.now)));

  assert.deepEqual(found.map((link) => link?.user.email ?? null), [null, EMAIL, EMAIL, EMAIL]);
});

Deno.test("a new address gets a link that confirms it, and the old one a link that takes it back", async () => {
  await using site = await startWithMail();
  await site.db.update(users).set({ pendingEmail: NEW });

  const asked = await mailLink(site, { event: "email_requested", recipient: NEW });
  const told = await mailLink(site, { event: "email_changed", recipient: OLD });

  assert.deepEqual([asked.mail.recipients, told.mail.recipients], [[NEW], [OLD]]);
  // The new address may be a stranger's, who learns nothing of the account.
  assert.doesNotMatch(asked.mail.text ?? "", /marta@example|Account:|When:/);
  assert.match(told.mail.text ?? "", /Account: marta@old\.example/);
  await assertGoodFor(site, asked.token, "email", DAY);
  await assertGoodFor(site, told.token, "undo_email", 7 * DAY);
  const rows = await site.db.select({ purpose: links.purpose, email: links.email }).from(links);
  assert.deepEqual(rows, [{ purpose: "email", email: NEW }, { purpose: "undo_email", email: OLD }]);
});

Deno.test("a link to confirm an address that is no longer wanted isn't sent", async () => {
  await using site = await startWithMail();
  await site.db.update(users).set({ pendingEmail: "another@example.com" });
  await write(site, { event: "email_requested", recipient: NEW });
  await site.db.update(users).set({ disabledAt: site.clock.now });
  await write(site, { event: "forgotten" });

  await site.sendMail();

  assert.deepEqual([site.received.length, await site.db.$count(outbox), await site.db.$count(links)], [0, 0, 0]);
});

type Site = Awaited<ReturnType<typeof startWithMail>>;

async function write({ db, clock }: Site, news: Omit<News, "userId">): Promise<void> {
  await addMail(db, { userId: (await findUser(db, EMAIL))!.id, ...news }, clock.now);
}

/** Sends one mail, and returns it with the token of its link. */
async function mailLink(site: Site, news: Omit<News, "userId">) {
  const { received, sendMail } = site;
  await write(site, news);
  await sendMail();
  const mail = received.at(-1)!;
  const [path, ...more] = linksIn(mail);
  assert.deepEqual(more, []);
  return { mail, token: path!.replace("/links/", "") };
}

async function assertGoodFor({ db, clock }: Site, token: string, purpose: LinkPurpose, age: number): Promise<void> {
  const found = await findLink(db, token, clock.now + age - 1);
  assert.deepEqual([found?.purpose, found?.user.email], [purpose, EMAIL]);
  assert.equal(await findLink(db, token, clock.now + age), null);
}
