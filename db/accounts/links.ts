import { randomBytes } from "node:crypto";
import { and, desc, eq, exists, gt, gte, inArray, isNull, not, type SQL, sql } from "drizzle-orm";
import { v7 as uuid } from "uuid";
import type { Visitor } from "../../visitor/visitor.ts";
import { recordLinkUse } from "../connections.ts";
import type { Db } from "../database.ts";
import { orRecover } from "../driver/unavailable.ts";
import { addMail, type Mail, TAKEN_BACK, UNDO_AGE } from "../mail/outbox.ts";
import {
  authenticators,
  type LinkPurpose,
  links,
  outbox,
  passkeys,
  recoveryCodes,
  type User,
  users,
} from "../schema.ts";
import { digestOf } from "../sessions.ts";
import { isTaken, replacePassword } from "../users.ts";

/** How long the operator's links work, in milliseconds. */
export const LINK_AGE = 86_400_000;

export type Link = Pick<typeof links.$inferSelect, "hash" | "purpose" | "email" | "expiresAt"> & {
  user: User;
  /** Whether another account has its address. */
  isTaken: boolean;
};

/** Makes a link that replaces an earlier one for the same purpose. Returns its token, which is stored nowhere. */
export async function addLink(db: Db, user: User, purpose: LinkPurpose, now: number): Promise<string> {
  const token = randomBytes(32).toString("base64url");
  await db.batch([
    db.delete(links).where(and(eq(links.userId, user.id), eq(links.purpose, purpose))),
    db.insert(links).values({ hash: digestOf(token), purpose, userId: user.id, expiresAt: now + LINK_AGE }),
  ]);
  return token;
}

/** Links of one purpose and address that work at the same time: a mail may come late, or twice. */
const MAX_MAILED = 3;

/** Makes a link for a mail. `null` if the mail was cancelled meanwhile, or `to` is no longer its address. */
export async function addMailedLink(
  db: Db,
  { mail, to, purpose, expiresAt }: {
    mail: Pick<Mail, "id" | "userId" | "recipient">;
    to: string;
    purpose: LinkPurpose;
    expiresAt: number;
  },
): Promise<string | null> {
  const token = randomBytes(32).toString("base64url");
  const { id, userId, recipient } = mail;
  const alike = and(eq(links.userId, userId), eq(links.purpose, purpose), sql`${links.email} is ${recipient}`);
  const older = db.select({ hash: links.hash }).from(links).where(alike)
    .orderBy(desc(links.expiresAt), desc(sql`rowid`)).limit(Number.MAX_SAFE_INTEGER).offset(MAX_MAILED);
  const [added] = await db.batch([
    db.run(sql`insert into links (hash, purpose, user_id, email, expires_at)
      select ${digestOf(token)}, ${purpose}, user_id, recipient, ${expiresAt} from ${outbox}
      where id = ${id} and coalesce(recipient, (select email from ${users} where ${users.id} = user_id)) = ${to}`),
    db.delete(links).where(inArray(links.hash, older)),
  ]);
  return added.rowsAffected === 1 ? token : null;
}

export async function removeLink(db: Db, token: string): Promise<void> {
  await db.delete(links).where(eq(links.hash, digestOf(token)));
}

/** `null` if the link is unknown, used or expired, or its account disabled. */
export async function findLink(db: Db, token: string, now: number): Promise<Link | null> {
  if (!/^[\w-]{43}$/.test(token)) return null;
  const { hash, purpose, email, expiresAt } = links;
  const taken = sql<number>`${isTaken(db, email)}`;
  const [found] = await db.select({ hash, purpose, email, expiresAt, isTaken: taken, user: users }).from(links)
    .innerJoin(users, eq(users.id, links.userId))
    .where(and(eq(hash, digestOf(token)), gt(links.expiresAt, now), isNull(users.disabledAt)));
  return found ? { ...found, isTaken: found.isTaken === 1 } : null;
}

