import { and, eq, isNotNull, isNull, ne, type SQL, sql } from "drizzle-orm";
import { UNKNOWN_DEVICE } from "../visitor/devices.ts";
import type { Visitor } from "../visitor/visitor.ts";
import type { Db } from "./database.ts";
import { jsonObject, prepare } from "./driver/prepared.ts";
import { isStillOpen } from "./open.ts";
import { connections, known, refusals, type UnusualReason } from "./schema.ts";
import type { Session } from "./sessions.ts";

const HOUR = 3_600_000;

const MANY_REFUSED = 3;

/** Null: can't be known. */
export type Facts = {
  isFirst: boolean;
  isKnownCountry: boolean | null;
  isKnownNetwork: boolean | null;
  isKnownDevice: boolean | null;
  /** Refused sign-ins in the last hour and since the last connection. */
  refused: number;
};

export function reasonsFor(facts: Facts): UnusualReason[] {
  if (facts.isFirst) return [];
  const rules: [UnusualReason, boolean][] = [
    ["new_country", facts.isKnownCountry === false],
    // Either alone happens every week: a café, a new phone.
    ["new_network_and_device", facts.isKnownNetwork === false && facts.isKnownDevice === false],
    ["after_refusals", facts.refused >= MANY_REFUSED],
  ];
  return rules.filter(([, applies]) => applies).map(([reason]) => reason);
}

export function reasonsIn(unusual: string | null): UnusualReason[] {
  return unusual === null ? [] : unusual.split(" ") as UnusualReason[];
}

const USER = sql.placeholder("userId");
const NEWEST = sql`(select max(opened_at) from ${connections} where user_id = ${USER})`;

const findFacts = prepare<
  { isFirst: 0 | 1; isKnownCountry: 0 | 1; isKnownNetwork: 0 | 1; isKnownDevice: 0 | 1; refused: number }
>(sql`
  select ${
  jsonObject({
    isFirst: sql`${NEWEST} is null`,
    isKnownCountry: isKnown("country"),
    isKnownNetwork: isKnown("network"),
    isKnownDevice: isKnown("device"),
    refused: sql`(select coalesce(sum(attempts), 0) from ${refusals}
      where user_id = ${USER} and hour >= ${sql.placeholder("hour")}
        and last_at > max(${sql.placeholder("since")}, coalesce(${NEWEST}, 0)))`,
  })
}`);

function isKnown(kind: keyof Traits): SQL {
  return sql`exists (select 1 from ${known} where user_id = ${USER} and kind = ${kind} and value = ${
    sql.placeholder(kind)
  })`;
}

export async function findUnusual(db: Db, userId: string, visitor: Visitor, now: number): Promise<UnusualReason[]> {
  const traits = traitsOf({ ...visitor, network: visitor.address.network });
  const since = now - HOUR;
  const found = await findFacts(db, { userId, ...traits, since, hour: Math.floor(since / HOUR) });
  if (!found) return [];

  return reasonsFor({
    isFirst: found.isFirst === 1,
    isKnownCountry: traits.country === null ? null : found.isKnownCountry === 1,
    isKnownNetwork: traits.network === null ? null : found.isKnownNetwork === 1,
    isKnownDevice: traits.device === null ? null : found.isKnownDevice === 1,
    refused: found.refused,
  });
}

type Traits = Record<"country" | "network" | "device", string | null>;

/** The traits that an account can know. A private network has neither country nor network: every house has the same. */
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

/** The SQL of `traitsOf`. */
export function learnTraits(db: Db, selected: SQL | undefined, now: number) {
  return db.run(sql`
    insert into known (user_id, kind, value, last_at)
    select user_id, 'country', country_code, ${now} from connections
      where ${selected} and country_code not in ('private', 'none')
    union all select user_id, 'network', network, ${now} from connections
      where ${selected} and network <> '' and country_code <> 'private'
    union all select user_id, 'device', device, ${now} from connections
      where ${selected} and device <> ${UNKNOWN_DEVICE}
    on conflict do update set last_at = max(last_at, excluded.last_at)`);
}

/**
 * Marks an unusual connection as the owner's, with every unreviewed one from the same country, network and device, and makes all three known.
 * Returns how many; the current connection can't mark itself.
 */
export async function recognizeConnection(db: Db, session: Session, id: string, now: number): Promise<number> {
  // The plus signs keep SQLite on the index of unreviewed connections: a network may have had a million.
  const isAlike = sql`(+country_code, +network, +device) = (
    select c.country_code, c.network, c.device from ${connections} c
    where c.id = ${id} and c.user_id = ${session.userId} and c.unusual is not null and c.answer is null)`;
  const selected = and(isUnreviewed(session), isAlike, isStillOpen(db, session.connectionId, now));
  const [, marked] = await db.batch([
    learnTraits(db, selected, now),
    db.update(connections).set({ verdict: "me" }).where(selected),
  ]);
  return marked.rowsAffected;
}

export async function disownConnection(db: Db, session: Session, id: string, now: number): Promise<boolean> {
  const marked = await db.update(connections).set({ verdict: "not_me" })
    .where(and(eq(connections.id, id), isUnreviewed(session), isStillOpen(db, session.connectionId, now)));
  return marked.rowsAffected === 1;
}

function isUnreviewed(session: Session): SQL | undefined {
  return and(
    eq(connections.userId, session.userId),
    isNotNull(connections.unusual),
    isNull(connections.verdict),
    ne(connections.id, session.connectionId),
  );
}
