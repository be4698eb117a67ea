import { drizzle } from "drizzle-orm/libsql/web";
import { migrate } from "drizzle-orm/libsql/migrator";
import { fileURLToPath } from "node:url";
import { openClient } from "./driver/client.ts";
import type { DatabaseClient } from "./driver/prepared.ts";
import * as schema from "./schema.ts";

export type Db = ReturnType<typeof createDb>;

/** Opens the database at `url` and migrates it; throws if either fails. `db.$client.close()` closes it. */
export async function openDatabase(url: string, authToken?: string): Promise<Db> {
  const db = createDb(await openClient(url, authToken));
  await migrateWithRetries(db);
  return db;
}

function createDb(client: DatabaseClient) {
  return drizzle<typeof schema, DatabaseClient>(client, { schema });
}

/** Two processes may start at once: the slower one fails, retries, and finds nothing left to do. */
async function migrateWithRetries(db: Db): Promise<void> {
  const migrationsFolder = fileURLToPath(new URL("./migrations", import.meta.url));
  for (let attempts = 5;; attempts--) {
    try {
      return await migrate(db, { migrationsFolder });
    } catch (error) {
      if (attempts === 1) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 200));
    }
  }
}
