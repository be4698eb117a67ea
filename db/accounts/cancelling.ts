import { and, eq, inArray, isNotNull, ne, type SQL } from "drizzle-orm";
import type { Db } from "../database.ts";
import { links, outbox, users } from "../schema.ts";

/** Cancels pending changes of password and address. Links that undo a change of address stay: a thief's new password would end them. */
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
