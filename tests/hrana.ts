import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { isRead } from "../db/driver/prepared.ts";
import { type Failure, finish, runPipeline, statementsIn, type StreamRequest } from "./hrana_pipeline.ts";

/** The options of the server. */
type Options = {
  /** The token that it requires. */
  token?: string;
  port?: number;
  /**
   * How long a write may take once another one waits, in milliseconds: 5,000 on a real server, which rolls back what takes longer. With it
   * the server also rolls back a write whose client leaves.
   */
  writeLimit?: number;
  /** How long a message takes each way, in milliseconds. */
  latency?: number;
};

const REJECTED = { type: "error", error: { message: "rejected by the test", code: "SQLITE_ERROR" } };

/** Long enough for a call or a hang-up that came while a statement ran to be noticed, in milliseconds. */
const NOTICED = 30;

/**
 * Starts a fake database server over a SQLite file. It speaks as much Hrana 2 over HTTP, in JSON, as `@libsql/client` uses
 * (https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_2_SPEC.md). Each request gets its own connection, as on a real server.
 */
export async function startHrana({ token, port: fixedPort = 0, writeLimit, latency = 0 }: Options = {}) {
  const folder = await Deno.makeTempDir({ prefix: "hrana-" });
  const file = `${folder}/remote.db`;
  new DatabaseSync(file).exec("pragma journal_mode = wal");
  const calls: string[][] = [];
  /** Requests that hang, and can still be executed later. */
  const late: (() => void)[] = [];
  let fault: (sql: string[]) => Fault | null = () => null;
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  /** Runs a write after those before it. Statements block this process, so that its limits are applied before each commit. */
  async function runWithin(limit: number, requests: StreamRequest[], isGone: () => boolean) {
    const before = turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    turn = promise;
    waiting++;
    await before;
    waiting--;
    try {
      const start = performance.now();
      const pipeline = runPipeline(file, requests, { asTransactions: true });
      let step = pipeline.next(false);
      while (!step.done) {
        const took = performance.now() - start;
        if (took > NOTICED) await new Promise((resolve) => setTimeout(resolve, NOTICED));
        step = pipeline.next(isGone() || took > limit && waiting > 0);
      }
      return step.value;
    } finally {
      resolve();
    }
  }

  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const travel = async () => {
      if (latency > 0) await new Promise((resolve) => setTimeout(resolve, latency));
    };
    const answer = async (status: number, body: string, type = "application/json", more = {}) => {
      await travel();
      response.writeHead(status, { "Content-Type": type, ...more }).end(body);
    };
    await travel();
    if (request.method !== "POST" || request.url !== "/v2/pipeline") return answer(404, "no such path", "text/plain");
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      return answer(401, JSON.stringify({ error: `Unauthorized: ${request.headers.authorization}` }));
    }
    let isGone = false;
    response.on("close", () => isGone = !response.writableEnded);
    const { requests } = JSON.parse(text) as { requests: StreamRequest[] };
    const sql = requests.flatMap(statementsIn);
    calls.push(sql);
    const injected = fault(sql);
    switch (injected) {
      case "hang":
        return void late.push(() => finish(runPipeline(file, requests)));
      case "refuse":
        return void request.socket.destroy();
      case "error":
        return answer(500, "out of order", "text/plain");
      case "reject":
        return answer(200, JSON.stringify({ baton: null, base_url: null, results: requests.map(() => REJECTED) }));
      case "too many requests":
        return answer(429, JSON.stringify({ error: "Too many concurrent requests" }));
      case "expired token":
        return answer(401, JSON.stringify({ error: "Unauthorized: `The JWT has expired`" }));
      case "redirect":
        return answer(307, "", "text/plain", { Location: "/v2/pipeline?elsewhere" });
      case "not JSON":
        return answer(200, '{"baton":null,"results":[');
      case "not Hrana":
        return answer(200, JSON.stringify({ baton: null, base_url: null, results: [{ type: "ok" }] }));
      case "too large":
        return answer(200, `[${'"too large",'.repeat(2_000_000)}0]`);
    }
    const failure = injected === null ? undefined : FAILURES[injected];
    const results = writeLimit !== undefined && !sql.every(isRead) && !sql.includes("BEGIN TRANSACTION READONLY")
      ? await runWithin(writeLimit, requests, () => isGone)
      : finish(runPipeline(file, requests, { isFull: injected === "full", failure }));
    if (injected === "lose the answer") return void request.socket.destroy();
    await answer(200, JSON.stringify({ baton: null, base_url: null, results }));
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
    file,
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
  /** Takes each statement for wrong, which is no reason to repeat it. */
  | "reject"
  /** Another transaction has the write lock, or one of the tables. */
  | "busy"
  | "locked"
  /** Status 429: executes nothing. */
  | "too many requests"
  /** Status 401. */
  | "expired token"
  /** The token is for reading. */
  | "may only read"
  | "redirect"
  | "not JSON"
  | "not Hrana"
  /** An answer of 24 MB. */
  | "too large";

/** Faults that each statement meets, as a libSQL server reports them. */
const FAILURES: Partial<Record<Fault, Failure>> = {
  busy: { code: "SQLITE_BUSY", message: "SQLite error: database is locked" },
  locked: { code: "SQLITE_LOCKED", message: "SQLite error: database table is locked" },
  "may only read": {
    code: "BLOCKED",
    message:
      "Operation was blocked: SQL write operations are forbidden (current session doesn't have write permission)",
  },
};
