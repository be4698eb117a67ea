import { and, eq, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import type { Visitor } from "./connections.ts";
import { UNKNOWN_DEVICE } from "../visitor/devices.ts";
import { isStillOpen } from "./open.ts";
import { connections, type UnusualReason } from "./schema.ts";
import type { Session } from "./sessions.ts";
import { question } from "./driver/prepared.ts";

const HOUR = 3_600_000;

/** So many refused sign-ins before one that was right are more than a slip of the fingers. */
const MANY_REFUSED = 3;

/** What an account knows of who is signing in to it. `null`: it can't be told. */
export type Facts = {
  /** Nobody ever connected to the account. */
  isFirst: boolean;
  isKnownCountry: boolean | null;
  isKnownNetwork: boolean | null;
  isKnownDevice: boolean | null;
  /** How many sign-ins were refused in the last hour and since the last connection. */
  refused: number;
};

/**
 * The rules. What can't be told makes nothing unusual: a private network is another one in every house, and some addresses have no
 * country. Nor is an account's first connection, since there is nothing to compare it with.
 */
export function reasonsFor(facts: Facts): UnusualReason[] {
  if (facts.isFirst) return [];
  const rules: [UnusualReason, boolean][] = [
    ["new_country", facts.isKnownCountry === false],
    // One of the two alone happens every week: a café, a new telephone.
    ["new_network_and_device", facts.isKnownNetwork === false && facts.isKnownDevice === false],
    ["after_refusals", facts.refused >= MANY_REFUSED],
  ];
  return rules.filter(([, holds]) => holds).map(([reason]) => reason);
}

const NEWEST = sql`(select max(opened_at) from connections where user_id = ${sql.placeholder("userId")})`;

const findFacts = question<[isFirst: 0 | 1, country: 0 | 1, network: 0 | 1, device: 0 | 1, refused: number]>(sql`
  select json_array(${NEWEST} is null, ${isKnown("country")}, ${isKnown("network")}, ${isKnown("device")}, (
    select coalesce(sum(attempts), 0) from refusals
    where user_id = ${sql.placeholder("userId")} and hour >= ${sql.placeholder("hour")}
      and last_at > max(${sql.placeholder("since")}, coalesce(${NEWEST}, 0))))`);

function isKnown(kind: keyof Traits): SQL {
  return sql`exists (select 1 from known
    where user_id = ${sql.placeholder("userId")} and kind = ${kind} and value = ${sql.placeholder(kind)})`;
}

/** Why a connection that is about to be opened is unusual for its account; empty when it isn't. */
export async function findUnusual(db: Db, userId: string, visitor: Visitor, now: number): Promise<UnusualReason[]> {
  const traits = traitsOf({ ...visitor, network: visitor.address.network });
  const since = now - HOUR;
  const facts = await findFacts(db, { userId, ...traits, since, hour: Math.floor(since / HOUR) });
  if (!facts) return [];

  const [isFirst, country, network, device, refused] = facts;
  return reasonsFor({
    isFirst: isFirst === 1,
    isKnownCountry: traits.country === null ? null : country === 1,
    isKnownNetwork: traits.network === null ? null : network === 1,
    isKnownDevice: traits.device === null ? null : device === 1,
    refused,
  });
}

/** What tells one place or device from another; `null` for what doesn't. */
type Traits = Record<"country" | "network" | "device", string | null>;

/** What an account can know of a connection: of a private network no country and no network, since each house has another one. */
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

/**
 * Statement for a batch: the account knows from now on where the connections that `which` says came from, and their devices, as far
 * as `traitsOf` can tell them.
 */
export function know(db: Db, which: SQL | undefined, now: number) {
  return db.run(sql`
    insert into known (user_id, kind, value, last_at)
    select user_id, 'country', country_code, ${now} from connections
      where ${which} and country_code not in ('private', 'none')
    union all select user_id, 'network', network, ${now} from connections
      where ${which} and network <> '' and country_code <> 'private'
    union all select user_id, 'device', device, ${now} from connections
      where ${which} and device <> ${UNKNOWN_DEVICE}
    on conflict do update set last_at = max(last_at, excluded.last_at)`);
}

/**
 * The owner says of an unusual connection that it was theirs, and with it of all from the same country and network on the same device
 * that nothing was said of yet: those are known from now on.
 *
 * Returns how many that were; 0 when this one is not the account's, is not unusual or has its answer. A connection can't speak for
 * itself: whoever opened it would say so.
 */
export async function recognizeConnection(db: Db, session: Session, id: string, now: number): Promise<number> {
  // The plus signs keep the search among what is unanswered: a network may have had a million connections.
  const like = sql`(+country_code, +network, +device) = (
    select c.country_code, c.network, c.device from connections c
    where c.id = ${id} and c.user_id = ${session.userId} and c.unusual is not null and c.answer is null)`;
  const isAllowed = isStillOpen(db, session.connectionId, now);
  const [, answered] = await db.batch([
    know(db, and(isUnanswered(session), like, isAllowed), now),
    db.update(connections).set({ answer: "me" }).where(and(isUnanswered(session), like, isAllowed)),
  ]);
  return answered.rowsAffected;
}

/** The owner says of an unusual connection that it was not theirs. `false` where there is nothing to say it of. */
export async function disownConnection(db: Db, session: Session, id: string, now: number): Promise<boolean> {
  const disowned = await db.update(connections).set({ answer: "not_me" })
    .where(and(eq(connections.id, id), isUnanswered(session), isStillOpen(db, session.connectionId, now)));
  return disowned.rowsAffected === 1;
}

/** Unusual connections of the account that its owner said nothing of yet, but the current one. */
function isUnanswered(session: Session): SQL | undefined {
  return and(
    eq(connections.userId, session.userId),
    isNotNull(connections.unusual),
    isNull(connections.answer),
    sql`${connections.id} <> ${session.connectionId}`,
  );
}
