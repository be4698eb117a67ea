import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "drizzle-orm/libsql/migrator";
import { drizzle } from "drizzle-orm/libsql/web";
import { openDatabase } from "../db/database.ts";
import { openClient } from "../db/driver/client.ts";
import { isRead } from "../db/driver/prepared.ts";
import { startHrana } from "./hrana.ts";
import { createOldDatabase } from "./old_database.ts";
import { makeFolder, ROOT } from "./processes.ts";

/** More than are changed at a time. */
const ROWS = 12_345;
const FOLDER = `${ROOT}db/migrations`;

Deno.test("opening a migrated database asks once and writes nothing", async () => {
  await using hrana = await startHrana();
  (await openDatabase(hrana.url)).$client.close();
  const before = hrana.calls.length;

  (await openDatabase(hrana.url)).$client.close();

  assert.deepEqual(hrana.calls.slice(before), [["SELECT max(created_at) FROM __drizzle_migrations"]]);
});

Deno.test("a database of the first version gets its new tables, columns and indexes, and what its rows teach", async () => {
  await using folder = await makeFolder();
  const [old, fresh] = [`${folder.path}/old.db`, `${folder.path}/fresh.db`];
  await createOldDatabase(old, ROWS);

  for (const path of [old, fresh]) (await openDatabase(`file:${path}`)).$client.close();

  assert.deepEqual(schemaOf(old), schemaOf(fresh));
  assert.deepEqual(query(old, "select device_kind, count(*) as rows from connections group by 1"), [
    { device_kind: "computer", rows: 6_172 },
    { device_kind: "phone", rows: 6_173 },
  ]);
  const [newest] = query(old, "select max(opened_at) as at from connections");
  const known = query(old, "select value, last_at as at from known where kind = 'country' and user_id = 'marta'");
  assert.deepEqual(known, [{ value: "ES", ...newest }]);
  assert.deepEqual(query(old, "select count(*) as traits from known"), [{ traits: 53 }]);
});

Deno.test("the migrator of older versions finds nothing to do in a database that this one migrated", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  (await openDatabase(`file:${path}`)).$client.close();
  const [schema, records] = [schemaOf(path), query(path, "select * from __drizzle_migrations")];

  const client = await openClient(`file:${path}`);
  await migrate(drizzle(client), { migrationsFolder: FOLDER });
  client.close();

  assert.deepEqual([schemaOf(path), query(path, "select * from __drizzle_migrations")], [schema, records]);
});

Deno.test("a database that an older version's migrator made has the same tables and records, and nothing to do", async () => {
  await using folder = await makeFolder();
  const [theirs, ours] = [`${folder.path}/theirs.db`, `${folder.path}/ours.db`];
  const client = await openClient(`file:${theirs}`);
  await migrate(drizzle(client), { migrationsFolder: FOLDER });
  client.close();
  const applied: string[] = [];

  (await openDatabase(`file:${theirs}`, undefined, (name) => applied.push(name))).$client.close();
  (await openDatabase(`file:${ours}`)).$client.close();

  assert.deepEqual(applied, []);
  assert.deepEqual(schemaOf(ours), schemaOf(theirs));
  const records = "select hash, created_at from __drizzle_migrations order by created_at";
  assert.deepEqual(query(ours, records), query(theirs, records));
});

Deno.test("two processes that migrate an old remote database at once apply each migration once", async () => {
  await using hrana = await startHrana();
  await createOldDatabase(hrana.file, ROWS);

  const databases = await Promise.all([openDatabase(hrana.url), openDatabase(hrana.url)]);

  for (const db of databases) db.$client.close();
  const applied = query(hrana.file, "select created_at from __drizzle_migrations");
  assert.equal(new Set(applied.map(({ created_at }) => created_at)).size, applied.length);
  assert.deepEqual(query(hrana.file, "select count(*) as rows from connections where device_kind = 'unknown'"), [
    { rows: 0 },
  ]);
});

Deno.test("a migration that is cut off at any call continues at the next start, and is recorded when it is done", async () => {
  await using hrana = await startHrana();
  await createOldDatabase(hrana.file, 10);
  const records = "select * from __drizzle_migrations";
  let starts = 0;
  // Each start gets one call further, until the last one finds nothing to do.
  for (let isOpen = false; !isOpen; starts++) {
    let writes = 0;
    hrana.breakWhen((sql) => !sql.every(isRead) && writes++ > starts ? "reject" : null);
    isOpen = await openDatabase(hrana.url).then((db) => (db.$client.close(), true), () => false);
  }

  assert.ok(starts > 20);
  assert.equal(query(hrana.file, records).length, 9);
  assert.deepEqual(query(hrana.file, "select kind, value from known where kind = 'country'"), [
    { kind: "country", value: "ES" },
  ]);
});

Deno.test("no migration writes for each row of a table in one statement", async () => {
  const files = (await Array.fromAsync(Deno.readDir(FOLDER))).filter(({ name }) => name.endsWith(".sql"));
  const texts = await Promise.all(files.map(({ name }) => Deno.readTextFile(`${FOLDER}/${name}`)));

  const statements = texts.flatMap((text) => text.split("--> statement-breakpoint"))
    .map((text) => text.replace(/^\s*--.*\n/gm, "").trim());

  const harmless = /^(CREATE (TABLE|INDEX|UNIQUE INDEX)|DROP INDEX|ALTER TABLE `\w+` ADD) /;
  const inRanges = /^(INSERT INTO|UPDATE|DELETE FROM) [^]*WHERE rowid BETWEEN \?1 AND \?2/;
  assert.ok(statements.length > 50);
  assert.deepEqual(statements.filter((sql) => !harmless.test(sql) && !inRanges.test(sql)), []);
});

function query(path: string, sql: string): Record<string, unknown>[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db.prepare(sql).all().map((row) => ({ ...row }));
  } finally {
    db.close();
  }
}

/** The tables with their columns, and the indexes. A column that was added later has the same text at another place. */
function schemaOf(path: string) {
  const tables = query(path, "select name from sqlite_schema where type = 'table' order by name");
  return {
    columns: tables.map(({ name }) => ({
      name,
      columns: query(
        path,
        `select name, type, "notnull", dflt_value, pk from pragma_table_info('${name}') order by name`,
      ),
    })),
    indexes: query(path, "select name, tbl_name, sql from sqlite_schema where type = 'index' order by name"),
  };
}
