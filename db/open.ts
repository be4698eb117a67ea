import { and, eq, exists, type Placeholder, type SQL, sql } from "drizzle-orm";
import { alias, type SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Db } from "./database.ts";
import { connections, type EndReason } from "./schema.ts";

/** The time of asking: milliseconds since the epoch, or their place in a question. */
export type Now = number | Placeholder;

/** How long a connection lasts, in milliseconds: unused, and at most. */
export type Lifetime = { idle: number; max: number };

/**
 * Open, defined once: not closed, and its time not over. The gate asks this of the session's connection, and the history
 * shows the same fact.
 */
export function isOpen(now: Now, connection: Record<"closedAt" | "expiresAt", SQLiteColumn> = connections): SQL {
  return sql`(${connection.closedAt} is null and ${connection.expiresAt} > ${now})`;
}

/** When it ended, expired ones included; null exactly while it is open. */
export function endedAt(now: Now): SQL<number | null> {
  return sql<number | null>`coalesce(${connections.closedAt},
    case when ${connections.expiresAt} <= ${now} then ${lastOf(connections)} end)`;
}

/** When an expired one ended: never before it was last seen, which a clock that was ahead may have put after its expiry. */
export function lastOf({ expiresAt, lastSeenAt }: Pick<typeof connections, "expiresAt" | "lastSeenAt">): SQL<number> {
  return sql<number>`max(${expiresAt}, ${lastSeenAt})`;
}

/** How it ended; null exactly while it is open. */
export function endReason(now: Now): SQL<EndReason | null> {
  return sql<EndReason | null>`coalesce(${connections.endReason},
    case when ${connections.expiresAt} <= ${now} then 'expired' end)`;
}

/** When a connection expires: unused for `idle`, and never later than `max` after it was opened (ASVS 7.3.1, 7.3.2). */
export function expiryOf(openedAt: number, lastSeenAt: number, { idle, max }: Lifetime): number {
  return Math.min(lastSeenAt + idle, openedAt + max);
}

/**
 * Whether a connection is open as the statement runs, and not just when the gate looked: of two that close each other at once
 * one stays, and one that was closed meanwhile changes nothing any more.
 */
export function isStillOpen(db: Db, connectionId: string, now: number): SQL {
  const current = alias(connections, "current");
  return exists(
    db.select({ one: sql`1` }).from(current).where(and(eq(current.id, connectionId), isOpen(now, current))),
  );
}
