import { Buffer } from "node:buffer";
import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";

type Value =
  | { type: "null" }
  | { type: "integer"; value: string }
  | { type: "float"; value: number }
  | { type: "text"; value: string }
  | { type: "blob"; base64: string };

type Statement = { sql?: string; sql_id?: number; args?: Value[] };

type Condition =
  | { type: "ok" | "error"; step: number }
  | { type: "not"; cond: Condition }
  | { type: "and" | "or"; conds: Condition[] };

export type StreamRequest =
  | { type: "execute"; stmt: Statement }
  | { type: "batch"; batch: { steps: { stmt: Statement; condition?: Condition | null }[] } }
  | { type: "sequence"; sql: string }
  | { type: "store_sql"; sql_id: number; sql: string }
  | { type: "close_sql" | "close" };

/** Rows as arrays, which keep two columns of the same name. Deno's types lack the method. */
type RawStatement = StatementSync & { setReturnArrays(enabled: boolean): void };

/** An error as a server reports it. */
export type Failure = { message: string; code: string };

class Failed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** The statements of one request. */
export function statementsIn(request: StreamRequest): string[] {
  switch (request.type) {
    case "execute":
      return request.stmt.sql === undefined ? [] : [request.stmt.sql];
    case "batch":
      return request.batch.steps.flatMap(({ stmt }) => stmt.sql === undefined ? [] : [stmt.sql]);
    case "sequence":
    case "store_sql":
      return [request.sql];
    default:
      return [];
  }
}

/** Yields before each commit, and rolls back instead if it gets `true`. Returns the results. */
export type Pipeline = Generator<void, unknown[], boolean>;

/** Runs a pipeline to its end, with every commit. */
export function finish(pipeline: Pipeline): unknown[] {
  for (;;) {
    const step = pipeline.next(false);
    if (step.done) return step.value;
  }
}

type Conditions = {
  isFull?: boolean;
  /** Makes each single statement a transaction, so that it can be rolled back too. */
  asTransactions?: boolean;
  /** What each statement meets. */
  failure?: Failure | undefined;
};

/** Executes the requests of one call. */
export function* runPipeline(
  file: string,
  requests: StreamRequest[],
  { isFull = false, asTransactions = false, failure }: Conditions = {},
): Pipeline {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  // The file lasts for one test.
  db.exec("pragma synchronous = off");
  // The file can't grow by a single page.
  if (isFull) db.exec("pragma max_page_count = 1");
  const stored = new Map<number, string>();
  const results: unknown[] = [];
  try {
    for (const request of requests) {
      const isSingle = asTransactions && (request.type === "execute" || request.type === "sequence");
      try {
        if (isSingle) db.exec("begin immediate");
        const response = { type: request.type, ...yield* answer(db, stored, request, failure) };
        if (isSingle) commit(db, yield);
        results.push({ type: "ok", response });
      } catch (error) {
        if (isSingle && db.isTransaction) db.exec("rollback");
        results.push({ type: "error", error: failureOf(error) });
      }
    }
    return results;
  } finally {
    db.close();
  }
}

class TimedOut extends Error {}

function commit(db: DatabaseSync, isTimedOut: boolean): void {
  db.exec(isTimedOut ? "rollback" : "commit");
  if (isTimedOut) throw new TimedOut("Transaction timed out");
}

function* answer(
  db: DatabaseSync,
  stored: Map<number, string>,
  request: StreamRequest,
  failure: Failure | undefined,
): Generator<void, object, boolean> {
  const fail = () => {
    if (failure) throw new Failed(failure);
  };
  const run = (statement: Statement) => {
    fail();
    return execute(db, stored, statement);
  };
  switch (request.type) {
    case "execute":
      return { result: run(request.stmt) };
    case "batch":
      return { result: yield* runBatch(db, run, request.batch.steps) };
    case "sequence":
      fail();
      db.exec(request.sql);
      return {};
    case "store_sql":
      stored.set(request.sql_id, request.sql);
      return {};
    default:
      return {};
  }
}

function* runBatch(
  db: DatabaseSync,
  run: (statement: Statement) => ReturnType<typeof execute>,
  steps: { stmt: Statement; condition?: Condition | null }[],
): Generator<void, object, boolean> {
  const results: (ReturnType<typeof execute> | null)[] = [];
  const errors: (Failure | null)[] = [];
  const holds = (condition: Condition): boolean => {
    switch (condition.type) {
      case "ok":
        return results[condition.step] !== null;
      case "error":
        return errors[condition.step] !== null;
      case "not":
        return !holds(condition.cond);
      case "and":
        return condition.conds.every(holds);
      case "or":
        return condition.conds.some(holds);
    }
  };
  for (const { stmt, condition } of steps) {
    let result: ReturnType<typeof execute> | null = null;
    let error: Failure | null = null;
    try {
      if (!condition || holds(condition)) {
        const isTimedOut: boolean = /^commit$/i.test(stmt.sql ?? "") && (yield);
        if (isTimedOut) commit(db, isTimedOut);
        result = run(stmt);
      }
    } catch (caught) {
      error = failureOf(caught);
    }
    results.push(result);
    errors.push(error);
  }
  return { step_results: results, step_errors: errors };
}

function execute(db: DatabaseSync, stored: Map<number, string>, { sql, sql_id, args = [] }: Statement) {
  const text = sql ?? stored.get(sql_id ?? -1) ?? "";
  // SQLite itself doesn't know libSQL's transactions for reading.
  const statement = db.prepare(text.replace(/^BEGIN TRANSACTION READONLY$/, "BEGIN")) as RawStatement;
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  const before = changesOf(db).total;
  const rows = statement.all(...args.map(fromHrana)) as unknown as SQLOutputValue[][];
  const { total, last, rowid } = changesOf(db);
  return {
    cols: statement.columns().map(({ name, type }) => ({ name, decltype: type })),
    rows: rows.map((row) => row.map(toHrana)),
    affected_row_count: total === before ? 0 : last,
    last_insert_rowid: String(rowid),
  };
}

function changesOf(db: DatabaseSync) {
  return db.prepare("select total_changes() as total, changes() as last, last_insert_rowid() as rowid").get() as {
    total: number;
    last: number;
    rowid: number;
  };
}

function fromHrana(value: Value) {
  switch (value.type) {
    case "null":
      return null;
    case "integer":
      return BigInt(value.value);
    case "blob":
      return Buffer.from(value.base64, "base64");
    default:
      return value.value;
  }
}

function toHrana(value: SQLOutputValue): Value {
  if (value === null) return { type: "null" };
  if (typeof value === "bigint") return { type: "integer", value: String(value) };
  if (typeof value === "number") return { type: "float", value };
  if (typeof value === "string") return { type: "text", value };
  return { type: "blob", base64: Buffer.from(value as Uint8Array).toString("base64") };
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failed) return error.failure;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof TimedOut) return { message, code: "TRANSACTION_TIMEOUT" };
  const number = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 1;
  const code = { 5: "SQLITE_BUSY", 13: "SQLITE_FULL", 19: "SQLITE_CONSTRAINT" }[number] ?? "SQLITE_ERROR";
  return { message, code };
}
