import { and, eq, isNotNull, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { UNKNOWN_DEVICE } from "../visitor/devices.ts";
import type { Db } from "./database.ts";
import { connections, known } from "./schema.ts";

export type Traits = Record<"country" | "network" | "device", string | null>;

/** What an account can know, null for the rest: every house has the same private network, and a device that can't be named is never known. */
export function traitsOf(
  { countryCode, network, device }: { countryCode: string; network: string; device: string },
): Traits {
  const isPrivate = countryCode === "private";
  return {
    country: isPrivate || countryCode === "none" ? null : countryCode,
    network: isPrivate || network === "" ? null : network,
    device: device === UNKNOWN_DEVICE ? null : device,
  };
}

export function isKnown(
  kind: keyof Traits,
  value: SQLWrapper,
  user: SQLWrapper = sql`${sql.placeholder("userId")}`,
): SQL {
  return sql`exists (select 1 from ${known} where user_id = ${user} and kind = ${kind} and value = ${value})`;
}

export function learnTraits(db: Db, selected: SQL | undefined, now: number, taughtBy: string | null = null) {
  return learn(db, traitsIn("connections", selected), now, taughtBy);
}

export function learnPlaces(db: Db, connectionId: string, condition: SQL | undefined, now: number) {
  return learn(db, traitsIn("places", and(sql`connection_id = ${connectionId}`, condition)), now, connectionId);
}

function learn(db: Db, traits: SQL, now: number, taughtBy: string | null) {
  return db.run(sql`
    insert into known (user_id, kind, value, last_at, taught_by)
    select user_id, kind, value, ${now}, ${taughtBy} from (${traits})
    where true
    on conflict do update set last_at = max(last_at, excluded.last_at)`);
}

export function forgetTraits(db: Db, userId: string, connectionId: string, condition: SQL | undefined) {
  const own = traitsIn("connections", eq(connections.id, connectionId));
  const ofPlaces = traitsIn("places", sql`connection_id = ${connectionId}`);
  return db.delete(known).where(and(
    eq(known.userId, userId),
    isNotNull(known.taughtBy),
    sql`(kind, value) in (select kind, value from (${own} union all ${ofPlaces}))`,
    condition,
  ));
}

function traitsIn(table: "connections" | "places", selected: SQL | undefined): SQL {
  const name = sql.identifier(table);
  return sql`
    select user_id, 'country' as kind, country_code as value from ${name}
      where ${selected} and country_code not in ('private', 'none')
    union all select user_id, 'network', network from ${name}
      where ${selected} and network <> '' and country_code <> 'private'
    union all select user_id, 'device', device from ${name}
      where ${selected} and device <> ${UNKNOWN_DEVICE}`;
}