/**
 * Sets a password and uses up its link. One that undoes a change of address also restores the address, and removes what was added since:
 * sign-in methods, and the links of later changes. Those of earlier changes stay, so that a thief who changed the address twice can't end
 * the owner's (docs/decisions/0011-recovery-by-mail.md). `null` if the link was used, or its address is taken.
 */
export async function setPasswordByLink(
  db: Db,
  { link, visitor, passwordHash, isMailed, now }: {
    link: Link;
    visitor: Visitor;
    passwordHash: string;
    isMailed: boolean;
    now: number;
  },
): Promise<number | null> {
  const { user, purpose } = link;
  const id = uuid({ msecs: now });
  const former = purpose === "undo_email" ? link.email : null;
  const event = purpose === "password" ? "password_changed" : "password_recovered";
  // Tell the other address too: its holder may be the owner, and the reader of the former one's mail a thief.
  const loss = { userId: user.id, event: "email_changed", about: TAKEN_BACK, recipient: user.email } as const;
  return await replacePassword(db, user, passwordHash, now, {
    ...(former !== null && { email: former }),
    condition: and(canUse(db, link, now), former === null ? undefined : not(isTaken(db, former))),
    closedBy: id,
    also: (isSet) => {
      const ofUser = and(eq(users.id, user.id), isSet);
      return [
        recordLinkUse(db, { id, visitor, now }, ofUser),
        ...(former === null ? [] : undoSince(db, link, isSet)),
        ...(isMailed ? [addMail(db, { userId: user.id, event, about: id }, now, isSet)] : []),
        ...(isMailed && former !== null ? [addMail(db, loss, now, isSet)] : []),
      ];
    },
  });
}

function undoSince(db: Db, { user, expiresAt }: Link, isSet: SQL) {
  const changedAt = expiresAt - UNDO_AGE;
  const isLater = gte(links.expiresAt, expiresAt);
  return [
    db.delete(links).where(and(eq(links.userId, user.id), eq(links.purpose, "undo_email"), isLater, isSet)),
    db.delete(outbox)
      .where(
        and(eq(outbox.userId, user.id), eq(outbox.event, "email_changed"), gt(outbox.happenedAt, changedAt), isSet),
      ),
    ...[authenticators, passkeys, recoveryCodes].map((method) =>
      db.delete(method).where(and(eq(method.userId, user.id), gte(method.addedAt, changedAt), isSet))
    ),
  ];
}

/** Connections stay open. `taken` if another account has the address meanwhile, `null` if the link was used. */
export async function changeEmail(db: Db, link: Link, now: number): Promise<"changed" | "taken" | null> {
  const { user, email } = link;
  if (email === null) return null;
  const isConfirmed = and(eq(users.pendingEmail, email), canUse(db, link, now), not(isTaken(db, email)));
  const isChanged = and(eq(users.id, user.id), eq(users.email, email), isNull(users.pendingEmail));
  const changed = exists(db.select({ one: sql`1` }).from(users).where(isChanged));
  const change = () =>
    db.batch([
      // First, while the account still has its former address.
      addMail(db, { userId: user.id, event: "email_changed", recipient: users.email }, now, isConfirmed),
      db.update(users).set({ email, pendingEmail: null }).where(and(eq(users.id, user.id), isConfirmed)),
      // A link that went to the former address may be in the wrong hands.
      db.delete(links).where(and(eq(links.userId, user.id), inArray(links.purpose, ["email", "forgotten"]), changed)),
    ]);
  return await orRecover(
    async () => {
      const [, updated] = await change();
      if (updated.rowsAffected === 1) return "changed";
      return await db.$count(users, and(eq(users.id, user.id), canUse(db, link, now))) === 1 ? "taken" : null;
    },
    async () => await db.$count(users, isChanged) === 1 ? "changed" : null,
  );
}

function canUse(db: Db, { hash, user }: Link, now: number): SQL | undefined {
  const usable = db.select({ one: sql`1` }).from(links)
    .where(and(eq(links.hash, hash), eq(links.userId, user.id), gt(links.expiresAt, now)));
  return and(exists(usable), isNull(users.disabledAt));
}
