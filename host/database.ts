import { type Db, openDatabase as open } from "../db/database.ts";

/** The area's database, opened by {@linkcode openDatabase}. */
export interface Database {
  /** Closes the database. From then on an area that uses it answers 503. */
  close(): void;
}

const opened = new WeakMap<Database, Db>();

/**
 * Opens the area's database, creates its tables, and migrates those of an earlier version.
 *
 * @example
 * ```ts
 * const db = await openDatabase("file:data/connections.db");
 * ```
 *
 * @param url `file:` for a file, which is created if it doesn't exist; its folder must exist. `libsql:` or `https:` for a libSQL server or
 * Turso. `:memory:` for tests.
 * @param authToken The token of a remote database.
 * @throws If the database can't be opened or read.
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
