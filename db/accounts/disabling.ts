import { and, eq, isNull, sql } from "drizzle-orm";
import { close, countClosed } from "../connections.ts";
import type { Db } from "../database.ts";
import { orRecover } from "../driver/unavailable.ts";
import { connections, type User, users } from "../schema.ts";
import { cancelRequests } from "./cancelling.ts";

/** Returns how many connections it closed. The password's version grows, so that a sign-in that is hashing the password meanwhile fails. */
export async function disableUser(db: Db, user: User, now: number): Promise<number> {
  const ofUser = eq(connections.userId, user.id);
  const disable = () =>
    db.batch([
      db.update(users).set({ disabledAt: now, passwordVersion: sql`${users.passwordVersion} + 1` })
        .where(and(eq(users.id, user.id), isNull(users.disabledAt))),
      close(db, "closed_by_operator", now, ofUser),
      ...cancelRequests(db, user.id),
    ]);
  return await orRecover(
    async () => (await disable())[1].rowsAffected,
    async () =>
      await db.$count(users, and(eq(users.id, user.id), isNull(users.disabledAt))) === 0
        ? await countClosed(db, "closed_by_operator", now, ofUser) ?? 0
        : null,
  );
}

export async function enableUser(db: Db, user: User): Promise<void> {
  await db.update(users).set({ disabledAt: null }).where(eq(users.id, user.id));
}
