import { and, eq, exists, getTableColumns, inArray, ne, notExists, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { v7 as uuid } from "uuid";
import type { Address } from "../visitor/addresses.ts";
import { close, countClosed, countClosedBy } from "./connections.ts";
import type { Db } from "./database.ts";
import { orRecover } from "./driver/unavailable.ts";
import { afterSuccess, type Attempt, forgetFailures, KNOWN_FOR } from "./limits.ts";
import { isOpen, isStillOpen } from "./open.ts";
import { connections, known, refusals, sessions, type User, users } from "./schema.ts";
import { hasSecret, newSecret, renewSession, type Session } from "./sessions.ts";

/** RFC 5321, 4.5.3.1.3. */
export const LONGEST_EMAIL = 254;

export function foldEmail(email: string): string {
  return email.trim().normalize("NFC").toLowerCase();
}

/** Whether an account can have this address. Only mail itself proves more than one @ with something on both sides and no spaces. */
export function isEmail(email: string): boolean {
  const folded = foldEmail(email);
  return /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(folded) && folded.length <= LONGEST_EMAIL;
}

/** Adds an account. `false` if the address is taken. */
export async function addUser(db: Db, email: string, passwordHash: string, now: number): Promise<boolean> {
  const id = uuid({ msecs: now });
  const add = () =>
    db.insert(users).values({ id, email: foldEmail(email), passwordHash, createdAt: now }).onConflictDoNothing();
  return await orRecover(
    async () => (await add()).rowsAffected === 1,
    async () => await db.$count(users, eq(users.id, id)) === 1 || null,
  );
}

export function findUser(db: Db, email: string): Promise<User | undefined> {
  return db.query.users.findFirst({ where: eq(users.email, foldEmail(email)) });
}

/** Finds the account that a visitor wants to sign in to, and whether their address signed in to it within `KNOWN_FOR`. */
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
    .where(eq(users.email, foldEmail(email)));
  if (!found) return { user: undefined, isKnown: false };

  const { isKnown, ...user } = found;
  return { user, isKnown: isKnown === 1 };
}

export async function hasUsers(db: Db): Promise<boolean> {
  return await db.query.users.findFirst({ columns: { id: true } }) !== undefined;
}

export function listUsers(
  db: Db,
  now: number,
): Promise<{ email: string; createdAt: number; openConnections: number }[]> {
  const openConnections = db.$count(connections, and(eq(connections.userId, users.id), isOpen(now)));
  return db.select({ email: users.email, createdAt: users.createdAt, openConnections }).from(users)
    .orderBy(users.email);
}

/** Changes an account's address; its connections stay open. `false` if there is no such account or the new address is taken. */
export async function renameUser(db: Db, email: string, newEmail: string): Promise<boolean> {
  const other = alias(users, "other");
  const taken = db.select({ one: sql`1` }).from(other)
    .where(and(eq(other.email, foldEmail(newEmail)), ne(other.id, users.id)));
  const renamed = await db.update(users).set({ email: foldEmail(newEmail) })
    .where(and(eq(users.email, foldEmail(email)), notExists(taken)));
  return renamed.rowsAffected === 1;
}

/**
 * Removes an account with its history, table by table, because a remote database may have foreign keys off. `false` if there is none.
 * Leaves nothing of it in an embedded database's files: repeat it if it throws `Unavailable`.
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
  await db.$client.emptyLog();
  return removed.rowsAffected === 1;
}

export type Preferences = Pick<User, "timeZone" | "language" | "theme">;

export async function setPreferences(db: Db, session: Session, preferences: Preferences): Promise<void> {
  await db.update(users).set(preferences).where(eq(users.id, session.userId));
}

export async function strengthenHash(db: Db, user: User, passwordHash: string): Promise<void> {
  await db.update(users).set({ passwordHash })
    .where(and(eq(users.id, user.id), eq(users.passwordVersion, user.passwordVersion)));
}

/**
 * Also closes the account's other connections (ASVS 7.4.3) and renews the session's secret (7.2.4). Returns how many were closed, and the
 * cookie as `confirmSession`; `null` if the password changed since `user` was read or the current connection was closed.
 */
export async function changePassword(
  db: Db,
  { user, session, passwordHash, reserved, now }: {
    user: User;
    session: Session;
    passwordHash: string;
    reserved: Attempt;
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
  return await orRecover(
    async () => {
      const [updated, closed, , renewed] = await change();
      if (updated.rowsAffected === 0) return null;
      return { closed: closed.rowsAffected, cookie: renewed.rowsAffected === 1 ? secret.cookie : null };
    },
    async () => {
      if (!await hasHash(db, user, passwordHash)) return null;
      const closed = await countClosedBy(db, session, "password_changed", now) ?? 0;
      return { closed, cookie: await hasSecret(db, secret) ? secret.cookie : null };
    },
  );
}

/** Sets a password as the operator, closes all of the account's connections and resets its limits. Returns how many were closed. */
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
  return await orRecover(
    async () => (await reset())[1].rowsAffected,
    async () =>
      await hasHash(db, user, passwordHash) ? await countClosed(db, "password_changed", now, ofUser) ?? 0 : null,
  );
}

/** Forgets the account's failed attempts, which ends a lock. */
export async function unlockUser(db: Db, user: User): Promise<void> {
  await forgetFailures(db, user.email);
}

/** Whether the account has this hash now: its salt makes it unique to one change. */
async function hasHash(db: Db, user: User, passwordHash: string): Promise<boolean> {
  return await db.$count(users, and(eq(users.id, user.id), eq(users.passwordHash, passwordHash))) === 1;
}
