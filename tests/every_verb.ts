import assert from "node:assert/strict";
import { and, eq, sql } from "drizzle-orm";
import { v7 as uuid } from "uuid";
import { newBrowser } from "../db/browsers.ts";
import type { Db } from "../db/database.ts";
import { type HistoryQuery, unlessKnown } from "../db/history/rows.ts";
import { addMail } from "../db/mail/outbox.ts";
import { connections, limits, links, outbox } from "../db/schema.ts";
import { newSecret, type Session } from "../db/sessions.ts";
import type { User } from "../db/schema.ts";
import { DAY, HOUR, MINUTE, START } from "./app.ts";
import {
  called,
  guessFrom,
  LIFETIME,
  makeUser,
  markUnusual,
  openSession,
  reserve,
  verbs,
  visitorFrom,
} from "./verbs.ts";

const YEAR = 365 * DAY;

/** Runs every verb for a new account, and asserts its result and its effect. The database may contain other accounts. */
export async function assertVerbs(db: Db): Promise<void> {
  called.clear();
  const email = `${uuid()}@example.com`;
  const [ip, otherIp] = ["46.16.60.1", "2001:db8:1:2::3"];
  const now = START;

  await makeUser(db, `neighbour.${email}`);
  const user = await makeUser(db, email.toUpperCase());
  assert.equal(await verbs.addUser(db, email, "another hash", now), false);
  assert.equal((await verbs.findUser(db, ` ${email}`))?.passwordHash, "first hash");
  assert.deepEqual(await verbs.findUserFrom(db, email, visitorFrom(ip), undefined), {
    user,
    hasSecondFactor: false,
    standings: [{ kind: "stranger" }],
    browser: null,
  });
  assert.equal(await verbs.hasUsers(db), true);
  assert.deepEqual(await verbs.findOrAddUser(db, email, now), { user, isNew: false });
  const elsewhere = await verbs.findOrAddUser(db, `elsewhere.${email}`, now);
  assert.deepEqual([elsewhere.isNew, elsewhere.user?.passwordHash], [true, ""]);

  const reserved = await reserve(db, email, ip);
  await verbs.returnAttempt(db, reserved);
  const wrong = { user, standing: { kind: "stranger" }, reason: "wrong_password" } as const;
  await verbs.recordRefusal(db, { ...wrong, visitor: visitorFrom(ip), now });
  await verbs.recordRefusal(db, { ...wrong, visitor: visitorFrom(ip), attempts: 2, now: now + 1 });
  await verbs.recordRefusal(db, { ...wrong, visitor: visitorFrom(otherIp), now: now + 1 });

  const browser = newBrowser();
  const here = await openSession(db, user, ip, now + 2, browser);
  const other = await openSession(db, user, otherIp, now + 3);
  const third = await openSession(db, user, otherIp, now + 4);
  assert.equal(await verbs.findBrowser(db, browser.cookie), browser.id);
  assert.equal(await verbs.findBrowser(db, `${browser.id}.${"a".repeat(43)}`), null);
  assert.equal(await verbs.findBrowser(db, undefined), null);
  const knownHere = await verbs.findUserFrom(db, email, visitorFrom(ip), browser.cookie);
  assert.equal(knownHere.browser, browser.id);
  assert.deepEqual(knownHere.standings, [{ kind: "browser", id: browser.id }, { kind: "network" }]);
  const forged = await verbs.findUserFrom(db, email, visitorFrom(ip), `${browser.id}.${"a".repeat(43)}`);
  assert.deepEqual([forged.browser, forged.standings], [null, [{ kind: "network" }]]);
  await verbs.forgetBrowser(db, user.id, browser.id);
  const forgotten = await verbs.findUserFrom(db, email, visitorFrom(ip), browser.cookie);
  assert.deepEqual(forgotten.standings, [{ kind: "browser", id: "46.16 Firefox on Linux" }, { kind: "network" }]);
  assert.deepEqual((await verbs.listOtherOpen(db, here, now + 5)).map(({ id }) => id), [
    third.connectionId,
    other.connectionId,
  ]);
  assert.equal((await verbs.readActivity(db, here, now + 5)).open, 3);
  assert.equal(await verbs.countOpen(db, now + 5, 2), 2);
  const listed = (await verbs.listUsers(db, now + 5)).find((account) => account.email === email);
  assert.equal(listed?.openConnections, 3);

  assert.equal(await verbs.closeConnection(db, here, other.connectionId, now + 6), true);
  assert.equal(await verbs.closeConnection(db, here, other.connectionId, now + 6), false);
  assert.equal(await verbs.hasEnded(db, other, now + 6), true);
  assert.equal(await verbs.hasEnded(db, here, now + 6), false);
  assert.equal(await verbs.closeOtherConnections(db, here, now + 7), 1);
  assert.equal(await verbs.closeOtherConnections(db, here, now + 7), 0);
  assert.equal(await verbs.countClosedBy(db, here, "closed", now + 6), 2);
  assert.equal(await verbs.countClosed(db, "closed", now + 7, eq(connections.userId, user.id)), 1);

  await verbs.markSeen(db, here, LIFETIME, now + 2 * MINUTE);
  assert.equal((await verbs.findConnection(db, user.id, here.connectionId, now))?.lastSeenAt, now + 2 * MINUTE);

  const all: HistoryQuery = { userId: user.id, filter: {}, before: null, limit: 10, now: now + 8 };
  const history = await verbs.listHistory(db, all);
  assert.deepEqual(history.entries.map(({ endReason, attempts }) => [endReason, attempts]), [
    ["closed", null],
    ["closed", null],
    [null, null],
    ["wrong_password", 1],
    ["wrong_password", 3],
  ]);
  const page = await verbs.readPage(db, { ...all, filter: { state: "refused" } });
  assert.deepEqual([page.entries.length, page.activity.open, page.activity.oldest], [2, 1, here.connectionId]);
  assert.deepEqual(page.entries.map((entry) => [entry.ip, entry.addresses]), [[otherIp, 1], [ip, 1]]);
  assert.deepEqual(await verbs.listCountries(db, user.id), ["ES"]);

  assert.deepEqual(await verbs.countRows(db, { userId: user.id, filter: {}, now: now + 8 }), {
    rows: 5,
    isMore: false,
  });
  const activity = await verbs.readActivity(db, here, now + 8);
  assert.deepEqual([activity.newest, activity.open, activity.refused?.attempts], [third.connectionId, 1, 4]);
  const shown = JSON.stringify(activity);
  const beside = (known: string | null) => ({
    key: "known",
    parts: { sum: unlessKnown(sql`select json_array(1 + 1)`, "known") },
    values: { known },
  });
  const besideOf = async (known: string | null) =>
    (await verbs.readPageBeside(db, all, beside(known), null))?.beside as { sum: number[] | null };
  assert.deepEqual([(await besideOf(null)).sum, (await besideOf(shown)).sum], [[2], null]);
  assert.equal(await verbs.readPageBeside(db, all, beside(null), shown), null);
  const starts = [now - DAY, now, now + DAY];
  for (const filter of [{}, { state: "refused" as const }, { ip }]) {
    // Both again from the cache.
    for (const _ of ["first", "again"]) {
      const { page, overview } = (await verbs.readPageAndOverview(db, { ...all, filter }, starts))!;
      const alone = await verbs.readPage(db, { ...all, filter });
      assert.deepEqual([page.entries, page.stoppedAt, page.activity], [alone.entries, alone.stoppedAt, activity]);
      assert.deepEqual(overview.countries, ["ES"]);
      assert.deepEqual(overview.rows, await verbs.countRows(db, { userId: user.id, filter, now: now + 8 }));
      assert.deepEqual(overview.days, await verbs.readDays(db, user.id, starts));
    }
  }
  const { days, partialDay } = await verbs.readDays(db, user.id, starts);
  assert.deepEqual([days[0]?.opened, days[1]?.opened, days[1]?.refused, partialDay], [0, 3, 4, null]);
  assert.deepEqual(await verbs.readOverview(db, { userId: user.id, filter: {}, activity, starts, now: now + 8 }), {
    days: { days, partialDay },
    countries: ["ES"],
    rows: { rows: 5, isMore: false },
  });
  await verbs.setPreferences(db, here, { timeZone: "Europe/Madrid", language: "ca", theme: "dark" });
  assert.equal((await verbs.findUser(db, email))?.language, "ca");

  assert.deepEqual((await verbs.listClosedBy(db, here, now, 1)).map(({ id }) => id), [third.connectionId]);
  const stranger = { ...visitorFrom(otherIp), countryCode: "FR" };
  assert.deepEqual(await verbs.findUnusual(db, user.id, stranger, browser.id, now + 8), ["new_country"]);
  const unusual = await markUnusual(db, user);
  assert.equal((await verbs.readActivity(db, here, now + 8)).unreviewed, 3);
  assert.equal(await verbs.recognizeConnection(db, here, unusual, now + 8), 2);
  assert.equal(await verbs.recognizeConnection(db, here, unusual, now + 8), 0);
  assert.equal(await verbs.disownConnection(db, here, here.connectionId, now + 8), false);
  assert.equal(await verbs.disownConnection(db, here, unusual, now + 8), true);
  const due = await verbs.readActivity(db, here, now + 8);
  assert.equal(due.isPasswordDue, 1);
  assert.equal(await verbs.recognizeConnection(db, here, unusual, now + 8), 1);

  const confirming = { session: here, user, reserved: await reserve(db, email, ip), now: now + 9 };
  const cookie = await verbs.confirmSession(db, confirming);
  const unseen = await verbs.resumeSession(db, cookie!, { isReading: false, now: now + 9 });
  assert.equal(unseen?.isFirstSeen, true);
  await verbs.endFormerSecret(db, unseen, now + 9);
  const renewed = await verbs.resumeSession(db, cookie!, { isReading: false, now: now + 9 });
  assert.deepEqual([renewed?.confirmedAt, renewed?.isFirstSeen], [now + 9, false]);
  assert.deepEqual(await verbs.resumeWithActivity(db, cookie!, { isReading: false, now: now + 9 }), {
    session: renewed,
    activity: await verbs.readActivity(db, here, now + 9),
  });
  assert.equal(await verbs.resumeWithActivity(db, undefined, { isReading: false, now: now + 9 }), null);
  assert.equal(await verbs.hasSecret(db, newSecret(here.id)), false);

  const abroad = { ...visitorFrom("185.220.101.34"), countryCode: "DE" };
  assert.deepEqual(await verbs.recordPlace(db, renewed!, abroad, now + 9), ["moved_country"]);
  assert.deepEqual(await verbs.recordPlace(db, renewed!, abroad, now + 10), []);
  assert.deepEqual(
    (await verbs.listPlaces(db, user.id, here.connectionId)).map(({ ip, firstAt, lastAt }) => [ip, firstAt, lastAt]),
    [["185.220.101.34", now + 9, now + 9]],
  );
  assert.deepEqual(await verbs.listPlaces(db, "another account", here.connectionId), []);
  assert.deepEqual(await verbs.listCountries(db, user.id), ["ES", "DE"]);

  await verbs.strengthenHash(db, user, "stronger hash");
  assert.equal((await verbs.findUser(db, email))?.passwordHash, "stronger hash");
  await openSession(db, user, otherIp, now + 10);
  const change = { user, session: renewed!, reserved: await reserve(db, email, ip), now: now + 11 };
  const changed = await verbs.changePassword(db, { ...change, passwordHash: "second hash" });
  assert.equal(changed?.closed, 1);
  assert.equal(typeof changed?.cookie, "string");
  assert.equal((await verbs.readActivity(db, here, now + 11)).isPasswordDue, 0);
  assert.equal(await verbs.changePassword(db, { ...change, passwordHash: "third hash" }), null);

  const current = (await verbs.findUser(db, email))!;
  assert.equal(await verbs.resetPassword(db, current, "fourth hash", now + 12), 1);
  await verbs.unlockUser(db, current);
  const newest = (await verbs.findUser(db, email))!;
  assert.deepEqual([newest.passwordHash, newest.passwordVersion], ["fourth hash", 3]);
  const last = await openSession(db, newest, ip, now + 13);
  assert.equal(await verbs.isConnectionOpen(db, last.connectionId, now + 13), true);
  assert.equal(await verbs.signOut(db, last, now + 14), true);
  assert.equal(await verbs.signOut(db, last, now + 14), false);
  const guesser = await openSession(db, newest, ip, now + 14);
  const session = { kind: "session", id: guesser.connectionId } as const;
  await verbs.recordRefusal(db, {
    ...wrong,
    visitor: visitorFrom(ip),
    standing: session,
    reason: "wrong_confirmation",
    connectionId: guesser.connectionId,
    now: now + 14,
  });
  assert.equal(await verbs.countWrongPasswords(db, user.id, guesser.connectionId), 1);
  assert.equal(await verbs.countWrongPasswords(db, "another account", guesser.connectionId), 0);
  assert.equal(await verbs.closeGuesser(db, guesser, now + 14), true);
  assert.equal(await verbs.closeGuesser(db, guesser, now + 14), false);
  const closed = await verbs.findConnection(db, user.id, guesser.connectionId, now + 14);
  assert.deepEqual([closed?.endReason, closed?.unusual], ["too_many_attempts", "wrong_confirmations"]);
  await openSession(db, newest, ip, now + 15);
  assert.equal(await verbs.closeAsOperator(db, user.id, now + 16), 1);

  const traces = (await verbs.findByAddress(db, { ip })).filter((trace) => trace.email === email);
  assert.deepEqual(traces, [{ email, connections: 4, attempts: 4, firstAt: now, lastAt: now + 2 * MINUTE }]);
  const inNetwork = (await verbs.findByAddress(db, { network: "185.220" })).filter((trace) => trace.email === email);
  assert.deepEqual(inNetwork, [{ email, connections: 1, attempts: 0, firstAt: now + 9, lastAt: now + 9 }]);
  const kept = (await Array.fromAsync(verbs.exportUser(db, newest))).flat();
  const tables = Map.groupBy(kept, ({ table }) => table);
  assert.equal(tables.get("connections")?.length, await db.$count(connections, eq(connections.userId, user.id)));
  assert.deepEqual([...tables.keys()], ["users", "connections", "places", "refusals", "known", "browsers", "limits"]);
  assert.doesNotMatch(JSON.stringify(kept), /hash|secret/i);

  const slot = (await verbs.startDownload(db, user.id, now + 16))!;
  assert.notEqual(await verbs.startDownload(db, user.id, now + 16), null);
  assert.equal(await verbs.startDownload(db, user.id, now + 16), null);
  assert.equal(await verbs.renewSlot(db, slot, now + 17), true);
  await verbs.endDownload(db, slot);
  assert.notEqual(await verbs.startDownload(db, user.id, now + 17), null);
  assert.equal(await verbs.renewSlot(db, slot, now + 18), false);
  assert.equal(await verbs.isConnectionOpen(db, last.connectionId, now + 18), false);

  await openSession(db, newest, ip, now + 17);
  await verbs.sweep(db, LIFETIME, YEAR, now + 8 * DAY);
  assert.equal((await verbs.listHistory(db, { ...all, now: now + 18 })).entries[0]?.endReason, "expired");
  await verbs.sweep(db, LIFETIME, YEAR, now + 2 * YEAR);
  assert.deepEqual((await verbs.listHistory(db, all)).entries, []);

  const later = now + 2 * YEAR;
  const first = await verbs.addLink(db, newest, "password", later);
  const token = await verbs.addLink(db, newest, "password", later);
  assert.equal(await verbs.findLink(db, first, later), null);
  assert.equal(await verbs.findLink(db, token, later + DAY), null);
  const link = (await verbs.findLink(db, token, later + DAY - 1))!;
  assert.deepEqual([link.user.id, link.purpose, link.isTaken], [user.id, "password", false]);
  const set = { link, visitor: visitorFrom(ip), passwordHash: "fifth hash", isMailed: true, now: later };
  assert.equal(await verbs.setPasswordByLink(db, { ...set, link: { ...link, hash: "another" } }), null);
  assert.equal(await verbs.setPasswordByLink(db, set), 0);
  assert.equal(await verbs.setPasswordByLink(db, { ...set, passwordHash: "sixth hash" }), null);
  const byLink = (await verbs.findUser(db, email))!;
  assert.equal(byLink.passwordHash, "fifth hash");
  assert.equal(await verbs.replacePassword(db, byLink, "sixth hash", later, { condition: sql`false` }), null);
  const stale = await verbs.addLink(db, byLink, "password", later);
  await openSession(db, byLink, ip, later);
  assert.equal(await verbs.disableUser(db, byLink, later), 1);
  assert.equal(await verbs.disableUser(db, byLink, later + 1), 0);
  assert.equal((await verbs.findUser(db, email))?.disabledAt, later);
  await verbs.enableUser(db, byLink);
  assert.equal((await verbs.findUser(db, email))?.disabledAt, null);
  assert.equal(await verbs.findLink(db, stale, later), null);

  await assertMethods(db, byLink, later);
  await assertRequests(db, (await verbs.findUser(db, email))!, later);
  await assertMail(db, byLink, later);

  const counters = await db.$count(limits);
  await verbs.tryToWrite(db);
  assert.equal(await db.$count(limits), counters);

  const newEmail = `new.${email}`;
  assert.equal(await verbs.renameUser(db, email, newEmail), true);
  assert.equal(await verbs.renameUser(db, email, newEmail), false);
  await openSession(db, (await verbs.findUser(db, newEmail))!, ip, now);
  assert.equal(await verbs.removeUser(db, newEmail), true);
  assert.equal(await verbs.removeUser(db, newEmail), false);
  assert.equal(await db.$count(connections, eq(connections.userId, user.id)), 0);

  assert.deepEqual(Object.keys(verbs).filter((name) => !called.has(name)), []);
}

