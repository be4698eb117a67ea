import { dirname } from "node:path";
import { type Db, openDatabase } from "../db/database.ts";
import { pathOf } from "../db/driver/embedded.ts";
import { type Configuration, ConfigurationError } from "./configuration.ts";

/**
 * Opens the configured database, migrated. The folder of an embedded one is made where the process may make it: the tasks
 * allow `data/`, and elsewhere it has to be there. Throws a `ConfigurationError` when the database can't be opened.
 */
export async function openConfigured({ databaseUrl, databaseAuthToken }: Configuration): Promise<Db> {
  try {
    if (databaseUrl.startsWith("file:")) {
      await Deno.mkdir(dirname(pathOf(databaseUrl)), { recursive: true, mode: 0o700 }).catch((error) => {
        if (!(error instanceof Deno.errors.NotCapable)) throw error;
      });
    }
    return await openDatabase(databaseUrl, databaseAuthToken);
  } catch (error) {
    const file = databaseUrl.startsWith("file:") ? ` ${databaseUrl}` : "";
    throw new ConfigurationError(`Cannot open the database${file} of DATABASE_URL: ${innermost(error)}`);
  }
}

/** What went wrong at the bottom: Drizzle and the driver wrap it. */
function innermost(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause;
  return inner instanceof Error ? inner.message : String(inner);
}
