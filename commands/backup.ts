import { resolve } from "node:path";
import { type Configuration, ConfigurationError } from "./configuration.ts";
import { openConfigured } from "./database.ts";

/** `deno task backup FILE`: copies a consistent snapshot of the embedded database into a new file, while the server runs. */
export async function backup(configuration: Configuration, args: string[]): Promise<number> {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0) throw new ConfigurationError("Usage: deno task backup FILE");
  if (!configuration.databaseUrl.startsWith("file:")) {
    throw new ConfigurationError("Cannot back up a remote database from here: its server does that");
  }
  const path = resolve(file);
  const db = await openConfigured(configuration);
  try {
    await makeEmpty(path);
    await db.$client.execute({ sql: "vacuum into ?", args: [path] }).catch(async (error) => {
      await Deno.remove(path);
      throw new ConfigurationError(`Cannot back up to ${path}: ${error.message}`);
    });
  } finally {
    db.$client.close();
  }
  console.log(`Wrote ${path}, ${Math.ceil((await Deno.stat(path)).size / 1024)} KiB`);
  return 0;
}

/** Creates the file for SQLite to fill, readable by its owner only: it contains password hashes. */
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
