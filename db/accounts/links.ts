import { randomBytes } from "node:crypto";
import { and, desc, eq, exists, gt, inArray, isNull, type SQL, sql } from "drizzle-orm";
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

/** Links of one purpose and address that are good at the same time: a mail may come late, or twice. */
const MAX_MAILED = 3;

/** Makes a link for a mail. The two before it stay good. Returns its token, which is stored nowhere. */
export async function addMailedLink(
  db: Db,
  { userId, purpose, email, age }: { userId: string; purpose: LinkPurpose; email: string | null; age: number },
  now: number,
): Promise<string> {
  const token = randomBytes(32).toString("base64url");
  const alike = and(eq(links.userId, userId), eq(links.purpose, purpose), sql`${links.email} is ${email}`);
  const older = db.select({ hash: links.hash }).from(links).where(alike)
    .orderBy(desc(links.expiresAt), desc(sql`rowid`)).limit(Number.MAX_SAFE_INTEGER).offset(MAX_MAILED);
  await db.batch([
    db.insert(links).values({ hash: digestOf(token), purpose, userId, email, expiresAt: now + age }),
    db.delete(links).where(inArray(links.hash, older)),
  ]);
  return token;
}

/** Takes back a link whose mail wasn't sent. */
export async function removeLink(db: Db, token: string): Promise<void> {
  await db.delete(links).where(eq(links.hash, digestOf(token)));
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
