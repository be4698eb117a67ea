import { and, eq, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { prepare } from "./driver/prepared.ts";
import { isOpen } from "./open.ts";
import { connections, limits } from "./schema.ts";

/** At once, of one account, at all instances together. */
const MAX_DOWNLOADS = 2;
/** How long a download occupies its slot without renewing it, in milliseconds: a killed process frees it this way. */
export const SLOT_LIFETIME = 60_000;

/** One of an account's places for a running download. */
export type Slot = { key: string; holder: number };

/** Occupies one of the account's slots; `null` if none is free. */
export async function startDownload(db: Db, userId: string, now: number): Promise<Slot | null> {
  const holder = crypto.getRandomValues(new Uint32Array(1))[0]!;
  const keys = Array.from({ length: MAX_DOWNLOADS }, (_, i) => sql`(${`download:${userId}:${i + 1}`})`);
  const [taken] = await db.all<{ key: string }>(sql`
    with slots (slot) as (values ${sql.join(keys, sql`, `)})
    insert into limits (key, count, expires_at)
    select slot, ${holder}, ${now + SLOT_LIFETIME} from slots
    where not exists (select 1 from limits where key = slot and not ${isFree(now)})
    order by slot limit 1
    on conflict (key) do update set count = excluded.count, expires_at = excluded.expires_at
    returning key`);
  return taken ? { key: taken.key, holder } : null;
}

/** Renews a slot, even after it expired; `false` if another download has it. */
export async function renewSlot(db: Db, { key, holder }: Slot, now: number): Promise<boolean> {
  const renewed = await db.run(sql`
    insert into limits (key, count, expires_at) values (${key}, ${holder}, ${now + SLOT_LIFETIME})
    on conflict (key) do update set count = excluded.count, expires_at = excluded.expires_at
    where limits.count = excluded.count or ${isFree(now)}`);
  return renewed.rowsAffected === 1;
}

export async function endDownload(db: Db, { key, holder }: Slot): Promise<void> {
  await db.delete(limits).where(and(eq(limits.key, key), eq(limits.count, holder)));
}

const findOpen = prepare<true>(sql`
  select 'true' from ${connections} where ${connections.id} = ${sql.placeholder("id")} and ${
  isOpen(sql.placeholder("now"))
}`);

/** Whether a connection is open: a download checks it for each chunk (ASVS 7.4.1). */
export async function isConnectionOpen(db: Db, id: string, now: number): Promise<boolean> {
  return await findOpen(db, { id, now }) === true;
}

/** A slot that expires later than any was taken for comes from a clock that was ahead. */
function isFree(now: number) {
  return sql`(limits.expires_at <= ${now} or limits.expires_at > ${now + SLOT_LIFETIME})`;
}
