import { eq, sql } from "drizzle-orm";
import { v7 as uuid } from "uuid";
import type { Db } from "./database.ts";
import { asColumns, type Visitor } from "./connections.ts";
import { countOne, forgetExpired } from "./limits.ts";
import { type RefusalReason, refusals, type User, users } from "./schema.ts";

const HOUR = 3_600_000;

/**
 * Writes a refused sign-in into the history of the account, in one row an hour that counts. The same work, and no trace, where
 * `user` is `undefined` since there is no account with this address (ASVS 6.3.8): one counter stands for all of those, so that a
 * flood of made-up addresses does not fill the database.
 */
export async function recordRefusal(
  db: Db,
  { user, visitor, reason, now }: {
    user: Pick<User, "id"> | undefined;
    visitor: Visitor;
    reason: RefusalReason;
    now: number;
  },
): Promise<void> {
  const hour = Math.floor(now / HOUR);
  const { address, ...seen } = visitor;
  const from = { ip: address.ip, network: address.network, ...seen };
  const key = user ? `refusal:${user.id}:${hour}:${address.client}` : "refusal:none";
  const isNewAddress = sql`(select count = 1 from limits where key = ${key})`;

  await db.batch([
    // A refused try adds four counters at most, so that those of a flood go as fast as they came, with nobody signing in.
    forgetExpired(db, now, 8),
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
      })).from(users).where(eq(users.id, user?.id ?? "")),
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
