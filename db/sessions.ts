import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { and, eq, exists, isNull, type SQL, sql } from "drizzle-orm";
import { type Activity, activityOf } from "./history/activity.ts";
import type { Db } from "./database.ts";
import { joinJson, jsonObject, prepare } from "./driver/prepared.ts";
import { orRecover } from "./driver/unavailable.ts";
import { afterSuccess, type Attempt } from "./limits.ts";
import { hasAuthenticator, hasPasskeys } from "./methods/methods.ts";
import { endedAt, endReason, isStillOpen } from "./open.ts";
import {
  clientOf,
  connections,
  type EndReason,
  type Language,
  places,
  sessions,
  type Theme,
  type User,
  users,
} from "./schema.ts";

export type Session = {
  id: string;
  /** The hash of the secret that is stored now, and of the one that the browser sent. */
  secretHash: string;
  sentHash: string;
  /** Whether this is the first request with a renewed secret, which ends the former one. */
  isFirstSeen: boolean;
  csrf: string;
  confirmedAt: number;
  connectionId: string;
  openedAt: number;
  lastSeenAt: number;
  userId: string;
  email: string;
  timeZone: string | null;
  language: Language | null;
  theme: Theme | null;
  place: LastPlace;
  browser: string | null;
  /** False if the owner signs in elsewhere. */
  hasPassword: boolean;
  /** Whether a sign-in with the password asks for a second step. */
  hasSecondFactor: boolean;
  hasPasskeys: boolean;
  /** Null exactly while the session is valid; otherwise for telling its holder why it isn't. */
  end: SessionEnd | null;
};

/** `lastAt` is null where the connection was opened. */
export type LastPlace = { client: string; device: string; userAgent: string; lastAt: number | null };

/** `renewed`: the connection is open, but under a newer secret than the cookie's. */
export type SessionEnd = { at: number; reason: EndReason | "renewed" };

export type Secret = { id: string; cookie: string; hash: string };

const COOKIE = /^([\w-]{22})\.([\w-]{43})$/;
/** For requests on their way from other tabs; milliseconds. */
const GRACE = 10_000;
/** How long a former secret works while the answer with the new one may have been lost; milliseconds. */
const LOST_FOR = 86_400_000;

export function newSessionId(): string {
  return randomBytes(16).toString("base64url");
}

/** ASVS 7.2.3. */
export function newSecret(sessionId: string): Secret {
  const secret = randomBytes(32).toString("base64url");
  return { id: sessionId, cookie: `${sessionId}.${secret}`, hash: digestOf(secret) };
}

export function newCsrf(): string {
  return randomBytes(16).toString("base64url");
}

type StoredSession =
  & Omit<
    Session,
    "id" | "sentHash" | "isFirstSeen" | "end" | "place" | "hasPassword" | "hasSecondFactor" | "hasPasskeys"
  >
  & {
    hasPassword: 0 | 1;
    hasAuthenticator: 0 | 1;
    hasPasskeys: 0 | 1;
    formerHash: string | null;
    formerConfirmedAt: number | null;
    renewedAt: number | null;
    seenAt: number | null;
    client: string;
    device: string;
    userAgent: string;
    moved: LastPlace | null;
    endedAt: number | null;
    endReason: EndReason | null;
  };

const SESSION = jsonObject({
  secretHash: sessions.secretHash,
  formerHash: sessions.formerHash,
  formerConfirmedAt: sessions.formerConfirmedAt,
  renewedAt: sessions.renewedAt,
  seenAt: sessions.seenAt,
  csrf: sessions.csrf,
  confirmedAt: sessions.confirmedAt,
  connectionId: connections.id,
  openedAt: connections.openedAt,
  lastSeenAt: connections.lastSeenAt,
  endedAt: endedAt(sql.placeholder("now")),
  endReason: endReason(sql.placeholder("now")),
  userId: users.id,
  email: users.email,
  timeZone: users.timeZone,
  language: users.language,
  theme: users.theme,
  client: clientOf(connections),
  device: connections.device,
  userAgent: connections.userAgent,
  browser: connections.browser,
  hasPassword: sql`${users.passwordHash} <> ''`,
  hasAuthenticator: hasAuthenticator(users.id),
  hasPasskeys: hasPasskeys(users.id),
  moved: sql`json((select json_object('client', client, 'device', device, 'userAgent', user_agent, 'lastAt', last_at)
    from ${places} where ${places.id} = ${connections.place}))`,
});
const BY_ID = sql`
  from ${sessions}
  join ${connections} on ${connections.id} = ${sessions.connectionId}
  join ${users} on ${users.id} = ${connections.userId}
  where ${sessions.id} = ${sql.placeholder("id")}`;

const findSession = prepare<StoredSession>(sql`select ${SESSION} ${BY_ID}`);
const findSessionAndActivity = prepare<{ session: StoredSession; activity: Activity }>(sql`
  select ${joinJson({ session: SESSION, activity: sql`(${activityOf(users.id)})` })} ${BY_ID}`);

export type Resuming = { isReading: boolean; now: number };

/** Finds the cookie's session, valid or ended; `null` if there is none. */
export async function resumeSession(db: Db, cookie: string | undefined, resuming: Resuming): Promise<Session | null> {
  const sent = parseCookie(cookie);
  const stored = sent && await findSession(db, { id: sent.id, now: resuming.now });
  return stored ? checkSecret(stored, sent, resuming) : null;
}

