import { drizzle } from "drizzle-orm/libsql/web";
import { migrate } from "drizzle-orm/libsql/migrator";
import { fileURLToPath } from "node:url";
import { openEmbedded } from "./driver/embedded.ts";
import { openRemote } from "./driver/remote.ts";
import * as schema from "./schema.ts";
import type { Connection } from "./driver/prepared.ts";

/** Drizzle over the embedded or the remote database; nothing outside this file knows which. */
export type Db = ReturnType<typeof open>;

/**
 * Opens the database at `url` (`file:…`, `:memory:`, `libsql:…`, `https:…`) and brings its tables up to date.
 *
 * Throws when it can't be opened or migrated. `db.$client.close()` ends it.
 */
export async function openDatabase(url: string, authToken?: string): Promise<Db> {
  const connection = url.startsWith("file:") || url === ":memory:"
    ? await openEmbedded(url)
    : await openRemote(url, authToken);
  const db = open(connection);
  await bringUpToDate(db);
  return db;
}

function open(connection: Connection) {
  return drizzle<typeof schema, Connection>(connection, { schema });
}

/** Applies the migrations. Two processes may start at once: the slower one reads the state again and finds it done. */
async function bringUpToDate(db: Db): Promise<void> {
  const migrationsFolder = fileURLToPath(new URL("./migrations", import.meta.url));
  for (let tries = 5;; tries--) {
    try {
      return await migrate(db, { migrationsFolder });
    } catch (error) {
      if (tries === 1) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 200));
    }
  }
}
