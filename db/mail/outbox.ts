import { and, asc, eq, inArray, lt, min, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { v7 as uuid } from "uuid";
import type { Db } from "../database.ts";
import { countOne } from "../limits.ts";
import { limits, type LinkPurpose, type MailEvent, outbox, type User, users } from "../schema.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long an instance has to send what it claimed, in milliseconds; afterwards another one may. */
export const CLAIM = 2 * MINUTE;
/** Mails per hour and account, including the summary; mails with a link don't count. */
const PER_HOUR = { max: 5, window: HOUR };
const MAX_CLAIMED = 1_000;
const SHORTEST_PAUSE = 5 * SECOND;
const LONGEST_PAUSE = HOUR;
const TRIED_FOR = DAY;

/** How long a change of address can be undone, in milliseconds from the change, not its mail: the link's expiry gives the time of the change. */
export const UNDO_AGE = 7 * DAY;

/** The links in mails, and how many milliseconds they work: from sending, or for `undo_email` from the change. */
export const MAIL_LINKS: Partial<Record<MailEvent, { purpose: LinkPurpose; age: number }>> = {
  forgotten: { purpose: "forgotten", age: 30 * MINUTE },
  email_requested: { purpose: "email", age: DAY },
  email_changed: { purpose: "undo_email", age: UNDO_AGE },
};

/** The `about` of what the administrator did. */
export const BY_ADMINISTRATOR = "administrator";
/** The `about` of a change of address that its link undid. */
export const TAKEN_BACK = "taken back";

/** `about`: a connection's id, a sign-in method or one of the above. `recipient`: an address other than the account's. */
export type News = { userId: string | SQLWrapper; event: MailEvent; about?: string; recipient?: string | SQLWrapper };

/** Adds mail, in the batch that makes the change. `condition` is checked on the account's row of `users` when the statement runs. */
export function addMail(db: Db, { userId, event, about, recipient }: News, now: number, condition?: SQL) {
  return db.run(sql`
    insert into outbox (id, user_id, event, about, recipient, happened_at, due_at)
    select ${uuid({ msecs: now })}, ${users.id}, ${event}, ${about ?? null}, ${recipient ?? null}, ${now}, ${now}
    from ${users} where ${and(eq(users.id, userId), condition)}`);
}

export type Mail = typeof outbox.$inferSelect;

/** When the next mail is due; `null` if there is none. */
export async function findNextDue(db: Db): Promise<number | null> {
  const [found] = await db.select({ dueAt: min(outbox.dueAt) }).from(outbox);
  return found?.dueAt ?? null;
}

/** Mail that only this instance may send until `until`: the rows from before the claim, oldest first. */
export type Claim = { mails: [Mail, ...Mail[]]; until: number };

/** Claims what is due first: one mail with a link, or all other mail of one account. `null` if nothing is due or another instance was first. */
export async function claimMail(db: Db, now: number): Promise<Claim | null> {
  const first = sql`(select id from ${outbox} where due_at <= ${now} order by due_at limit 1)`;
  const hasLink = inArray(sql`event`, Object.keys(MAIL_LINKS));
  const sameOwner = sql`${outbox.userId} = (select user_id from ${outbox} where id = ${first} and not ${hasLink})`;
  // The plus sign keeps SQLite on the account's mails: there may be many others due.
  const next = db.select({ id: outbox.id }).from(outbox)
    .where(sql`+due_at <= ${now} and (${outbox.id} = ${first} or ${sameOwner} and not ${hasLink})`)
    .orderBy(asc(outbox.id)).limit(MAX_CLAIMED);
  const until = now + CLAIM;
  const [before, claimed] = await db.batch([
    db.select().from(outbox).where(inArray(outbox.id, next)).orderBy(asc(outbox.id)),
    db.update(outbox).set({ dueAt: until, attempts: sql`${outbox.attempts} + 1` }).where(inArray(outbox.id, next)),
  ]);
  const [oldest, ...more] = before;
  return oldest && claimed.rowsAffected > 0 ? { mails: [oldest, ...more], until } : null;
}

export type Recipient = Pick<
  User,
  "id" | "email" | "timeZone" | "language" | "browserLanguage" | "disabledAt" | "pendingEmail"
>;

/** Finds an account, how many mails it may still get this hour, and when the hour ends. */
export async function findRecipient(
  db: Db,
  userId: string,
  now: number,
): Promise<{ user: Recipient; left: number; nextHour: number } | null> {
  const { id, email, timeZone, language, browserLanguage, disabledAt, pendingEmail } = users;
  const [found] = await db.select({
    user: { id, email, timeZone, language, browserLanguage, disabledAt, pendingEmail },
    count: limits.count,
    expiresAt: limits.expiresAt,
  }).from(users).leftJoin(limits, eq(limits.key, mailKey(users.id))).where(eq(users.id, userId));
  if (!found) return null;
  const { user, count, expiresAt } = found;
  // A clock that was ahead may have written a later end.
  const isCounting = count !== null && expiresAt !== null && expiresAt > now && expiresAt <= now + HOUR;
  return isCounting
    ? { user, left: PER_HOUR.max - count, nextHour: expiresAt }
    : { user, left: PER_HOUR.max, nextHour: now + HOUR };
}

export function mailKey(userId: SQLWrapper): SQL<string> {
  return sql<string>`'mail:' || ${userId}`;
}

/** Whether mail was put off because the hour's mails were used up. */
export function wasHeld({ attempts, dueAt, happenedAt }: Mail): boolean {
  return attempts === 0 && dueAt > happenedAt;
}

/** Removes sent mail. */
export async function endMail(db: Db, mails: Mail[], isCounted: boolean, now: number): Promise<void> {
  const [first] = mails;
  const sent = db.delete(outbox).where(inArray(outbox.id, mails.map(({ id }) => id)));
  if (!first || !isCounted) await sent;
  else await db.batch([sent, countOne(db, mailKey(sql`${first.userId}`), PER_HOUR, now, [])]);
}

/** Puts mail off until `dueAt`, or releases it at once. Neither counts as an attempt. */
export async function holdMail(db: Db, { until }: Claim, mails: Mail[], dueAt?: number): Promise<void> {
  await db.update(outbox)
    .set({ dueAt: dueAt ?? sql`${outbox.happenedAt}`, attempts: sql`${outbox.attempts} - 1` })
    .where(isClaimed(mails, until));
}

/** Puts failed mail off, with growing pauses. Removes and returns what is over a day old. */
export async function retryMail(db: Db, { until }: Claim, mails: Mail[], now: number): Promise<Mail[]> {
  const pause = sql`min(${SHORTEST_PAUSE} << min(${outbox.attempts} - 1, 16), ${LONGEST_PAUSE})`;
  const [removed] = await db.batch([
    db.delete(outbox).where(and(isClaimed(mails, until), lt(outbox.happenedAt, now - TRIED_FOR))).returning(),
    db.update(outbox).set({ dueAt: sql`${now} + ${pause}` }).where(isClaimed(mails, until)),
  ]);
  return removed;
}

function isClaimed(mails: Mail[], until: number): SQL | undefined {
  return and(inArray(outbox.id, mails.map(({ id }) => id)), eq(outbox.dueAt, until));
}
