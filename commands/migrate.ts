import { type Configuration, ConfigurationError } from "./configuration.ts";
import { openConfigured } from "./database.ts";

/** `deno task migrate`: brings an existing database's tables up to date, as every start does, and says on standard error what was done. */
export async function migrate(configuration: Configuration, args: string[]): Promise<number> {
  if (args.length > 0) throw new ConfigurationError("Usage: deno task migrate");
  const applied: string[] = [];
  let isNewDatabase = false;
  const db = await openConfigured(configuration, {
    // A remote one was made by its host, without tables.
    mayCreate: !configuration.databaseUrl.startsWith("file:"),
    onMigration(name, isNew) {
      applied.push(name);
      isNewDatabase = isNew;
    },
  });
  db.$client.close();
  if (applied.length === 0) console.error("The database is up to date");
  else console.error(isNewDatabase ? "Created the tables of the database" : `Applied ${applied.join(", ")}`);
  return 0;
}
