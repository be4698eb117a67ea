import { and, eq, gt, inArray, lte, sql } from "drizzle-orm";
import { asColumns } from "../connections.ts";
import type { Db } from "../database.ts";
import { afterSuccess, type Attempt } from "../limits.ts";
import { pendingSignIns, type User, users } from "../schema.ts";
import { isHashOf, newSecret, newSessionId, parseCookie } from "../sessions.ts";

/** How long the second step may take, in milliseconds. */
export const PENDING_AGE = 5 * 60_000;
/** Expired ones that each new one removes: with the password one can make many, and only a finished sign-in sweeps. */
const MAX_REMOVED = 10;

export type PendingSignIn = Pick<typeof pendingSignIns.$inferSelect, "id" | "timeZone" | "expiresAt"> & { user: User };

/** Remembers that the password was right. Returns the cookie's value; `null` if the password changed since `user` was read. */
export async function addPending(
  db: Db,
  { user, reserved, timeZone, now }: { user: User; reserved: Attempt; timeZone: string | null; now: number },
): Promise<string | null> {
  const { id, hash, cookie } = newSecret(newSessionId());
  const row = {
    id,
    secretHash: hash,
    userId: user.id,
    passwordVersion: user.passwordVersion,
    timeZone,
    expiresAt: now + PENDING_AGE,
  };
  const isSame = and(eq(users.id, user.id), eq(users.passwordVersion, user.passwordVersion));
  const [added] = await db.batch([
    db.insert(pendingSignIns).select(db.select(asColumns(row)).from(users).where(isSame)),
    removeLate(db, now, MAX_REMOVED),
    ...afterSuccess(db, reserved),
  ]);
  return added.rowsAffected === 1 ? cookie : null;
}

/** Finds what a cookie waits for; `null` if it is over, or the password changed or the account was disabled meanwhile. */
export async function findPending(db: Db, cookie: string | undefined, now: number): Promise<PendingSignIn | null> {
  const sent = parseCookie(cookie);
  if (!sent) return null;
  const [found] = await db.select({ pending: pendingSignIns, user: users }).from(pendingSignIns)
    .innerJoin(users, eq(users.id, pendingSignIns.userId))
    .where(and(
      eq(pendingSignIns.id, sent.id),
      gt(pendingSignIns.expiresAt, now),
      eq(users.passwordVersion, pendingSignIns.passwordVersion),
      sql`${users.disabledAt} is null`,
    ));
  if (!found || !isHashOf(sent.secret, found.pending.secretHash)) return null;
  const { id, timeZone, expiresAt } = found.pending;
  return { id, timeZone, expiresAt, user: found.user };
}

export function removeLate(db: Db, now: number, max: number) {
  const late = db.select({ id: pendingSignIns.id }).from(pendingSignIns).where(lte(pendingSignIns.expiresAt, now))
    .limit(max);
  return db.delete(pendingSignIns).where(inArray(pendingSignIns.id, late));
}

export async function endPending(db: Db, { id }: Pick<PendingSignIn, "id">): Promise<void> {
  await db.delete(pendingSignIns).where(eq(pendingSignIns.id, id));
}
