import { randomBytes } from "node:crypto";
import { and, eq, exists, gt, isNull, type SQL, sql } from "drizzle-orm";
import type { Db } from "../database.ts";
import { type LinkPurpose, links, type User, users } from "../schema.ts";
import { digestOf } from "../sessions.ts";
import { replacePassword } from "../users.ts";

/** How long a link can be used, in milliseconds. */
export const LINK_AGE = 86_400_000;

/** Makes a link for an account, in place of an earlier one for the same purpose. Returns its token, which is stored nowhere. */
export async function addLink(db: Db, user: User, purpose: LinkPurpose, now: number): Promise<string> {
  const token = randomBytes(32).toString("base64url");
  await db.batch([
    db.delete(links).where(and(eq(links.userId, user.id), eq(links.purpose, purpose))),
    db.insert(links).values({ hash: digestOf(token), purpose, userId: user.id, expiresAt: now + LINK_AGE }),
  ]);
  return token;
}

/** Finds the account of a link; `null` for one that is unknown, used or expired, or whose account is disabled. */
export async function findLink(db: Db, token: string, purpose: LinkPurpose, now: number): Promise<User | null> {
  if (!/^[\w-]{43}$/.test(token)) return null;
  const [found] = await db.select({ user: users }).from(links).innerJoin(users, eq(users.id, links.userId))
    .where(and(isUsable(token, purpose, now), isNull(users.disabledAt)));
  return found?.user ?? null;
}

/** Sets the password that a link is for, as `resetPassword` does, and uses the link up. `null` if another request was first. */
export async function setPasswordByLink(
  db: Db,
  { user, token, passwordHash, now }: { user: User; token: string; passwordHash: string; now: number },
): Promise<number | null> {
  const usable = db.select({ one: sql`1` }).from(links)
    .where(and(isUsable(token, "password", now), eq(links.userId, user.id)));
  return await replacePassword(db, user, passwordHash, now, and(exists(usable), isNull(users.disabledAt)));
}

function isUsable(token: string, purpose: LinkPurpose, now: number): SQL | undefined {
  return and(eq(links.hash, digestOf(token)), eq(links.purpose, purpose), gt(links.expiresAt, now));
}
