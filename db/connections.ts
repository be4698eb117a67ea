import { and, desc, eq, exists, inArray, isNull, lt, ne, type SQL, sql } from "drizzle-orm";
import { alias, type SQLiteColumn } from "drizzle-orm/sqlite-core";
import { v7 as uuid } from "uuid";
import type { Address } from "./addresses.ts";
import type { Db } from "./client.ts";
import { afterSuccess, forgetFailures, type Try } from "./limits.ts";
import { connections, type EndReason, sessions, users } from "./schema.ts";
import { newSecret, type Session } from "./sessions.ts";
import type { User } from "./users.ts";

/** How long a connection lasts, in milliseconds: unused, and at most. */
export type Lifetime = { idle: number; max: number };

/** More than this many open ones an account can't have: the oldest is closed (ASVS 7.1.2). */
const MOST_OPEN = 100;
/** `last_seen_at` is written at most this often, in milliseconds. */
const SEEN_EVERY = 60_000;

/** Where a browser comes from and what it says it is. */
export type Visitor = { address: Address; countryCode: string; userAgent: string; device: string };

/** An open connection as a confirmation names it. */
export type OpenConnection = Pick<
  typeof connections.$inferSelect,
  "id" | "openedAt" | "ip" | "countryCode" | "device"
>;

/**
 * Open, defined once: not closed, and its time not over. The gate asks this of the session's connection, and the history
 * shows the same fact.
 */
export function isOpen(now: number, connection: Record<"closedAt" | "expiresAt", SQLiteColumn> = connections): SQL {
  return sql`(${connection.closedAt} is null and ${connection.expiresAt} > ${now})`;
}

/** When it ended, expired ones included; null exactly while it is open. */
export function endedAt(now: number): SQL<number | null> {
  return sql<number | null>`coalesce(${connections.closedAt},
    case when ${connections.expiresAt} <= ${now} then ${connections.expiresAt} end)`;
}

/** How it ended; null exactly while it is open. */
export function endReason(now: number): SQL<EndReason | null> {
  return sql<EndReason | null>`coalesce(${connections.endReason},
    case when ${connections.expiresAt} <= ${now} then 'expired' end)`;
}

/** When a connection expires: unused for `idle`, and never later than `max` after it was opened (ASVS 7.3.1, 7.3.2). */
export function expiryOf(openedAt: number, lastSeenAt: number, { idle, max }: Lifetime): number {
  return Math.min(lastSeenAt + idle, openedAt + max);
}

/**
 * Opens a connection with its session, gives the reserved try back, ends the connection that this browser had before, and
 * closes the oldest open ones over a hundred.
 *
 * Returns the cookie's value, which is nowhere else; `null` when the password changed since `user` was read, so that a
 * sign-in under way with the old one fails.
 */
export async function openConnection(
  db: Db,
  { user, visitor, reserved, replaces, timeZone, lifetime, now }: {
    user: User;
    visitor: Visitor;
    reserved: Try;
    replaces: Session | null;
    timeZone: string | null;
    lifetime: Lifetime;
    now: number;
  },
): Promise<string | null> {
  const id = uuid({ msecs: now });
  const session = newSecret();
  const { address, ...seen } = visitor;
  const opened = exists(db.select({ one: sql`1` }).from(alias(connections, "opened")).where(sql`opened.id = ${id}`));

  const [inserted] = await db.batch([
    db.insert(connections).select(
      db.select(asColumns({
        id,
        userId: user.id,
        openedAt: now,
        lastSeenAt: now,
        expiresAt: expiryOf(now, now, lifetime),
        closedAt: null,
        endReason: null,
        closedBy: null,
        ip: address.ip,
        network: address.network,
        ...seen,
      })).from(users).where(and(eq(users.id, user.id), eq(users.passwordVersion, user.passwordVersion))),
    ),
    db.insert(sessions).select(
      db.select(asColumns({ id: session.id, connectionId: id, secretHash: session.hash, csrf: session.csrf }))
        .from(connections).where(eq(connections.id, id)),
    ),
    close(db, "signed_out", now, and(eq(connections.id, replaces?.connectionId ?? ""), opened)),
    close(db, "replaced", now, and(inArray(connections.id, overTheMost(db, user.id, now)), opened)),
    db.update(users).set({ timeZone })
      .where(and(eq(users.id, user.id), isNull(users.timeZone), opened)),
    ...afterSuccess(db, reserved),
  ]);
  return inserted.rowsAffected === 1 ? session.cookie : null;
}

/** The account's open connections but the current one, newest first: what closing them all would close. */
export function listOtherOpen(db: Db, session: Session, now: number): Promise<OpenConnection[]> {
  return db.select({
    id: connections.id,
    openedAt: connections.openedAt,
    ip: connections.ip,
    countryCode: connections.countryCode,
    device: connections.device,
  }).from(connections)
    .where(and(eq(connections.userId, session.userId), ne(connections.id, session.connectionId), isOpen(now)))
    .orderBy(desc(connections.openedAt), desc(connections.id));
}

/** How many of the account's connections are open, the current one included. */
export async function countOpen(db: Db, userId: string, now: number): Promise<number> {
  return await db.$count(connections, and(eq(connections.userId, userId), isOpen(now)));
}

