import { and, desc, eq, sql } from "drizzle-orm";
import type { Db } from "../database.ts";
import { connections, places, refusals } from "../schema.ts";
import type { Mail } from "./outbox.ts";

const HOUR = 3_600_000;

/** Where something happened. `connectionId` is null without a connection to show, `unusual` if it wasn't. */
export type Origin = {
  connectionId: string | null;
  unusual: string | null;
  device: string;
  countryCode: string;
  ip: string;
};

/** Splits `about` into a sign-in method and the id of a connection or place. */
export function readAbout({ event, about }: Pick<Mail, "event" | "about">): { method: string | null; id: string } {
  if (event !== "method_added" && event !== "method_removed") return { method: null, id: about ?? "" };
  const [method = "", id = ""] = (about ?? "").split(" ");
  return { method, id };
}

/** `null` if it is unknown, or no longer stored. */
export async function findOrigin(db: Db, mail: Mail): Promise<Origin | null> {
  const { id } = readAbout(mail);
  const { userId, event, happenedAt } = mail;
  if (event === "locked") return await findLocking(db, userId, happenedAt);
  const isOwn = eq(connections.userId, userId);
  const columns = { connectionId: connections.id, unusual: connections.unusual };
  if (event === "moved") {
    const { device, countryCode, ip } = places;
    const [found] = await db.select({ ...columns, device, countryCode, ip }).from(places)
      .innerJoin(connections, eq(connections.id, places.connectionId)).where(and(eq(places.id, id), isOwn));
    return found ?? null;
  }
  // A sign-in happened where its connection was opened; the rest, where it was last used.
  const last = eq(places.id, event === "unusual" ? "" : connections.place);
  const [found] = await db.select({
    ...columns,
    device: sql<string>`coalesce(${places.device}, ${connections.device})`,
    countryCode: sql<string>`coalesce(${places.countryCode}, ${connections.countryCode})`,
    ip: sql<string>`coalesce(${places.ip}, ${connections.ip})`,
  }).from(connections).leftJoin(places, last).where(and(eq(connections.id, id), isOwn));
  return found ?? null;
}

async function findLocking(db: Db, userId: string, happenedAt: number): Promise<Origin | null> {
  const { device, countryCode, ip, hour, reason, client, lastAt } = refusals;
  const [found] = await db.select({ device, countryCode, ip }).from(refusals)
    .where(
      and(
        eq(refusals.userId, userId),
        eq(hour, Math.floor(happenedAt / HOUR)),
        eq(reason, "locked"),
        sql`${client} <> ''`,
      ),
    )
    .orderBy(desc(lastAt)).limit(1);
  return found ? { connectionId: null, unusual: null, ...found } : null;
}
