import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { UNDO_AGE } from "../db/mail/outbox.ts";
import {
  authenticators,
  browserUsers,
  connections,
  links,
  outbox,
  passkeys,
  recoveryCodes,
  users,
} from "../db/schema.ts";
import { sweep } from "../db/retention.ts";
import { addUser, findUser, renameUser } from "../db/users.ts";
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
  type TestApp,
  UNSENT,
} from "./app.ts";
import { csrfOf, MADRID, steal } from "./elsewhere.ts";
import { linksIn, startWithMail } from "./mail.ts";
import { addPasskey, optionsIn, startWithPasskeys } from "./passkeys.ts";
import { addAuthenticator, startWithKey } from "./second_factor.ts";
import { LIFETIME } from "./verbs.ts";

const NEW = "a much better password than before";
const FIELDS = { new_password: NEW, new_password_again: NEW };
const WANTED = "łukasz@new.example";
const THIEF = "thief@evil.example";
const OTHER = "joan@example.com";

// ASVS 6.3.7, Security: change of address
Deno.test("a change of address takes the password, is confirmed on any device, and is mailed to the old address", async () => {
  await using site = await startWithMail();
  const { browser, received, clock, db } = site;
  const here = browser();
  await here.signIn();
  clock.now += 6 * MINUTE;

  const without = await here.submit(paths.email, { email: WANTED });
  const asked = await here.submit(paths.email, { email: ` ${WANTED.toUpperCase()} `, password: PASSWORD });
  const pending = await here.get(paths.email);
  const [mail] = received;
  const [link] = linksIn(mail!);
  const phone = browser("203.0.113.9");
  const page = await phone.get(link!);

  assert.equal(without.status, 422);
  assert.equal(without.$("[name=email]").attr("value"), WANTED);
  assert.match(without.$(".field-problem").text(), /Type your password/);
  assert.deepEqual([asked.status, asked.headers.get("Location")], [303, paths.email]);
  assert.match(pending.$("main").text(), /on its way.*Waiting for you to confirm łukasz@new\.example/);
  assert.deepEqual(mail!.recipients, [WANTED]);
  assert.match(page.$("main").text(), /Use łukasz@new\.example for your account\?/);
  assert.equal(page.text.includes(EMAIL), false, "the new address may be a stranger's");
  assert.ok(await findUser(db, EMAIL), "looking changes nothing");

  const done = await phone.submit(link!);

  assert.deepEqual([done.status, done.headers.get("Location")], [303, paths.signIn]);
  assert.match((await phone.get(paths.signIn)).$("#notifications").text(), /Your email address was changed/);
  assert.equal(await here.isIn(), true, "the account's connections stay");
  assert.match((await here.get(paths.email)).$("main").text(), /Your address is łukasz@new\.example/);
  const [, told] = received;
  assert.deepEqual([told!.recipients, received.length], [[EMAIL], 2]);
  assert.equal((await phone.signIn(EMAIL, PASSWORD)).status, 422);
  assert.equal((await phone.signIn(WANTED, PASSWORD)).status, 303);
  assert.equal((await phone.get(link!)).status, 404);
});

// Security: GET is safe
Deno.test("opening or prefetching a link that changes or restores an address changes nothing", async () => {
  await using site = await startWithMail();
  const here = site.browser();
  await here.signIn();
  await here.submit(paths.email, { email: WANTED });
  const [link] = linksIn(site.received[0]!);
  const look = async (path: string) => {
    for (const headers of [{}, { "Sec-Purpose": "prefetch" }]) await site.browser().get(path, headers);
    await site.browser().request(path, { method: "HEAD" });
  };

  await look(link!);
  assert.equal((await findUser(site.db, EMAIL))?.pendingEmail, WANTED);
  await here.submit(link!);
  await look(linksIn(site.received[1]!)[0]!);

  assert.ok(await findUser(site.db, WANTED));
  assert.equal(await here.isIn(), true);
});

