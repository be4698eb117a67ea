import { type Db, openDatabase as open } from "../db/database.ts";

/** A database of the area's, opened by {@linkcode openDatabase}. */
export interface Database {
  /** Closes it. An area over it answers 503 from then on. */
  close(): void;
}

const opened = new WeakMap<Database, Db>();

/**
 * Opens the area's database, and brings its tables up to date.
 *
 * @example
 * ```ts
 * const db = await openDatabase("file:data/connections.db");
 * ```
 *
 * @param url `file:` for a file, which is created if there is none; its folder has to exist. `libsql:` or `https:` for a libSQL server or
 * Turso. `:memory:` for tests.
 * @param authToken The token of a remote database.
 * @throws If it can't be opened or read.
 */
export async function openDatabase(url: string, authToken?: string): Promise<Database> {
  const db = await open(url, authToken);
  const database = { close: () => db.$client.close() };
  opened.set(database, db);
  return database;
}

export function dbOf(database: Database): Db {
  const db = opened.get(database);
  if (!db) throw new TypeError("Cannot use this database: db must be what openDatabase returned");
  return db;
}
