import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Db } from "./client.ts";
import { endedAt, endReason } from "./connections.ts";
import { connections, type EndReason, sessions, users } from "./schema.ts";

/** What a browser's cookie leads to. */
export type Session = {
  id: string;
  csrf: string;
  connectionId: string;
  openedAt: number;
  lastSeenAt: number;
  userId: string;
  email: string;
  /** IANA name; null while the account has none. */
  timeZone: string | null;
  /** Null exactly while the connection is open. Anything else opens no door: it tells the holder why. */
  end: { at: number; reason: EndReason } | null;
};

const COOKIE = /^([\w-]{22})\.([\w-]{43})$/;

/** A new session's secret side: 32 random bytes (ASVS 7.2.3), of which only the hash is for keeping. */
export function newSecret(): { id: string; hash: string; csrf: string; cookie: string } {
  const id = randomBytes(16).toString("base64url");
  const secret = randomBytes(32).toString("base64url");
  return { id, hash: hashOf(secret).toString("base64url"), csrf: newCsrf(), cookie: `${id}.${secret}` };
}

/** What a form's hidden field says, for a session or for a browser that has none. */
export function newCsrf(): string {
  return randomBytes(16).toString("base64url");
}

/**
 * The session whose secret this cookie holds, of an open connection or of an ended one; `null` for a cookie that the server
 * did not make.
 */
export async function resumeSession(db: Db, cookie: string | undefined, now: number): Promise<Session | null> {
  const [, id, secret] = COOKIE.exec(cookie ?? "") ?? [];
  if (!id || !secret) return null;

  const [found] = await db.select({
    secretHash: sessions.secretHash,
    csrf: sessions.csrf,
    connectionId: connections.id,
    openedAt: connections.openedAt,
    lastSeenAt: connections.lastSeenAt,
    endedAt: endedAt(now),
    endReason: endReason(now),
    userId: users.id,
    email: users.email,
    timeZone: users.timeZone,
  }).from(sessions)
    .innerJoin(connections, eq(connections.id, sessions.connectionId))
    .innerJoin(users, eq(users.id, connections.userId))
    .where(eq(sessions.id, id));
  if (!found || !timingSafeEqual(hashOf(secret), Buffer.from(found.secretHash, "base64url"))) return null;

  const { secretHash: _, endedAt: at, endReason: reason, ...session } = found;
  return { ...session, id, end: at === null || reason === null ? null : { at, reason } };
}

function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
