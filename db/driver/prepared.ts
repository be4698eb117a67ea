import type { Client, InStatement, InValue, ResultSet } from "@libsql/client";
import { fillPlaceholders, is, Placeholder, type SQL } from "drizzle-orm";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";

/** What Drizzle works over: the driver's client, and the short way for what every page asks. */
export type Connection = Client & {
  /**
   * What a query for one text, or for nothing, answers. The query is one of few: where the database is embedded it is prepared
   * once and kept.
   */
  readText: (sql: string, args: InValue[]) => Promise<string | undefined>;
};

/** Of a connection what a guard answers for; all else is the client's own. */
export type Guarded = Pick<
  Connection,
  "execute" | "batch" | "migrate" | "executeMultiple" | "transaction" | "readText"
>;

/** The first value of the first row. */
export function textIn({ rows: [row] }: ResultSet): string | undefined {
  return row === undefined ? undefined : String(row[0]);
}

/** A query whose text is made once; it is asked with values for its placeholders, and answers one JSON value or none. */
export type Question<Answer> = (
  db: { $client: Connection },
  values: Record<string, unknown>,
) => Promise<Answer | undefined>;

/**
 * Makes a question of a query for one JSON text, for what every page asks. Of 26 rows of the history SQLite makes that text in
 * 40 µs; Drizzle writes the query in 250, and the driver prepares it and makes objects of the rows in 400.
 */
export function question<Answer>(query: SQL): Question<Answer> {
  const { sql, params } = numbered(new SQLiteAsyncDialect().sqlToQuery(query));
  return async (db, values) => {
    const text = await db.$client.readText(sql, fillPlaceholders(params, values) as InValue[]);
    return text === undefined ? undefined : JSON.parse(text) as Answer;
  };
}

/** The same query with a number for each placeholder, so that a value which stands in several places is handed over once. */
function numbered({ sql, params }: { sql: string; params: unknown[] }): { sql: string; params: unknown[] } {
  const distinct: unknown[] = [];
  let place = 0;
  const text = sql.replaceAll("?", () => {
    const param = params[place++];
    const known = distinct.findIndex((other) =>
      is(param, Placeholder) && is(other, Placeholder) && other.name === param.name
    );
    return `?${known === -1 ? distinct.push(param) : known + 1}`;
  });
  if (place !== params.length) throw new Error("Cannot number the placeholders of a query: its text has others");
  return { sql: text, params: distinct };
}

/** Whether a statement only reads; what isn't plain to see counts as a write. */
export function isRead(statement: InStatement): boolean {
  const sql = typeof statement === "string" ? statement : statement.sql;
  return /^\s*(select|with(?!.*\b(insert|update|delete|replace)\b))\b/is.test(sql);
}