Deno.test("a signed-in browser that confirms an address goes to its email page, which says so", async () => {
  await using site = await startWithMail();
  const here = site.browser();
  await here.signIn();
  await here.submit(paths.email, { email: WANTED });

  const done = await here.submit(linksIn(site.received[0]!)[0]!);

  assert.equal(done.headers.get("Location"), paths.email);
  const page = await here.get(paths.email);
  assert.match(page.$("#notifications").text(), /Your email address was changed/);
  assert.equal(page.$(`form[action="${paths.cancelEmail}"]`).length, 0);
});

// ASVS 7.5.2, Security: change of address
Deno.test("a stolen cookie can't change the address without the password", async () => {
  await using site = await startWithMail();
  const here = site.browser(MADRID);
  await here.signIn();
  const thief = steal(site, here);

  const refused = await thief.submit(paths.email, { email: THIEF });

  assert.equal(refused.status, 422);
  assert.equal(refused.$("[name=password]").length, 1);
  assert.equal((await thief.submit(paths.email, { email: THIEF, password: "wrong" })).status, 422);
  assert.equal((await findUser(site.db, EMAIL))?.pendingEmail, null);
  assert.equal(site.received.some(({ recipients }) => recipients.includes(THIEF)), false);
});

// Security: change of address
Deno.test("an invalid address, or one with a line break, a header or a second recipient, is refused and kept as typed", async () => {
  await using site = await startWithMail();
  const here = site.browser();
  await here.signIn();
  const odd = [
    "x",
    "a@b@c",
    "marta@",
    "@example.com",
    "a b@example.com",
    `${WANTED}\r\nBcc: ${THIEF}`,
    `${WANTED}\nSubject: hello`,
    `${WANTED}, ${THIEF}`,
    `Marta <${WANTED}>`,
    `${WANTED}\u2028x`,
    `marta\0@example.com`,
  ];

  const answers = await Promise.all(odd.map((email) => here.submit(paths.email, { email })));

  assert.deepEqual(
    new Set(answers.map(({ status, $ }) => `${status} ${$(".field-problem").text()}`)),
    new Set([
      "422 This isn't an email address. It should look like you@example.com.",
    ]),
  );
  assert.equal(answers[0]!.$("[name=email]").attr("value"), "x");
  assert.match((await here.submit(paths.email, { email: EMAIL.toUpperCase() })).$(".field-problem").text(), /already/);
  assert.match((await here.submit(paths.email, { email: "" })).$(".field-problem").text(), /Type your email address/);
  assert.deepEqual([site.received.length, await site.db.$count(outbox)], [0, 0]);
});

// ASVS 6.3.8, Security: change of address
Deno.test("another account's address gets the same answer and no mail, and the owner doesn't learn whose it is", async () => {
  await using site = await startWithMail();
  await addAccount(site.db, OTHER, PASSWORD);
  const here = site.browser();
  await here.signIn();

  const ofOther = await here.submit(paths.email, { email: OTHER });
  const page = (await here.get(paths.email)).$("main").text();
  const free = await here.submit(paths.email, { email: "anna@example.com" });
  const freePage = (await here.get(paths.email)).$("main").text();

  assert.deepEqual([ofOther.status, free.status], [303, 303]);
  assert.equal(page.replace(OTHER, "anna@example.com"), freePage);
  assert.deepEqual(site.received.map(({ recipients }) => recipients), [["anna@example.com"]]);
});

Deno.test("an address that another account takes in the meantime stays with it, and the page says so", async () => {
  await using site = await startWithMail();
  const here = site.browser();
  await here.signIn();
  await here.submit(paths.email, { email: OTHER });
  const [link] = linksIn(site.received[0]!);
  const form = await here.get(link!);
  await addUser(site.db, OTHER, "a hash", START);

  const refused = await here.post(link!, { csrf: form.$("main [name=csrf]").attr("value") ?? "" });
  const page = await here.get(link!);

  assert.deepEqual([refused.status, page.status], [422, 200]);
  for (const { $ } of [refused, page]) {
    assert.match($("main").text(), /Another account uses joan@example\.com now.*Choose another address/);
  }
  assert.ok(await findUser(site.db, EMAIL));
  assert.equal(await site.db.$count(outbox), 0);
});

