import { isDeepStrictEqual } from "node:util";
import type { Db } from "../../db/database.ts";
import { isHashOf, parseCookie, type Session } from "../../db/sessions.ts";

const MAX_SESSIONS = 10_000;

/** Sessions as this process last read them, by id, by which a page is read in the session's own call (docs/decisions/0002). */
const caches = new WeakMap<Db, Map<string, Session>>();

/** The session that a cookie probably has, if cached. It lets nobody in: the real one is read in the same call. */
export function guessSession(db: Db, cookie: string | undefined): Session | null {
  const sent = parseCookie(cookie);
  const guess = sent && caches.get(db)?.get(sent.id);
  return guess && isHashOf(sent.secret, guess.sentHash) ? guess : null;
}

/** Keeps a session as the next guess if a request with the same cookie would find the same one. */
export function keepAsGuess(db: Db, session: Session): void {
  if (!db.$client.isRemote) return;
  const cache = caches.get(db) ?? new Map<string, Session>();
  caches.set(db, cache);
  if (session.end !== null || session.isFirstSeen || session.sentHash !== session.secretHash) {
    cache.delete(session.id);
    return;
  }
  if (cache.size >= MAX_SESSIONS) cache.clear();
  cache.set(session.id, session);
}

/** Also forgets a guess that was wrong. When and where the session was last used is in no answer. */
export function isRight(db: Db, guess: Session, session: Session | null): boolean {
  const { lastSeenAt, place } = guess;
  if (session && isDeepStrictEqual(guess, { ...session, lastSeenAt, place })) return true;
  caches.get(db)?.delete(guess.id);
  return false;
}
