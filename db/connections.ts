import { and, desc, eq, exists, gt, gte, inArray, isNull, lt, lte, ne, not, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { v7 as uuid } from "uuid";
import type { Visitor } from "../visitor/visitor.ts";
import { forgetOldest, recordBrowser } from "./browsers.ts";
import type { Db } from "./database.ts";
import { prepare } from "./driver/prepared.ts";
import { orRecover } from "./driver/unavailable.ts";
import { learnTraits } from "./known.ts";
import { addMail } from "./mail/outbox.ts";
import { afterSuccess, type Attempt } from "./limits.ts";
import { type Challenge, isFresh, useChallenge } from "./methods/challenges.ts";
import { hasSecondFactor } from "./methods/methods.ts";
import { expiryOf, isOpen, isStillOpen, type Lifetime } from "./open.ts";
import {
  connections,
  type EndReason,
  type Language,
  type Method,
  passkeys,
  pendingSignIns,
  places,
  sessions,
  type UnusualReason,
  type User,
  users,
} from "./schema.ts";
import { newCsrf, newSecret, newSessionId, type Secret, type Session } from "./sessions.ts";
import { isUnreviewed, unlessMuted, withReasons } from "./unusual.ts";

/** ASVS 7.1.2. */
const MAX_OPEN = 100;
const BATCH = 500;
/** In milliseconds. */
const SEEN_INTERVAL = 60_000;

/** `last…`: where it was last used, if not where it was opened; otherwise null. */
export type ConnectionSummary =
  & Pick<
    typeof connections.$inferSelect,
    "id" | "openedAt" | "ip" | "countryCode" | "device" | "unusual" | "verdict"
  >
  & Record<"lastIp" | "lastCountryCode" | "lastDevice", string | null>;

/**
 * Opens a connection with its session, and closes the one that it replaces and the oldest over `MAX_OPEN`. Returns the cookie's value, which
 * is stored nowhere. `null` if, since `user` was read, the password changed, the account got a second step that was not asked for, the pending
 * sign-in ended, the passkey was removed or the ticket was used. `browser` is a known one's id or a new one's secret, `unusual` what `findUnusual` found.
 */
export async function openConnection(
  db: Db,
  {
    user,
    visitor,
    browser,
    unusual,
    how = { method: "password" },
    reserved,
    replaces,
    timeZone,
    lifetime,
    isMailed = false,
    language,
    now,
  }: {
    user: User;
    visitor: Visitor;
    browser: Secret | string;
    unusual: UnusualReason[];
    /** By default the password. `pending` is the sign-in that waited for this step. */
    how?: { method: Method; passkey?: string; pending?: string; ticket?: Challenge | undefined };
    /** Null if the panel signed the owner in. */
    reserved: Attempt | null;
    replaces: Session | null;
    timeZone: string | null;
    lifetime: Lifetime;
    /** Mail the owner if it is unusual. */
    isMailed?: boolean;
    /** The browser's, stored for mail. */
    language?: Language;
    now: number;
  },
): Promise<string | null> {
  const id = uuid({ msecs: now });
  const sessionId = newSessionId();
  const secret = newSecret(sessionId);
  const session = { id: sessionId, connectionId: id, secretHash: secret.hash, csrf: newCsrf(), confirmedAt: now };
  const isEnough = how.method === "password" ? not(hasSecondFactor(users.id)) : undefined;
  const isPending = how.pending === undefined
    ? undefined
    : exists(db.select({ one: sql`1` }).from(pendingSignIns).where(eq(pendingSignIns.id, how.pending)));
  const isKept = how.passkey === undefined ? undefined : exists(
    db.select({ one: sql`1` }).from(passkeys).where(and(eq(passkeys.id, how.passkey), eq(passkeys.userId, user.id))),
  );
  const opened = exists(db.select({ one: sql`1` }).from(alias(connections, "opened")).where(sql`opened.id = ${id}`));

  const open = () =>
    db.batch([
      addConnection(
        db,
        {
          ...{ id, visitor, now, expiresAt: expiryOf(now, now, lifetime), method: how.method },
          unusual: unusual.join(" ") || null,
          browser: typeof browser === "string" ? browser : browser.id,
          passkey: how.passkey ?? null,
        },
        and(
          eq(users.id, user.id),
          eq(users.passwordVersion, user.passwordVersion),
          isEnough,
          isPending,
          isKept,
          how.ticket && isFresh(db, how.ticket),
        ),
      ),
      db.insert(sessions).select(
        db.select(asColumns({ ...session, formerHash: null, renewedAt: null, formerConfirmedAt: null, seenAt: null }))
          .from(connections).where(eq(connections.id, id)),
      ),
      close(db, "signed_out", now, and(eq(connections.id, replaces?.connectionId ?? ""), opened)),
      close(db, "replaced", now, and(inArray(connections.id, overMaxOpen(db, user.id, now)), opened)),
      db.update(users).set({ timeZone })
        .where(and(eq(users.id, user.id), isNull(users.timeZone), opened)),
      ...language
        ? [
          db.update(users).set({ browserLanguage: language })
            .where(and(eq(users.id, user.id), sql`${users.browserLanguage} is not ${language}`, opened)),
        ]
        : [],
      learnTraits(db, and(eq(connections.id, id), isNull(connections.unusual)), now),
      ...recordBrowser(db, browser, id, now),
      forgetOldest(db, user.id),
      db.delete(pendingSignIns).where(and(eq(pendingSignIns.id, how.pending ?? ""), opened)),
      ...isMailed && unusual.length > 0
        ? [addMail(db, { userId: user.id, event: "unusual", about: id }, now, and(opened, unlessMuted(unusual)))]
        : [],
      ...(how.ticket ? [useChallenge(db, how.ticket)] : []),
      ...(reserved ? afterSuccess(db, reserved) : []),
    ]);
  return await orRecover(
    async () => (await open())[0].rowsAffected === 1 ? secret.cookie : null,
    async () => await db.$count(connections, eq(connections.id, id)) === 1 ? secret.cookie : null,
  );
}

type NewConnection = Pick<typeof connections.$inferSelect, "id" | "expiresAt" | "method"> & {
  visitor: Visitor;
  now: number;
  unusual?: string | null;
  browser?: string | null;
  passkey?: string | null;
};

function addConnection(
  db: Db,
  { visitor, now, unusual = null, browser = null, passkey = null, ...row }: NewConnection,
  ofUser: SQL | undefined,
  end: { closedAt: number | null; endReason: EndReason | null } = { closedAt: null, endReason: null },
) {
  const { address: { ip, network }, ...client } = visitor;
  const { id, expiresAt, method } = row;
  return db.insert(connections).select(
    db.select(asColumns({
      ...{ id, userId: users.id, openedAt: now, lastSeenAt: now, expiresAt },
      ...{ ...end, closedBy: null, ip, network, ...client },
      ...{ unusual, verdict: null, place: null, browser, method, passkey },
    })).from(users).where(ofUser),
  );
}

/** Records the use of a one-time link as a connection that was never open, so that the history shows when and from where. */
export function recordLinkUse(
  db: Db,
  { id, visitor, now }: { id: string; visitor: Visitor; now: number },
  ofUser: SQL | undefined,
) {
  const end = { closedAt: now, endReason: "password_set" as const };
  return addConnection(db, { id, visitor, now, expiresAt: now, method: "link" }, ofUser, end);
}

/** Unreviewed ones first, then the newest. */
export async function listOtherOpen(db: Db, session: Session, now: number): Promise<ConnectionSummary[]> {
  const open = await selectSummaries(db)
    .where(and(eq(connections.userId, session.userId), ne(connections.id, session.connectionId), isOpen(now)))
    .orderBy(desc(connections.openedAt), desc(connections.id));
  return [...open.filter(isUnreviewed), ...open.filter((each) => !isUnreviewed(each))];
}

/** Returns how many. */
export async function closeOtherConnections(db: Db, session: Session, now: number): Promise<number> {
  return await closeOthers(db, session, now);
}

/** `false` if it isn't open, is the current one or belongs to another account. */
export async function closeConnection(db: Db, session: Session, id: string, now: number): Promise<boolean> {
  return await closeOthers(db, session, now, eq(connections.id, id)) === 1;
}

export async function signOut(db: Db, session: Session, now: number): Promise<boolean> {
  const current = eq(connections.id, session.connectionId);
  return await orRecover(
    async () => (await close(db, "signed_out", now, current)).rowsAffected === 1,
    async () => await countClosed(db, "signed_out", now, current) === 1 || null,
  );
}

/** Closes the current connection after too many wrong passwords over it, and asks its owner about it. */
export async function closeGuesser(db: Db, session: Session, now: number, isMailed = false): Promise<boolean> {
  const { connectionId, userId } = session;
  const current = eq(connections.id, connectionId);
  const news = { userId, event: "too_many_attempts", about: connectionId } as const;
  const asked = db.update(connections).set({ unusual: withReasons(["wrong_confirmations"]), verdict: null })
    .where(and(current, isOpen(now)));
  const results = await db.batch([
    asked,
    ...isMailed ? [addMail(db, news, now, isStillOpen(db, connectionId, now))] : [],
    close(db, "too_many_attempts", now, current),
  ]);
  return results.at(-1)?.rowsAffected === 1;
}

/** Closes in batches: a sign-in in between waits for one of them at most. Returns how many. */
export async function closeAsOperator(db: Db, userId: string | "everyone", now: number): Promise<number> {
  const selected = userId === "everyone" ? undefined : eq(connections.userId, userId);
  return await orRecover(
    () => closeInBatches(db, selected, now),
    async () => {
      const left = await db.$count(connections, and(selected, isOpen(now), lte(connections.openedAt, now)));
      return left === 0 ? await countClosed(db, "closed_by_operator", now, selected) : null;
    },
  );
}

async function closeInBatches(db: Db, selected: SQL | undefined, now: number): Promise<number> {
  const next = db.select({ id: connections.id }).from(connections).where(and(selected, isOpen(now))).limit(BATCH);
  for (let count = 0;;) {
    const { rowsAffected } = await close(db, "closed_by_operator", now, inArray(connections.id, next));
    count += rowsAffected;
    if (rowsAffected < BATCH) return count;
  }
}

/** Whether the current connection was closed since the session was loaded: then a closing of others did nothing. */
export async function hasEnded(db: Db, session: Session, now: number): Promise<boolean> {
  return await db.$count(connections, and(eq(connections.id, session.connectionId), isOpen(now))) === 0;
}

/** Whether there is nothing for `markSeen` to record. */
export function isSeenRecently({ lastSeenAt }: Session, now: number): boolean {
  return Math.abs(now - lastSeenAt) < SEEN_INTERVAL;
}

/** Records a visit over the current connection, which postpones its expiry: once a minute at most, and never back in time. */
export async function markSeen(db: Db, session: Session, lifetime: Lifetime, now: number): Promise<void> {
  if (session.lastSeenAt - now > SEEN_INTERVAL) {
    await shortenFuture(db, lifetime, now, eq(connections.id, session.connectionId));
    return;
  }
  if (isSeenRecently(session, now)) return;
  await db.update(connections)
    .set({ lastSeenAt: now, expiresAt: expiryOf(session.openedAt, now, lifetime) })
    .where(and(eq(connections.id, session.connectionId), lt(connections.lastSeenAt, now), isOpen(now)));
}

/** A clock that was ahead, or a longer setting, may have written a later expiry. */
export function shortenFuture(db: Db, { idle }: Lifetime, now: number, selected?: SQL) {
  return db.update(connections).set({ expiresAt: now + idle })
    .where(and(isNull(connections.closedAt), gt(connections.expiresAt, now + idle), selected));
}

export function close(
  db: Db,
  reason: EndReason,
  now: number,
  selected: SQL | undefined,
  closedBy: string | null = null,
) {
  return db.update(connections)
    .set({ closedAt: sql`max(${now}, ${connections.lastSeenAt})`, endReason: reason, closedBy })
    .where(and(isOpen(now), selected));
}

async function closeOthers(db: Db, session: Session, now: number, selected?: SQL): Promise<number> {
  const others = and(eq(connections.userId, session.userId), ne(connections.id, session.connectionId), selected);
  const isAllowed = isStillOpen(db, session.connectionId, now);
  return await orRecover(
    async () => (await close(db, "closed", now, and(others, isAllowed), session.connectionId)).rowsAffected,
    () => countClosedBy(db, session, "closed", now, selected),
  );
}

export async function countClosedBy(
  db: Db,
  session: Session,
  reason: EndReason,
  now: number,
  selected?: SQL,
): Promise<number | null> {
  return await countClosed(db, reason, now, and(eq(connections.closedBy, session.connectionId), selected));
}

/** At `now` or later; `null` for none. */
export async function countClosed(
  db: Db,
  reason: EndReason,
  now: number,
  selected: SQL | undefined,
): Promise<number | null> {
  const closed = and(gte(connections.closedAt, now), eq(connections.endReason, reason), selected);
  return await db.$count(connections, closed) || null;
}

export function listClosedBy(db: Db, session: Session, since: number, limit: number): Promise<ConnectionSummary[]> {
  return selectSummaries(db).where(and(
    // The plus sign keeps SQLite on the index by closing time: the account may have had a million connections.
    sql`+${connections.userId} = ${session.userId}`,
    eq(connections.closedBy, session.connectionId),
    gte(connections.closedAt, since),
  )).orderBy(desc(connections.openedAt)).limit(limit);
}

function selectSummaries(db: Db) {
  const { id, openedAt, ip, countryCode, device, unusual, verdict } = connections;
  const last = { lastIp: places.ip, lastCountryCode: places.countryCode, lastDevice: places.device };
  return db.select({ id, openedAt, ip, countryCode, device, unusual, verdict, ...last })
    .from(connections).leftJoin(places, eq(places.id, connections.place));
}

function overMaxOpen(db: Db, userId: string, now: number) {
  const open = alias(connections, "open_connections");
  return db.select({ id: open.id }).from(open)
    .where(and(eq(open.userId, userId), isOpen(now, open)))
    .orderBy(desc(open.openedAt), desc(open.id)).limit(Number.MAX_SAFE_INTEGER).offset(MAX_OPEN);
}

const countSome = prepare<number>(sql`
  select json(count(*)) from (select 1 from ${connections} where ${isOpen(sql.placeholder("now"))}
    limit ${sql.placeholder("most")})`);

/** Counts the open connections of all accounts, and stops at `most`. */
export async function countOpen(db: Db, now: number, most: number): Promise<number> {
  return await countSome(db, { now, most }) ?? 0;
}

/** Values as the columns of a SELECT, for a conditional INSERT. */
export function asColumns<T extends Record<string, unknown>>(values: T) {
  return Object.fromEntries(
    Object.entries(values).map(([column, value]) => [column, sql`${value}`.as(column)]),
  ) as { [K in keyof T]: SQL.Aliased<T[K]> };
}
