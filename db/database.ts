import { drizzle } from "drizzle-orm/libsql/web";
import { openClient } from "./driver/client.ts";
import { migrate, type OnMigration } from "./driver/migrations.ts";
import type { DatabaseClient } from "./driver/prepared.ts";
import * as schema from "./schema.ts";

export type Db = ReturnType<typeof createDb>;

/** Opens the database at `url` and migrates it; throws if either fails. `db.$client.close()` closes it. */
export async function openDatabase(url: string, authToken?: string, onMigration?: OnMigration): Promise<Db> {
  const client = await openClient(url, authToken);
  await migrate(client, onMigration);
  return createDb(client);
}

function createDb(client: DatabaseClient) {
  return drizzle<typeof schema, DatabaseClient>(client, { schema });
}
