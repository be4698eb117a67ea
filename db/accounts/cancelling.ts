import { and, eq, inArray, isNotNull, ne, type SQL } from "drizzle-orm";
import type { Db } from "../database.ts";
import { links, outbox, users } from "../schema.ts";

/**
 * Ends what was asked for an account and isn't done: another password or address. What undoes a change of address stays: a thief could
 * otherwise end it with a new password.
 */
export function cancelRequests(db: Db, userId: string, condition?: SQL) {
  return [
    db.update(users).set({ pendingEmail: null })
      .where(and(eq(users.id, userId), isNotNull(users.pendingEmail), condition)),
    db.delete(links).where(and(eq(links.userId, userId), ne(links.purpose, "undo_email"), condition)),
    db.delete(outbox).where(
      and(eq(outbox.userId, userId), inArray(outbox.event, ["forgotten", "email_requested"]), condition),
    ),
  ] as const;
}
