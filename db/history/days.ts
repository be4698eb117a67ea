import { sql } from "drizzle-orm";
import type { Db } from "../database.ts";
import { prepare } from "../driver/prepared.ts";
import { connections, refusals } from "../schema.ts";

/** Only the newest connections are counted, because a script may open thousands a day. */
const MAX_COUNTED = 1_000;

export type Day = { opened: number; unusual: number; refused: number };

export type Days = {
  /** Oldest first. */
  days: Day[];
  /** The index of the day where counting stopped; null if everything was counted. */
  partialDay: number | null;
};

const USER = sql.placeholder("userId");
const SINCE = sql.placeholder("firstDay");
const OPENED = sql`select opened_at from ${connections} where user_id = ${USER} and opened_at >= ${SINCE}`;

export type CountedDays = {
  stoppedAt: number | null;
  opened: number[];
  unusual: number[];
  refused: { at: number; attempts: number }[];
};

/** One JSON object, for the values of `valuesOfDays`. */
export const DAYS = sql`
  with stop (at) as (select (${OPENED} order by opened_at desc limit 1 offset ${sql.placeholder("max")}))
  select json_object(
    'stoppedAt', (select at from stop),
    'opened', json((select json_group_array((
        select count(*) from ${connections} where user_id = ${USER} and opened_at < day.value
          and opened_at >= max(day.key + 0, coalesce((select at from stop) + 1, 0))))
      from json_each(${sql.placeholder("days")}) day)),
    'unusual', json((select json_group_array(opened_at) from (
      ${OPENED} and unusual is not null order by opened_at desc limit ${sql.placeholder("max")}))),
    'refused', json((select json_group_array(json_object('at', first_at, 'attempts', attempts)) from ${refusals}
      where user_id = ${USER} and first_at >= ${SINCE})))`;
const countDays = prepare<CountedDays>(DAYS);

/** The form that SQLite's `json_each` reads fastest. */
function boundsOf(starts: number[]): string {
  return `{${starts.slice(1).map((end, i) => `"${starts[i]}":${end}`)}}`;
}

/** Counts what happened on consecutive days, in constant time. `starts` has when each begins, and at the end when the last one is over. */
export async function readDays(db: Db, userId: string, starts: number[]): Promise<Days> {
  const counted = await countDays(db, { userId, ...valuesOfDays(starts) });
  return toDays(counted ?? { stoppedAt: null, opened: [], unusual: [], refused: [] }, starts);
}

export function valuesOfDays(starts: number[]): Record<string, unknown> {
  return { firstDay: starts[0], days: boundsOf(starts), max: MAX_COUNTED };
}

export function toDays({ stoppedAt, opened, unusual, refused }: CountedDays, starts: number[]): Days {
  // A time beyond the last day, from a clock that was ahead, belongs to none.
  const dayAt = (at: number) => starts.findLastIndex((start) => start <= at);
  const days = starts.slice(1).map((_, i) => ({ opened: opened[i] ?? 0, unusual: 0, refused: 0 }));
  const add = (kind: "unusual" | "refused", at: number, count: number) => {
    const day = days[dayAt(at)];
    if (day) day[kind] += count;
  };
  for (const at of unusual) add("unusual", at, 1);
  for (const { at, attempts } of refused) add("refused", at, attempts);
  return { days, partialDay: stoppedAt === null ? null : dayAt(stoppedAt) };
}
