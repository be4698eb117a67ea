import { and, eq, ne, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { close, countClosedBy } from "../connections.ts";
import type { Db } from "../database.ts";
import { orRecover } from "../driver/unavailable.ts";
import { addMail } from "../mail/outbox.ts";
import { isStillOpen } from "../open.ts";
import { connections, pendingSignIns } from "../schema.ts";
import { hasSecret, newSecret, renewSecret, type Session } from "../sessions.ts";

export type MethodChange = {
  session: Session;
  closesOthers: boolean;
  /** Mail the owner. */
  isMailed?: boolean;
  now: number;
};

/** `cookie`: null if another request renewed the secret at the same moment. */
export type MethodsChanged = { closed: number; cookie: string | null };

/**
 * Changes how an account is signed in to, renews the session's secret (ASVS 7.2.4), and ends sign-ins that wait for their second step. `null`
 * if the current connection was closed meanwhile: `change` gets that condition, and each of its statements must have it.
 */
export async function changeMethods(
  db: Db,
  { session, closesOthers, now }: MethodChange,
  change: (isAllowed: SQL) => BatchItem<"sqlite">[],
): Promise<MethodsChanged | null> {
  const secret = newSecret(session.id);
  const isAllowed = isStillOpen(db, session.connectionId, now);
  const others = and(eq(connections.userId, session.userId), ne(connections.id, session.connectionId), isAllowed);
  const apply = () =>
    db.batch([
      renewSecret(db, session, secret, now, isAllowed),
      close(db, "closed", now, closesOthers ? others : sql`false`, session.connectionId),
      db.delete(pendingSignIns).where(and(eq(pendingSignIns.userId, session.userId), isAllowed)),
      // Last, so that it may end what allows it.
      ...change(isAllowed),
    ]);
  return await orRecover(
    async () => {
      const [renewed, closed] = await apply();
      if (renewed.rowsAffected === 1) return { closed: closed.rowsAffected, cookie: secret.cookie };
      return await db.$count(connections, and(eq(connections.id, session.connectionId), isAllowed)) === 0
        ? null
        : { closed: closed.rowsAffected, cookie: null };
    },
    async () => {
      if (!await hasSecret(db, secret)) return null;
      return { closed: await countClosedBy(db, session, "closed", now) ?? 0, cookie: secret.cookie };
    },
  );
}

export function tellOwner(
  db: Db,
  { session: { userId, connectionId }, isMailed = false, now }: MethodChange,
  event: "method_added" | "method_removed",
  method: MailedMethod,
  condition: SQL | undefined,
) {
  return isMailed ? [addMail(db, { userId, event, about: `${method} ${connectionId}` }, now, condition)] : [];
}

/** A sign-in method as mail names it. */
export type MailedMethod = "authenticator" | "passkey" | "recovery_codes";
