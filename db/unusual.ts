import { isNull, type SQL, sql } from "drizzle-orm";
import type { Visitor } from "../visitor/visitor.ts";
import type { Db } from "./database.ts";
import { jsonObject, prepare } from "./driver/prepared.ts";
import { isKnown, traitsOf } from "./known.ts";
import { browserUsers, connections, refusals, type UnusualReason, users } from "./schema.ts";

type Connection = typeof connections.$inferSelect;

const HOUR = 3_600_000;

const MANY_REFUSED = 3;

const PLACE_REASONS: UnusualReason[] = [
  "new_country",
  "new_network_and_device",
  "moved_country",
  "moved_device",
];

/** Whether owners may switch off mail for these reasons. */
export function areAboutPlaces(reasons: UnusualReason[]): boolean {
  return reasons.every((reason) => PLACE_REASONS.includes(reason));
}

/** The condition that the owner wants mail for one of these reasons. */
export function unlessMuted(reasons: UnusualReason[]): SQL | undefined {
  return areAboutPlaces(reasons) ? isNull(users.placesMutedAt) : undefined;
}

export type Facts = {
  isFirst: boolean;
  isKnownCountry: boolean | null;
  isKnownNetwork: boolean | null;
  /** By its cookie; until the account knows a first browser, by its name. */
  isKnownDevice: boolean;
  /** Refused sign-ins in the last hour and since the last connection. */
  refused: number;
};

export function reasonsFor(facts: Facts): UnusualReason[] {
  if (facts.isFirst) return [];
  const rules: [UnusualReason, boolean][] = [
    ["new_country", facts.isKnownCountry === false],
    // Either alone happens every week: a café, a new phone.
    ["new_network_and_device", facts.isKnownNetwork === false && facts.isKnownDevice === false],
    // Strangers can cause these whenever they like: at a known place in a known browser they say nothing.
    ["after_refusals", facts.refused >= MANY_REFUSED && !(facts.isKnownNetwork === true && facts.isKnownDevice)],
  ];
  return rules.filter(([, applies]) => applies).map(([reason]) => reason);
}

export function reasonsIn(unusual: string | null): UnusualReason[] {
  return unusual === null ? [] : unusual.split(" ") as UnusualReason[];
}

/** Whether the owner hasn't said yet whose an unusual connection is. */
export function isUnreviewed({ unusual, verdict }: Pick<Connection, "unusual" | "verdict">): boolean {
  return unusual !== null && verdict === null;
}

/** Adds reasons to a connection's, each once. */
export function withReasons(reasons: UnusualReason[]): SQL<string> {
  return reasons.reduce<SQL<string>>(
    (unusual, reason) =>
      sql`case when instr(' ' || coalesce(${unusual}, '') || ' ', ${` ${reason} `}) then ${unusual}
        else ltrim(coalesce(${unusual}, '') || ${` ${reason}`}) end`,
    sql`${connections.unusual}`,
  );
}

const USER = sql.placeholder("userId");
/** The last sign-in: a link that set a password opened nothing. */
const NEWEST = sql`(select opened_at from ${connections} where user_id = ${USER} and method <> 'link'
  order by opened_at desc limit 1)`;

const findFacts = prepare<
  { isFirst: 0 | 1; isKnownCountry: 0 | 1; isKnownNetwork: 0 | 1; isKnownDevice: 0 | 1; refused: number }
>(sql`
  select ${
  jsonObject({
    isFirst: sql`${NEWEST} is null`,
    isKnownCountry: isKnown("country", sql`${sql.placeholder("country")}`),
    isKnownNetwork: isKnown("network", sql`${sql.placeholder("network")}`),
    isKnownDevice: sql`case when exists (select 1 from ${browserUsers} where user_id = ${USER})
      then exists (select 1 from ${browserUsers} where user_id = ${USER} and browser_id = ${sql.placeholder("browser")})
      else ${isKnown("device", sql`${sql.placeholder("device")}`)} end`,
    refused: sql`(select coalesce(sum(attempts), 0) from ${refusals}
      where user_id = ${USER} and hour >= ${sql.placeholder("hour")} and client is not null
        and reason <> 'wrong_confirmation'
        and last_at > max(${sql.placeholder("since")}, coalesce(${NEWEST}, 0)))`,
  })
}`);

/** Finds what is unusual about a sign-in; nothing about an account's first. */
export async function findUnusual(
  db: Db,
  userId: string,
  visitor: Visitor,
  browser: string | null,
  now: number,
): Promise<UnusualReason[]> {
  const traits = traitsOf({ ...visitor, network: visitor.address.network });
  const since = now - HOUR;
  const found = await findFacts(db, { userId, browser, ...traits, since, hour: Math.floor(since / HOUR) });
  if (!found) return [];

  return reasonsFor({
    isFirst: found.isFirst === 1,
    isKnownCountry: traits.country === null ? null : found.isKnownCountry === 1,
    isKnownNetwork: traits.network === null ? null : found.isKnownNetwork === 1,
    isKnownDevice: found.isKnownDevice === 1,
    refused: found.refused,
  });
}
