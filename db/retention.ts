import { and, eq, inArray, isNull, lt, lte, sql } from "drizzle-orm";
import { shortenFuture } from "./connections.ts";
import type { Db } from "./database.ts";
import { removeExpired } from "./limits.ts";
import { removeLate } from "./methods/pending.ts";
import { expiredAt, type Lifetime } from "./open.ts";
import { BROWSER_AGE } from "./browsers.ts";
import {
  browsers,
  browserUsers,
  connections,
  known,
  links,
  outbox,
  places,
  refusals,
  sessions,
  usedChallenges,
  users,
} from "./schema.ts";

/** Rows per table and sweep, so that no sign-in pays for a long pause. */
const MAX_ROWS = 1_000;
/** In milliseconds. */
const UNSENT_AGE = 7 * 86_400_000;

/** Runs at each sign-in, because sleeping instances have no timers; returns whether more may be left. `retention` in milliseconds, 0 for ever. */
export async function sweep(db: Db, lifetime: Lifetime, retention: number, now: number): Promise<boolean> {
  const expired = db.select({ id: connections.id }).from(connections)
    .where(and(isNull(connections.closedAt), lte(connections.expiresAt, now))).limit(MAX_ROWS);
  const unused = db.select({ id: browsers.id }).from(browsers).where(lt(browsers.lastAt, now - BROWSER_AGE))
    .limit(MAX_ROWS);
  const oldLinks = db.select({ hash: links.hash }).from(links).where(lte(links.expiresAt, now)).limit(MAX_ROWS);
  // An address whose last link has expired can no longer be confirmed.
  const unconfirmed = db.select({ id: links.userId }).from(links).where(
    and(
      inArray(links.hash, oldLinks),
      eq(links.purpose, "email"),
      sql`not exists (select 1 from ${links} newer where newer.user_id = ${links.userId} and newer.purpose = 'email'
        and newer.expires_at > ${now})`,
    ),
  );
  // A server with mail gives up after a day: this removes what is left where mail was switched off.
  const unsent = db.select({ id: outbox.id }).from(outbox).where(lt(outbox.dueAt, now - UNSENT_AGE)).limit(MAX_ROWS);
  const used = db.select({ hash: usedChallenges.hash }).from(usedChallenges).where(lte(usedChallenges.expiresAt, now))
    .limit(MAX_ROWS);
  const expiring = await db.batch([
    db.update(connections).set({ closedAt: expiredAt(connections), endReason: "expired" })
      .where(inArray(connections.id, expired)),
    shortenFuture(db, lifetime, now),
    removeExpired(db, now, MAX_ROWS),
    db.update(users).set({ pendingEmail: null }).where(inArray(users.id, unconfirmed)),
    db.delete(links).where(inArray(links.hash, oldLinks)),
    db.delete(outbox).where(inArray(outbox.id, unsent)),
    removeLate(db, now, MAX_ROWS),
    db.delete(usedChallenges).where(inArray(usedChallenges.hash, used)),
    // Explicit, here and below, because a remote database may have foreign keys switched off.
    db.delete(browserUsers).where(inArray(browserUsers.browserId, unused)),
    db.delete(browsers).where(inArray(browsers.id, unused)),
  ]);
  if (retention === 0) return isMore(expiring);

  const oldest = now - retention;
  const closed = db.select({ id: connections.id }).from(connections)
    .where(lt(connections.closedAt, oldest)).limit(MAX_ROWS);
  const refused = db.select({ id: refusals.id }).from(refusals).where(lt(refusals.lastAt, oldest)).limit(MAX_ROWS);
  const forgotten = db.select({ id: sql`rowid` }).from(known).where(lt(known.lastAt, oldest)).limit(MAX_ROWS);
  const removing = await db.batch([
    db.delete(sessions).where(inArray(sessions.connectionId, closed)),
    db.delete(places).where(inArray(places.connectionId, closed)),
    db.delete(connections).where(inArray(connections.id, closed)),
    db.delete(refusals).where(inArray(refusals.id, refused)),
    db.delete(known).where(inArray(sql`rowid`, forgotten)),
  ]);
  return isMore(expiring) || isMore(removing);
}

/** Whether a statement reached its limit. */
function isMore(results: readonly { rowsAffected: number }[]): boolean {
  return results.some(({ rowsAffected }) => rowsAffected >= MAX_ROWS);
}
