import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { and, eq, exists, type SQL, sql } from "drizzle-orm";
import { type Activity, activityOf, type FoundActivity, toActivity } from "./activity.ts";
import type { Db } from "./database.ts";
import { afterSuccess, type Try } from "./limits.ts";
import { endedAt, endReason, isStillOpen } from "./open.ts";
import { connections, type EndReason, type Language, sessions, type Theme, type User, users } from "./schema.ts";
import { question } from "./driver/prepared.ts";
import { orLookBack } from "./driver/unavailable.ts";

/** What a browser's cookie leads to. */
export type Session = {
  id: string;
  /** What is stored of the secret, for the change to a new one. */
  secretHash: string;
  csrf: string;
  /** When the password was last given over it. */
  confirmedAt: number;
  connectionId: string;
  openedAt: number;
  lastSeenAt: number;
  userId: string;
  email: string;
  /** IANA name; null while the account has none. */
  timeZone: string | null;
  /** Null while not chosen, like the theme. */
  language: Language | null;
  theme: Theme | null;
  /** Null exactly while the cookie opens the door. Anything else only tells the holder why it doesn't. */
  end: End | null;
};

/** `renewed`: the connection goes on with another secret than the one in the cookie. */
export type End = { at: number; reason: EndReason | "renewed" };

/** A secret that was just made for the session `id`. The cookie's value is nowhere else; `hash` is for keeping. */
export type Secret = { id: string; cookie: string; hash: string };

const COOKIE = /^([\w-]{22})\.([\w-]{43})$/;
/** How long the secret before the last one still reads, for pages that were under way in other tabs; milliseconds. */
const GRACE = 10_000;

export function newSessionId(): string {
  return randomBytes(16).toString("base64url");
}

/** A session's secret side: 32 random bytes (ASVS 7.2.3), of which only the hash is for keeping. */
export function newSecret(sessionId: string): Secret {
  const secret = randomBytes(32).toString("base64url");
  return { id: sessionId, cookie: `${sessionId}.${secret}`, hash: hashOf(secret).toString("base64url") };
}

/** What a form's hidden field says, for a session or for a browser that has none. */
export function newCsrf(): string {
  return randomBytes(16).toString("base64url");
}

/** What is known of a session by its id, in the order of the columns. */
type Found = [
  secretHash: string,
  formerHash: string | null,
  renewedAt: number | null,
  csrf: string,
  confirmedAt: number,
  connectionId: string,
  openedAt: number,
  lastSeenAt: number,
  endedAt: number | null,
  endReason: EndReason | null,
  userId: string,
  email: string,
  timeZone: string | null,
  language: Language | null,
  theme: Theme | null,
];

const SESSION = sql`json_array(${sessions.secretHash}, ${sessions.formerHash}, ${sessions.renewedAt}, ${sessions.csrf},
  ${sessions.confirmedAt}, ${connections.id}, ${connections.openedAt}, ${connections.lastSeenAt},
  ${endedAt(sql.placeholder("now"))}, ${endReason(sql.placeholder("now"))},
  ${users.id}, ${users.email}, ${users.timeZone}, ${users.language}, ${users.theme})`;
const OF_COOKIE = sql`
  from ${sessions}
  join ${connections} on ${connections.id} = ${sessions.connectionId}
  join ${users} on ${users.id} = ${connections.userId}
  where ${sessions.id} = ${sql.placeholder("id")}`;

const findSession = question<Found>(sql`select ${SESSION} ${OF_COOKIE}`);
const findWithActivity = question<[Found, FoundActivity]>(
  sql`select '[' || ${SESSION} || ',' || (${activityOf(users.id, sessions.connectionId)}) || ']' ${OF_COOKIE}`,
);

/** When a cookie is looked at, and whether for a request that changes nothing. */
export type Asking = { isReading: boolean; now: number };

/**
 * The session whose secret this cookie holds, of an open connection or of an ended one; `null` for a cookie that the server
 * did not make. The secret before the last renewal is good for ten seconds, and only where `isReading`.
 */
export async function resumeSession(db: Db, cookie: string | undefined, asking: Asking): Promise<Session | null> {
  const held = readCookie(cookie);
  const found = held && await findSession(db, { id: held.id, now: asking.now });
  return found ? sessionOf(found, held, asking) : null;
}

