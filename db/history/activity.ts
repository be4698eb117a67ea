import { createHash } from "node:crypto";
import { type SQL, sql, type SQLWrapper } from "drizzle-orm";
import type { Db } from "../database.ts";
import { prepare } from "../driver/prepared.ts";
import { hasState } from "./filters.ts";
import { isOpen } from "../open.ts";
import { connections, places, refusals, users } from "../schema.ts";

/** A summary of an account's history that changes whenever the history does. */
export type Activity = {
  open: number;
  /** Unusual connections without a verdict. */
  unreviewed: number;
  /** Ids of connections. */
  newest: string | null;
  oldest: string | null;
  /** The newest hour with refused sign-ins. */
  refused: { hour: number; attempts: number } | null;
  /** When a connection was last used from a new place. */
  moved: number | null;
  /** Whether the owner said "Not me" and hasn't changed the password since; 1 or 0. */
  isPasswordDue: number;
};

const MINUTE = 60_000;

/** One JSON object, for the queries of a page and of a session. */
export function activityOf(user: SQLWrapper): SQL {
  const end = (order: SQL) =>
    sql`(select id from ${connections} where ${connections.userId} = ${user} order by opened_at ${order}, id ${order} limit 1)`;
  return sql`
    select json_object(
      'open', (select count(*) from ${connections}
        where ${connections.userId} = ${user} and ${isOpen(sql.placeholder("now"))}),
      'unreviewed', (select count(*) from ${connections} where ${connections.userId} = ${user}
        and ${hasState("unreviewed", sql.placeholder("now"))}),
      'newest', ${end(sql`desc`)},
      'oldest', ${end(sql`asc`)},
      'refused', json((select json_object('hour', hour, 'attempts', sum(attempts)) from ${refusals}
        where ${refusals.userId} = ${user} and client is not null
        group by hour order by hour desc limit 1)),
      'moved', (select max(first_at) from ${places} where ${places.userId} = ${user}),
      'isPasswordDue', (select disowned_at is not null and password_hash <> '' from ${users} account where account.id = ${user}))`;
}

export const ACTIVITY = activityOf(sql`${sql.placeholder("userId")}`);
const findActivity = prepare<Activity>(ACTIVITY);

export const NO_ACTIVITY: Activity = {
  open: 0,
  unreviewed: 0,
  newest: null,
  oldest: null,
  refused: null,
  moved: null,
  isPasswordDue: 0,
};

/** Constant time, whatever the history's length. */
export async function readActivity(db: Db, { userId }: { userId: string }, now: number): Promise<Activity> {
  return await findActivity(db, { userId, now }) ?? NO_ACTIVITY;
}

/** The version of a page, opaque to whoever holds it: differs once something happened, or the minute passed ("2 minutes ago"). */
export function versionOf(activity: Activity, now: number): string {
  return `${digest(activity)}.${Math.floor(now / MINUTE)}`;
}

/** Whether nothing happened since, though minutes may have passed. */
export function isVersionOf(version: string, activity: Activity): boolean {
  return version.startsWith(`${digest(activity)}.`);
}

/** Whether a version was made within this minute. */
export function isOfMinute(version: string, now: number): boolean {
  return version.endsWith(`.${Math.floor(now / MINUTE)}`);
}

function digest(activity: Activity): string {
  return createHash("sha256").update(JSON.stringify(activity)).digest("base64url").slice(0, 16);
}
