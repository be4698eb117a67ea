import assert from "node:assert/strict";
import { desc, eq } from "drizzle-orm";
import { v7 as uuid } from "uuid";
import { readAddress } from "../visitor/addresses.ts";
import { listOpenedAfter, readActivity } from "../db/activity.ts";
import type { Db } from "../db/database.ts";
import {
  closeAsOperator,
  closeConnection,
  closeOtherConnections,
  countClosed,
  countClosedBy,
  hasEnded,
  listClosedBy,
  listOtherOpen,
  markSeen,
  openConnection,
  signOut,
  type Visitor,
} from "../db/connections.ts";
import { readDays } from "../db/days.ts";
import { findConnection, type HistoryQuery, listCountries, listHistory, readPage } from "../db/history.ts";
import { giveBack, reserveTry, type Try } from "../db/limits.ts";
import { recordRefusal } from "../db/refusals.ts";
import { countRows } from "../db/row_count.ts";
import { sweep } from "../db/retention.ts";
import { connections, type User } from "../db/schema.ts";
import { confirmSession, holds, newSecret, resumeSession, resumeWithActivity, type Session } from "../db/sessions.ts";
import {
  addUser,
  changePassword,
  findUser,
  findUserFrom,
  hasUsers,
  listUsers,
  removeUser,
  renameUser,
  resetPassword,
  setPreferences,
  strengthenHash,
} from "../db/users.ts";
import { disownConnection, findUnusual, recognizeConnection } from "../db/unusual.ts";
import { DAY, FIREFOX, MINUTE, START } from "./app.ts";

export const LIFETIME = { idle: 7 * DAY, max: 30 * DAY };
const YEAR = 365 * DAY;

/** A visitor at this address. */
export function visitorFrom(ip: string): Visitor {
  return {
    address: readAddress(ip)!,
    countryCode: "ES",
    userAgent: FIREFOX,
    device: "Firefox on Linux",
    deviceKind: "computer",
  };
}

/** Adds an account, and finds it. */
export async function makeUser(db: Db, email: string): Promise<User> {
  assert.equal(await addUser(db, email, "first hash", START), true);
  return (await findUser(db, email))!;
}

/** Reserves a try, of which there must be one. */
export async function reserve(db: Db, email: string, ip: string, now = START): Promise<Try> {
  const reserved = await reserveTry(db, { email, address: readAddress(ip)!, isKnown: false }, now);
  assert.ok("run" in reserved);
  return reserved;
}

/** Opens a connection, and resumes its session. */
export async function openSession(db: Db, user: User, ip: string, now: number): Promise<Session> {
  const reserved = await reserve(db, user.email, ip, now);
  const visitor = visitorFrom(ip);
  const opening = { user, visitor, reserved, replaces: null, timeZone: null, lifetime: LIFETIME, now };
  const cookie = await openConnection(db, opening);
  return (await resumeSession(db, cookie!, { isReading: false, now }))!;
}

/** Makes an account's connections unusual, all with one reason; returns the id of the newest one. */
export async function markUnusual(db: Db, user: User): Promise<string> {
  const ofUser = eq(connections.userId, user.id);
  await db.update(connections).set({ unusual: "after_refusals" }).where(ofUser);
  const [newest] = await db.select().from(connections).where(ofUser).orderBy(desc(connections.openedAt));
  return newest!.id;
}

/**
 * Goes through every verb of `db/` for an account of its own, and asserts what each says and does: for any database, also one
 * that holds other accounts.
 */
