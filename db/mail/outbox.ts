import type { SQL } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { v7 as uuid } from "uuid";
import { asColumns } from "../driver/columns.ts";
import type { Db } from "../database.ts";
import { type MailEvent, outbox, users } from "../schema.ts";

/** What somebody is told by mail: `about` names what it happened to, `recipient` an address other than the account's. */
export type News = { userId: string; event: MailEvent; about?: string; recipient?: string };

/** Writes to the outbox, for the batch in which it happens. */
export function addMail(db: Db, { userId, event, about, recipient }: News, now: number) {
  return db.insert(outbox).values({
    ...{ id: uuid({ msecs: now }), userId, event, happenedAt: now, dueAt: now },
    ...{ about: about ?? null, recipient: recipient ?? null },
  });
}

/** The same for the account that is selected, if there is one. */
export function addMailTo(
  db: Db,
  selected: SQL | undefined,
  { event, recipient = null }: { event: MailEvent; recipient?: string | SQLiteColumn | null },
  now: number,
) {
  const row = { id: uuid({ msecs: now }), userId: users.id, event, about: null, recipient };
  return db.insert(outbox).select(
    db.select(asColumns({ ...row, happenedAt: now, attempts: 0, dueAt: now })).from(users).where(selected),
  );
}
