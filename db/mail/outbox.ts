import { v7 as uuid } from "uuid";
import type { Db } from "../database.ts";
import { type MailEvent, outbox } from "../schema.ts";

/** What somebody is told by mail: `about` names what it happened to, `recipient` an address other than the account's. */
export type News = { userId: string; event: MailEvent; about?: string; recipient?: string };

/** Writes to the outbox, for the batch in which it happens. */
export function addMail(db: Db, { userId, event, about, recipient }: News, now: number) {
  return db.insert(outbox).values({
    ...{ id: uuid({ msecs: now }), userId, event, happenedAt: now, dueAt: now },
    ...{ about: about ?? null, recipient: recipient ?? null },
  });
}