/** Asks for a link and for another address, and confirms one. Leaves the account with its address. */
async function assertRequests(db: Db, user: User, now: number): Promise<void> {
  const { email, id: userId } = user;
  const eventsOf = async () =>
    (await db.select().from(outbox).where(eq(outbox.userId, userId)).orderBy(outbox.id)).map(({ event }) => event);
  await db.delete(outbox).where(eq(outbox.userId, userId));
  const request = guessFrom("192.0.2.9", { email });
  for (let i = 0; i < 4; i++) assert.equal(await verbs.requestLink(db, user, request, now), null);
  assert.deepEqual(await eventsOf(), ["forgotten", "forgotten", "forgotten"]);
  for (let i = 0; i < 6; i++) assert.equal(await verbs.requestLink(db, undefined, request, now), null);
  assert.equal((await verbs.requestLink(db, user, request, now))?.retryAfter, HOUR);

  const session = await openSession(db, user, "46.16.60.1", now + 1);
  const other = `other.${email}`;
  assert.equal(await verbs.findPendingEmail(db, session), null);
  assert.equal(await verbs.requestEmail(db, session, other, now), "requested");
  assert.equal(await verbs.findPendingEmail(db, session), other);
  await verbs.cancelEmail(db, session, now + 1);
  assert.equal(await verbs.findPendingEmail(db, session), null);
  assert.equal(await verbs.requestEmail(db, session, other, now + 1), "requested");
  assert.equal((await eventsOf()).at(-1), "email_requested");

  const token = await verbs.addLink(db, user, "email", now);
  await db.update(links).set({ email: other }).where(eq(links.userId, userId));
  const link = (await verbs.findLink(db, token, now))!;
  assert.equal(await verbs.changeEmail(db, link, now + 2), "changed");
  assert.equal(await verbs.changeEmail(db, link, now + 2), null);
  assert.equal((await verbs.findUser(db, other))?.id, userId);
  const told = await db.select().from(outbox).where(and(eq(outbox.userId, userId), eq(outbox.event, "email_changed")));
  assert.deepEqual(told.map(({ recipient }) => recipient), [email]);
  assert.equal(await verbs.renameUser(db, other, email), true);
  await db.delete(outbox).where(eq(outbox.userId, userId));
}

