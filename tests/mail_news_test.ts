import assert from "node:assert/strict";
import { addPasskey, markCopied, removePasskey, renamePasskey } from "../db/methods/passkeys.ts";
import { openDatabase } from "../db/database.ts";
import { resetMethods } from "../db/methods/reset.ts";
import { outbox, users } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { createSecrets } from "../credentials/secrets.ts";
import { createArea } from "../routes/area.ts";
import { CHEAP, EMAIL, HOUR, ORIGIN, PASSWORD, signedIn, START } from "./app.ts";
import { CHROME, connectionFrom, countryOf, csrfOf, LAGOS, MADRID, PARIS, PYTHON, steal, WRONG } from "./elsewhere.ts";
import { linksIn, startWithMail } from "./mail.ts";
import { addAuthenticator, makeRecoveryCodes } from "./second_factor.ts";
import { makeUser, openSession } from "./verbs.ts";

const NEW = "a much better password than before";

// ASVS 6.3.5
Deno.test("the owner gets mail about an unusual connection, with its reason and a link to its page", async () => {
  await using site = await startWithMail({ countryOf });
  const { browser, db, clock, received } = site;
  const here = browser(MADRID);
  await here.signIn(EMAIL, PASSWORD, { time_zone: "Europe/Madrid" });
  assert.equal(received.length, 0, "the first is never unusual");
  clock.now += HOUR;

  await browser(LAGOS, CHROME).signIn();

  const [mail, ...more] = received;
  assert.deepEqual([mail?.recipients, mail?.subject, more], [
    [EMAIL],
    "Control panel: unusual connection to your account",
    [],
  ]);
  assert.deepEqual(factsOf(mail!.text), [
    "Account: marta@example.com",
    "When: 23 Nov 2026, 16:04 (Europe/Madrid)",
    "Why: New country: Nigeria; New network and device",
    "Device: Chrome on Windows",
    "Country: Nigeria",
    "IP address: 102.89.23.4",
  ]);
  const { id } = await connectionFrom(db, LAGOS);
  assert.deepEqual(linksIn(mail!), [paths.details(id)]);
  assert.equal((await here.get(paths.details(id))).status, 200);
  assert.equal(await db.$count(outbox), 0);
});

// ASVS 6.3.5
Deno.test("the owner gets mail when a connection moves, with its new place", async () => {
  await using site = await startWithMail({ countryOf });
  const { browser, db, received } = site;
  const here = browser(MADRID);
  await here.signIn();

  await steal(site, here).get(paths.connections);
  await steal(site, here).get(paths.connections);

  const [mail, ...more] = received;
  assert.deepEqual([mail?.subject, more], ["Control panel: your account was used from a new place", []]);
  assert.deepEqual(factsOf(mail!.text).slice(2), [
    "Device: python-requests",
    "Country: Nigeria",
    "IP address: 102.89.23.4",
  ]);
  assert.deepEqual(linksIn(mail!), [paths.details((await connectionFrom(db, MADRID)).id)]);
});

// ASVS 6.3.5
Deno.test("the owner gets mail about wrong confirmations that closed a connection", async () => {
  await using site = await startWithMail({ countryOf });
  const { browser, db, received } = site;
  const here = browser(MADRID);
  await here.signIn();
  const fields = { current_password: WRONG, new_password: NEW, new_password_again: NEW };
  for (let i = 0; i < 10; i++) await here.submit(paths.password, fields);

  const [mail, ...more] = received;
  assert.deepEqual([mail?.subject, more], ["Control panel: a connection was closed after wrong passwords", []]);
  assert.match(mail!.text ?? "", /Device: Firefox on Linux\nCountry: Spain\nIP address: 46\.16\.60\.1/);
  assert.deepEqual(linksIn(mail!), [paths.details((await connectionFrom(db, MADRID)).id)]);
});

