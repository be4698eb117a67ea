import { and, eq, gte, isNotNull, isNull, lt, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Db } from "../database.ts";
import { prepareByKey } from "../driver/prepared.ts";
import type { Filter } from "./rows.ts";
import { isOpen } from "../open.ts";
import { connections, refusals } from "../schema.ts";

/** Rows counted of each kind; one more is read to tell whether there are more. */
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

  const limit = MAX_COUNTED + 1;
  const { opened, refused } = await count(db, { userId, ...filter, limit, now }) ?? { opened: NONE, refused: NONE };
  const rows = opened.found + refused.found;
  if (rows > MAX_COUNTED) return { rows: MAX_COUNTED, isMore: true };
  return opened.read < limit && refused.read < limit ? { rows, isMore: false } : null;
}

type Count = { read: number; found: number };
const NONE: Count = { read: 0, found: 0 };

const counts = prepareByKey<{ opened: Count; refused: Count }>();

function countOf(filter: Filter): SQL {
  const { state } = filter;
  const opened = count({ ...connections, at: connections.openedAt }, connections, filter);
  const refused = count({ ...refusals, at: refusals.firstAt }, refusals, filter);
  const none = sql`(select ${JSON.stringify(NONE)})`;
  return sql`select json_object(
    'opened', json(${state === "refused" ? none : opened}),
    'refused', json(${state === undefined || state === "refused" ? refused : none}))`;
}

type Columns = Record<"at" | "userId" | "countryCode" | "ip" | "network", SQLiteColumn>;

function count(row: Columns, table: typeof connections | typeof refusals, filter: Filter): SQL {
  const value = sql.placeholder;
  const [indexed, ...rest] = conditions(row, filter);
  const rows = sql`from ${table} where ${
    and(
      eq(row.userId, value("userId")),
      indexed,
      filter.since === undefined ? undefined : gte(row.at, value("since")),
      filter.until === undefined ? undefined : lt(row.at, value("until")),
    )
  }`;
  if (rest.length > 0) {
    return sql`(
      select json_object('read', count(*), 'found', coalesce(sum(is_selected), 0))
      from (select ${and(...rest)} as is_selected ${rows} limit ${value("limit")}))`;
  }
  // Skipping to the last row that counts is three times as fast as counting up to it.
  return sql`(
    select json_object('read', count, 'found', count) from (
      select iif((select 1 ${rows} limit 1 offset ${value("limit")} - 1) is null,
        (select count(*) ${rows}), ${value("limit")}) as count))`;
}

/** The filter's conditions without the days, first the one whose index finds the fewest rows. */
function conditions(row: Columns, filter: Filter): SQL[] {
  const value = sql.placeholder;
  const { state } = filter;
  const all: (SQL | undefined)[] = [
    state === "unusual" ? isNotNull(connections.unusual) : undefined,
    state === "open" ? isNull(connections.closedAt) : undefined,
    filter.ip === undefined ? undefined : eq(row.ip, value("ip")),
    filter.network === undefined ? undefined : eq(row.network, value("network")),
    filter.countryCode === undefined ? undefined : eq(row.countryCode, value("countryCode")),
    state === "open" ? isOpen(value("now")) : undefined,
    state === "closed" ? sql`not ${isOpen(value("now"))}` : undefined,
  ];
  return all.filter((condition) => condition !== undefined);
}
