import type { Client, InStatement, ResultSet } from "@libsql/client";
import { isRead } from "./statements.ts";
import { Unavailable } from "./unavailable.ts";

/** A write that waited this long in milliseconds, for the lock or behind other writes, is given up. */
const WRITE_DEADLINE = 5_000;
/** The local driver waits for a lock with the event loop stopped, so it may do so only briefly: milliseconds. */
const LOCK_WAIT = 50;

const PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

/** Opens the database in the file at `url`, or in memory, by the native driver. Throws when it can't. */
export async function openEmbedded(url: string): Promise<Client> {
  const { createClient } = await import("@libsql/client/sqlite3");
  const client = guardWrites(createClient({ url, concurrency: 1, timeout: LOCK_WAIT }), url === ":memory:");
  await client.executeMultiple(PRAGMAS);
  return client;
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
function guardWrites(client: Client, isInMemory: boolean): Client {
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

  const guarded: Pick<Client, "execute" | "batch" | "migrate" | "executeMultiple" | "transaction"> = {
    execute(statement: InStatement, args?: unknown): Promise<ResultSet> {
      const run = () => client.execute(statement as string, args as never);
      return isRead(statement) ? retryWhileBusy(run, performance.now() + WRITE_DEADLINE) : enqueue(run);
    },
    // Always as a write: a deferred transaction that turns into one halfway can't wait for the lock.
    batch: (statements) => enqueue(() => client.batch(statements, "write")),
    migrate: (statements) => enqueue(() => client.migrate(statements)),
    executeMultiple: (statements) => enqueue(() => client.executeMultiple(statements)),
    transaction: () => Promise.reject(new Error("Cannot open a transaction: use batch, which is atomic")),
  };
  return Object.assign(Object.create(client), guarded, { close: () => client.close() });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