/**
 * The same with how the account's history stands, read in the same call: what every open page asks every few seconds. With a database
 * elsewhere that is one way there and back; here it takes a fifth less than to ask twice.
 */
export async function resumeWithActivity(
  db: Db,
  cookie: string | undefined,
  asking: Asking,
): Promise<{ session: Session; activity: Activity } | null> {
  const held = readCookie(cookie);
  const found = held && await findWithActivity(db, { id: held.id, now: asking.now });
  const session = found ? sessionOf(found[0], held, asking) : null;
  return found && session ? { session, activity: toActivity(found[1]) } : null;
}

/** What a browser holds: a session's id and a secret. */
type Held = { id: string; secret: string };

function readCookie(cookie: string | undefined): Held | null {
  const [, id, secret] = COOKIE.exec(cookie ?? "") ?? [];
  return id && secret ? { id, secret } : null;
}

function sessionOf(found: Found, { id, secret }: Held, { isReading, now }: Asking): Session | null {
  const [secretHash, formerHash, renewedAt, csrf, confirmedAt, ...rest] = found;
  const [connectionId, openedAt, lastSeenAt, at, reason, userId, email, timeZone, language, theme] = rest;
  const owner = { userId, email, timeZone, language, theme };
  const of = { id, secretHash, csrf, confirmedAt, connectionId, openedAt, lastSeenAt, ...owner };
  const end = at === null || reason === null ? null : { at, reason };
  if (isHashOf(secret, secretHash)) return { ...of, end };
  if (formerHash === null || renewedAt === null || !isHashOf(secret, formerHash)) return null;

  const isUnderWay = isReading && renewedAt <= now && now < renewedAt + GRACE;
  return { ...of, end: end ?? (isUnderWay ? null : { at: renewedAt, reason: "renewed" }) };
}

/**
 * Notes that the owner gave the password over this session (ASVS 7.5.2), gives the reserved try back, and puts a new secret in
 * the place of the old one (ASVS 7.2.4).
 *
 * Returns the new cookie, or `"same"` when another request renewed the secret at the same moment: that one's answer brings the
 * cookie. `null` when the password changed since `user` was read or the connection was closed, and then nothing happens.
 */
export async function confirmSession(
  db: Db,
  { session, user, reserved, now }: { session: Session; user: User; reserved: Try; now: number },
): Promise<string | "same" | null> {
  const secret = newSecret(session.id);
  const isSamePassword = and(eq(users.id, user.id), eq(users.passwordVersion, user.passwordVersion));
  const confirm = () =>
    db.batch([
      ...renewSession(
        db,
        session,
        secret,
        now,
        and(
          isStillOpen(db, session.connectionId, now),
          exists(db.select({ one: sql`1` }).from(users).where(isSamePassword)),
        ),
      ),
      ...afterSuccess(db, reserved),
    ]);
  return await orLookBack(
    async () => {
      const [confirmed, renewed] = await confirm();
      if (confirmed.rowsAffected === 0) return null;
      return renewed.rowsAffected === 1 ? secret.cookie : "same";
    },
    async () => await holds(db, secret) ? secret.cookie : null,
  );
}

/** Whether a session has this secret now. */
export async function holds(db: Db, { id, hash }: Secret): Promise<boolean> {
  return await db.$count(sessions, and(eq(sessions.id, id), eq(sessions.secretHash, hash))) === 1;
}

/**
 * Statements for a batch: the password was given, and `secret` takes the place of the session's one where `condition` holds.
 * The second changes nothing when another request did the same meanwhile, so that two answers never bring two cookies.
 */
export function renewSession(db: Db, session: Session, secret: Secret, now: number, condition: SQL | undefined) {
  return [
    db.update(sessions).set({ confirmedAt: now }).where(and(eq(sessions.id, session.id), condition)),
    db.update(sessions)
      .set({ secretHash: secret.hash, formerHash: session.secretHash, renewedAt: now })
      .where(and(eq(sessions.id, session.id), eq(sessions.secretHash, session.secretHash), condition)),
  ] as const;
}

function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

function isHashOf(secret: string, hash: string): boolean {
  return timingSafeEqual(hashOf(secret), Buffer.from(hash, "base64url"));
}
