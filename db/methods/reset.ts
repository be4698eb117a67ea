import { and, eq, gt, sql } from "drizzle-orm";
import { forgetBrowsers } from "../browsers.ts";
import { close, countClosed } from "../connections.ts";
import type { Db } from "../database.ts";
import { orRecover } from "../driver/unavailable.ts";
import { addMail, BY_ADMINISTRATOR } from "../mail/outbox.ts";
import { authenticators, connections, passkeys, pendingSignIns, recoveryCodes, type User, users } from "../schema.ts";

/** Leaves an account only its password. Returns how many connections it closed. The password's version grows, so that a sign-in under way fails. */
export async function resetMethods(db: Db, user: User, now: number, isMailed = false): Promise<number> {
  const news = { userId: user.id, event: "method_removed", about: BY_ADMINISTRATOR } as const;
  const ofUser = eq(connections.userId, user.id);
  const reset = () =>
    db.batch([
      close(db, "closed_by_operator", now, ofUser),
      db.update(users).set({ passwordVersion: sql`${users.passwordVersion} + 1` }).where(eq(users.id, user.id)),
      db.delete(authenticators).where(eq(authenticators.userId, user.id)),
      db.delete(passkeys).where(eq(passkeys.userId, user.id)),
      db.delete(recoveryCodes).where(eq(recoveryCodes.userId, user.id)),
      db.delete(pendingSignIns).where(eq(pendingSignIns.userId, user.id)),
      forgetBrowsers(db, user.id, null),
      ...isMailed ? [addMail(db, news, now)] : [],
    ]);
  const isReset = and(eq(users.id, user.id), gt(users.passwordVersion, user.passwordVersion));
  return await orRecover(
    async () => (await reset())[0].rowsAffected,
    async () =>
      await db.$count(users, isReset) === 1 ? await countClosed(db, "closed_by_operator", now, ofUser) ?? 0 : null,
  );
}
