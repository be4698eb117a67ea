import { eq, notExists, type SQL, sql } from "drizzle-orm";
import type { Db } from "../database.ts";
import { usedChallenges } from "../schema.ts";
import { digestOf } from "../sessions.ts";

/** What works once, such as a challenge that a passkey answered; `expiresAt` as it says itself. */
export type Challenge = { challenge: string; expiresAt: number };

/** Whether it was not used before, by whichever instance. */
export function isFresh(db: Db, { challenge }: Challenge): SQL {
  const used = db.select({ one: sql`1` }).from(usedChallenges).where(eq(usedChallenges.hash, digestOf(challenge)));
  return notExists(used);
}

export function useChallenge(db: Db, { challenge, expiresAt }: Challenge) {
  return db.insert(usedChallenges).values({ hash: digestOf(challenge), expiresAt }).onConflictDoNothing();
}