/** Adds every method to an account without one, uses each, and takes them away. */
async function assertMethods(db: Db, { email }: User, now: number): Promise<void> {
  const user = (await verbs.findUser(db, email))!;
  const ip = "46.16.60.1";
  const session = await openSession(db, user, ip, now + 1);
  const other = await openSession(db, user, ip, now + 2);
  const change = { session, closesOthers: false, now: now + 3 };
  const added = await verbs.setAuthenticator(db, change, { secret: "encrypted", step: 5 });
  assert.deepEqual([added?.closed, typeof added?.cookie], [0, "string"]);
  const current = (await verbs.resumeSession(db, added!.cookie!, { isReading: false, now: now + 3 }))!;
  assert.deepEqual([current.hasSecondFactor, await verbs.hasEnded(db, other, now + 3)], [true, false]);
  assert.equal((await verbs.findUserFrom(db, email, visitorFrom(ip), undefined)).hasSecondFactor, true);
  const next = { session: current, closesOthers: true, now: now + 4 };
  const codes = await verbs.setRecoveryCodes(db, next, ["one", "two"]);
  assert.deepEqual([codes?.closed, await verbs.hasEnded(db, other, now + 4)], [1, true]);

  const found = (await verbs.findAuthenticator(db, user.id))!;
  assert.deepEqual([await verbs.useStep(db, found, 6, now + 5), await verbs.useStep(db, found, 6, now + 5)], [
    true,
    false,
  ]);
  await verbs.rewriteSecret(db, found, "encrypted anew");
  assert.equal((await verbs.listAuthenticators(db)).find(({ userId }) => userId === user.id)?.secret, "encrypted anew");
  assert.equal(await verbs.useStep(db, found, 7, now + 5), false, "it was replaced");
  const useOne = () => verbs.useRecoveryCode(db, user.id, "one", now + 6);
  assert.deepEqual([await useOne(), await useOne()], [true, false]);
  const listed = await verbs.listMethods(db, user.id);
  assert.deepEqual([listed.authenticator, listed.recoveryCodes], [
    { addedAt: now + 3, lastAt: now + 5 },
    { addedAt: now + 4, left: 1 },
  ]);
  assert.equal((await verbs.forgetKnown(db, { ...next, now: now + 7 }, listed.browsers[0]!.id))?.closed, 0);
  assert.equal((await verbs.listMethods(db, user.id)).browsers.length, listed.browsers.length - 1);

  const wait = async () =>
    await verbs.addPending(db, { user, reserved: await reserve(db, email, ip), timeZone: null, now });
  const cookie = await wait();
  const pending = (await verbs.findPending(db, cookie!, now))!;
  assert.equal(pending.user.id, user.id);
  await verbs.endPending(db, pending);
  assert.equal(await verbs.findPending(db, cookie!, now), null);
  const last = await wait();
  assert.equal((await verbs.removeAuthenticator(db, { ...next, now: now + 8 }))?.closed, 0);
  assert.equal(await verbs.findPending(db, last!, now), null, "a change ends what waits");
  assert.equal(await verbs.changeMethods(db, { ...next, session: other, now: now + 9 }, () => []), null);
  assert.equal(await verbs.findAuthenticator(db, user.id), undefined);

  await assertPasskeys(db, current, now + 10);

  assert.equal(await verbs.resetMethods(db, user, now + 10), 1);
  const reset = await verbs.listMethods(db, user.id);
  assert.deepEqual(reset, { authenticator: null, passkeys: [], recoveryCodes: null, browsers: [] });
  assert.equal((await verbs.findUser(db, email))?.passwordVersion, user.passwordVersion + 1);
}

