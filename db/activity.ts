import { and, desc, eq, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import type { Db } from "./database.ts";
import type { OpenConnection } from "./connections.ts";
import { isOpen } from "./open.ts";
import { connections } from "./schema.ts";
import type { Session } from "./sessions.ts";
import { question } from "./driver/prepared.ts";

/**
 * What tells that an account's history changed: opening a connection makes another one the newest, every end of one lowers the
 * count of open ones, a refused sign-in counts on, and an answer to an unusual connection leaves fewer of those.
 */
export type Activity = {
  /** The connection that was opened last; null for none. */
  newest: Pick<OpenConnection, "openedAt" | "id"> | null;
  open: number;
  /** The newest hour with refused sign-ins. */
  refused: { id: string; attempts: number } | null;
  /** How many unusual connections wait for their owner's answer, the current one aside. */
  unanswered: number;
};

/** `Activity` as SQLite writes it. */
export type FoundActivity = [
  newest: [openedAt: number, id: string] | null,
  open: number,
  refused: [id: string, attempts: number] | null,
  unanswered: number,
];

/** One JSON array for an account, the connection in use and `now`: a part of what is asked for a page, and for a session. */
export function activityOf(user: SQLWrapper, current: SQLWrapper): SQL {
  return sql`
    select json_array(
      json((select json_array(opened_at, id) from connections where user_id = ${user}
        order by opened_at desc, id desc limit 1)),
      (select count(*) from ${connections} where ${connections.userId} = ${user} and ${isOpen(sql.placeholder("now"))}),
      json((select json_array(id, attempts) from refusals where user_id = ${user}
        order by first_at desc, id desc limit 1)),
      (select count(*) from connections where user_id = ${user} and unusual is not null and answer is null
        and id <> ${current}))`;
}

/** The same as a question for `userId` and the connection `current`. */
export const ACTIVITY = activityOf(sql.placeholder("userId"), sql.placeholder("current"));
const findActivity = question<FoundActivity>(ACTIVITY);

/** How the account's history stands, in some 10 µs whatever its length. */
export async function readActivity(db: Db, session: Session, now: number): Promise<Activity> {
  const found = await findActivity(db, { userId: session.userId, current: session.connectionId, now });
  return toActivity(found ?? [null, 0, null, 0]);
}

export function toActivity([newest, open, refused, unanswered]: FoundActivity): Activity {
  return {
    newest: newest && { openedAt: newest[0], id: newest[1] },
    open,
    refused: refused && { id: refused[0], attempts: refused[1] },
    unanswered,
  };
}

/** A connection as the news name it. */
export type Opened = Pick<OpenConnection, "device" | "countryCode"> & { isUnusual: boolean };

/** The account's connections that were opened after `newest` was, newest first, a hundred at most. */
export async function listOpenedAfter(
  db: Db,
  userId: string,
  { openedAt, id }: { openedAt: number; id: string },
): Promise<Opened[]> {
  const found = await db.select({
    device: connections.device,
    countryCode: connections.countryCode,
    unusual: connections.unusual,
    answer: connections.answer,
  }).from(connections)
    .where(and(
      eq(connections.userId, userId),
      sql`(${connections.openedAt}, ${connections.id}) > (${openedAt}, ${id})`,
    ))
    .orderBy(desc(connections.openedAt), desc(connections.id)).limit(100);
  return found.map(({ unusual, answer, ...opened }) => ({ ...opened, isUnusual: unusual !== null && answer === null }));
}
