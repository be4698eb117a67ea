import { and, eq, isNull, not, type SQL } from "drizzle-orm";
import type { Db } from "../database.ts";
import { accountKey, countNewEmail, countRequest, type LinkRequest, type OverLimit, removeExpired } from "../limits.ts";
import { addMailTo } from "../mail/outbox.ts";
import { isStillOpen } from "../open.ts";
import { links, outbox, users } from "../schema.ts";
import type { Session } from "../sessions.ts";
import { hasEmail, isTaken } from "../users.ts";

/**
 * Has a link to a new password mailed to an account's owner, if there is such an account, it isn't disabled, and its budget isn't used up.
 * Nothing of that is told, and every address costs the same statements (ASVS 6.3.8). Returns only how long this client has to wait.
 */
export async function requestLink(db: Db, email: string, request: LinkRequest, now: number): Promise<OverLimit | null> {
  const { statements, isWithin, waitOf } = countRequest(db, request, now);
  const ofUser = and(hasEmail(email), isNull(users.disabledAt), isWithin);
  const [[counted]] = await db.batch([
    ...statements,
    addMailTo(db, ofUser, { event: "forgotten" }, now),
    // A request adds two counters at most: removing eight shrinks the table again after a flood.
    removeExpired(db, now, 8),
  ]);
  return waitOf(counted);
}

/**
 * Remembers the address that an account's owner wants, and has a link mailed there, which confirms it; none if another account has that
 * address, which isn't told. Returns how long to wait if there were too many, and `null` if the connection was closed meanwhile.
 */
export async function requestEmail(
  db: Db,
  session: Session,
  email: string,
  now: number,
): Promise<"requested" | OverLimit | null> {
  const { statement, isWithin, waitOf } = countNewEmail(db, accountKey(session.email, true), now);
  const isAllowed = and(isWithin, isStillOpen(db, session.connectionId, now));
  const ofUser = and(eq(users.id, session.userId), isAllowed);
  const [[counted], updated] = await db.batch([
    statement,
    db.update(users).set({ pendingEmail: email }).where(ofUser),
    ...endRequest(db, session, isAllowed),
    addMailTo(db, and(ofUser, not(isTaken(db, email))), { event: "email_requested", recipient: email }, now),
  ]);
  return updated.rowsAffected === 1 ? "requested" : waitOf(counted);
}

/** Cancels a change of address that isn't confirmed. */
export async function cancelEmail(db: Db, session: Session, now: number): Promise<void> {
  const isAllowed = isStillOpen(db, session.connectionId, now);
  await db.batch([
    db.update(users).set({ pendingEmail: null }).where(and(eq(users.id, session.userId), isAllowed)),
    ...endRequest(db, session, isAllowed),
  ]);
}

function endRequest(db: Db, { userId }: Session, condition: SQL | undefined) {
  return [
    db.delete(links).where(and(eq(links.userId, userId), eq(links.purpose, "email"), condition)),
    db.delete(outbox).where(and(eq(outbox.userId, userId), eq(outbox.event, "email_requested"), condition)),
  ] as const;
}

/** The address that the owner asked for and hasn't confirmed. */
export async function findPendingEmail(db: Db, { userId }: Session): Promise<string | null> {
  const found = await db.query.users.findFirst({ columns: { pendingEmail: true }, where: eq(users.id, userId) });
  return found?.pendingEmail ?? null;
}
