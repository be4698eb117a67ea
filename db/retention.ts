import { and, inArray, isNull, lt, lte, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { shortenFuture } from "./connections.ts";
import { forgetExpired } from "./limits.ts";
import { lastOf, type Lifetime } from "./open.ts";
import { connections, known, refusals, sessions } from "./schema.ts";

/** Rows that one sweep touches at most in each table, so that no sign-in pays for a long pause. */
const AT_MOST = 1_000;

/**
 * Writes down which connections expired, and removes what the operator does not keep: closed connections and refused
 * sign-ins older than `retention` milliseconds (0 keeps all), what was known from them, and counters that are worth nothing
 * any more. Each sign-in does some: instances that sleep have no timers. What a clock that was ahead made last too long is
 * shortened.
 */
export async function sweep(db: Db, lifetime: Lifetime, retention: number, now: number): Promise<void> {
  const expired = db.select({ id: connections.id }).from(connections)
    .where(and(isNull(connections.closedAt), lte(connections.expiresAt, now))).limit(AT_MOST);
  await db.batch([
    db.update(connections).set({ closedAt: lastOf(connections), endReason: "expired" })
      .where(inArray(connections.id, expired)),
    shortenFuture(db, lifetime, now),
    forgetExpired(db, now, AT_MOST),
  ]);
  if (retention === 0) return;

  const oldest = now - retention;
  const ended = db.select({ id: connections.id }).from(connections)
    .where(lt(connections.closedAt, oldest)).limit(AT_MOST);
  const refused = db.select({ id: refusals.id }).from(refusals).where(lt(refusals.lastAt, oldest)).limit(AT_MOST);
  const forgotten = db.select({ id: sql`rowid` }).from(known).where(lt(known.lastAt, oldest)).limit(AT_MOST);
  await db.batch([
    // Not left to the foreign key: a remote database may have those switched off.
    db.delete(sessions).where(inArray(sessions.connectionId, ended)),
    db.delete(connections).where(inArray(connections.id, ended)),
    db.delete(refusals).where(inArray(refusals.id, refused)),
    db.delete(known).where(inArray(sql`rowid`, forgotten)),
  ]);
}