Deno.test("a change of address can be sent again, three times an hour, and cancelled", async () => {
  await using site = await startWithMail();
  const { received, clock, browser } = site;
  const here = browser();
  await here.signIn();
  const send = (email: string) => here.submit(paths.email, { email });
  await send(WANTED);
  const again = await here.get(paths.email);
  assert.equal(again.$("[name=email]").attr("value"), WANTED);
  assert.match(again.$("main form button[type=submit]").text(), /Send again.*Cancel the change/);
  await send(WANTED);
  await send("anna@example.com");
  const over = await send("anna@example.com");

  assert.deepEqual([over.status, over.headers.get("Retry-After")], [429, "3600"]);
  const sent = received.map((mail) => linksIn(mail)[0]!);
  const statuses = await Promise.all(sent.map(async (path) => (await browser().get(path)).status));
  assert.deepEqual(statuses, [404, 404, 200], "only the newest request counts");

  const cancelled = await here.post(paths.cancelEmail, { csrf: await csrfOf(here) });

  assert.equal(cancelled.headers.get("Location"), paths.email);
  const page = await here.get(paths.email);
  assert.match(page.$("#notifications").text(), /was cancelled/);
  assert.equal(page.$("[name=email]").attr("value"), "");
  assert.equal((await browser().get(sent[2]!)).status, 404);
  clock.now += HOUR;
  assert.equal((await here.submit(paths.email, { email: WANTED, password: PASSWORD })).status, 303);
});

// Security: change of address
Deno.test("a new password, by its owner or by a link, and Not me cancel a change that isn't confirmed", async () => {
  await using site = await startWithMail();
  const { browser, db, received, clock } = site;
  const here = browser();
  await here.signIn();
  const ask = async (password: string) => {
    clock.now += HOUR;
    assert.equal((await here.submit(paths.email, { email: WANTED, password })).status, 303);
    assert.equal((await findUser(db, EMAIL))?.pendingEmail, WANTED);
    return linksIn(received.at(-1)!)[0]!;
  };
  const isOver = async (link: string) => {
    assert.equal((await findUser(db, EMAIL))?.pendingEmail, null);
    assert.equal((await browser().get(link)).status, 404);
  };

  const first = await ask(PASSWORD);
  await here.submit(paths.password, { current_password: PASSWORD, ...FIELDS });
  await isOver(first);

  const second = await ask(NEW);
  await browser("203.0.113.7").signIn(EMAIL, NEW);
  const [there] = await db.select().from(connections).where(eq(connections.ip, "203.0.113.7"));
  await db.update(connections).set({ unusual: "new_country" }).where(eq(connections.id, there!.id));
  await here.submit(paths.review(there!.id), { verdict: "not_me" });
  await isOver(second);

  const third = await ask(NEW);
  await browser().submit(paths.forgotten, { email: EMAIL });
  await browser().submit(linksIn(received.at(-1)!)[0]!, FIELDS);
  await isOver(third);
});

// Security: change of address
Deno.test("the old address takes the account back: everything is closed, and what the thief added is gone", async () => {
  const key = await startWithKey();
  await using site = await startWithMail({ db: key.db, secrets: key.secrets });
  const { browser, db, clock, received } = site;
  const thief = browser("203.0.113.1");
  await thief.signIn();
  const { undo } = await change(site, thief, THIEF);
  clock.now += DAY;
  await addAuthenticator(thief, clock);
  await thief.submit(paths.email, { email: "second@evil.example", password: PASSWORD });
  await thief.submit(paths.forgotten, { email: THIEF });
  const thiefs = received.slice(2).flatMap(linksIn).filter((path) => path.startsWith(paths.link("")));

  const owner = browser("198.51.100.9");
  const page = await owner.get(undo);
  const short = await owner.submit(undo, { new_password: "short", new_password_again: "short" });
  const done = await owner.submit(undo, FIELDS);

  assert.match(page.$("main").text(), /goes back to marta@example\.com.*Every connection to it will be closed/);
  assert.equal(page.text.includes(THIEF), false);
  assert.equal(short.status, 422);
  assert.deepEqual([done.status, done.headers.get("Location")], [303, paths.signIn]);
  assert.match((await owner.get(paths.signIn)).$("#notifications").text(), /Your address is back/);
  assert.equal(await thief.isIn(), false);
  assert.deepEqual([await db.$count(browserUsers), await db.$count(links)], [0, 0]);
  const left = await Promise.all([authenticators, passkeys, recoveryCodes].map((table) => db.$count(table)));
  assert.deepEqual(left, [0, 0, 0]);
  assert.equal((await findUser(db, EMAIL))?.pendingEmail, null);
  assert.ok(thiefs.length >= 2);
  for (const path of thiefs) assert.equal((await thief.get(path)).status, 404);
  assert.equal((await thief.signIn(THIEF, PASSWORD)).status, 422);
  assert.equal((await owner.signIn(EMAIL, NEW)).headers.get("Location"), paths.connections);
  assert.deepEqual(received.at(-2)?.recipients, [EMAIL]);
  assert.match(received.at(-2)?.subject ?? "", /your password was set with a link/);
});

