import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../database.ts";
import { connections, places, refusals, users } from "../schema.ts";

export type Trace = {
  email: string;
  connections: number;
  /** Refused ones. */
  attempts: number;
  firstAt: number;
  lastAt: number;
};

/** Finds the accounts that were used or tried from an address or a network, the latest first. Each account is asked by an index. */
export async function findByAddress(db: Db, { ip, network }: { ip?: string; network?: string }): Promise<Trace[]> {
  const isThere = (table: { ip: unknown; network: unknown }): SQL =>
    ip === undefined ? sql`${table.network} = ${network ?? ""}` : sql`${table.ip} = ${ip}`;
  const isFirst = ip === undefined ? sql`is_first_network` : sql`is_first_ip`;
  return await db.all<Trace>(sql`
    select ${users.email}, sum(connections) as connections, sum(attempts) as attempts,
      min(first_at) as "firstAt", max(last_at) as "lastAt"
    from (
      select ${users.id} as user_id, count(*) as connections, 0 as attempts, min(opened_at) as first_at,
        max(last_seen_at) as last_at
      from ${users} cross join ${connections} on ${connections.userId} = ${users.id} and ${isThere(connections)}
      group by 1
      union all
      select ${users.id}, count(*), 0, min(first_at), max(last_at)
      from ${users} cross join ${places} on ${places.userId} = ${users.id} and ${isThere(places)} and ${isFirst}
      group by 1
      union all
      select ${users.id}, 0, sum(attempts), min(first_at), max(last_at)
      from ${users} cross join ${refusals} on ${refusals.userId} = ${users.id} and ${isThere(refusals)}
      group by 1
    ) traces join ${users} on ${users.id} = traces.user_id
    group by ${users.id} order by "lastAt" desc, ${users.email}`);
}
