import { and, desc, eq, lt, type SQL, sql } from "drizzle-orm";
import { v7 as uuid } from "uuid";
import type { Visitor } from "../visitor/visitor.ts";
import { asColumns } from "./connections.ts";
import type { Db } from "./database.ts";
import { jsonObject, prepare } from "./driver/prepared.ts";
import { isKnown, traitsOf } from "./known.ts";
import { addMail } from "./mail/outbox.ts";
import { isOpen } from "./open.ts";
import { clientOf, connections, places, type UnusualReason } from "./schema.ts";
import type { Session } from "./sessions.ts";
import { unlessMuted, withReasons } from "./unusual.ts";

const MAX_PLACES = 20;
/** How often the same place is recorded, in milliseconds; another one is recorded at once. */
const PLACE_INTERVAL = 60_000;

export type Place = Pick<
  typeof places.$inferSelect,
  "firstAt" | "lastAt" | "ip" | "countryCode" | "device" | "deviceKind" | "userAgent"
>;

const CONNECTION = sql.placeholder("connectionId");
/** By name, or by a User-Agent that another version of this program named differently. */
const SAME_DEVICE = sql`(device = ${sql.placeholder("device")} or user_agent = ${sql.placeholder("userAgent")})`;

const findPlace = prepare<
  { place: { id: string; lastAt: number } | null; isOpening: 0 | 1; isUsualCountry: 0 | 1; isUsualDevice: 0 | 1 }
>(sql`
  select ${
  jsonObject({
    place: sql`json((select json_object('id', id, 'lastAt', last_at) from ${places}
      where connection_id = ${CONNECTION} and client = ${sql.placeholder("client")} and ${SAME_DEVICE} limit 1))`,
    isOpening: sql`${SAME_DEVICE} and ${sql.placeholder("client")} =
      ${clientOf({ ip: sql`c.ip`, network: sql`c.network` })}`,
    isUsualCountry: sql`c.country_code = ${sql.placeholder("country")}
      or exists (select 1 from ${places} where connection_id = c.id and country_code = ${sql.placeholder("country")})
      or ${isKnown("country", sql`${sql.placeholder("country")}`)}`,
    isUsualDevice: sql`${SAME_DEVICE}
      or exists (select 1 from ${places} where connection_id = c.id and ${SAME_DEVICE})`,
  })
} from ${connections} c where c.id = ${CONNECTION}`);

/** Whether a session's connection was last used from this address and device: then there is nothing new to record. */
export function isAtPlace(
  { place }: Session,
  { client, device, userAgent }: { client: string; device: string; userAgent: string },
  now: number,
): boolean {
  if (place.client !== client || place.device !== device && place.userAgent !== userAgent) return false;
  return place.lastAt === null || Math.abs(now - place.lastAt) < PLACE_INTERVAL;
}

/** Returns what is unusual about the place: a country unknown to the account, or a device other than the connection's. */
export async function recordPlace(
  db: Db,
  session: Session,
  visitor: Visitor,
  now: number,
  isMailed = false,
): Promise<UnusualReason[]> {
  const { address: { ip, network, client }, countryCode, userAgent, device, deviceKind } = visitor;
  const { connectionId, userId, openedAt } = session;
  const { country } = traitsOf({ countryCode, network, device });
  const found = await findPlace(db, { connectionId, userId, client, device, userAgent, country });
  if (!found) return [];
  if (found.isOpening) {
    await movePlace(db, connectionId, null, [], now);
    return [];
  }
  if (found.place) {
    const { id, lastAt } = found.place;
    if (Math.abs(now - lastAt) < PLACE_INTERVAL) return [];
    await db.batch([
      db.update(places).set({ lastAt: now }).where(and(eq(places.id, id), lt(places.lastAt, now))),
      movePlace(db, connectionId, id, [], now),
    ]);
    return [];
  }

  const reasons: UnusualReason[] = [];
  if (country !== null && !found.isUsualCountry) reasons.push("moved_country");
  if (!found.isUsualDevice) reasons.push("moved_device");
  const id = uuid({ msecs: now });
  const place = { id, connectionId, userId, openedAt, firstAt: now, lastAt: now, client };
  const origin = { ip, network, countryCode, userAgent, device, deviceKind };
  const isFirst = { isFirstIp: 0, isFirstNetwork: 0, isFirstCountry: 0, isFirstDevice: 0 };
  const [, added] = await db.batch([
    removeExcess(db, connectionId),
    db.insert(places).select(
      db.select(asColumns({ ...place, ...origin, ...isFirst })).from(connections)
        .where(and(eq(connections.id, connectionId), isOpen(now))),
    ).onConflictDoNothing(),
    flagFirst(db, connectionId),
    movePlace(db, connectionId, id, reasons, now),
    ...isMailed && reasons.length > 0
      ? [addMail(db, { userId, event: "moved", about: id }, now, and(isRecorded(id), unlessMuted(reasons)))]
      : [],
  ]);
  return added.rowsAffected === 1 ? reasons : [];
}

/** A new reason asks the owner again. Merged in SQL: two requests may come at once. */
function movePlace(db: Db, connectionId: string, place: string | null, reasons: UnusualReason[], now: number) {
  return db.update(connections)
    .set({ place, ...(reasons.length > 0 && { unusual: withReasons(reasons), verdict: null }) })
    .where(and(
      eq(connections.id, connectionId),
      isOpen(now),
      place === null ? undefined : isRecorded(place),
    ));
}

function isRecorded(place: string): SQL {
  return sql`exists (select 1 from ${places} where id = ${place})`;
}

/** Makes room for one more. The oldest without its own country or device goes first, and one with its own country last. */
function removeExcess(db: Db, connectionId: string) {
  const excess = db.select({ id: places.id }).from(places).where(eq(places.connectionId, connectionId))
    .orderBy(desc(places.isFirstCountry), desc(places.isFirstDevice), desc(places.lastAt), desc(places.id))
    .limit(Number.MAX_SAFE_INTEGER).offset(MAX_PLACES - 1);
  return db.delete(places).where(sql`${places.id} in (${excess})`);
}

function flagFirst(db: Db, connectionId: string) {
  const isFirst = (column: string) => {
    const name = sql.identifier(column);
    return sql`(select c.${name} <> places.${name} from connections c where c.id = places.connection_id)
      and not exists (select 1 from places earlier where earlier.connection_id = places.connection_id
        and earlier.${name} = places.${name} and earlier.id < places.id)`;
  };
  return db.run(sql`
    update places set is_first_ip = ${isFirst("ip")}, is_first_network = ${isFirst("network")},
      is_first_country = ${isFirst("country_code")}, is_first_device = ${isFirst("device")}
    where connection_id = ${connectionId}`);
}

export function listPlaces(db: Db, userId: string, connectionId: string): Promise<Place[]> {
  const { firstAt, lastAt, ip, countryCode, device, deviceKind, userAgent } = places;
  return db.select({ firstAt, lastAt, ip, countryCode, device, deviceKind, userAgent }).from(places)
    // The plus sign keeps SQLite on the connection's places: the account may have many others.
    .where(and(eq(places.connectionId, connectionId), sql`+${places.userId} = ${userId}`))
    .orderBy(places.firstAt, places.id);
}
