import assert from "node:assert/strict";
import { desc, eq } from "drizzle-orm";
import { v7 as uuid } from "uuid";
import { readAddress } from "../visitor/addresses.ts";
import { readActivity } from "../db/history/activity.ts";
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
} from "../db/connections.ts";
import { readDays } from "../db/history/days.ts";
import { endDownload, isConnectionOpen, renewSlot, startDownload } from "../db/downloads.ts";
import { findConnection, type HistoryQuery, listCountries, listHistory, readPage } from "../db/history/rows.ts";
import { type Attempt, reserveAttempt, returnAttempt } from "../db/limits.ts";
import { readOverview } from "../db/history/overview.ts";
import { recordRefusal } from "../db/refusals.ts";
import { sweep } from "../db/retention.ts";
import { countRows } from "../db/history/row_count.ts";
import { connections, type User } from "../db/schema.ts";
import {
  confirmSession,
  hasSecret,
  newSecret,
  resumeSession,
  resumeWithActivity,
  type Session,
} from "../db/sessions.ts";
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
  unlockUser,
} from "../db/users.ts";
import { disownConnection, findUnusual, recognizeConnection } from "../db/unusual.ts";
import type { Visitor } from "../visitor/visitor.ts";
import { DAY, FIREFOX, MINUTE, START } from "./app.ts";

const called = new Set<string>();

/** The verbs of `db/`: functions that read or change the database, not those that return a statement for a batch. */
export const verbs = recordCalls({
  addUser,
  changePassword,
  closeAsOperator,
  closeConnection,
  closeOtherConnections,
  confirmSession,
  countClosed,
  countClosedBy,
  countRows,
  disownConnection,
  endDownload,
  findConnection,
  findUnusual,
  findUser,
  findUserFrom,
  hasEnded,
  hasSecret,
  hasUsers,
  isConnectionOpen,
  listClosedBy,
  listCountries,
  listHistory,
  listOtherOpen,
  listUsers,
  markSeen,
  openConnection,
  readActivity,
  readDays,
  readOverview,
  readPage,
  recognizeConnection,
  recordRefusal,
  removeUser,
  renameUser,
  renewSlot,
  reserveAttempt,
  resetPassword,
  resumeSession,
  resumeWithActivity,
  returnAttempt,
  setPreferences,
  signOut,
  startDownload,
  strengthenHash,
  sweep,
  unlockUser,
});

export const LIFETIME = { idle: 7 * DAY, max: 30 * DAY };
const YEAR = 365 * DAY;

/** A visitor at this address, on Firefox. */
export function visitorFrom(ip: string): Visitor {
  return {
    address: readAddress(ip)!,
    countryCode: "ES",
    userAgent: FIREFOX,
    device: "Firefox on Linux",
    deviceKind: "computer",
  };
}

/** Adds an account. */
export async function makeUser(db: Db, email: string): Promise<User> {
  assert.equal(await verbs.addUser(db, email, "first hash", START), true);
  return (await verbs.findUser(db, email))!;
}

/** Reserves an attempt; there must be one left. */
export async function reserve(db: Db, email: string, ip: string, now = START): Promise<Attempt> {
  const reserved = await verbs.reserveAttempt(db, { email, address: readAddress(ip)!, isKnown: false }, now);
  assert.ok("run" in reserved);
  return reserved;
}

/** Opens a connection and resumes its session. */
export async function openSession(db: Db, user: User, ip: string, now: number): Promise<Session> {
  const reserved = await reserve(db, user.email, ip, now);
  const visitor = visitorFrom(ip);
  const opening = { user, visitor, reserved, replaces: null, timeZone: null, lifetime: LIFETIME, now };
  const cookie = await verbs.openConnection(db, opening);
  return (await verbs.resumeSession(db, cookie!, { isReading: false, now }))!;
}

/** Makes all of an account's connections unusual for the same reason. Returns the newest one's id. */
export async function markUnusual(db: Db, user: User): Promise<string> {
  const ofUser = eq(connections.userId, user.id);
  await db.update(connections).set({ unusual: "after_refusals" }).where(ofUser);
  const [newest] = await db.select().from(connections).where(ofUser).orderBy(desc(connections.openedAt));
  return newest!.id;
}