// ASVS 6.3.5
Deno.test("the owner gets one mail when strangers lock the account, with the last of them", async () => {
  await using site = await startWithMail({ countryOf });
  const { browser, clock, received } = site;
  await browser(MADRID).signIn();
  for (let i = 0; i < 103; i++) {
    if (i % 25 === 0) clock.now += HOUR;
    await browser(`193.51.${i % 5}.1`, PYTHON).signIn(EMAIL, WRONG);
  }

  const [mail, ...more] = received;
  assert.deepEqual([mail?.subject, more], ["Control panel: too many failed sign-ins to your account", []]);
  assert.match(mail!.text ?? "", /Device: python-requests\nCountry: France\nIP address: 193\.51\.4\.1/);
  assert.deepEqual(linksIn(mail!), [`${paths.connections}?state=refused`]);
});

// ASVS 6.3.7
Deno.test("the owner gets mail about a new password, with the connection that set it", async () => {
  await using site = await startWithMail({ countryOf });
  const here = site.browser(MADRID);
  await here.signIn();

  const wrong = { current_password: WRONG, new_password: NEW, new_password_again: NEW };
  await here.submit(paths.password, wrong);
  assert.equal(site.received.length, 0);
  await here.submit(paths.password, { ...wrong, current_password: PASSWORD });

  const [mail, ...more] = site.received;
  assert.deepEqual([mail?.subject, more], ["Control panel: your password was changed", []]);
  assert.match(mail!.text ?? "", /was changed\.[^]*IP address: 46\.16\.60\.1/);
  assert.deepEqual(linksIn(mail!), [paths.details((await connectionFrom(site.db, MADRID)).id)]);
});

// ASVS 6.3.7
Deno.test("the owner gets mail about every sign-in method that is added or removed", async () => {
  const secrets = await createSecrets([new Uint8Array(32)]);
  await using site = await startWithMail({ countryOf, secrets: () => Promise.resolve(secrets) });
  const here = site.browser(MADRID);
  await here.signIn();

  await addAuthenticator(here, site.clock);
  await makeRecoveryCodes(here);
  await here.submit(paths.removeAuthenticator, { password: PASSWORD });
  const user = (await findUser(site.db, EMAIL))!;
  await resetMethods(site.db, user, site.clock.now, true);
  await site.sendMail();

  const told = site.received.map(({ subject, text }) => [subject, /^Method: .*/m.exec(text ?? "")?.[0]]);
  assert.deepEqual(told, [
    ["Control panel: a sign-in method was added", "Method: Authenticator app"],
    ["Control panel: a sign-in method was added", "Method: Recovery codes"],
    ["Control panel: a sign-in method was removed", "Method: Authenticator app"],
    ["Control panel: a sign-in method was removed", undefined],
  ]);
  assert.match(site.received[0]!.text ?? "", /Device: Firefox on Linux\nCountry: Spain/);
  assert.match(site.received[3]!.text ?? "", /^The administrator removed all ways/);
});

// ASVS 6.3.7
Deno.test("mail reports a passkey that was added, removed or copied, and nothing when nothing was done", async () => {
  const db = await openDatabase(":memory:");
  const user = await makeUser(db, EMAIL);
  const session = await openSession(db, user, MADRID, START);
  const change = { session, closesOthers: false, isMailed: true, now: START };
  const passkey = { id: "a passkey", publicKey: "", counter: 1, isBackedUp: false, transports: "", name: "" };
  const challenge = { challenge: "first", expiresAt: START + HOUR };
  const told = async () =>
    (await db.select().from(outbox).orderBy(outbox.id)).map(({ event, about }) => [event, about?.split(" ")[0]]);

  await addPasskey(db, change, passkey, challenge);
  await addPasskey(db, change, { ...passkey, id: "another" }, challenge);
  await renamePasskey(db, change, { id: "a passkey", name: "Phone" });
  assert.deepEqual(await told(), [["method_added", "passkey"]]);
  await removePasskey(db, { ...change, now: START + 1 }, "another");
  await removePasskey(db, { ...change, now: START + 1 }, "a passkey");
  await markCopied(db, session, START + 2, true);
  assert.deepEqual((await told()).slice(1), [["method_removed", "passkey"], ["unusual", session.connectionId]]);
  db.$client.close();
});

