import { eq, sql } from "drizzle-orm";
import { v7 as uuid } from "uuid";
import type { Db } from "./client.ts";
import { asColumns, type Visitor } from "./connections.ts";
import { accountKey, countOne } from "./limits.ts";
import { type RefusalReason, refusals, users } from "./schema.ts";

const HOUR = 3_600_000;

/**
 * Writes a refused sign-in into the history of the account, in one row an hour that counts. The same work, and no trace,
 * when there is no account with this address (ASVS 6.3.8).
 */
export async function recordRefusal(
  db: Db,
  { email, visitor, reason, now }: { email: string; visitor: Visitor; reason: RefusalReason; now: number },
): Promise<void> {
  const hour = Math.floor(now / HOUR);
  const { address, ...seen } = visitor;
  const from = { ip: address.ip, network: address.network, ...seen };
  const key = `refusal:${accountKey(email)}:${hour}:${address.client}`;
  const isNewAddress = sql`(select count = 1 from limits where key = ${key})`;

  await db.batch([
    countOne(db, key, { most: 1, window: HOUR }, now, []),
    db.insert(refusals).select(
      db.select(asColumns({
        id: uuid({ msecs: now }),
        userId: users.id,
        hour,
        firstAt: now,
        lastAt: now,
        attempts: 1,
        addresses: 1,
        reason,
        ...from,
      })).from(users).where(eq(users.email, email)),
    ).onConflictDoUpdate({
      target: [refusals.userId, refusals.hour],
      set: {
        lastAt: sql`max(${refusals.lastAt}, ${now})`,
        attempts: sql`${refusals.attempts} + 1`,
        addresses: sql`${refusals.addresses} + ${isNewAddress}`,
        ...from,
        // The gravest reason of the hour stands: what came after the limit says less than the guess before it.
        ...(reason !== "too_many_tries" && {
          reason: sql`case ${refusals.reason} when 'locked' then 'locked' else ${reason} end`,
        }),
      },
    }),
  ]);
}
