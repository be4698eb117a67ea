import assert from "node:assert/strict";
import { desc, eq } from "drizzle-orm";
import { readAddress } from "../visitor/addresses.ts";
import { disableUser, enableUser } from "../db/accounts/disabling.ts";
import { exportUser } from "../db/accounts/export.ts";
import { findByAddress } from "../db/accounts/traces.ts";
import { addLink, addMailedLink, changeEmail, findLink, removeLink, setPasswordByLink } from "../db/accounts/links.ts";
import { cancelEmail, findPendingEmail, requestEmail, requestLink } from "../db/accounts/requests.ts";
import { readActivity } from "../db/history/activity.ts";
import { findBrowser, forgetBrowser, newBrowser } from "../db/browsers.ts";
import { type Db, tryToWrite } from "../db/database.ts";
import {
  closeAsOperator,
  closeConnection,
  closeGuesser,
  closeOtherConnections,
  countClosed,
  countClosedBy,
  countOpen,
  hasEnded,
  listClosedBy,
  listOtherOpen,
  markSeen,
  openConnection,
  signOut,
} from "../db/connections.ts";
import { readDays } from "../db/history/days.ts";
import { endDownload, isConnectionOpen, renewSlot, startDownload } from "../db/downloads.ts";
import { findConnection } from "../db/history/entries.ts";
import { listCountries, listHistory, readPage, readPageBeside } from "../db/history/rows.ts";
import { accountKey, type Attempt, type Guess, reserveAttempt, returnAttempt } from "../db/limits.ts";
import { readOverview, readPageAndOverview } from "../db/history/overview.ts";
import { findOrigin } from "../db/mail/origins.ts";
import { claimMail, endMail, findNextDue, findRecipient, holdMail, retryMail } from "../db/mail/outbox.ts";
import { listPlaces, recordPlace } from "../db/places.ts";
import {
  findAuthenticator,
  listAuthenticators,
  removeAuthenticator,
  rewriteSecret,
  setAuthenticator,
  useStep,
} from "../db/methods/authenticators.ts";
import { forgetKnown } from "../db/methods/browsers.ts";
import { changeMethods } from "../db/methods/changes.ts";
import { listMethods } from "../db/methods/methods.ts";
import {
  addPasskey,
  findPasskey,
  listPasskeys,
  markCopied,
  removePasskey,
  renamePasskey,
  usePasskey,
} from "../db/methods/passkeys.ts";
import { addPending, endPending, findPending } from "../db/methods/pending.ts";
import { setRecoveryCodes, useRecoveryCode } from "../db/methods/recovery_codes.ts";
import { resetMethods } from "../db/methods/reset.ts";
import { countWrongPasswords, recordRefusal } from "../db/refusals.ts";
import { sweep } from "../db/retention.ts";
import { countRows } from "../db/history/row_count.ts";
import { connections, type User } from "../db/schema.ts";
import {
  confirmSession,
  endFormerSecret,
  hasSecret,
  resumeSession,
  resumeWithActivity,
  type Session,
} from "../db/sessions.ts";
import {
  addUser,
  changePassword,
  findOrAddUser,
  findUser,
  findUserFrom,
  hasUsers,
  listUsers,
  removeUser,
  renameUser,
  replacePassword,
  resetPassword,
  setPreferences,
  strengthenHash,
  unlockUser,
} from "../db/users.ts";
import { disownConnection, recognizeConnection } from "../db/reviews.ts";
import { findUnusual } from "../db/unusual.ts";
import type { Visitor } from "../visitor/visitor.ts";
import { DAY, FIREFOX, START } from "./app.ts";

/** The names of the verbs that were called. */
export const called = new Set<string>();

/** The verbs of `db/`: functions that read or change the database, not those that return a statement for a batch. */
export const verbs = recordCalls({
  addLink,
  addMailedLink,
  addPasskey,
  addPending,
  addUser,
  cancelEmail,
  changeEmail,
  changeMethods,
  changePassword,
  claimMail,
  closeAsOperator,
  closeConnection,
  closeGuesser,
  closeOtherConnections,
  confirmSession,
  countClosed,
  countClosedBy,
  countOpen,
  countRows,
  countWrongPasswords,
  disableUser,
  disownConnection,
  enableUser,
  endDownload,
  endFormerSecret,
  endMail,
  endPending,
  exportUser,
  findAuthenticator,
  findBrowser,
  findByAddress,
  findConnection,
  findLink,
  findNextDue,
  findOrigin,
  findOrAddUser,
  findPasskey,
  findPending,
  findPendingEmail,
  findRecipient,
  findUnusual,
  findUser,
  findUserFrom,
  forgetBrowser,
  forgetKnown,
  hasEnded,
  hasSecret,
  hasUsers,
  holdMail,
  isConnectionOpen,
  listAuthenticators,
  listClosedBy,
  listCountries,
  listHistory,
  listMethods,
  listOtherOpen,
  listPasskeys,
  listPlaces,
  listUsers,
  markCopied,
  markSeen,
  openConnection,
  readActivity,
  readDays,
  readOverview,
  readPage,
  readPageAndOverview,
  readPageBeside,
  recognizeConnection,
  recordPlace,
  recordRefusal,
  removeAuthenticator,
  removeLink,
  removePasskey,
  removeUser,
  renamePasskey,
  renameUser,
  renewSlot,
  replacePassword,
  requestEmail,
  requestLink,
  reserveAttempt,
  resetMethods,
  resetPassword,
  resumeSession,
  resumeWithActivity,
  retryMail,
  returnAttempt,
  rewriteSecret,
  setAuthenticator,
  setPasswordByLink,
  setPreferences,
  setRecoveryCodes,
  signOut,
  startDownload,
  strengthenHash,
  sweep,
  tryToWrite,
  unlockUser,
  usePasskey,
  useRecoveryCode,
  useStep,
});

export const LIFETIME = { idle: 7 * DAY, max: 30 * DAY };

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

/** A guess of an account's password, by default a stranger's. */
export function guessFrom(
  ip: string,
  { email, standing = { kind: "stranger" }, browser = null }: Partial<Guess> & { email: string },
): Guess {
  return { account: accountKey(email, true), address: readAddress(ip)!, standing, browser };
}

/** Reserves an attempt; there must be one left. */
export async function reserve(db: Db, email: string, ip: string, now = START): Promise<Attempt> {
  const reserved = await verbs.reserveAttempt(db, guessFrom(ip, { email }), now);
  assert.ok("runs" in reserved);
  return reserved;
}

/** Opens a connection and resumes its session. */
export async function openSession(
  db: Db,
  user: User,
  ip: string,
  now: number,
  browser = newBrowser(),
): Promise<Session> {
  const reserved = await reserve(db, user.email, ip, now);
  const visitor = visitorFrom(ip);
  const opening = {
    user,
    visitor,
    browser,
    unusual: await verbs.findUnusual(db, user.id, visitor, typeof browser === "string" ? browser : null, now),
    reserved,
    replaces: null,
    timeZone: null,
    lifetime: LIFETIME,
    now,
  };
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
