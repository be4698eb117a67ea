import { resolve } from "node:path";
import { type Configuration, ConfigurationError } from "./configuration.ts";
import { openConfigured } from "./database.ts";

/**
 * `deno task backup FILE`: copies the embedded database into a new file, as it is at one moment, while the server goes on
 * reading and writing. Status 0, or 1 with a sentence on standard error.
 */
export async function backup(configuration: Configuration, args: string[]): Promise<number> {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0) throw new ConfigurationError("Use it as: deno task backup FILE");
  if (!configuration.databaseUrl.startsWith("file:")) {
    throw new ConfigurationError("Cannot back up a remote database from here: its server does that");
  }
  const path = resolve(file);
  const db = await openConfigured(configuration);
  try {
    await makeEmpty(path);
    await db.$client.execute({ sql: "vacuum into ?", args: [path] }).catch(async (error) => {
      // Half a backup is worse than none.
      await Deno.remove(path);
      throw new ConfigurationError(`Cannot back up to ${path}: ${error.message}`);
    });
  } finally {
    db.$client.close();
  }
  console.log(`Wrote ${path}, ${Math.ceil((await Deno.stat(path)).size / 1024)} KiB`);
  return 0;
}

/** Makes the file that SQLite fills, for its owner's eyes only: it holds the hashes of passwords. */
async function makeEmpty(path: string): Promise<void> {
  try {
    (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
  } catch (error) {
    const reason = error instanceof Deno.errors.AlreadyExists
      ? "it exists already; choose a new name"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new ConfigurationError(`Cannot back up to ${path}: ${reason}`);
  }
}