/** Closes every open connection of the account but the current one. Returns how many; again, 0. */
export async function closeOtherConnections(db: Db, session: Session, now: number): Promise<number> {
  const closed = await closeOthers(db, session, now);
  return closed.rowsAffected;
}

/** Closes one other connection of the account. `false` when it was not open, is the current one or is not the account's. */
export async function closeConnection(db: Db, session: Session, id: string, now: number): Promise<boolean> {
  const closed = await closeOthers(db, session, now, eq(connections.id, id));
  return closed.rowsAffected === 1;
}

/** Closes the current connection. `false` when it was not open. */
export async function signOut(db: Db, session: Session, now: number): Promise<boolean> {
  const closed = await close(db, "signed_out", now, eq(connections.id, session.connectionId));
  return closed.rowsAffected === 1;
}

/** The operator closes all of one account's connections, or everyone's. Returns how many. */
export async function closeAsOperator(db: Db, userId: string | "everyone", now: number): Promise<number> {
  const closed = await close(
    db,
    "closed_by_operator",
    now,
    userId === "everyone" ? undefined : eq(connections.userId, userId),
  );
  return closed.rowsAffected;
}

/**
 * Changes the owner's password and closes the account's other connections with it (ASVS 7.4.3). Returns how many were
 * closed; `null` when the password changed since `user` was read or the current connection was closed, and then nothing happens.
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
): Promise<number | null> {
  const changed = and(eq(users.id, user.id), eq(users.passwordHash, passwordHash));
  const [updated, closed] = await db.batch([
    db.update(users).set({ passwordHash, passwordVersion: user.passwordVersion + 1 })
      .where(
        and(
          eq(users.id, user.id),
          eq(users.passwordVersion, user.passwordVersion),
          isStillOpen(db, session, now),
        ),
      ),
    close(
      db,
      "password_changed",
      now,
      and(
        eq(connections.userId, user.id),
        ne(connections.id, session.connectionId),
        exists(db.select({ one: sql`1` }).from(users).where(changed)),
      ),
      session.connectionId,
    ),
    ...afterSuccess(db, reserved),
  ]);
  return updated.rowsAffected === 1 ? closed.rowsAffected : null;
}

/**
 * The operator sets an account's password: all its connections are closed with the old one, and the limiter forgets its
 * failures. Returns how many were closed.
 */
export async function resetPassword(db: Db, user: User, passwordHash: string, now: number): Promise<number> {
  const [, closed] = await db.batch([
    db.update(users).set({ passwordHash, passwordVersion: sql`${users.passwordVersion} + 1` }).where(
      eq(users.id, user.id),
    ),
    close(db, "password_changed", now, eq(connections.userId, user.id)),
    forgetFailures(db, user.email),
  ]);
  return closed.rowsAffected;
}

/** Notes that the current connection is in use, which moves the time when it expires: at most once a minute, never back. */
export async function markSeen(db: Db, session: Session, lifetime: Lifetime, now: number): Promise<void> {
  if (now - session.lastSeenAt < SEEN_EVERY) return;
  await db.update(connections)
    .set({ lastSeenAt: now, expiresAt: expiryOf(session.openedAt, now, lifetime) })
    .where(and(eq(connections.id, session.connectionId), lt(connections.lastSeenAt, now), isOpen(now)));
}

/** The statement behind every closing: what is open and `which` says ends now, and time never runs backwards in a row. */
function close(db: Db, reason: EndReason, now: number, which: SQL | undefined, closedBy: string | null = null) {
  return db.update(connections)
    .set({ closedAt: sql`max(${now}, ${connections.lastSeenAt})`, endReason: reason, closedBy })
    .where(and(isOpen(now), which));
}

/** Closes others of the account from the current connection: all, or `which`. */
function closeOthers(db: Db, session: Session, now: number, which?: SQL) {
  const others = and(eq(connections.userId, session.userId), ne(connections.id, session.connectionId));
  return close(db, "closed", now, and(others, which, isStillOpen(db, session, now)), session.connectionId);
}

/**
 * Whether the current connection is open as the statement runs, and not just when the gate looked: of two that close each
 * other at once one stays, and one that was closed meanwhile changes nothing any more.
 */
function isStillOpen(db: Db, session: Session, now: number): SQL {
  const current = alias(connections, "current");
  return exists(
    db.select({ one: sql`1` }).from(current).where(and(eq(current.id, session.connectionId), isOpen(now, current))),
  );
}

/** The ids of the account's open connections beyond the newest hundred. */
function overTheMost(db: Db, userId: string, now: number) {
  const open = alias(connections, "open_ones");
  return db.select({ id: open.id }).from(open)
    .where(and(eq(open.userId, userId), isOpen(now, open)))
    .orderBy(desc(open.openedAt), desc(open.id)).limit(Number.MAX_SAFE_INTEGER).offset(MOST_OPEN);
}

/** Values as the columns of a SELECT, for an INSERT that depends on a condition. */
export function asColumns<T extends Record<string, unknown>>(values: T) {
  return Object.fromEntries(
    Object.entries(values).map(([column, value]) => [column, sql`${value}`.as(column)]),
  ) as { [K in keyof T]: SQL.Aliased<T[K]> };
}
