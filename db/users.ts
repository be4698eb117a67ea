import { and, eq, exists, getTableColumns, inArray, ne, notExists, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { v7 as uuid } from "uuid";
import type { Address } from "../visitor/addresses.ts";
import type { Db } from "./database.ts";
import { close, countClosed, countClosedBy } from "./connections.ts";
import { afterSuccess, forgetFailures, KNOWN_FOR, type Try } from "./limits.ts";
import { isOpen, isStillOpen } from "./open.ts";
import { connections, known, refusals, sessions, type User, users } from "./schema.ts";
import { holds, newSecret, renewSession, type Session } from "./sessions.ts";
import { orLookBack } from "./driver/unavailable.ts";

/** Longer ones can't be delivered to (RFC 5321, 4.5.3.1.3). */
export const LONGEST_EMAIL = 254;

/** The one spelling under which an account is kept and found. */
export function foldEmail(email: string): string {
  return email.trim().normalize("NFC").toLowerCase();
}

/** Whether an account can have it. No pattern tells whether mail arrives: one @ with something on both sides, no spaces, is all. */
export function isEmail(email: string): boolean {
  const folded = foldEmail(email);
  return /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(folded) && folded.length <= LONGEST_EMAIL;
}

/** Adds an account. `false` when there is one with this address. */
export async function addUser(db: Db, email: string, passwordHash: string, now: number): Promise<boolean> {
  const id = uuid({ msecs: now });
  const add = () =>
    db.insert(users).values({ id, email: foldEmail(email), passwordHash, createdAt: now }).onConflictDoNothing();
  return await orLookBack(
    async () => (await add()).rowsAffected === 1,
    async () => await db.$count(users, eq(users.id, id)) === 1 || null,
  );
}

/** The account with this address; `undefined` when there is none. */
export function findUser(db: Db, email: string): Promise<User | undefined> {
  return db.query.users.findFirst({ where: eq(users.email, foldEmail(email)) });
}

/**
 * The account that somebody at `address` wants to sign in to, and whether that address signed in to it within
 * `KNOWN_FOR`. `user` is `undefined` when there is none; the work is the same.
 */
export async function findUserFrom(
  db: Db,
  email: string,
  address: Address,
  now: number,
): Promise<{ user: User | undefined; isKnown: boolean }> {
  const sameClient = address.client === address.ip ? sql`c.ip = ${address.ip}` : sql`c.network = ${address.network}`;
  const cameFromHere = sql<number>`exists (select 1 from connections c
    where c.user_id = users.id and ${sameClient} and c.opened_at > ${now - KNOWN_FOR})`;
  const [found] = await db.select({ ...getTableColumns(users), isKnown: cameFromHere }).from(users)
    .where(eq(users.email, email));
  if (!found) return { user: undefined, isKnown: false };

  const { isKnown, ...user } = found;
  return { user, isKnown: isKnown === 1 };
}

/** Whether there is any account at all. */
export async function hasUsers(db: Db): Promise<boolean> {
  return await db.query.users.findFirst({ columns: { id: true } }) !== undefined;
}

/** All accounts by address, with how many of their connections are open. */
export function listUsers(
  db: Db,
  now: number,
): Promise<{ email: string; createdAt: number; openConnections: number }[]> {
  const openConnections = db.$count(connections, and(eq(connections.userId, users.id), isOpen(now)));
  return db.select({ email: users.email, createdAt: users.createdAt, openConnections }).from(users)
    .orderBy(users.email);
}

/**
 * Gives an account another address; its connections stay open. `false` when there is no account under the old one, or another
 * account under the new one.
 */
export async function renameUser(db: Db, email: string, newEmail: string): Promise<boolean> {
  const other = alias(users, "other");
  const taken = db.select({ one: sql`1` }).from(other)
    .where(and(eq(other.email, foldEmail(newEmail)), ne(other.id, users.id)));
  const renamed = await db.update(users).set({ email: foldEmail(newEmail) })
    .where(and(eq(users.email, foldEmail(email)), notExists(taken)));
  return renamed.rowsAffected === 1;
}

/**
 * Removes an account with its whole history, which lets nobody in from their next request on. `false` when there is none. Each
 * table by itself, since a remote database may leave it to us what goes with what.
 */
export async function removeUser(db: Db, email: string): Promise<boolean> {
  const gone = db.select({ id: users.id }).from(users).where(eq(users.email, foldEmail(email)));
  const goneConnections = db.select({ id: connections.id }).from(connections).where(inArray(connections.userId, gone));
  const [, , , , , removed] = await db.batch([
    db.delete(sessions).where(inArray(sessions.connectionId, goneConnections)),
    db.delete(connections).where(inArray(connections.userId, gone)),
    db.delete(refusals).where(inArray(refusals.userId, gone)),
    db.delete(known).where(inArray(known.userId, gone)),
    forgetFailures(db, foldEmail(email)),
    db.delete(users).where(eq(users.email, foldEmail(email))),
  ]);
  return removed.rowsAffected === 1;
}

/** What an owner chooses for their account; null where they leave it to the browser. */
export type Preferences = Pick<User, "timeZone" | "language" | "theme">;

/** Sets what the owner of a session prefers, for all their browsers. */
export async function setPreferences(db: Db, session: Session, preferences: Preferences): Promise<void> {
  await db.update(users).set(preferences).where(eq(users.id, session.userId));
}

/** Replaces a hash by a stronger one of the same password; does nothing when the password changed meanwhile. */
export async function strengthenHash(db: Db, user: User, passwordHash: string): Promise<void> {
  await db.update(users).set({ passwordHash })
    .where(and(eq(users.id, user.id), eq(users.passwordVersion, user.passwordVersion)));
}

/**
 * Changes the owner's password, closes the account's other connections with it (ASVS 7.4.3) and renews the current session's
 * secret (7.2.4). Returns how many were closed and the new cookie, if this request made it (`confirmSession`); `null` when the
 * password changed since `user` was read or the current connection was closed, and then nothing happens.
 */
export async function changePassword(
  db: Db,
  { user, session, passwordHash, reserved, now }: {
    user: User;
    session: Session;
    passwordHash: string;
    reserved: Try;
    now: number;
  },
): Promise<{ closed: number; cookie: string | null } | null> {
  const secret = newSecret(session.id);
  const hasChanged = exists(
    db.select({ one: sql`1` }).from(users).where(and(eq(users.id, user.id), eq(users.passwordHash, passwordHash))),
  );
  const change = () =>
    db.batch([
      db.update(users).set({ passwordHash, passwordVersion: user.passwordVersion + 1 })
        .where(
          and(
            eq(users.id, user.id),
            eq(users.passwordVersion, user.passwordVersion),
            isStillOpen(db, session.connectionId, now),
          ),
        ),
      close(
        db,
        "password_changed",
        now,
        and(
          eq(connections.userId, user.id),
          ne(connections.id, session.connectionId),
          hasChanged,
        ),
        session.connectionId,
      ),
      ...renewSession(db, session, secret, now, hasChanged),
      ...afterSuccess(db, reserved),
    ]);
  return await orLookBack(
    async () => {
      const [updated, closed, , renewed] = await change();
      if (updated.rowsAffected === 0) return null;
      return { closed: closed.rowsAffected, cookie: renewed.rowsAffected === 1 ? secret.cookie : null };
    },
    async () => {
      if (!await hasHash(db, user, passwordHash)) return null;
      const closed = await countClosedBy(db, session, "password_changed", now) ?? 0;
      return { closed, cookie: await holds(db, secret) ? secret.cookie : null };
    },
  );
}

/**
 * The operator sets an account's password: all its connections are closed with the old one, and the limiter forgets its
 * failures. Returns how many were closed.
 */
export async function resetPassword(db: Db, user: User, passwordHash: string, now: number): Promise<number> {
  const ofUser = eq(connections.userId, user.id);
  const reset = () =>
    db.batch([
      db.update(users).set({ passwordHash, passwordVersion: sql`${users.passwordVersion} + 1` }).where(
        eq(users.id, user.id),
      ),
      close(db, "password_changed", now, ofUser),
      forgetFailures(db, user.email),
    ]);
  return await orLookBack(
    async () => (await reset())[1].rowsAffected,
    async () =>
      await hasHash(db, user, passwordHash) ? await countClosed(db, "password_changed", now, ofUser) ?? 0 : null,
  );
}

/** Whether an account has this hash now: each has a salt of its own, so that no other change makes the same one. */
async function hasHash(db: Db, user: User, passwordHash: string): Promise<boolean> {
  return await db.$count(users, and(eq(users.id, user.id), eq(users.passwordHash, passwordHash))) === 1;
}