Deno.test("taking an address back leaves the sign-in methods from before the change", async () => {
  const key = await startWithKey();
  await addAuthenticator(key.here, key.clock);
  await using site = await startWithMail({ db: key.db, secrets: key.secrets });
  site.clock.now = key.clock.now;
  const { undo } = await change(site, copyOf(site, key.here), THIEF);

  await site.browser().submit(undo, FIELDS);

  assert.equal((await site.browser().signIn(EMAIL, NEW)).headers.get("Location"), paths.code);
});

// ASVS 6.3.7, Security: change of address
Deno.test("taking the account back with the former address's mail also mails the new address", async () => {
  await using site = await startWithMail();
  const owner = site.browser();
  await owner.signIn();
  const { undo } = await change(site, owner, WANTED);
  const before = site.received.length;

  await site.browser("203.0.113.1").submit(undo, FIELDS);

  const told = site.received.slice(before);
  assert.deepEqual(told.map(({ recipients }) => recipients), [[EMAIL], [WANTED]]);
  assert.match(told[1]?.text ?? "", /has its former one again.*ask the administrator.*Account: łukasz@new\.example/s);
  assert.deepEqual(linksIn(told[1]!), []);
  assert.doesNotMatch(told[1]?.text ?? "", /marta/);
});

// Security: change of address
Deno.test("the first address undoes a chain of changes, whatever the addresses between did before", async () => {
  await using site = await startWithMail();
  const { browser, db, clock } = site;
  const thief = browser("203.0.113.1");
  await thief.signIn();
  const first = await change(site, thief, THIEF);
  clock.now += HOUR;
  const second = await change(site, thief, "second@evil.example");
  clock.now += HOUR;
  const third = await change(site, thief, "third@evil.example");
  const password = "the thief's own long password";

  const taken = await thief.submit(second.undo, { new_password: password, new_password_again: password });
  assert.equal(taken.status, 303);
  assert.ok(await findUser(db, THIEF));
  assert.equal((await thief.get(third.undo)).status, 404);
  const done = await browser().submit(first.undo, FIELDS);

  assert.equal(done.status, 303);
  assert.ok(await findUser(db, EMAIL));
  assert.equal(await db.$count(links), 0);
  assert.equal((await thief.signIn(THIEF, password)).status, 422);
});

// Security: change of address
Deno.test("neither a new password nor the thief's waiting mail ends the link that takes an address back", async () => {
  await using site = await startWithMail();
  const { browser, db, clock, received } = site;
  const thief = browser("203.0.113.1");
  await thief.signIn();
  const { undo } = await change(site, thief, THIEF);
  clock.now += HOUR;
  await thief.submit(paths.password, { current_password: PASSWORD, ...FIELDS });
  await thief.submit(paths.forgotten, { email: THIEF });
  await thief.submit(linksIn(received.at(-1)!)[0]!, FIELDS);
  const { id: userId } = (await findUser(db, THIEF))!;
  const waiting = { userId, happenedAt: clock.now, dueAt: clock.now + HOUR };
  await db.insert(outbox).values({ ...waiting, id: "waiting", event: "email_changed", recipient: THIEF });

  const before = received.length;
  assert.equal((await browser().submit(undo, FIELDS)).status, 303);
  clock.now += HOUR;
  await site.sendMail();

  assert.deepEqual(received.slice(before).map(({ recipients }) => recipients), [[EMAIL], [THIEF]]);
  assert.deepEqual(received.slice(before + 1).flatMap(linksIn), []);
  assert.equal(await db.$count(links), 0);
});