/** Writes mail to the outbox, and sends it with every outcome there is. */
async function assertMail(db: Db, { id: userId, email }: User, now: number): Promise<void> {
  const session = await openSession(db, (await verbs.findUser(db, email))!, "46.16.60.1", now);
  const { connectionId } = session;
  assert.equal(await verbs.findNextDue(db), null);
  assert.equal(await verbs.claimMail(db, now), null);
  await db.batch([
    addMail(db, { userId, event: "unusual", about: connectionId }, now),
    addMail(db, { userId, event: "locked" }, now, sql`false`),
    addMail(db, { userId, event: "forgotten" }, now + 1),
    addMail(db, { userId, event: "too_many_attempts", about: connectionId }, now + 2),
  ]);
  assert.equal(await verbs.findNextDue(db), now);

  const claim = (await verbs.claimMail(db, now + 2))!;
  const [first, second] = claim.mails;
  assert.deepEqual(claim.mails.map(({ event, attempts }) => [event, attempts]), [["unusual", 0], [
    "too_many_attempts",
    0,
  ]]);
  assert.deepEqual((await verbs.findOrigin(db, first))?.connectionId, connectionId);
  const found = (await verbs.findRecipient(db, userId, now))!;
  assert.deepEqual([found.user.email, found.left, found.nextHour], [email, 5, now + HOUR]);
  await verbs.holdMail(db, claim, [second!]);
  assert.deepEqual(await verbs.retryMail(db, claim, [first], now + 2), []);
  const link = (await verbs.claimMail(db, now + 2))!;
  assert.deepEqual(link.mails.map(({ event }) => event), ["forgotten"]);
  assert.deepEqual((await verbs.retryMail(db, link, link.mails, now + DAY + 2)).map(({ event }) => event), [
    "forgotten",
  ]);

  const again = (await verbs.claimMail(db, now + 2))!;
  assert.deepEqual(again.mails.map(({ event, attempts }) => [event, attempts]), [["too_many_attempts", 0]]);
  await verbs.endMail(db, again.mails, true, now + 2);
  assert.equal((await verbs.findRecipient(db, userId, now + 2))?.left, 4);
  assert.equal(await verbs.findNextDue(db), now + 2 + 5_000);
  const last = (await verbs.claimMail(db, now + HOUR))!;
  await verbs.endMail(db, last.mails, false, now + HOUR);
  assert.equal(await verbs.findNextDue(db), null);

  await addMail(db, { userId, event: "forgotten" }, now);
  const [mail] = await db.select().from(outbox).where(eq(outbox.userId, userId));
  const mailed = { mail: mail!, to: session.email, purpose: "forgotten", expiresAt: now + HOUR } as const;
  const tokens: string[] = [];
  for (let i = 0; i < 4; i++) tokens.push((await verbs.addMailedLink(db, mailed))!);
  await verbs.removeLink(db, tokens[1]!);
  const good = await Promise.all(tokens.map((token) => verbs.findLink(db, token, now)));
  assert.deepEqual(good.map((found) => found?.user.id ?? null), [null, null, userId, userId]);
  assert.equal(await verbs.addMailedLink(db, { ...mailed, to: "former@example.com" }), null);
  await db.delete(outbox).where(eq(outbox.userId, userId));
  assert.equal(await verbs.addMailedLink(db, mailed), null);
  await verbs.signOut(db, session, now);
}