export async function assertVerbs(db: Db): Promise<void> {
  const email = `${uuid()}@example.com`;
  const [ip, otherIp] = ["46.16.60.1", "2001:db8:1:2::3"];
  const now = START;

  const user = await makeUser(db, email.toUpperCase());
  assert.equal(await addUser(db, email, "another hash", now), false);
  assert.equal((await findUser(db, ` ${email}`))?.passwordHash, "first hash");
  assert.deepEqual(await findUserFrom(db, email, readAddress(ip)!, now), { user, isKnown: false });
  assert.equal(await hasUsers(db), true);

  const reserved = await reserve(db, email, ip);
  await giveBack(db, reserved);
  await recordRefusal(db, { user, visitor: visitorFrom(ip), reason: "wrong_password", now });
  await recordRefusal(db, { user, visitor: visitorFrom(otherIp), reason: "wrong_password", now: now + 1 });

  const here = await openSession(db, user, ip, now + 2);
  const other = await openSession(db, user, otherIp, now + 3);
  const third = await openSession(db, user, otherIp, now + 4);
  assert.equal((await findUserFrom(db, email, readAddress(ip)!, now + 5)).isKnown, true);
  assert.deepEqual((await listOtherOpen(db, here, now + 5)).map(({ id }) => id), [
    third.connectionId,
    other.connectionId,
  ]);
  assert.equal((await readActivity(db, here, now + 5)).open, 3);
  const listed = (await listUsers(db, now + 5)).find((account) => account.email === email);
  assert.equal(listed?.openConnections, 3);

  assert.equal(await closeConnection(db, here, other.connectionId, now + 6), true);
  assert.equal(await closeConnection(db, here, other.connectionId, now + 6), false);
  assert.equal(await hasEnded(db, other, now + 6), true);
  assert.equal(await hasEnded(db, here, now + 6), false);
  assert.equal(await closeOtherConnections(db, here, now + 7), 1);
  assert.equal(await closeOtherConnections(db, here, now + 7), 0);
  assert.equal(await countClosedBy(db, here, "closed", now + 6), 2);
  assert.equal(await countClosed(db, "closed", now + 7, eq(connections.userId, user.id)), 1);

  await markSeen(db, here, LIFETIME, now + 2 * MINUTE);
  assert.equal((await findConnection(db, user.id, here.connectionId, now))?.lastSeenAt, now + 2 * MINUTE);

  const all: HistoryQuery = { userId: user.id, filter: {}, before: null, limit: 10, now: now + 8 };
  const history = await listHistory(db, all);
  assert.deepEqual(history.entries.map(({ endReason, attempts }) => [endReason, attempts]), [
    ["closed", null],
    ["closed", null],
    [null, null],
    ["wrong_password", 2],
  ]);
  const page = await readPage(db, { ...all, filter: { state: "refused" } }, here.connectionId);
  assert.deepEqual([page.entries.length, page.activity.open, page.oldest], [1, 1, now + 2]);
  assert.deepEqual(await listCountries(db, user.id), ["ES"]);
  assert.equal(page.entries[0]?.addresses, 2);

  assert.deepEqual(await countRows(db, { userId: user.id, filter: {}, now: now + 8 }), { rows: 4, isMore: false });
  const activity = await readActivity(db, here, now + 8);
  assert.deepEqual([activity.newest?.id, activity.open, activity.refused?.attempts], [third.connectionId, 1, 2]);
  assert.equal((await listOpenedAfter(db, user.id, { openedAt: here.openedAt, id: here.connectionId })).length, 2);
  const { days, reach } = await readDays(db, user.id, [now - DAY, now, now + DAY]);
  assert.deepEqual([days[0]?.opened, days[1]?.opened, days[1]?.refused, reach], [0, 3, 2, null]);
  await setPreferences(db, here, { timeZone: "Europe/Madrid", language: "ca", theme: "dark" });
  assert.equal((await findUser(db, email))?.language, "ca");

  assert.deepEqual((await listClosedBy(db, here, now, 1)).map(({ id }) => id), [third.connectionId]);
  const stranger = { ...visitorFrom(otherIp), countryCode: "FR" };
  assert.deepEqual(await findUnusual(db, user.id, stranger, now + 8), ["new_country"]);
  const unusual = await markUnusual(db, user);
  assert.equal((await readActivity(db, here, now + 8)).unanswered, 2);
  assert.equal(await recognizeConnection(db, here, unusual, now + 8), 2);
  assert.equal(await recognizeConnection(db, here, unusual, now + 8), 0);
  assert.equal(await disownConnection(db, here, unusual, now + 8), false);

  const confirming = { session: here, user, reserved: await reserve(db, email, ip), now: now + 9 };
  const cookie = await confirmSession(db, confirming);
  const renewed = await resumeSession(db, cookie!, { isReading: false, now: now + 9 });
  assert.equal(renewed?.confirmedAt, now + 9);
  assert.deepEqual(await resumeWithActivity(db, cookie!, { isReading: false, now: now + 9 }), {
    session: renewed,
    activity: await readActivity(db, here, now + 9),
  });
  assert.equal(await resumeWithActivity(db, undefined, { isReading: false, now: now + 9 }), null);
  assert.equal(await holds(db, newSecret(here.id)), false);

  await strengthenHash(db, user, "stronger hash");
  assert.equal((await findUser(db, email))?.passwordHash, "stronger hash");
  await openSession(db, user, otherIp, now + 10);
  const change = { user, session: renewed!, reserved: await reserve(db, email, ip), now: now + 11 };
  const changed = await changePassword(db, { ...change, passwordHash: "second hash" });
  assert.equal(changed?.closed, 1);
  assert.equal(typeof changed?.cookie, "string");
  assert.equal(await changePassword(db, { ...change, passwordHash: "third hash" }), null);

  const current = (await findUser(db, email))!;
  assert.equal(await resetPassword(db, current, "fourth hash", now + 12), 1);
  const newest = (await findUser(db, email))!;
  assert.deepEqual([newest.passwordHash, newest.passwordVersion], ["fourth hash", 3]);
  const last = await openSession(db, newest, ip, now + 13);
  assert.equal(await signOut(db, last, now + 14), true);
  assert.equal(await signOut(db, last, now + 14), false);
  await openSession(db, newest, ip, now + 15);
  assert.equal(await closeAsOperator(db, user.id, now + 16), 1);

  await openSession(db, newest, ip, now + 17);
  await sweep(db, LIFETIME, YEAR, now + 8 * DAY);
  assert.equal((await listHistory(db, { ...all, now: now + 18 })).entries[0]?.endReason, "expired");
  await sweep(db, LIFETIME, YEAR, now + 2 * YEAR);
  assert.deepEqual((await listHistory(db, all)).entries, []);

  const newEmail = `new.${email}`;
  assert.equal(await renameUser(db, email, newEmail), true);
  assert.equal(await renameUser(db, email, newEmail), false);
  await openSession(db, (await findUser(db, newEmail))!, ip, now);
  assert.equal(await removeUser(db, newEmail), true);
  assert.equal(await removeUser(db, newEmail), false);
  assert.equal(await db.$count(connections, eq(connections.userId, user.id)), 0);
}
