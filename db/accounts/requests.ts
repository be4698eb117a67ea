import { and, eq, isNull, ne, not, type SQL } from "drizzle-orm";
import type { Db } from "../database.ts";
import { accountKey, countNewEmail, countRequest, type LinkRequest, type OverLimit, removeExpired } from "../limits.ts";
import { addMail } from "../mail/outbox.ts";
import { isStillOpen } from "../open.ts";
import { NO_PASSWORD, type User, users } from "../schema.ts";
import type { Session } from "../sessions.ts";
import { isTaken } from "../users.ts";
import { cancelLinks } from "./cancelling.ts";

/** Mails a link for a new password. Every address costs the same statements (ASVS 6.3.8); returns nothing but this client's wait. */
export async function requestLink(
  db: Db,
  user: User | undefined,
  request: LinkRequest,
  now: number,
): Promise<OverLimit | null> {
  const { statements, isWithin, waitOf } = countRequest(db, request, now);
  const isOwed = and(isNull(users.disabledAt), ne(users.passwordHash, NO_PASSWORD), isWithin);
  const [[counted]] = await db.batch([
    ...statements,
    addMail(db, { userId: user?.id ?? "", event: "forgotten" }, now, isOwed),
    // A request adds two counters at most: removing eight shrinks the table again after a flood.
    removeExpired(db, now, 8),
  ]);
  return waitOf(counted);
}

/** Mails a new address a link, unless another account has it, which isn't revealed. `null` if the connection was closed meanwhile. */
export async function requestEmail(
  db: Db,
  session: Session,
  email: string,
  now: number,
): Promise<"requested" | OverLimit | null> {
  const { statement, isWithin, waitOf } = countNewEmail(db, accountKey(session.email, true), now);
  const isAllowed = and(isWithin, isStillOpen(db, session.connectionId, now));
  const { userId } = session;
  const [[counted], updated] = await db.batch([
    statement,
    db.update(users).set({ pendingEmail: email }).where(and(eq(users.id, userId), isAllowed)),
    ...endRequest(db, session, isAllowed),
    addMail(db, { userId, event: "email_requested", recipient: email }, now, and(isAllowed, not(isTaken(db, email)))),
  ]);
  return updated.rowsAffected === 1 ? "requested" : waitOf(counted);
}

export async function cancelEmail(db: Db, session: Session, now: number): Promise<void> {
  const isAllowed = isStillOpen(db, session.connectionId, now);
  await db.batch([
    db.update(users).set({ pendingEmail: null }).where(and(eq(users.id, session.userId), isAllowed)),
    ...endRequest(db, session, isAllowed),
  ]);
}

function endRequest(db: Db, { userId }: Session, condition: SQL | undefined) {
  return cancelLinks(db, userId, ["email"], ["email_requested"], condition);
}

export async function findPendingEmail(db: Db, { userId }: Session): Promise<string | null> {
  const found = await db.query.users.findFirst({ columns: { pendingEmail: true }, where: eq(users.id, userId) });
  return found?.pendingEmail ?? null;
}
