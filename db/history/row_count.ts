import { and, isNull, type SQL, sql } from "drizzle-orm";
import type { Db } from "../database.ts";
import { prepareByKey } from "../driver/prepared.ts";
import { connections, places, refusals } from "../schema.ts";
import {
  type Filter,
  hasState,
  inDays,
  matches,
  matchesAnywhere,
  matchesMoved,
  splitFilter,
  type State,
} from "./filters.ts";

/** Rows counted of each kind; one more is read, to know whether there are more. */
const MAX_COUNTED = 1_000;

/** How many rows a filter selects; with `isMore`, more than that. */
export type RowCount = { rows: number; isMore: boolean };

/** Counts the rows that a filter selects, up to 1,000, in constant time; `null` if a filter of several conditions needs a longer search. */
export async function countRows(
  db: Db,
  { userId, filter, now }: { userId: string; filter: Filter; now: number },
): Promise<RowCount | null> {
  const key = [filter.state, ...Object.keys(filter).sort()].join();
  const count = counts(key, () => countOf(filter));
  return toRowCount(await count(db, { userId, ...filter, ...COUNT_VALUES, now }) ?? {});
}

export function toRowCount(kinds: Partial<CountedRows>): RowCount | null {
  const counted = Object.values(kinds);
  const rows = counted.reduce((sum, { found }) => sum + found, 0);
  if (rows > MAX_COUNTED) return { rows: MAX_COUNTED, isMore: true };
  return counted.every(({ read }) => read <= MAX_COUNTED) ? { rows, isMore: false } : null;
}

type Count = { read: number; found: number };
const NONE: Count = { read: 0, found: 0 };

export type CountedRows = Record<"opened" | "used" | "refused", Count>;
const counts = prepareByKey<CountedRows>();
/** For the placeholder of `countOf`, besides those of the filter. */
export const COUNT_VALUES = { countLimit: MAX_COUNTED + 1 };

/** One JSON object. */
export function countOf(filter: Filter): SQL {
  const { state } = filter;
  const { indexed, rest } = splitFilter(filter);
  const moved = matchesMoved(indexed);
  const hasRow = hasState(state, value("now"));
  const none = sql`(select ${JSON.stringify(NONE)})`;
  const opened = count({
    from: sql`${connections}`,
    indexed: and(
      inDays(connections.userId, connections.openedAt, filter),
      matches(indexed, connections),
      indexOf(state),
    ),
    rest: and(
      state === "open" || state === "closed" ? hasRow : undefined,
      rest ? matchesAnywhere(rest, connections) : undefined,
    ),
  });
  const used = moved && count({
    from: sql`${places} cross join ${connections} on ${connections.id} = ${places.connectionId}`,
    indexed: and(inDays(places.userId, places.openedAt, filter), moved),
    rest: and(hasRow, rest ? matchesAnywhere(rest, connections) : undefined),
  });
  const refused = count({
    from: sql`${refusals}`,
    indexed: and(inDays(refusals.userId, refusals.firstAt, filter), matches(indexed, refusals)),
    rest: rest ? matches(rest, refusals) : undefined,
  });
  const isRefused = state === "refused";
  return sql`select json_object(
    'opened', json(${isRefused ? none : opened}),
    'used', json(${isRefused || !used ? none : used}),
    'refused', json(${state === undefined || isRefused ? refused : none}))`;
}

const value = sql.placeholder;

/** The state's own index. */
function indexOf(state: State | undefined): SQL | undefined {
  if (state === "open") return isNull(connections.closedAt);
  return state === "unusual" || state === "unreviewed" ? hasState(state, value("now")) : undefined;
}

function count({ from, indexed, rest }: { from: SQL; indexed: SQL | undefined; rest: SQL | undefined }): SQL {
  const rows = sql`from ${from} where ${indexed}`;
  if (rest) {
    return sql`(
      select json_object('read', count(*), 'found', coalesce(sum(is_selected), 0))
      from (select ${rest} as is_selected ${rows} limit ${value("countLimit")}))`;
  }
  // Skipping to the last row that counts is three times as fast as counting up to it.
  return sql`(
    select json_object('read', count, 'found', count) from (
      select iif((select 1 ${rows} limit 1 offset ${value("countLimit")} - 1) is null,
        (select count(*) ${rows}), ${value("countLimit")}) as count))`;
}
