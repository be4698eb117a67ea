import { sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { connections, refusals } from "./schema.ts";
import { question } from "./driver/prepared.ts";

/** So many connections are counted, the newest, however many there are: a machine may open thousands a day. */
const MOST = 1_000;

/** What happened on a day. */
export type Day = {
  opened: number;
  /** How many of those were unusual. */
  unusual: number;
  /** How many sign-ins were refused. */
  refused: number;
};

export type Days = {
  /** Oldest first. */
  days: Day[];
  /**
   * The day in `days` where counting ended since there were too many connections: it had more than it says, and of the days before it
   * none is counted. Null when all are.
   */
  reach: number | null;
};

const USER = sql.placeholder("userId");
const SINCE = sql.placeholder("since");
const OPENED = sql`select opened_at from ${connections} where user_id = ${USER} and opened_at >= ${SINCE}`;

/**
 * Connections are counted where they are: their times as JSON cost three times as much when there are a thousand (365 µs and 119).
 * What is refused or unusual is little.
 */
const countDays = question<
  [reach: number | null, opened: number[], unusual: number[], refused: [at: number, attempts: number][]]
>(sql`
  with reach (at) as (select (${OPENED} order by opened_at desc limit 1 offset ${sql.placeholder("most")}))
  select json_array(
    (select at from reach),
    json((select json_group_array((
        select count(*) from ${connections} where user_id = ${USER} and opened_at < day.value
          and opened_at >= max(day.key + 0, coalesce((select at from reach) + 1, 0))))
      from json_each(${sql.placeholder("days")}) day)),
    json((select json_group_array(opened_at) from (
      ${OPENED} and unusual is not null order by opened_at desc limit ${sql.placeholder("most")}))),
    json((select json_group_array(json_array(first_at, attempts)) from ${refusals}
      where user_id = ${USER} and first_at >= ${SINCE})))`);

/** When each day begins and ends, as a JSON object: what SQLite takes apart the quickest. */
function boundsOf(starts: number[]): string {
  return `{${starts.slice(1).map((end, i) => `"${starts[i]}":${end}`)}}`;
}

/**
 * What happened to the account on some days that follow each other. `starts` says when each of them begins, oldest first, and at its
 * end when the last one is over; milliseconds since the epoch. What it reads doesn't grow with the history: of connections the index
 * of the newest `MOST`, and of refused sign-ins there is one row an hour.
 */
export async function readDays(db: Db, userId: string, starts: number[]): Promise<Days> {
  const [reach, opened, unusual, refused] =
    await countDays(db, { userId, since: starts[0], days: boundsOf(starts), most: MOST }) ??
      [null, [], [], []];

  // A time after the last day, from a clock that was wrong, is on no day.
  const dayAt = (at: number) => starts.findLastIndex((start) => start <= at);
  const days = starts.slice(1).map((_, i) => ({ opened: opened[i] ?? 0, unusual: 0, refused: 0 }));
  const add = (kind: "unusual" | "refused", at: number, count: number) => {
    const day = days[dayAt(at)];
    if (day) day[kind] += count;
  };
  for (const at of unusual) add("unusual", at, 1);
  for (const [at, attempts] of refused) add("refused", at, attempts);
  return { days, reach: reach === null ? null : dayAt(reach) };
}
