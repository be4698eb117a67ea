import { and, desc, eq, exists, gt, gte, inArray, isNull, lt, lte, ne, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { v7 as uuid } from "uuid";
import type { Address } from "../visitor/addresses.ts";
import type { Db } from "./database.ts";
import type { DeviceKind } from "../visitor/devices.ts";
import { afterSuccess, type Try } from "./limits.ts";
import { expiryOf, isOpen, isStillOpen, type Lifetime } from "./open.ts";
import { connections, type EndReason, sessions, type User, users } from "./schema.ts";
import { orLookBack } from "./driver/unavailable.ts";
import { newCsrf, newSecret, newSessionId, type Session } from "./sessions.ts";
import { findUnusual, know } from "./unusual.ts";

/** More than this many open ones an account can't have: the oldest is closed (ASVS 7.1.2). */
const MOST_OPEN = 100;
/** Connections that one statement closes when it closes everyone's: ten milliseconds' work. */
const BATCH = 500;
/** `last_seen_at` is written at most this often, in milliseconds. */
const SEEN_EVERY = 60_000;

/** Where a browser comes from and what it says it is. */
export type Visitor = {
  address: Address;
  countryCode: string;
  userAgent: string;
  device: string;
  deviceKind: DeviceKind;
};

/** An open connection as a confirmation names it. */
export type OpenConnection = Pick<
  typeof connections.$inferSelect,
  "id" | "openedAt" | "ip" | "countryCode" | "device"
>;

/**
 * Opens a connection with its session, gives the reserved try back, ends the connection that this browser had before, and
 * closes the oldest open ones over a hundred. What is unusual about it is decided now and stored with it; when nothing is, the account
 * knows its country, network and device from then on.
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
  const sessionId = newSessionId();
  const secret = newSecret(sessionId);
  const session = { id: sessionId, connectionId: id, secretHash: secret.hash, csrf: newCsrf(), confirmedAt: now };
  const { address, ...seen } = visitor;
  const unusual = await findUnusual(db, user.id, visitor, now);
  const opened = exists(db.select({ one: sql`1` }).from(alias(connections, "opened")).where(sql`opened.id = ${id}`));

  const open = () =>
    db.batch([
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
          unusual: unusual.join(" ") || null,
          answer: null,
        })).from(users).where(and(eq(users.id, user.id), eq(users.passwordVersion, user.passwordVersion))),
      ),
      db.insert(sessions).select(
        db.select(asColumns({ ...session, formerHash: null, renewedAt: null })).from(connections).where(
          eq(connections.id, id),
        ),
      ),
      close(db, "signed_out", now, and(eq(connections.id, replaces?.connectionId ?? ""), opened)),
      close(db, "replaced", now, and(inArray(connections.id, overTheMost(db, user.id, now)), opened)),
      db.update(users).set({ timeZone })
        .where(and(eq(users.id, user.id), isNull(users.timeZone), opened)),
      know(db, and(eq(connections.id, id), isNull(connections.unusual)), now),
      ...afterSuccess(db, reserved),
    ]);
  return await orLookBack(
    async () => (await open())[0].rowsAffected === 1 ? secret.cookie : null,
    async () => await db.$count(connections, eq(connections.id, id)) === 1 ? secret.cookie : null,
  );
}

/** The account's open connections but the current one, newest first: what closing them all would close. */
export function listOtherOpen(db: Db, session: Session, now: number): Promise<OpenConnection[]> {
  return listNamed(db)
    .where(and(eq(connections.userId, session.userId), ne(connections.id, session.connectionId), isOpen(now)))
    .orderBy(desc(connections.openedAt), desc(connections.id));
}

/** Closes every open connection of the account but the current one. Returns how many; again, 0. */
export async function closeOtherConnections(db: Db, session: Session, now: number): Promise<number> {
  return await closeOthers(db, session, now);
}

/** Closes one other connection of the account. `false` when it was not open, is the current one or is not the account's. */
export async function closeConnection(db: Db, session: Session, id: string, now: number): Promise<boolean> {
  return await closeOthers(db, session, now, eq(connections.id, id)) === 1;
}

/** Closes the current connection. `false` when it was not open. */
export async function signOut(db: Db, session: Session, now: number): Promise<boolean> {
  const current = eq(connections.id, session.connectionId);
  return await orLookBack(
    async () => (await close(db, "signed_out", now, current)).rowsAffected === 1,
    async () => await countClosed(db, "signed_out", now, current) === 1 || null,
  );
}

/**
 * The operator closes all of one account's connections, or everyone's: those in batches, so that a sign-in or a closing in between
 * waits for one of them at most. Returns how many.
 */
export async function closeAsOperator(db: Db, userId: string | "everyone", now: number): Promise<number> {
  const which = userId === "everyone" ? undefined : eq(connections.userId, userId);
  return await orLookBack(
    () => closeInBatches(db, which, now),
    async () => {
      const left = await db.$count(connections, and(which, isOpen(now), lte(connections.openedAt, now)));
      return left === 0 ? await countClosed(db, "closed_by_operator", now, which) : null;
    },
  );
}

async function closeInBatches(db: Db, which: SQL | undefined, now: number): Promise<number> {
  const some = db.select({ id: connections.id }).from(connections).where(and(which, isOpen(now))).limit(BATCH);
  for (let count = 0;;) {
    const { rowsAffected } = await close(db, "closed_by_operator", now, inArray(connections.id, some));
    count += rowsAffected;
    if (rowsAffected < BATCH) return count;
  }
}

/** Whether the current connection was closed since the gate looked: then a closing of others did nothing. */
export async function hasEnded(db: Db, session: Session, now: number): Promise<boolean> {
  return await db.$count(connections, and(eq(connections.id, session.connectionId), isOpen(now))) === 0;
}

/**
 * Notes that the current connection is in use, which moves the time when it expires: at most once a minute, never back. One that
 * was seen by a clock that was ahead is not moved on any more, so that it ends.
 */
export async function markSeen(db: Db, session: Session, lifetime: Lifetime, now: number): Promise<void> {
  if (session.lastSeenAt - now > SEEN_EVERY) {
    await shortenFuture(db, lifetime, now, eq(connections.id, session.connectionId));
    return;
  }
  if (now - session.lastSeenAt < SEEN_EVERY) return;
  await db.update(connections)
    .set({ lastSeenAt: now, expiresAt: expiryOf(session.openedAt, now, lifetime) })
    .where(and(eq(connections.id, session.connectionId), lt(connections.lastSeenAt, now), isOpen(now)));
}

/**
 * Statement for a batch: what is open now, and `which` says, expires when it is unused from now on. Only a clock that was ahead
 * can have written a later time, or an operator who allowed more then.
 */
export function shortenFuture(db: Db, { idle }: Lifetime, now: number, which?: SQL) {
  return db.update(connections).set({ expiresAt: now + idle })
    .where(and(isNull(connections.closedAt), gt(connections.expiresAt, now + idle), which));
}

/** Statement for a batch, behind every closing: what is open and `which` says ends now, and time never runs backwards in a row. */
export function close(db: Db, reason: EndReason, now: number, which: SQL | undefined, closedBy: string | null = null) {
  return db.update(connections)
    .set({ closedAt: sql`max(${now}, ${connections.lastSeenAt})`, endReason: reason, closedBy })
    .where(and(isOpen(now), which));
}

/** Closes others of the account from the current connection: all, or `which`. Returns how many. */
async function closeOthers(db: Db, session: Session, now: number, which?: SQL): Promise<number> {
  const others = and(eq(connections.userId, session.userId), ne(connections.id, session.connectionId), which);
  const isAllowed = isStillOpen(db, session.connectionId, now);
  return await orLookBack(
    async () => (await close(db, "closed", now, and(others, isAllowed), session.connectionId)).rowsAffected,
    () => countClosedBy(db, session, "closed", now, which),
  );
}

/** How many connections the current one closed for `reason` at `now` or later; `null` for none. */
export async function countClosedBy(
  db: Db,
  session: Session,
  reason: EndReason,
  now: number,
  which?: SQL,
): Promise<number | null> {
  return await countClosed(db, reason, now, and(eq(connections.closedBy, session.connectionId), which));
}

/** How many of `which` were closed for `reason` at `now` or later; `null` for none. */
export async function countClosed(
  db: Db,
  reason: EndReason,
  now: number,
  which: SQL | undefined,
): Promise<number | null> {
  const closed = and(gte(connections.closedAt, now), eq(connections.endReason, reason), which);
  return await db.$count(connections, closed) || null;
}

/** Connections that the current one closed at `since` or later, newest first: what a notification names, `limit` at most. */
export function listClosedBy(db: Db, session: Session, since: number, limit: number): Promise<OpenConnection[]> {
  return listNamed(db).where(and(
    // The plus sign keeps the search among what was closed at that time: the account may have had a million connections.
    sql`+${connections.userId} = ${session.userId}`,
    eq(connections.closedBy, session.connectionId),
    gte(connections.closedAt, since),
  )).orderBy(desc(connections.openedAt)).limit(limit);
}

function listNamed(db: Db) {
  const { id, openedAt, ip, countryCode, device } = connections;
  return db.select({ id, openedAt, ip, countryCode, device }).from(connections);
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