/** The same in one round trip with the activity. */
export async function resumeWithActivity(
  db: Db,
  cookie: string | undefined,
  resuming: Resuming,
): Promise<{ session: Session; activity: Activity } | null> {
  const sent = parseCookie(cookie);
  const stored = sent && await findSessionAndActivity(db, { id: sent.id, now: resuming.now });
  const session = stored ? checkSecret(stored.session, sent, resuming) : null;
  return stored && session ? { session, activity: stored.activity } : null;
}

type SentCookie = { id: string; secret: string };

export function parseCookie(cookie: string | undefined): SentCookie | null {
  const [, id, secret] = COOKIE.exec(cookie ?? "") ?? [];
  return id && secret ? { id, secret } : null;
}

/** Also accepts the former secret, with its confirmation, until the new one is first seen (ASVS 7.2.4); then it only reads, for `GRACE` ms. */
function checkSecret(stored: StoredSession, { id, secret }: SentCookie, { isReading, now }: Resuming): Session | null {
  const {
    formerHash,
    formerConfirmedAt,
    renewedAt,
    seenAt,
    endedAt,
    endReason,
    client,
    device,
    userAgent,
    moved,
    hasPassword,
    hasAuthenticator,
    hasPasskeys,
    ...stays
  } = stored;
  const rest = {
    ...stays,
    hasPassword: hasPassword === 1,
    hasSecondFactor: hasAuthenticator === 1 || hasPasskeys === 1,
    hasPasskeys: hasPasskeys === 1,
  };
  const end = endedAt === null || endReason === null ? null : { at: endedAt, reason: endReason };
  const place = moved ?? { client, device, userAgent, lastAt: null };
  const isUnseen = formerConfirmedAt !== null && seenAt === null;
  const session = { id, ...rest, place, sentHash: rest.secretHash, isFirstSeen: isUnseen, end };
  if (isHashOf(secret, rest.secretHash)) return session;
  if (formerHash === null || renewedAt === null || !isHashOf(secret, formerHash)) return null;

  const former = { ...session, sentHash: formerHash, isFirstSeen: false };
  const renewed = { at: renewedAt, reason: "renewed" as const };
  const isWithin = (since: number, milliseconds: number) => since <= now && now < since + milliseconds;
  if (isUnseen) {
    const isLost = isWithin(renewedAt, LOST_FOR);
    return { ...former, confirmedAt: formerConfirmedAt, end: end ?? (isLost ? null : renewed) };
  }
  const isGraceful = isReading && isWithin(seenAt ?? renewedAt, GRACE);
  return { ...former, end: end ?? (isGraceful ? null : renewed) };
}

export async function endFormerSecret(db: Db, session: Session, now: number): Promise<void> {
  await db.update(sessions).set({ seenAt: now })
    .where(and(eq(sessions.id, session.id), eq(sessions.secretHash, session.sentHash), isNull(sessions.seenAt)));
}

/**
 * Records that the owner entered the password (ASVS 7.5.2) and renews the secret (7.2.4). Returns the new cookie, or `"same"` if another
 * request renewed it at the same moment; `null` if the password changed since `user` was read or the connection was closed. `user` and
 * `reserved` are null if the host confirmed.
 */
export async function confirmSession(
  db: Db,
  { session, user, reserved, now }: { session: Session; user: User | null; reserved: Attempt | null; now: number },
): Promise<string | "same" | null> {
  const secret = newSecret(session.id);
  const isSamePassword = user && and(eq(users.id, user.id), eq(users.passwordVersion, user.passwordVersion));
  const condition = and(
    isStillOpen(db, session.connectionId, now),
    isSamePassword ? exists(db.select({ one: sql`1` }).from(users).where(isSamePassword)) : undefined,
  );
  const after = reserved ? afterSuccess(db, reserved) : [];
  const confirm = () => db.batch([...renewSession(db, session, secret, now, condition), ...after]);
  return await orRecover(
    async () => {
      const [confirmed, renewed] = await confirm();
      if (confirmed.rowsAffected === 0) return null;
      return renewed.rowsAffected === 1 ? secret.cookie : "same";
    },
    async () => await hasSecret(db, secret) ? secret.cookie : null,
  );
}

export async function hasSecret(db: Db, { id, hash }: Secret): Promise<boolean> {
  return await db.$count(sessions, and(eq(sessions.id, id), eq(sessions.secretHash, hash))) === 1;
}

export function renewSession(db: Db, session: Session, secret: Secret, now: number, condition: SQL | undefined) {
  return [
    db.update(sessions).set({ confirmedAt: now }).where(and(eq(sessions.id, session.id), condition)),
    renewSecret(db, session, secret, now, condition),
  ] as const;
}

/** Changes nothing if another request renewed the secret: two answers never bring two cookies. */
export function renewSecret(db: Db, session: Session, secret: Secret, now: number, condition: SQL | undefined) {
  return db.update(sessions)
    .set({
      secretHash: secret.hash,
      formerHash: session.sentHash,
      formerConfirmedAt: session.confirmedAt,
      renewedAt: now,
      seenAt: null,
    })
    .where(and(eq(sessions.id, session.id), eq(sessions.secretHash, session.secretHash), condition));
}

/** SHA-256, base64url: for what is random enough to need no slow hash. */
export function digestOf(secret: string): string {
  return hashOf(secret).toString("base64url");
}

function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

export function isHashOf(secret: string, hash: string): boolean {
  return timingSafeEqual(hashOf(secret), Buffer.from(hash, "base64url"));
}
