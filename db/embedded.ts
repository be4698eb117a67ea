import type { Client, InStatement, InValue, ResultSet } from "@libsql/client";
import { type Connection, type Guarded, isRead, textIn } from "./statements.ts";
import { Unavailable } from "./unavailable.ts";

/** A write that waited this long in milliseconds, for the lock or behind other writes, is given up. */
const WRITE_DEADLINE = 5_000;
/** The local driver waits for a lock with the event loop stopped, so it may do so only briefly: milliseconds. */
const LOCK_WAIT = 50;

const PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

/** Opens the database in the file at `url`, or in memory, by the native driver. Throws when it can't. */
export async function openEmbedded(url: string): Promise<Connection> {
  const { createClient } = await import("@libsql/client/sqlite3");
  const isInMemory = url === ":memory:";
  const client = guardWrites(createClient({ url, concurrency: 1, timeout: LOCK_WAIT }), isInMemory);
  await client.executeMultiple(PRAGMAS);
  return isInMemory ? client : await readQuickly(client, pathOf(url));
}

/** The path in a `file:` address. */
export function pathOf(url: string): string {
  return decodeURIComponent(url.replace(/^file:(\/\/)?|\?.*$/g, ""));
}

/**
 * Gives a client a second connection for `readText`, by the same driver, that keeps its statements prepared and can't write:
 * the client itself prepares each one anew, and a page costs 2,400 µs so and 400 like this. A read that meets a fault goes
 * the client's way, which knows what to do about it.
 */
async function readQuickly(client: Connection, path: string): Promise<Connection> {
  const { default: Database } = await import("libsql");
  const reader = new Database(path, { timeout: LOCK_WAIT });
  reader.exec("PRAGMA query_only = ON");
  const prepared = new Map<string, ReturnType<typeof reader.prepare>>();

  function read(sql: string, args: InValue[]): string | undefined {
    let statement = prepared.get(sql);
    if (!statement) {
      statement = reader.prepare(sql).raw();
      prepared.set(sql, statement);
    }
    const row = statement.get(args) as [string] | undefined;
    return row?.[0];
  }

  // The reader itself never writes, so that every write is another connection's, which is what SQLite counts here.
  const version = reader.prepare("PRAGMA data_version").raw();

  return Object.assign(Object.create(client), {
    version: () => (version.get([]) as [number])[0],
    async readText(sql: string, args: InValue[]) {
      try {
        return read(sql, args);
      } catch {
        return await client.readText(sql, args);
      }
    },
    close() {
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
 * Rejects with `Unavailable` when the deadline passes, with the driver's error otherwise. A database that `isInMemory` is never
 * connected to anew: that would be another, empty one.
 */
function guardWrites(client: Client, isInMemory: boolean): Connection {
  let lastWrite: Promise<unknown> = Promise.resolve();

  function enqueue<T>(write: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + WRITE_DEADLINE;
    const result = lastWrite.then(() => retryWhileBusy(write, deadline));
    lastWrite = result.catch(() => {});
    return result;
  }

  async function retryWhileBusy<T>(run: () => Promise<T>, deadline: number): Promise<T> {
    for (let wait = 5;; wait = Math.min(wait * 2, 100)) {
      if (performance.now() > deadline) {
        throw new Unavailable("The database stayed locked by another process", 5);
      }
      try {
        return await run();
      } catch (error) {
        if (hasCode(error, "SQLITE_BUSY") && !isInMemory) {
          await reconnect();
        } else if (!hasCode(error, "CLIENT_CLOSED") || client.closed) {
          // A connection that a reconnection closed under a read is worth another try; all else is the caller's.
          throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
    }
  }

  async function reconnect() {
    await client.reconnect();
    await client.executeMultiple(PRAGMAS).catch((error) => {
      if (!hasCode(error, "SQLITE_BUSY")) throw error;
    });
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

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
