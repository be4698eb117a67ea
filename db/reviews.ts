import { and, eq, isNotNull, isNull, ne, or, type SQL, sql } from "drizzle-orm";
import { cancelRequests } from "./accounts/cancelling.ts";
import { forgetBrowsers, learnBrowsers } from "./browsers.ts";
import { close } from "./connections.ts";
import type { Db } from "./database.ts";
import { forgetTraits, learnPlaces, learnTraits } from "./known.ts";
import { isStillOpen } from "./open.ts";
import { connections, users } from "./schema.ts";
import type { Session } from "./sessions.ts";

/** Marks an unusual connection, and every unreviewed one like it, as the owner's, and makes their traits known. Returns how many. */
export async function recognizeConnection(db: Db, session: Session, id: string, now: number): Promise<number> {
  // The plus signs keep SQLite on the index of unreviewed connections: a network may have had a million.
  const isAlike = sql`(+country_code, +network, +device) = (
    select c.country_code, c.network, c.device from ${connections} c
    where c.id = ${id} and c.user_id = ${session.userId} and c.unusual is not null and c.answer is null)`;
  const isCurrentOrOther = or(ne(connections.id, session.connectionId), eq(connections.id, id));
  const alike = and(isUnusual(session), isNull(connections.verdict), isCurrentOrOther, isAlike);
  const reviewed = and(isUnusual(session), eq(connections.id, id));
  const isOpen = isStillOpen(db, session.connectionId, now);
  const selected = and(
    sql`connections.id in (select id from ${connections} where ${alike} union select id from ${connections} where ${reviewed})`,
    isOpen,
  );
  const [, , , marked] = await db.batch([
    learnTraits(db, selected, now, id),
    learnPlaces(db, id, sql`exists (select 1 from ${connections} where ${and(reviewed, isOpen)})`, now),
    learnBrowsers(db, selected, now),
    db.update(connections).set({ verdict: "me" }).where(and(selected, isNotMe())),
  ]);
  return marked.rowsAffected;
}

/** Marks an unusual connection as somebody else's, closes it, and forgets what it taught. `false` if it isn't unusual or is the current one. */
export async function disownConnection(
  db: Db,
  session: Session,
  id: string,
  now: number,
): Promise<boolean> {
  const others = and(isUnusual(session), ne(connections.id, session.connectionId));
  const isDisowned = sql`exists (select 1 from ${connections} where ${
    and(others, eq(connections.id, id), eq(connections.verdict, "not_me"))
  })`;
  const [marked] = await db.batch([
    db.update(connections).set({ verdict: "not_me" })
      .where(and(others, eq(connections.id, id), isStillOpen(db, session.connectionId, now))),
    close(db, "closed", now, and(eq(connections.id, id), isDisowned), session.connectionId),
    forgetTraits(db, session.userId, id, isDisowned),
    forgetBrowsers(db, session.userId, session.browser, isDisowned),
    ...cancelRequests(db, session.userId, isDisowned),
    db.update(users).set({ disownedAt: now }).where(and(eq(users.id, session.userId), isDisowned)),
  ]);
  return marked.rowsAffected === 1;
}

function isUnusual(session: Session): SQL | undefined {
  return and(eq(connections.userId, session.userId), isNotNull(connections.unusual));
}

function isNotMe(): SQL | undefined {
  return or(isNull(connections.verdict), ne(connections.verdict, "me"));
}
