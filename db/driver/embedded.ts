import type { Client, InStatement, InValue, ResultSet } from "@libsql/client";
import { type Connection, type Guarded, isRead, textIn } from "./prepared.ts";
import { Unavailable } from "./unavailable.ts";

/** A write that waited this long in milliseconds, for the lock or behind other writes, is given up. */
const WRITE_DEADLINE = 5_000;
/** The local driver waits for a lock with the event loop stopped, so it may do so only briefly: milliseconds. */
const LOCK_WAIT = 50;

/** What a 503 tells to wait, in seconds. */
const RETRY_AFTER = 5;

const PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

/**
 * What SQLite says when disk, file or memory fail it, whatever it was asked. All else is a fault of the statement, which is
 * ours.
 */
const FAILURES = [
  "SQLITE_FULL",
  "SQLITE_IOERR",
  "SQLITE_READONLY",
  "SQLITE_CORRUPT",
  "SQLITE_NOTADB",
  "SQLITE_CANTOPEN",
  "SQLITE_NOMEM",
  "SQLITE_PERM",
  "SQLITE_PROTOCOL",
];

/** Opens the database in the file at `url`, or in memory, by the native driver. Throws when it can't. */
export async function openEmbedded(url: string): Promise<Connection> {
  const { createClient } = await import("@libsql/client/sqlite3");
  const client = createClient({ url, concurrency: 1, timeout: LOCK_WAIT });
  // A new connection to a database in memory would be another, empty database.
  if (url === ":memory:") return guardWrites(client, () => Promise.resolve());

  const reader = await openReader(pathOf(url));
  const guarded = guardWrites(client, async () => {
    // Both, so that they never have two files open when one took the other's place: closed here would be open there.
    reader.close();
    await client.reconnect();
  });
  return readQuickly(guarded, reader);
}

/** The path in a `file:` address. */
export function pathOf(url: string): string {
  return decodeURIComponent(url.replace(/^file:(\/\/)?|\?.*$/g, ""));
}

/** A connection that only reads, by the same driver, and keeps its statements prepared. */
async function openReader(path: string) {
  const { default: Database } = await import("libsql");
  const prepared = new Map<string, ReturnType<ReturnType<typeof open>["prepare"]>>();
  let connection: ReturnType<typeof open> | undefined = open();

  function open() {
    const opened = new Database(path, { timeout: LOCK_WAIT });
    opened.exec("PRAGMA query_only = ON");
    return opened;
  }

  function close() {
    prepared.clear();
    connection?.close();
    connection = undefined;
  }

  return {
    /** What a query for one text answers. Throws the driver's error. */
    read(sql: string, args: InValue[]): string | undefined {
      connection ??= open();
      let statement = prepared.get(sql);
      if (!statement) {
        statement = connection.prepare(sql).raw();
        prepared.set(sql, statement);
      }
      const row = statement.get(args) as [string] | undefined;
      return row?.[0];
    },
    /** The next read opens the file anew. */
    close,
  };
}

/**
 * Gives a client a second connection for `readText`: the client itself prepares each statement anew, and a page costs 2,400 µs
 * so and 400 like this. A read that meets a fault goes the client's way, which knows what to do about it.
 */
function readQuickly(client: Connection, reader: Awaited<ReturnType<typeof openReader>>): Connection {
  return Object.assign(Object.create(client), {
    async readText(sql: string, args: InValue[]) {
      if (client.closed) return await client.readText(sql, args);
      try {
        return reader.read(sql, args);
      } catch {
        reader.close();
        return await client.readText(sql, args);
      }
    },
    close() {
      // The last one to close puts the write-ahead log into the file, and the reader can't write.
      reader.close();
      client.close();
    },
  });
}

/**
 * Keeps the local driver from losing writes.
 *
 * After one `SQLITE_BUSY`, `@libsql/client` 0.18.0 goes on acknowledging writes that never reach the disk
 * (libsql-client-ts#352). So: one connection, every write through one queue, and on BUSY a new connection at once
 * (which forgets its pragmas), then a jittered retry until the deadline. It sits under Drizzle, so that no caller can
 * pass it by. Reads do not queue: in WAL mode they go on while another process holds the lock.
 *
 * Rejects with `Unavailable` when the deadline passes, or when disk, file or memory fail SQLite; with the driver's error
 * otherwise. `reconnect` is what makes the new connection.
 */
function guardWrites(client: Client, reconnect: () => Promise<void>): Connection {
  let lastWrite: Promise<unknown> = Promise.resolve();
  /** Whether the connection may be one that was not told its pragmas yet. */
  let isNew = true;

  function enqueue<T>(write: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + WRITE_DEADLINE;
    const result = lastWrite.then(() => retryWhileBusy(write, deadline));
    lastWrite = result.catch(() => {});
    return result;
  }

  async function retryWhileBusy<T>(run: () => Promise<T>, deadline: number): Promise<T> {
    for (let wait = 5;; wait = Math.min(wait * 2, 100)) {
      if (performance.now() > deadline) {
        throw new Unavailable("The database stayed locked by another process", RETRY_AFTER);
      }
      try {
        await tellPragmas();
        return await run();
      } catch (error) {
        const code = codeOf(error);
        // A connection that was closed under a read by another one's reconnecting is worth another try.
        if (code !== "CLIENT_CLOSED" || client.closed) {
          if (code === "SQLITE_BUSY" || FAILURES.includes(code)) await renew();
          if (FAILURES.includes(code)) throw new Unavailable("The database fails", RETRY_AFTER, { cause: error });
          if (code !== "SQLITE_BUSY") throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
    }
  }

  async function tellPragmas() {
    while (isNew) {
      // Before it is done: who reconnects meanwhile has them told again.
      isNew = false;
      await client.executeMultiple(PRAGMAS).catch((error) => {
        isNew = true;
        throw error;
      });
    }
  }

  async function renew() {
    isNew = true;
    await reconnect();
  }

  const guarded: Guarded = {
    execute(statement: InStatement, args?: unknown): Promise<ResultSet> {
      const run = () => client.execute(statement as string, args as never);
      return isRead(statement) ? retryWhileBusy(run, performance.now() + WRITE_DEADLINE) : enqueue(run);
    },
    // Always as a write: a deferred transaction that turns into one halfway can't wait for the lock.
    batch: (statements) => enqueue(() => client.batch(statements, "write")),
    migrate: (statements) => enqueue(() => client.migrate(statements)),
    executeMultiple: (statements) => enqueue(() => client.executeMultiple(statements)),
    transaction: () => Promise.reject(new Error("Cannot open a transaction: use batch, which is atomic")),
    readText: async (sql, args) => textIn(await guarded.execute({ sql, args })),
  };
  return Object.assign(Object.create(client), guarded, { close: () => client.close() });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
