import { and, eq, isNull, not, type SQL, sql } from "drizzle-orm";
import { asColumns } from "../connections.ts";
import type { Db } from "../database.ts";
import { recoveryCodes, users } from "../schema.ts";
import { changeMethods, type MethodChange, type MethodsChanged, tellOwner } from "./changes.ts";
import { hasSecondFactor } from "./methods.ts";

/** Gives an account new recovery codes in place of those that it had. */
export async function setRecoveryCodes(
  db: Db,
  change: MethodChange,
  hashes: string[],
): Promise<MethodsChanged | null> {
  const { session: { userId }, now } = change;
  return await changeMethods(db, change, (isAllowed) => [
    db.delete(recoveryCodes).where(and(eq(recoveryCodes.userId, userId), isAllowed)),
    ...hashes.map((hash) =>
      db.insert(recoveryCodes).select(
        db.select(asColumns({ userId, hash, addedAt: now, usedAt: null })).from(users)
          .where(and(eq(users.id, userId), isAllowed)),
      )
    ),
    ...tellOwner(db, change, "method_added", "recovery_codes", isAllowed),
  ]);
}

/** Removes an account's codes once it has no second step: they would open it again after the next one, and nothing shows them. */
export function removeLeftCodes(db: Db, userId: string, isAllowed: SQL) {
  return db.delete(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, userId), not(hasSecondFactor(sql`${userId}`)), isAllowed));
}

/** Uses a code up. `false` if the account has no such code, or it has been used, by whichever instance. */
export async function useRecoveryCode(db: Db, userId: string, hash: string, now: number): Promise<boolean> {
  const used = await db.update(recoveryCodes).set({ usedAt: now })
    .where(and(eq(recoveryCodes.userId, userId), eq(recoveryCodes.hash, hash), isNull(recoveryCodes.usedAt)));
  return used.rowsAffected === 1;
}
