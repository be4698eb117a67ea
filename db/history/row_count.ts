import { and, isNull, type SQL, sql } from "drizzle-orm";
import type { Db } from "../database.ts";
import { prepareByKey } from "../driver/prepared.ts";
import { type Known, unlessKnown } from "./activity.ts";
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

/** Rows counted of each kind; one more is read to tell whether there are more. */
const MAX_COUNTED = 1_000;

/** How many rows a filter selects; with `isMore`, more than that. */
export type RowCount = { rows: number; isMore: boolean };

/**
 * Counts the rows that a filter selects, up to 1,000, in constant time; `null` if a filter of several conditions needs a longer search, and
 * `undefined` if the account's activity is the `known` one.
 */
export async function countRows(
  db: Db,
  { userId, filter, now, known }: { userId: string; filter: Filter; now: number; known?: Known | undefined },
): Promise<RowCount | null | undefined> {
  const key = [filter.state, ...Object.keys(filter).sort()].join();
  const count = known ? counts(`${key},known`, () => unlessKnown(countOf(filter))) : counts(key, () => countOf(filter));

  const limit = MAX_COUNTED + 1;
  const found = await count(db, { userId, ...filter, limit, now, known: known?.activity });
  if (!found) return undefined;
  const counted = Object.values(found);
  const rows = counted.reduce((sum, { found }) => sum + found, 0);
  if (rows > MAX_COUNTED) return { rows: MAX_COUNTED, isMore: true };
  return counted.every(({ read }) => read < limit) ? { rows, isMore: false } : null;
}

type Count = { read: number; found: number };
const NONE: Count = { read: 0, found: 0 };

const counts = prepareByKey<Record<"opened" | "used" | "refused", Count> | null>();

function countOf(filter: Filter): SQL {
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
      from (select ${rest} as is_selected ${rows} limit ${value("limit")}))`;
  }
  // Skipping to the last row that counts is three times as fast as counting up to it.
  return sql`(
    select json_object('read', count, 'found', count) from (
      select iif((select 1 ${rows} limit 1 offset ${value("limit")} - 1) is null,
        (select count(*) ${rows}), ${value("limit")}) as count))`;
}