/** Runs every verb for a new account, and asserts its result and its effect. The database may contain other accounts. */
export async function assertVerbs(db: Db): Promise<void> {
  called.clear();
  const email = `${uuid()}@example.com`;
  const [ip, otherIp] = ["46.16.60.1", "2001:db8:1:2::3"];
  const now = START;

  const user = await makeUser(db, email.toUpperCase());
  assert.equal(await verbs.addUser(db, email, "another hash", now), false);
  assert.equal((await verbs.findUser(db, ` ${email}`))?.passwordHash, "first hash");
  assert.deepEqual(await verbs.findUserFrom(db, email, readAddress(ip)!, now), { user, isKnown: false });
  assert.equal(await verbs.hasUsers(db), true);

  const reserved = await reserve(db, email, ip);
  await verbs.returnAttempt(db, reserved);
  await verbs.recordRefusal(db, { user, visitor: visitorFrom(ip), reason: "wrong_password", now });
  await verbs.recordRefusal(db, { user, visitor: visitorFrom(otherIp), reason: "wrong_password", now: now + 1 });

  const here = await openSession(db, user, ip, now + 2);
  const other = await openSession(db, user, otherIp, now + 3);
  const third = await openSession(db, user, otherIp, now + 4);
  assert.equal((await verbs.findUserFrom(db, email, readAddress(ip)!, now + 5)).isKnown, true);
  assert.deepEqual((await verbs.listOtherOpen(db, here, now + 5)).map(({ id }) => id), [
    third.connectionId,
    other.connectionId,
  ]);
  assert.equal((await verbs.readActivity(db, here, now + 5)).open, 3);
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
    ["wrong_password", 2],
  ]);
  const page = await verbs.readPage(db, { ...all, filter: { state: "refused" } }, here.connectionId);
  assert.deepEqual([page.entries.length, page.activity.open, page.activity.oldest], [1, 1, here.connectionId]);
  assert.equal(page.entries[0]?.addresses, 2);
  assert.deepEqual(await verbs.listCountries(db, user.id), ["ES"]);

  assert.deepEqual(await verbs.countRows(db, { userId: user.id, filter: {}, now: now + 8 }), {
    rows: 4,
    isMore: false,
  });
  const activity = await verbs.readActivity(db, here, now + 8);
  assert.deepEqual([activity.newest, activity.open, activity.refused?.attempts], [third.connectionId, 1, 2]);
  const starts = [now - DAY, now, now + DAY];
  const { days, partialDay } = await verbs.readDays(db, user.id, starts);
  assert.deepEqual([days[0]?.opened, days[1]?.opened, days[1]?.refused, partialDay], [0, 3, 2, null]);
  assert.deepEqual(await verbs.readOverview(db, { userId: user.id, filter: {}, activity, starts, now: now + 8 }), {
    days: { days, partialDay },
    countries: ["ES"],
    rows: { rows: 4, isMore: false },
  });
  await verbs.setPreferences(db, here, { timeZone: "Europe/Madrid", language: "ca", theme: "dark" });
  assert.equal((await verbs.findUser(db, email))?.language, "ca");

  assert.deepEqual((await verbs.listClosedBy(db, here, now, 1)).map(({ id }) => id), [third.connectionId]);
  const stranger = { ...visitorFrom(otherIp), countryCode: "FR" };
  assert.deepEqual(await verbs.findUnusual(db, user.id, stranger, now + 8), ["new_country"]);
  const unusual = await markUnusual(db, user);
  assert.equal((await verbs.readActivity(db, here, now + 8)).unreviewed, 2);
  assert.equal(await verbs.recognizeConnection(db, here, unusual, now + 8), 2);
  assert.equal(await verbs.recognizeConnection(db, here, unusual, now + 8), 0);
  assert.equal(await verbs.disownConnection(db, here, unusual, now + 8), false);

  const confirming = { session: here, user, reserved: await reserve(db, email, ip), now: now + 9 };
  const cookie = await verbs.confirmSession(db, confirming);
  const renewed = await verbs.resumeSession(db, cookie!, { isReading: false, now: now + 9 });
  assert.equal(renewed?.confirmedAt, now + 9);
  assert.deepEqual(await verbs.resumeWithActivity(db, cookie!, { isReading: false, now: now + 9 }), {
    session: renewed,
    activity: await verbs.readActivity(db, here, now + 9),
  });
  assert.equal(await verbs.resumeWithActivity(db, undefined, { isReading: false, now: now + 9 }), null);
  assert.equal(await verbs.hasSecret(db, newSecret(here.id)), false);

  await verbs.strengthenHash(db, user, "stronger hash");
  assert.equal((await verbs.findUser(db, email))?.passwordHash, "stronger hash");
  await openSession(db, user, otherIp, now + 10);
  const change = { user, session: renewed!, reserved: await reserve(db, email, ip), now: now + 11 };
  const changed = await verbs.changePassword(db, { ...change, passwordHash: "second hash" });
  assert.equal(changed?.closed, 1);
  assert.equal(typeof changed?.cookie, "string");
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
  await openSession(db, newest, ip, now + 15);
  assert.equal(await verbs.closeAsOperator(db, user.id, now + 16), 1);

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

  const newEmail = `new.${email}`;
  assert.equal(await verbs.renameUser(db, email, newEmail), true);
  assert.equal(await verbs.renameUser(db, email, newEmail), false);
  await openSession(db, (await verbs.findUser(db, newEmail))!, ip, now);
  assert.equal(await verbs.removeUser(db, newEmail), true);
  assert.equal(await verbs.removeUser(db, newEmail), false);
  assert.equal(await db.$count(connections, eq(connections.userId, user.id)), 0);

  assert.deepEqual(Object.keys(verbs).filter((name) => !called.has(name)), []);
}

/** Wraps functions to add their names to `called`. */
function recordCalls<Functions extends Record<string, (...args: never[]) => unknown>>(functions: Functions): Functions {
  const recorded = Object.entries(functions).map(([name, run]) => [
    name,
    (...args: never[]) => {
      called.add(name);
      return run(...args);
    },
  ]);
  return Object.fromEntries(recorded);
}
