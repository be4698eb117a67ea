import { open } from "node:fs/promises";
import type { Client, InStatement, InValue, ResultSet } from "@libsql/client";
import { type DatabaseClient, firstText, type GuardedMethods, isRead } from "./prepared.ts";
import { Unavailable } from "./unavailable.ts";

/** How long a write may wait for the lock and for the writes before it, in milliseconds. */
const WRITE_DEADLINE = 5_000;
/** The driver waits for a lock with the event loop blocked, hence briefly: milliseconds. */
const LOCK_TIMEOUT = 50;
/** For `Retry-After`, in seconds. */
const RETRY_AFTER = 5;

/** With `secure_delete` SQLite overwrites what it deletes, so that no removed row can be read in the file. */
const PRAGMAS =
  "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;";

/** SQLite's codes for a failing disk, file or memory. Any other error is the statement's fault. */
const STORAGE_FAILURES = [
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

/** Opens a `file:` URL or `:memory:` through the native driver. Throws if it can't. */
export async function openEmbedded(url: string): Promise<DatabaseClient> {
  if (url !== ":memory:") await createPrivately(pathOf(url));
  const { createClient } = await import("@libsql/client/sqlite3");
  const client = createClient({ url, concurrency: 1, timeout: LOCK_TIMEOUT });
  // Reconnecting to :memory: would open another, empty database.
  if (url === ":memory:") return guardWrites(client, () => Promise.resolve());

  const reader = await openReader(pathOf(url));
  const guarded = guardWrites(client, async () => {
    // Both at once, so that they never read different files when the file was replaced.
    reader.close();
    await client.reconnect();
  });
  return withReader(guarded, reader);
}

/** The path in a `file:` URL. */
export function pathOf(url: string): string {
  return decodeURIComponent(url.replace(/^file:(\/\/)?|\?.*$/g, ""));
}

/**
 * Creates the file for SQLite to fill, readable by its owner only; SQLite gives its companions the same mode. An existing file keeps its mode.
 * If the process may not write there, the native driver still does, with the mode of the process's umask.
 */
async function createPrivately(path: string): Promise<void> {
  try {
    await (await open(path, "wx", 0o600)).close();
  } catch (error) {
    const isForSqlite = codeOf(error) === "EEXIST" || error instanceof Error && error.name === "NotCapable";
    if (!isForSqlite) throw error;
  }
}

/** Opens a read-only connection that keeps its statements prepared. */
async function openReader(path: string) {
  const { default: Database } = await import("libsql");
  const prepared = new Map<string, ReturnType<ReturnType<typeof connect>["prepare"]>>();
  let connection: ReturnType<typeof connect> | undefined = connect();

  function connect() {
    const opened = new Database(path, { timeout: LOCK_TIMEOUT });
    opened.exec("PRAGMA query_only = ON");
    return opened;
  }

  function close() {
    prepared.clear();
    connection?.close();
    connection = undefined;
  }

  return {
    read(sql: string, args: InValue[]): string | undefined {
      connection ??= connect();
      let statement = prepared.get(sql);
      if (!statement) {
        statement = connection.prepare(sql).raw();
        prepared.set(sql, statement);
      }
      const row = statement.get(args) as [string] | undefined;
      return row?.[0];
    },
    /** The next read reopens the file. */
    close,
  };
}

/** Serves `readText` from the reader, because the client prepares at each call. A failed read is repeated through the client. */
function withReader(client: DatabaseClient, reader: Awaited<ReturnType<typeof openReader>>): DatabaseClient {
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
      // The last connection to close checkpoints the write-ahead log, which the reader can't.
      reader.close();
      client.close();
    },
  });
}

/**
 * Guards against lost writes: after one `SQLITE_BUSY`, `@libsql/client` 0.18.0 acknowledges writes that never reach the disk
 * (libsql-client-ts#352). So every write goes through one queue; on BUSY the client reconnects, which resets its pragmas, and retries with
 * jitter until the deadline. Reads don't queue: WAL allows them beside a writer.
 *
 * Rejects with `Unavailable` when the deadline passes or storage fails, and with the driver's error otherwise.
 */
function guardWrites(client: Client, reconnect: () => Promise<void>): DatabaseClient {
  let lastWrite: Promise<unknown> = Promise.resolve();
  let needsPragmas = true;
  let pending = 0;

  function enqueue<T>(write: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + WRITE_DEADLINE;
    pending++;
    const result = lastWrite.then(() => retryWhileBusy(write, deadline)).finally(() => pending--);
    lastWrite = result.catch(() => {});
    return result;
  }

  async function retryWhileBusy<T>(run: () => Promise<T>, deadline: number): Promise<T> {
    for (let wait = 5;; wait = Math.min(wait * 2, 100)) {
      if (performance.now() > deadline) {
        throw new Unavailable("The database stayed locked by another process", RETRY_AFTER);
      }
      try {
        await setPragmas();
        return await run();
      } catch (error) {
        const code = codeOf(error);
        // Another call's reconnect may close the client under this one: worth another attempt.
        if (code !== "CLIENT_CLOSED" || client.closed) {
          const isStorageFailure = STORAGE_FAILURES.includes(code);
          if (code === "SQLITE_BUSY" || isStorageFailure) await renew();
          if (isStorageFailure) throw new Unavailable("The database fails", RETRY_AFTER, { cause: error });
          if (code !== "SQLITE_BUSY") throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
    }
  }

  async function setPragmas() {
    while (needsPragmas) {
      // Cleared first: a reconnect in the meantime sets it again.
      needsPragmas = false;
      await client.executeMultiple(PRAGMAS).catch((error) => {
        needsPragmas = true;
        throw error;
      });
    }
  }

  async function renew() {
    needsPragmas = true;
    await reconnect();
  }

  const guarded: GuardedMethods = {
    isRemote: false,
    pendingWrites: () => pending,
    execute(statement: InStatement, args?: unknown): Promise<ResultSet> {
      const run = () => client.execute(statement as string, args as never);
      return isRead(statement) ? retryWhileBusy(run, performance.now() + WRITE_DEADLINE) : enqueue(run);
    },
    // Always "write": a deferred transaction that becomes a write halfway can't wait for the lock.
    batch: (statements) => enqueue(() => client.batch(statements, "write")),
    migrate: (statements) => enqueue(() => client.migrate(statements)),
    executeMultiple: (statements) => enqueue(() => client.executeMultiple(statements)),
    transaction: () => Promise.reject(new Error("Cannot open a transaction: use batch, which is atomic")),
    readText: async (sql, args) => firstText(await guarded.execute({ sql, args })),
    together: (run) => run(),
    writeThenRead: async (write, read) => [await write(), await read()],
    emptyLog: () =>
      enqueue(async () => {
        const { rows: [checkpoint] } = await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        if (checkpoint?.busy === 1) {
          throw Object.assign(new Error("Cannot empty the log: it is being read"), { code: "SQLITE_BUSY" });
        }
      }),
    // The deadline is for the lock only: what runs is never cut off.
    withDeadline: () => Promise.resolve(database),
  };
  const database: DatabaseClient = Object.assign(Object.create(client), guarded, { close: () => client.close() });
  return database;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
