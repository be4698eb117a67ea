import { and, eq, inArray, isNotNull, type SQL } from "drizzle-orm";
import type { Db } from "../database.ts";
import { type LinkPurpose, links, type MailEvent, outbox, users } from "../schema.ts";

/** Cancels pending changes of password and address. Links that undo a change of address stay: a thief's new password would end them. */
export function cancelRequests(db: Db, userId: string, condition?: SQL) {
  return [
    db.update(users).set({ pendingEmail: null })
      .where(and(eq(users.id, userId), isNotNull(users.pendingEmail), condition)),
    ...cancelLinks(db, userId, ["password", "forgotten", "email"], ["forgotten", "email_requested"], condition),
  ] as const;
}

/** Cancels links, and the mails that would bring more. */
export function cancelLinks(
  db: Db,
  userId: string,
  purposes: LinkPurpose[],
  events: MailEvent[],
  condition: SQL | undefined,
) {
  return [
    db.delete(links).where(and(eq(links.userId, userId), inArray(links.purpose, purposes), condition)),
    db.delete(outbox).where(and(eq(outbox.userId, userId), inArray(outbox.event, events), condition)),
  ] as const;
}
