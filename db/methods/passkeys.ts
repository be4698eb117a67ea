import { and, asc, eq, exists, gt, or, sql } from "drizzle-orm";
import { asColumns } from "../connections.ts";
import type { Db } from "../database.ts";
import { addMail } from "../mail/outbox.ts";
import { connections, passkeys, users } from "../schema.ts";
import type { Session } from "../sessions.ts";
import { withReasons } from "../unusual.ts";
import { changeMethods, type MethodChange, type MethodsChanged, tellOwner } from "./changes.ts";
import { type Challenge, isFresh, useChallenge } from "./challenges.ts";
import { removeLeftCodes } from "./recovery_codes.ts";

export type Passkey = typeof passkeys.$inferSelect;

/** Finds a passkey with its owner's address. */
export async function findPasskey(db: Db, id: string): Promise<(Passkey & { email: string }) | undefined> {
  const [found] = await db.select({ passkey: passkeys, email: users.email }).from(passkeys)
    .innerJoin(users, eq(users.id, passkeys.userId)).where(eq(passkeys.id, id));
  return found && { ...found.passkey, email: found.email };
}

/** Oldest first. */
export function listPasskeys(db: Db, userId: string): Promise<Pick<Passkey, "id" | "transports">[]> {
  return db.select({ id: passkeys.id, transports: passkeys.transports }).from(passkeys)
    .where(eq(passkeys.userId, userId)).orderBy(asc(passkeys.addedAt), asc(passkeys.id));
}

/** Adds a passkey, unless its challenge was used before or an account has it already. */
export async function addPasskey(
  db: Db,
  change: MethodChange,
  passkey: Omit<Passkey, "userId" | "addedAt" | "lastAt">,
  challenge: Challenge,
): Promise<MethodsChanged & { isAdded: boolean } | null> {
  const { session: { userId }, now } = change;
  const { id, publicKey, counter, isBackedUp, transports, name } = passkey;
  const row = {
    ...{ id, userId, publicKey, counter, isBackedUp: isBackedUp ? 1 : 0, transports, name },
    ...{ addedAt: now, lastAt: null },
  };
  const added = db.select({ one: sql`1` }).from(passkeys).where(and(isOwn(id, change), eq(passkeys.addedAt, now)));
  const changed = await changeMethods(db, change, (isAllowed) => [
    db.insert(passkeys)
      .select(
        db.select(asColumns(row)).from(users).where(and(eq(users.id, userId), isFresh(db, challenge), isAllowed)),
      )
      .onConflictDoNothing(),
    useChallenge(db, challenge),
    ...tellOwner(db, change, "method_added", "passkey", and(exists(added), isAllowed)),
  ]);
  if (changed === null) return null;
  const isAdded = await db.$count(passkeys, and(eq(passkeys.id, id), eq(passkeys.userId, userId))) === 1;
  return { ...changed, isAdded };
}

export async function renamePasskey(
  db: Db,
  change: MethodChange,
  { id, name }: Pick<Passkey, "id" | "name">,
): Promise<MethodsChanged | null> {
  return await changeMethods(db, change, (isAllowed) => [
    db.update(passkeys).set({ name }).where(and(isOwn(id, change), isAllowed)),
  ]);
}

/** Removes a passkey, and the recovery codes if that was the account's last second step. */
export async function removePasskey(db: Db, change: MethodChange, id: string): Promise<MethodsChanged | null> {
  const left = db.select({ one: sql`1` }).from(passkeys).where(isOwn(id, change));
  return await changeMethods(db, change, (isAllowed) => [
    ...tellOwner(db, change, "method_removed", "passkey", and(exists(left), isAllowed)),
    db.delete(passkeys).where(and(isOwn(id, change), isAllowed)),
    removeLeftCodes(db, change.session.userId, isAllowed),
  ]);
}

/**
 * Uses up the challenge that a passkey answered, and records the use. `copied`: its counter went back, or stood still, as a copy's would (Web
 * Authentication, 7.2); the higher one is kept. `refused`: the challenge was used before, by whichever instance, or the passkey was removed.
 */
export async function usePasskey(
  db: Db,
  { id, userId }: Pick<Passkey, "id" | "userId">,
  { counter, isBackedUp, now, ...challenge }: Challenge & { counter: number; isBackedUp: boolean; now: number },
): Promise<"used" | "copied" | "refused"> {
  const isThis = and(eq(passkeys.id, id), eq(passkeys.userId, userId), isFresh(db, challenge));
  const isForward = or(gt(sql`${counter}`, passkeys.counter), and(eq(passkeys.counter, 0), sql`${counter} = 0`));
  const [used, forward] = await db.batch([
    db.update(passkeys).set({ lastAt: now, isBackedUp }).where(isThis),
    db.update(passkeys).set({ counter }).where(and(isThis, isForward)),
    useChallenge(db, challenge),
  ]);
  if (used.rowsAffected === 0) return "refused";
  return forward.rowsAffected === 1 ? "used" : "copied";
}

/** Marks the current connection unusual: a copy of a passkey was used over it. */
export async function markCopied(
  db: Db,
  { userId, connectionId }: Session,
  now: number,
  isMailed = false,
): Promise<void> {
  await db.batch([
    db.update(connections).set({ unusual: withReasons(["passkey_copied"]), verdict: null })
      .where(eq(connections.id, connectionId)),
    ...isMailed ? [addMail(db, { userId, event: "unusual", about: connectionId }, now)] : [],
  ]);
}

function isOwn(id: string, { session: { userId } }: MethodChange) {
  return and(eq(passkeys.id, id), eq(passkeys.userId, userId));
}
