import type { Client, InStatement, InValue, ResultSet } from "@libsql/client";
import { fillPlaceholders, is, Placeholder, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";

/** The client under Drizzle, with a shortcut for the queries of every page. */
export type DatabaseClient = Client & {
  /** Whether each call is a round trip to a server. */
  isRemote: boolean;
  /** How many writes are running or waiting for their turn; a remote database has no queue here, and 0. */
  pendingWrites: () => number;
  /** Runs a query for one text value; `undefined` without a row. The embedded database keeps such statements prepared. */
  readText: (sql: string, args: InValue[]) => Promise<string | undefined>;
  /** Sends what `run` reads in one turn of the event loop in one call, as one transaction, if the database is remote. */
  together: <T>(run: () => T) => T;
  /** Writes, then reads; in one call, as one transaction, if the database is remote. */
  writeThenRead: <W, R>(write: () => Promise<W>, read: () => Promise<R>) => Promise<[W, R]>;
  /** Empties the write-ahead log, which may still contain deleted rows. The server of a remote database has its own way. */
  emptyLog: () => Promise<void>;
  /** The same database through a client whose calls may take so many milliseconds. */
  withDeadline: (milliseconds: number) => Promise<DatabaseClient>;
};

/** What an embedded or remote client adds and overrides. */
export type GuardedMethods = Pick<
  DatabaseClient,
  | "isRemote"
  | "pendingWrites"
  | "execute"
  | "batch"
  | "migrate"
  | "executeMultiple"
  | "transaction"
  | "readText"
  | "together"
  | "writeThenRead"
  | "emptyLog"
  | "withDeadline"
>;

export function firstText({ rows: [row] }: ResultSet): string | undefined {
  return row === undefined ? undefined : String(row[0]);
}

/** Runs a prepared query with values for its placeholders; `undefined` without a row. */
export type PreparedQuery<Result> = (
  db: { $client: DatabaseClient },
  values: Record<string, unknown>,
) => Promise<Result | undefined>;

/** Prepares a query for one JSON text: several times faster than rows through Drizzle (docs/performance.md). */
export function prepare<Result>(query: SQL): PreparedQuery<Result> {
  const { sql, params } = numberPlaceholders(new SQLiteAsyncDialect().sqlToQuery(query));
  return async (db, values) => {
    const text = await db.$client.readText(sql, fillPlaceholders(params, values) as InValue[]);
    return text === undefined ? undefined : JSON.parse(text) as Result;
  };
}

/** Prepares each variant of a query once: its text depends on which filters are set, some hundred variants at most. */
export function prepareByKey<Result>(): (key: string, write: () => SQL) => PreparedQuery<Result> {
  const prepared = new Map<string, PreparedQuery<Result>>();
  return (key, write) => {
    const known = prepared.get(key) ?? prepare<Result>(write());
    prepared.set(key, known);
    return known;
  };
}

/** Builds `json_object('name', expression, …)`. */
export function jsonObject(fields: Record<string, SQLWrapper>): SQL {
  const pairs = Object.entries(fields).map(([name, value]) => sql`${sql.raw(`'${name}'`)}, ${value}`);
  return sql`json_object(${sql.join(pairs, sql`, `)})`;
}

/** Named fields of many rows: `json` makes an array, a third faster than an object (docs/performance.md), and `read` names its values. */
export function jsonFields<Row>(fields: { [Name in keyof Row]: SQLWrapper }) {
  const names = Object.keys(fields) as (keyof Row)[];
  return {
    json: sql`json_array(${sql.join(Object.values<SQLWrapper>(fields), sql`, `)})`,
    read(values: unknown[]): Row {
      const row: Partial<Row> = {};
      for (let i = 0; i < names.length; i++) row[names[i]!] = values[i] as Row[keyof Row];
      return row as Row;
    },
  };
}

/** Joins JSON texts into one object, where `json_object` would parse each of them again. */
export function joinJson(texts: Record<string, SQLWrapper>): SQL {
  const pairs = Object.entries(texts).map(([name, text], i) =>
    sql`${sql.raw(`'${i === 0 ? "{" : ","}"${name}":'`)} || coalesce(${text}, 'null')`
  );
  return sql`${sql.join(pairs, sql` || `)} || '}'`;
}

/** Numbers the placeholders (`?1`), so that a value used several times is bound once. */
function numberPlaceholders({ sql, params }: { sql: string; params: unknown[] }): { sql: string; params: unknown[] } {
  const distinct: unknown[] = [];
  let position = 0;
  const text = sql.replaceAll("?", () => {
    const param = params[position++];
    const known = distinct.findIndex((other) =>
      is(param, Placeholder) && is(other, Placeholder) && other.name === param.name
    );
    return `?${known === -1 ? distinct.push(param) : known + 1}`;
  });
  if (position !== params.length) throw new Error("Cannot number the placeholders: the query contains a literal ?");
  return { sql: text, params: distinct };
}

/** Whether a statement only reads; anything unclear counts as a write. */
export function isRead(statement: InStatement): boolean {
  const sql = typeof statement === "string" ? statement : statement.sql;
  return /^\s*(select|with(?!.*\b(insert|update|delete|replace)\b))\b/is.test(sql);
}
