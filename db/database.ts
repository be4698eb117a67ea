import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/libsql/web";
import { openClient } from "./driver/client.ts";
import { migrate, type OnMigration } from "./driver/migrations.ts";
import type { DatabaseClient } from "./driver/prepared.ts";
import * as schema from "./schema.ts";

export type Db = ReturnType<typeof createDb>;

/** Opens the database at `url` and migrates it; throws if either fails. `db.$client.close()` closes it. */
export async function openDatabase(url: string, authToken?: string, onMigration?: OnMigration): Promise<Db> {
  const { db, migrated } = await beginOpening(url, authToken, onMigration);
  await migrated;
  return db;
}

/** The same without waiting: `migrated` rejects if the tables can't be brought up to date, and otherwise says whether they had to be. */
export async function beginOpening(
  url: string,
  authToken?: string,
  onMigration?: OnMigration,
): Promise<{ db: Db; migrated: Promise<boolean> }> {
  const client = await openClient(url, authToken);
  let hasMigrated = false;
  const migrated = migrate(client, (name, isNew) => {
    hasMigrated = true;
    onMigration?.(name, isNew);
  });
  return { db: createDb(client), migrated: migrated.then(() => hasMigrated) };
}

/** Writes a row and removes it again; throws if the database can't be written. */
export async function tryToWrite(db: Db): Promise<void> {
  const key = `written:${crypto.randomUUID()}`;
  await db.batch([
    db.insert(schema.limits).values({ key, count: 0, expiresAt: 0 }),
    db.delete(schema.limits).where(eq(schema.limits.key, key)),
  ]);
}

function createDb(client: DatabaseClient) {
  return drizzle<typeof schema, DatabaseClient>(client, { schema });
}
