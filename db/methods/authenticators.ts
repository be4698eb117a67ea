import { and, eq, lt, sql } from "drizzle-orm";
import type { Db } from "../database.ts";
import { asColumns } from "../connections.ts";
import { authenticators, users } from "../schema.ts";
import { changeMethods, type MethodChange, type MethodsChanged, tellOwner } from "./changes.ts";
import { hasAuthenticator } from "./methods.ts";
import { removeLeftCodes } from "./recovery_codes.ts";

/** `secret` is encrypted. */
export type Authenticator = typeof authenticators.$inferSelect;

export function findAuthenticator(db: Db, userId: string): Promise<Authenticator | undefined> {
  return db.query.authenticators.findFirst({ where: eq(authenticators.userId, userId) });
}

/** Adds an account's authenticator app, or replaces it. `step` is that of the code that proved it, which is used up. */
export async function setAuthenticator(
  db: Db,
  change: MethodChange,
  { secret, step }: { secret: string; step: number },
): Promise<MethodsChanged | null> {
  const { session: { userId }, now } = change;
  return await changeMethods(db, change, (isAllowed) => {
    const row = { userId, secret, lastStep: step, addedAt: now, lastAt: null };
    const added = db.insert(authenticators)
      .select(db.select(asColumns(row)).from(users).where(and(eq(users.id, userId), isAllowed)))
      .onConflictDoUpdate({
        target: authenticators.userId,
        set: { secret: sql`excluded.secret`, lastStep: step, addedAt: now, lastAt: null },
      });
    return [added, ...tellOwner(db, change, "method_added", "authenticator", isAllowed)];
  });
}

/** Removes an account's authenticator app, and its recovery codes if that was its last second step. */
export async function removeAuthenticator(db: Db, change: MethodChange): Promise<MethodsChanged | null> {
  const { userId } = change.session;
  return await changeMethods(db, change, (isAllowed) => [
    ...tellOwner(db, change, "method_removed", "authenticator", and(hasAuthenticator(sql`${userId}`), isAllowed)),
    db.delete(authenticators).where(and(eq(authenticators.userId, userId), isAllowed)),
    removeLeftCodes(db, userId, isAllowed),
  ]);
}

/** Uses a code up. `false` if it, or a later one, has been used (RFC 6238, 5.2), by whichever instance. */
export async function useStep(db: Db, { userId, secret }: Authenticator, step: number, now: number): Promise<boolean> {
  const used = await db.update(authenticators).set({ lastStep: step, lastAt: now }).where(and(
    eq(authenticators.userId, userId),
    eq(authenticators.secret, secret),
    lt(authenticators.lastStep, step),
  ));
  return used.rowsAffected === 1;
}

/** Writes a secret that was encrypted with another key, unless it has been replaced. */
export async function rewriteSecret(db: Db, { userId, secret }: Authenticator, encrypted: string): Promise<void> {
  await db.update(authenticators).set({ secret: encrypted })
    .where(and(eq(authenticators.userId, userId), eq(authenticators.secret, secret)));
}

export function listAuthenticators(db: Db, limit = Number.MAX_SAFE_INTEGER): Promise<Authenticator[]> {
  return db.query.authenticators.findMany({ orderBy: authenticators.userId, limit });
}
