import type { Db } from "../db/database.ts";
import { connections } from "../db/schema.ts";
import { DAY, START } from "./app.ts";

/** A closed connection from a private network, for tests that insert many. */
export function closedConnection(userId: string, openedAt: number, userAgent: string, device: string) {
  return {
    id: crypto.randomUUID(),
    userId,
    openedAt,
    lastSeenAt: START,
    expiresAt: START + DAY,
    closedAt: START,
    endReason: "signed_out" as const,
    ip: "10.0.0.1",
    network: "10.0",
    countryCode: "private",
    userAgent,
    device,
  };
}

/** Gives the account closed connections, seven at each moment, every one with a different User-Agent. */
export async function fill(
  db: Db,
  userId: string,
  count: number,
  userAgent = "agent",
): Promise<void> {
  for (let from = 0; from < count; from += 500) {
    await db.insert(connections).values(
      Array.from(
        { length: Math.min(500, count - from) },
        (_, i) =>
          closedConnection(userId, START - Math.floor((from + i) / 7) * 1000, `${userAgent}/${from + i}`, "agent"),
      ),
    );
  }
}