async function assertPasskeys(db: Db, session: Session, now: number): Promise<void> {
  const { userId } = session;
  const id = uuid();
  const change = { session, closesOthers: false, now };
  const passkey = { id, publicKey: "key", counter: 1, isBackedUp: false, transports: "usb", name: "Laptop" };
  const challenge = (text: string) => ({ challenge: `${text} ${id}`, expiresAt: now + MINUTE });
  assert.equal((await verbs.addPasskey(db, change, passkey, challenge("first")))?.isAdded, true);
  const again = await verbs.addPasskey(db, change, { ...passkey, id: uuid() }, challenge("first"));
  assert.equal(again?.isAdded, false, "its challenge was used");
  const found = (await verbs.findPasskey(db, id))!;
  assert.deepEqual([found.userId, found.counter, found.isBackedUp, found.lastAt], [userId, 1, false, null]);
  assert.deepEqual(await verbs.listPasskeys(db, userId), [{ id, transports: "usb" }]);

  const use = (text: string, counter: number) =>
    verbs.usePasskey(db, found, { ...challenge(text), counter, isBackedUp: true, now });
  assert.deepEqual(
    [await use("second", 3), await use("second", 4), await use("third", 2), await use("fourth", 3)],
    ["used", "refused", "copied", "copied"],
  );
  assert.equal((await verbs.findPasskey(db, id))?.counter, 3);
  await verbs.markCopied(db, session, now);
  const marked = await verbs.findConnection(db, userId, session.connectionId, now);
  assert.match(marked?.unusual ?? "", /passkey_copied/);

  await verbs.renamePasskey(db, change, { id, name: "Phone" });
  const [listed] = (await verbs.listMethods(db, userId)).passkeys;
  assert.deepEqual(listed, { id, name: "Phone", isBackedUp: 1, addedAt: now, lastAt: now });
  await verbs.removePasskey(db, change, id);
  assert.equal(await verbs.findPasskey(db, id), undefined);
  assert.equal(await use("fifth", 5), "refused");
}
