import { eq, sql } from "drizzle-orm";
import { v7 as uuid } from "uuid";
import type { Visitor } from "../visitor/visitor.ts";
import { asColumns } from "./connections.ts";
import type { Db } from "./database.ts";
import { countOne, removeExpired } from "./limits.ts";
import { type RefusalReason, refusals, type User, users } from "./schema.ts";

const HOUR = 3_600_000;

/** For an unknown account does the same work and leaves no trace (ASVS 6.3.8), with one counter for all of them. */
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
  const { address, ...client } = visitor;
  const origin = { ip: address.ip, network: address.network, ...client };
  const key = user ? `refusal:${user.id}:${hour}:${address.client}` : "refusal:none";
  const isNewAddress = sql`(select count = 1 from limits where key = ${key})`;

  await db.batch([
    // An attempt adds four counters at most: removing eight shrinks the table again after a flood.
    removeExpired(db, now, 8),
    countOne(db, key, { max: 1, window: HOUR }, now, []),
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
        ...origin,
      })).from(users).where(eq(users.id, user?.id ?? "")),
    ).onConflictDoUpdate({
      target: [refusals.userId, refusals.hour],
      set: {
        lastAt: sql`max(${refusals.lastAt}, ${now})`,
        attempts: sql`${refusals.attempts} + 1`,
        addresses: sql`${refusals.addresses} + ${isNewAddress}`,
        ...origin,
        // The gravest reason is kept: attempts over the limit say less than the guesses before them.
        ...(reason !== "too_many_tries" && {
          reason: sql`case ${refusals.reason} when 'locked' then 'locked' else ${reason} end`,
        }),
      },
    }),
  ]);
}
