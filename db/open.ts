import { and, eq, exists, type Placeholder, type SQL, sql } from "drizzle-orm";
import { alias, type SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Db } from "./database.ts";
import { connections, type EndReason } from "./schema.ts";

/** Milliseconds since the epoch, or its placeholder. */
export type Now = number | Placeholder;

/** How long a connection lasts, in milliseconds: unused, and at most. */
export type Lifetime = { idle: number; max: number };

/** The one definition of open: not closed and not expired. The gate and the history both use it. */
export function isOpen(now: Now, connection: Record<"closedAt" | "expiresAt", SQLiteColumn> = connections): SQL {
  return sql`(${connection.closedAt} is null and ${connection.expiresAt} > ${now})`;
}

/** Whether a connection was open at a moment in the past, as far as is known now. */
export function wasOpen(at: Placeholder): SQL {
  return sql`(coalesce(${connections.closedAt} > ${at}, true) and ${connections.expiresAt} > ${at})`;
}

export function endedAt(now: Now): SQL<number | null> {
  return sql<number | null>`coalesce(${connections.closedAt},
    case when ${connections.expiresAt} <= ${now} then ${expiredAt(connections)} end)`;
}

/** Never before it was last seen, even if a clock was ahead. */
export function expiredAt(
  { expiresAt, lastSeenAt }: Pick<typeof connections, "expiresAt" | "lastSeenAt">,
): SQL<number> {
  return sql<number>`max(${expiresAt}, ${lastSeenAt})`;
}

export function endReason(now: Now): SQL<EndReason | null> {
  return sql<EndReason | null>`coalesce(${connections.endReason},
    case when ${connections.expiresAt} <= ${now} then 'expired' end)`;
}

/** ASVS 7.3.1, 7.3.2. */
export function expiryOf(openedAt: number, lastSeenAt: number, { idle, max }: Lifetime): number {
  return Math.min(lastSeenAt + idle, openedAt + max);
}

/** Whether a connection is open while the statement runs: of two that close each other at once, one survives. */
export function isStillOpen(db: Db, connectionId: string, now: number): SQL {
  const current = alias(connections, "current");
  return exists(
    db.select({ one: sql`1` }).from(current).where(and(eq(current.id, connectionId), isOpen(now, current))),
  );
}
