import type { InStatement, InValue, ResultSet } from "@libsql/client";
import type { DatabaseClient } from "./prepared.ts";

/** Rows per call and per statement. */
const ROWS = 1_000;
const ROWS_AT_ONCE = 50;
/** Per call, in milliseconds. */
const DEADLINE = 60_000;

/** Copies a table's rows into the same table of another database, in pieces, and returns how many. Rows that are there already stay. */
export async function copyTable(from: DatabaseClient, to: DatabaseClient, table: string): Promise<number> {
  const [source, target] = await Promise.all([from, to].map((client) => client.withDeadline(DEADLINE)));
  let copied = 0;
  let last: InValue = -1;
  for (;;) {
    const { columns, rows }: ResultSet = await source!.execute({
      sql: `select rowid, * from "${table}" where rowid > ? order by rowid limit ${ROWS}`,
      args: [last],
    });
    const values = rows.map((row) => Array.from(row).slice(1));
    if (values.length > 0) await target!.batch(insertsOf(table, columns.slice(1), values));
    copied += values.length;
    if (values.length < ROWS) return copied;
    last = rows.at(-1)![0]!;
  }
}

function insertsOf(table: string, columns: string[], rows: InValue[][]): InStatement[] {
  const names = columns.map((name) => `"${name}"`).join();
  const row = `(${columns.map(() => "?").join()})`;
  return Array.from({ length: Math.ceil(rows.length / ROWS_AT_ONCE) }, (_, i) => {
    const piece = rows.slice(i * ROWS_AT_ONCE, (i + 1) * ROWS_AT_ONCE);
    return {
      sql: `insert or ignore into "${table}" (${names}) values ${piece.map(() => row).join()}`,
      args: piece.flat(),
    };
  });
}