// Security: change of address
Deno.test("an address can be taken back for seven days from the change, however late its mail came", async () => {
  let isDown = true;
  await using site = await startWithMail({
    faults: { onMailFrom: (_, __, done) => done(isDown ? new Error("later") : null) },
  });
  const { browser, db, clock, received } = site;
  const here = browser();
  await here.signIn();
  const { id: userId } = (await findUser(db, EMAIL))!;
  const changed = { id: "changed", userId, event: "email_changed", recipient: "old@example.com" } as const;
  await db.insert(outbox).values({ ...changed, happenedAt: clock.now, dueAt: clock.now });
  await site.sendMail();
  clock.now += HOUR;
  isDown = false;
  await site.sendMail();
  const [link] = linksIn(received[0]!);

  clock.now = START + UNDO_AGE - 1;
  assert.equal((await browser().get(link!)).status, 200);
  clock.now += 1;
  assert.equal((await browser().get(link!)).status, 404);
});

Deno.test("an old address that another account has taken isn't restored, and the page says what to do", async () => {
  await using site = await startWithMail();
  const thief = site.browser();
  await thief.signIn();
  const { undo } = await change(site, thief, THIEF);
  const form = await thief.get(undo);
  await addUser(site.db, EMAIL, "a hash", START);

  const refused = await thief.post(undo, { ...FIELDS, csrf: form.$("main [name=csrf]").attr("value") ?? "" });
  const page = await site.browser().get(undo);

  assert.deepEqual([refused.status, page.status], [422, 200]);
  for (const { $ } of [refused, page]) {
    assert.match($("main").text(), /Another account uses marta@example\.com now.*Ask the administrator/);
    assert.equal($("main form").length, 0);
  }
  assert.ok(await findUser(site.db, THIEF));
});

Deno.test("an address that isn't confirmed within a day is dropped by the sweep", async () => {
  await using site = await startWithMail();
  const { browser, db, clock } = site;
  const here = browser();
  await here.signIn();
  await here.submit(paths.email, { email: WANTED });

  clock.now += DAY - 1;
  await sweep(db, LIFETIME, 0, clock.now);
  assert.equal((await findUser(db, EMAIL))?.pendingEmail, WANTED);
  clock.now += 1;
  await sweep(db, LIFETIME, 0, clock.now);

  assert.equal((await here.get(paths.email)).$(`form[action="${paths.cancelEmail}"]`).length, 0);
  assert.equal((await findUser(db, EMAIL))?.pendingEmail, null);
});

// ASVS 7.5.2
Deno.test("a passkey confirms a new address in place of the password", async () => {
  const { here, db, clock } = await startWithPasskeys({ mail: UNSENT });
  const authenticator = await addPasskey(here);
  clock.now += 6 * MINUTE;
  const page = await here.get(paths.email);

  const fields = { email: WANTED, password: "", passkey: authenticator.get(optionsIn(page)) };
  assert.equal((await here.submit(paths.email, { ...fields, passkey: "old" })).status, 422);
  assert.equal((await here.submit(paths.email, fields)).status, 303);

  assert.equal((await findUser(db, EMAIL))?.pendingEmail, WANTED);
});

// Security: change of address
Deno.test("after the administrator renames an account, no earlier mailed link changes its address", async () => {
  await using site = await startWithMail();
  const { browser, db, received, clock } = site;
  const thief = browser();
  await thief.signIn();
  const first = await change(site, thief, THIEF);
  const second = await change(site, thief, "second@evil.example");
  await thief.submit(paths.email, { email: "third@evil.example" });
  await thief.submit(paths.forgotten, { email: "second@evil.example" });
  const sent = [first.undo, second.undo, ...received.slice(-2).flatMap(linksIn)];

  assert.equal(await renameUser(db, "second@evil.example", OTHER, clock.now), true);
  await site.sendMail();

  for (const path of sent) assert.equal((await browser().get(path)).status, 404);
  assert.equal((await findUser(db, OTHER))?.pendingEmail, null);
  assert.deepEqual([received.at(-1)!.recipients, linksIn(received.at(-1)!)], [["second@evil.example"], []]);
});

