import { getTableName, is } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { copyTable } from "../db/driver/transfer.ts";
import { hasUsers } from "../db/users.ts";
import * as schema from "../db/schema.ts";
import { type Configuration, ConfigurationError, isDatabaseUrl } from "./configuration.ts";
import { openConfigured } from "./database.ts";

/** A table comes after those that it refers to. */
const TABLES = Object.values(schema).filter((value) => is(value, SQLiteTable)).reduce(addInOrder, []).map((table) =>
  getTableName(table)
);

/** `deno task transfer FROM TO`: copies a database into another, empty one. Both are URLs, one of a file and one of a server. */
export async function transfer(configuration: Configuration, args: string[]): Promise<number> {
  const [source, target, ...more] = args;
  if (source === undefined || target === undefined || more.length > 0) {
    throw new ConfigurationError("Usage: deno task transfer FROM TO, two URLs as in DATABASE_URL");
  }
  if (![source, target].every(isDatabaseUrl)) {
    throw new ConfigurationError("Cannot transfer: FROM and TO must be file:…, libsql:… or https:…");
  }
  const from = await open(source);
  const to = await open(target, true);
  try {
    if (!await hasUsers(from)) throw new ConfigurationError("Cannot transfer: FROM has no account");
    if (await hasUsers(to)) throw new ConfigurationError("Cannot transfer: TO has accounts already; take an empty one");
    for (const table of TABLES) {
      const copied = await copyTable(from.$client, to.$client, table).catch((error) => {
        throw new ConfigurationError(
          `Cannot transfer ${table}: ${error.message}; what TO has is incomplete: remove it and begin again`,
        );
      });
      console.log(`${table}\t${copied}`);
    }
  } finally {
    from.$client.close();
    to.$client.close();
  }
  return 0;

  async function open(databaseUrl: string, mayCreate = false) {
    return await openConfigured({ ...configuration, databaseUrl, isDatabaseSet: true }, { mayCreate });
  }
}

function addInOrder(ordered: SQLiteTable[], table: SQLiteTable): SQLiteTable[] {
  if (ordered.includes(table)) return ordered;
  const before = getTableConfig(table).foreignKeys.map((key) => key.reference().foreignTable);
  return [...before.reduce(addInOrder, ordered), table];
}
