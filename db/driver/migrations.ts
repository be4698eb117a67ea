import type { InStatement } from "@libsql/client";
import { migrations } from "../../generated/migrations.ts";
import type { DatabaseClient } from "./prepared.ts";
import { AccessRefused, findUnavailable } from "./unavailable.ts";

/** Per call, in milliseconds: an index over millions of rows takes its time. */
const DEADLINE = 600_000;
/** How often a call is made if the database is busy, or gives no answer. */
const ATTEMPTS = 10;
/** Rows per call of a statement that takes a range of them: as many as a server changes in some 50 ms. */
const ROWS = 5_000;

/** Drizzle's own table and rows, so that its migrator can continue, in an older version of this program. */
const CREATE_RECORDS = "CREATE TABLE IF NOT EXISTS __drizzle_migrations " +
  "(id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)";

/** Is called before a migration is applied; `isNew` in a database without tables. */
export type OnMigration = (name: string, isNew: boolean) => void;

/**
 * Applies the migrations that the database lacks. With nothing to do it asks once and writes nothing.
 *
 * Each statement is a call that finishes by itself and may be repeated, because a libSQL server rolls back what its client doesn't wait for,
 * and a transaction of more than 5 s that another write waits for. A migration is recorded when all of it is done: after a failure the next start
 * continues, and two processes may migrate at once.
 */
export async function migrate(client: DatabaseClient, onMigration: OnMigration = () => {}): Promise<void> {
  let newest = await readNewest(client);
  if (migrations.every((migration) => isApplied(migration, newest))) return;

  const patient = await client.withDeadline(DEADLINE);
  if (newest === null) {
    for (const { name } of migrations) onMigration(name, true);
    await createTables(patient, migrations).catch(async (error) => {
      // Another process may have created them meanwhile.
      newest = await readNewest(client);
      if (newest === null) throw error;
    });
    if (newest === null) return;
  }
  for (const migration of migrations.filter((migration) => !isApplied(migration, newest))) {
    onMigration(migration.name, false);
    await apply(patient, migration);
  }
}

type Migration = (typeof migrations)[number];

/** Reads when the newest applied migration was written; `null` if the database has no tables. */
async function readNewest(client: DatabaseClient): Promise<number | null> {
  try {
    const { rows: [row] } = await client.execute("SELECT max(created_at) FROM __drizzle_migrations");
    return row?.[0] == null ? null : Number(row[0]);
  } catch (error) {
    if (error instanceof Error && error.message.includes("no such table: __drizzle_migrations")) return null;
    throw error;
  }
}

function isApplied({ folderMillis }: Migration, newest: number | null): boolean {
  return newest !== null && folderMillis <= newest;
}

/** In one call: there are no rows that it could wait for. */
async function createTables(client: DatabaseClient, migrations: Migration[]): Promise<void> {
  const statements = migrations.flatMap(({ sql }) => sql).filter((statement) => !takesRange(statement));
  await patiently(() => client.batch([CREATE_RECORDS, ...statements, ...migrations.map(recordOf)]));
}

async function apply(client: DatabaseClient, migration: Migration): Promise<void> {
  for (const statement of migration.sql) {
    if (takesRange(statement)) await runInRanges(client, statement);
    else await patiently(() => client.execute(repeatable(statement))).catch(ignoreExistingColumn);
  }
  await patiently(() => client.execute(recordOf(migration)));
}

function recordOf({ hash, folderMillis }: Migration): InStatement {
  return {
    sql: "INSERT INTO __drizzle_migrations (hash, created_at) SELECT ?1, ?2 " +
      "WHERE NOT EXISTS (SELECT * FROM __drizzle_migrations WHERE created_at >= ?2)",
    args: [hash, folderMillis],
  };
}

/** Whether a statement has to be run for ranges of rows, `rowid BETWEEN ?1 AND ?2`, because it writes for each of them. */
function takesRange(statement: string): boolean {
  return statement.includes("?1");
}

async function runInRanges(client: DatabaseClient, sql: string): Promise<void> {
  const [, table] = /\b(?:FROM|UPDATE) (`\w+`)/.exec(sql) ?? [];
  let last = 1;
  for (let first = 1; first <= last; first += ROWS) {
    const range = { sql, args: [first, first + ROWS - 1] };
    const [, newest] = await patiently(() => client.batch([range, `SELECT coalesce(max(rowid), 0) FROM ${table}`]));
    last = Number(newest!.rows[0]![0]);
  }
}

/** drizzle-kit generates statements that fail the second time. */
function repeatable(statement: string): string {
  return statement
    .replace(/^\s*CREATE (TABLE|(?:UNIQUE )?INDEX) (?!IF)/, "CREATE $1 IF NOT EXISTS ")
    .replace(/^\s*DROP (TABLE|INDEX) (?!IF)/, "DROP $1 IF EXISTS ");
}

/** For `ALTER TABLE … ADD`, which knows no `IF NOT EXISTS`. */
function ignoreExistingColumn(error: unknown): void {
  if (!(error instanceof Error && error.message.includes("duplicate column name"))) throw error;
}

async function patiently<T>(run: () => Promise<T>): Promise<T> {
  for (let attempts = ATTEMPTS, wait = 100;; attempts--, wait = Math.min(wait * 2, 5_000)) {
    try {
      return await run();
    } catch (error) {
      const outage = findUnavailable(error);
      if (attempts === 1 || !outage || outage instanceof AccessRefused) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
  }
}