Deno.test("a change requested at one instance is confirmed at another, once, and visible at the first", async () => {
  await using site = await startWithMail();
  const other = await startApp({ db: site.db, mail: { wake: () => {} } });
  const here = site.browser();
  await here.signIn();
  await here.submit(paths.email, { email: WANTED });
  const [link] = linksIn(site.received[0]!);

  const answers = await Promise.all([site, other].map(({ browser }) => browser("203.0.113.9").submit(link!)));
  await site.sendMail();

  assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 404]);
  assert.match((await here.get(paths.email)).$("main").text(), /Your address is łukasz@new\.example/);
  assert.equal(site.received.length, 2, "the old address was told once");
});

Deno.test("with mail, the sign-in methods and the password page link to the change of address", async () => {
  const [withMail, without] = [await startApp({ mail: { wake: () => {} } }), await startApp()];
  const leadsThere = async ({ browser }: TestApp, path: string) => {
    const here = browser();
    await here.signIn();
    return [(await here.get(path)).$(`main a[href="${paths.email}"]`).length, (await here.get(paths.email)).status];
  };

  assert.deepEqual(await leadsThere(withMail, paths.methods), [1, 200]);
  assert.deepEqual(await leadsThere(withMail, paths.password), [1, 200]);
  const panels = await startApp({ mail: UNSENT, canChangeEmail: false });
  assert.deepEqual(await leadsThere(panels, paths.methods), [0, 404]);
  assert.deepEqual(await leadsThere(without, paths.methods), [0, 404]);
  assert.deepEqual(await leadsThere(without, paths.password), [0, 404]);
});

Deno.test("an owner who signs in at the panel can't change their address here", async () => {
  await using site = await startWithMail();
  const here = site.browser();
  await here.signIn();
  await site.db.update(users).set({ passwordHash: "" });

  const csrf = await csrfOf(here);

  assert.equal((await here.get(paths.email)).status, 404);
  assert.equal((await here.post(paths.email, { csrf, email: WANTED })).status, 404);
  assert.equal((await here.get(paths.methods)).$(`a[href="${paths.email}"]`).length, 0);
});

Deno.test("the log says that the address was asked for, changed and taken back, without any address", async () => {
  await using site = await startWithMail();
  const here = site.browser();
  await here.signIn();
  const { undo } = await change(site, here, WANTED);
  await here.submit(undo, FIELDS);

  const lines = site.log.map((line) => JSON.parse(line)).filter(({ event }) => /user_updated|password/.test(event));
  assert.deepEqual(lines.map(({ event, by, changed, purpose }) => [event, by, changed, purpose]), [
    ["user_updated", undefined, "pending_email", undefined],
    ["user_updated", "link", "email", undefined],
    ["authn_password_change", "link", undefined, "undo_email"],
  ]);
  assert.equal(site.log.join().includes("@"), false);
});

type Site = Awaited<ReturnType<typeof startWithMail>>;

/** Changes the address as whoever is signed in, and returns the link that takes the former one back. */
async function change({ received }: Site, here: Browser, email: string): Promise<{ undo: string; done: Reply }> {
  const asked = await here.submit(paths.email, { email, password: PASSWORD });
  assert.equal(asked.status, 303, asked.$("main").text());
  const done = await here.submit(linksIn(received.at(-1)!)[0]!);
  assert.equal(done.status, 303);
  return { undo: linksIn(received.at(-1)!)[0]!, done };
}

/** The same browser at another instance. */
function copyOf(site: Site, here: Browser): Browser {
  const copy = site.browser();
  for (const [name, value] of here.cookies) copy.cookies.set(name, value);
  return copy;
}
