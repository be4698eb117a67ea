import { dirname } from "node:path";
import { type Db, openDatabase } from "../db/database.ts";
import { pathOf } from "../db/driver/embedded.ts";
import type { OnMigration } from "../db/driver/migrations.ts";
import { causesOf } from "../db/driver/unavailable.ts";
import { type Configuration, ConfigurationError } from "./configuration.ts";

/**
 * Opens and migrates the configured database. Creates an embedded one's folder if the process may: the tasks only allow `data/`. Throws a
 * `ConfigurationError` if it can't be opened.
 */
export async function openConfigured(
  { databaseUrl, databaseAuthToken }: Configuration,
  onMigration?: OnMigration,
): Promise<Db> {
  try {
    if (databaseUrl.startsWith("file:")) {
      await Deno.mkdir(dirname(pathOf(databaseUrl)), { recursive: true, mode: 0o700 }).catch((error) => {
        if (!(error instanceof Deno.errors.NotCapable)) throw error;
      });
    }
    return await openDatabase(databaseUrl, databaseAuthToken, onMigration);
  } catch (error) {
    const file = databaseUrl.startsWith("file:") ? ` ${databaseUrl}` : "";
    throw new ConfigurationError(`Cannot open the database${file} of DATABASE_URL: ${rootCause(error)}`);
  }
}

function rootCause(error: unknown): string {
  const cause = causesOf(error).at(-1);
  return cause instanceof Error ? cause.message : String(cause);
}
