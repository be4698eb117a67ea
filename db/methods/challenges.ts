import { eq, notExists, type SQL, sql } from "drizzle-orm";
import type { Db } from "../database.ts";
import { usedChallenges } from "../schema.ts";
import { digestOf } from "../sessions.ts";

/** A passkey's challenge, or a ticket: it works once. */
export type Challenge = { challenge: string; expiresAt: number };

export function isFresh(db: Db, { challenge }: Challenge): SQL {
  const used = db.select({ one: sql`1` }).from(usedChallenges).where(eq(usedChallenges.hash, digestOf(challenge)));
  return notExists(used);
}

export function useChallenge(db: Db, { challenge, expiresAt }: Challenge) {
  return db.insert(usedChallenges).values({ hash: digestOf(challenge), expiresAt }).onConflictDoNothing();
}