// ASVS 6.3.7
Deno.test("the owner gets mail about what the panel around the area changes", async () => {
  await using site = await startWithMail();
  const { db, mail, write: log, settled, received } = site;
  const origin = new URL(ORIGIN);
  const { users } = createArea({ db, origin, mail, log, now: () => START, passwords: createPasswords(CHEAP) });

  await users.setPassword(EMAIL, NEW);
  await settled();
  await users.resetMethods(EMAIL);
  await settled();
  await users.rename(EMAIL, "marta@acme.example");
  await settled();

  assert.deepEqual(received.map(({ recipients: [to], text }) => `${to}: ${text?.split(".")[0]}`), [
    "marta@example.com: The administrator set the password of your account, or it was set with their link",
    "marta@example.com: The administrator removed all ways to sign in to your account except the password",
    "marta@example.com: The administrator gave the account that used this address another one",
  ]);
});

// ASVS 6.3.5
Deno.test("an owner who doesn't want mail about new places still gets all other mail", async () => {
  await using site = await startWithMail({ countryOf });
  const { browser, db, clock, received } = site;
  const here = browser(MADRID);
  await here.signIn();
  await db.update(users).set({ placesMutedAt: clock.now });

  await browser(LAGOS, CHROME).signIn();
  await steal(site, here).get(paths.connections);
  assert.deepEqual([received.length, await db.$count(outbox)], [0, 0]);

  clock.now += 1;
  for (let i = 0; i < 3; i++) await browser(PARIS).signIn(EMAIL, WRONG);
  clock.now += 1;
  await browser(PARIS).signIn();
  assert.match(received[0]?.text ?? "", /Why: .*; After refused sign-ins\n/);
});

Deno.test("with mail, the preferences have a checkbox for mail about new places", async () => {
  await using site = await startWithMail({ countryOf });
  const { browser, db } = site;
  const here = browser(MADRID);
  await here.signIn();
  const box = async () => (await here.get(paths.preferences)).$("[name=mail_places]");
  const mutedAt = async () => (await db.query.users.findFirst())?.placesMutedAt;

  assert.deepEqual([(await box()).attr("type"), (await box()).is("[checked]")], ["checkbox", true]);
  const csrf = await csrfOf(here);
  await here.post(paths.preferences, { csrf, has_mail_places: "yes" });
  assert.deepEqual([(await box()).is("[checked]"), await mutedAt()], [false, START]);
  site.clock.now += 1;
  await here.post(paths.preferences, { csrf, has_mail_places: "yes" });
  await here.post(paths.preferences, { csrf, language: "ca" });
  assert.equal(await mutedAt(), START);
  const again = await here.post(paths.preferences, { csrf, has_mail_places: "yes", mail_places: "yes", theme: "x" });
  assert.deepEqual([again.status, again.$("[name=mail_places]").is("[checked]")], [422, true]);
  await here.post(paths.preferences, { csrf, has_mail_places: "yes", mail_places: "yes" });
  assert.deepEqual([(await box()).is("[checked]"), await mutedAt()], [true, null]);

  const { here: elsewhere } = await signedIn();
  assert.equal((await elsewhere.get(paths.preferences)).$("[name=mail_places]").length, 0);
});

Deno.test("without a mail server no mail is stored", async () => {
  const { here, browser, db, clock } = await signedIn({ countryOf });
  await browser(LAGOS, CHROME).signIn();
  await steal({ browser }, here, PARIS).get(paths.connections);
  await here.submit(paths.password, { current_password: PASSWORD, new_password: NEW, new_password_again: NEW });
  await resetMethods(db, (await findUser(db, EMAIL))!, clock.now);

  assert.equal(await db.$count(outbox), 0);
});

function factsOf(text: string | undefined): string[] {
  return (text ?? "").split("\n").filter((line) => /^[\w ]+: /.test(line));
}
