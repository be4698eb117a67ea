import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";

/**
 * Starts a fake database server over a SQLite file. It speaks as much Hrana 2 over HTTP, in JSON, as `@libsql/client` uses
 * (https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_2_SPEC.md). Each request gets its own connection, as on a real server.
 * `token` is the one that it requires, if any.
 */
export async function startHrana({ token, port: fixedPort = 0 }: { token?: string; port?: number } = {}) {
  const folder = await Deno.makeTempDir({ prefix: "hrana-" });
  const file = `${folder}/remote.db`;
  new DatabaseSync(file).exec("pragma journal_mode = wal");
  const calls: string[][] = [];
  /** Requests that hang, and can still be executed later. */
  const late: (() => void)[] = [];
  let fault: (sql: string[]) => Fault | null = () => null;

  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const answer = (status: number, body: string, type = "application/json", more = {}) =>
      void response.writeHead(status, { "Content-Type": type, ...more }).end(body);
    if (request.method !== "POST" || request.url !== "/v2/pipeline") return answer(404, "no such path", "text/plain");
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      return answer(401, JSON.stringify({ error: `Unauthorized: ${request.headers.authorization}` }));
    }
    const { requests } = JSON.parse(text) as { requests: StreamRequest[] };
    const sql = requests.flatMap(statementsIn);
    calls.push(sql);
    const injected = fault(sql);
    switch (injected) {
      case "hang":
        return void late.push(() => runPipeline(file, requests));
      case "refuse":
        return void request.socket.destroy();
      case "error":
        return answer(500, "out of order", "text/plain");
      case "redirect":
        return answer(307, "", "text/plain", { Location: "/v2/pipeline?elsewhere" });
      case "not JSON":
        return answer(200, '{"baton":null,"results":[');
      case "not Hrana":
        return answer(200, JSON.stringify({ baton: null, base_url: null, results: [{ type: "ok" }] }));
      case "too large":
        return answer(200, `[${'"too large",'.repeat(2_000_000)}0]`);
    }
    const results = runPipeline(file, requests, injected === "full");
    if (injected === "lose the answer") return void request.socket.destroy();
    answer(200, JSON.stringify({ baton: null, base_url: null, results }));
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(fixedPort);
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    /** The statements of each request so far. */
    calls,
    /** Chooses the fault of each request, if any, by its statements. */
    breakWhen(choose: (sql: string[]) => Fault | null) {
      fault = choose;
    },
    heal() {
      fault = () => null;
    },
    /** Executes the requests that hang, after their clients gave up. */
    finishLate() {
      for (const run of late.splice(0)) run();
    },
    /** Refuses connections until `start`. */
    stop: close,
    start: () => listen(port),
    /** Queries the file directly. */
    query(sql: string) {
      const db = new DatabaseSync(file, { readOnly: true });
      try {
        return db.prepare(sql).all();
      } finally {
        db.close();
      }
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

export type Fault =
  | "hang"
  /** The disk has no space. */
  | "full"
  /** Cuts the connection before executing anything. */
  | "refuse"
  /** Cuts the connection after executing everything. */
  | "lose the answer"
  /** Status 500. */
  | "error"
  | "redirect"
  | "not JSON"
  | "not Hrana"
  /** An answer of 24 MB. */
  | "too large";

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

type StreamRequest =
  | { type: "execute"; stmt: Statement }
  | { type: "batch"; batch: { steps: { stmt: Statement; condition?: Condition | null }[] } }
  | { type: "sequence"; sql: string }
  | { type: "store_sql"; sql_id: number; sql: string }
  | { type: "close_sql" | "close" };

/** Rows as arrays, which keep two columns of the same name. Deno's types lack the method. */
type RawStatement = StatementSync & { setReturnArrays(enabled: boolean): void };

type Failure = { message: string; code: string };

function statementsIn(request: StreamRequest): string[] {
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

function runPipeline(file: string, requests: StreamRequest[], isFull = false) {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  // The file lasts for one test.
  db.exec("pragma synchronous = off");
  // The file can't grow by a single page.
  if (isFull) db.exec("pragma max_page_count = 1");
  const stored = new Map<number, string>();
  try {
    return requests.map((request) => {
      try {
        return { type: "ok", response: { type: request.type, ...answer(db, stored, request) } };
      } catch (error) {
        return { type: "error", error: failureOf(error) };
      }
    });
  } finally {
    db.close();
  }
}

function answer(db: DatabaseSync, stored: Map<number, string>, request: StreamRequest) {
  switch (request.type) {
    case "execute":
      return { result: execute(db, stored, request.stmt) };
    case "batch":
      return { result: runBatch(db, stored, request.batch.steps) };
    case "sequence":
      db.exec(request.sql);
      return {};
    case "store_sql":
      stored.set(request.sql_id, request.sql);
      return {};
    default:
      return {};
  }
}

function runBatch(
  db: DatabaseSync,
  stored: Map<number, string>,
  steps: { stmt: Statement; condition?: Condition | null }[],
) {
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
      if (!condition || holds(condition)) result = execute(db, stored, stmt);
    } catch (caught) {
      error = failureOf(caught);
    }
    results.push(result);
    errors.push(error);
  }
  return { step_results: results, step_errors: errors };
}

function execute(db: DatabaseSync, stored: Map<number, string>, { sql, sql_id, args = [] }: Statement) {
  const statement = db.prepare(sql ?? stored.get(sql_id ?? -1) ?? "") as RawStatement;
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
  const message = error instanceof Error ? error.message : String(error);
  const number = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 1;
  const code = { 5: "SQLITE_BUSY", 13: "SQLITE_FULL", 19: "SQLITE_CONSTRAINT" }[number] ?? "SQLITE_ERROR";
  return { message, code };
}
