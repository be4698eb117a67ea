import type { Client, InStatement } from "@libsql/client";
import { type Connection, type Guarded, isRead, textIn } from "./statements.ts";
import { Unavailable } from "./unavailable.ts";

/** How long one call may take, in milliseconds: the driver itself would wait for ever. */
const CALL_TIMEOUT = 3_000;
/** How often a read is asked again, and for how long in all. A write never is: its answer may have been lost after it was done. */
const READ_RETRIES = 2;
const READ_DEADLINE = 5_000;
/** What a 503 tells to wait, in seconds. */
const RETRY_AFTER = 5;

/** Opens the database behind a `libsql:`, `https:` or `http:` address, over HTTP and with no native code. Asks it nothing yet. */
export async function openRemote(url: string, authToken: string | undefined): Promise<Connection> {
  const { createClient } = await import("@libsql/client/web");
  const client = createClient({
    url,
    ...(authToken && { authToken }),
    // The driver lines calls up behind so many others; those that hang must not hold up the rest.
    concurrency: 1_000,
    fetch: (request: Request) => fetch(request, { signal: AbortSignal.timeout(CALL_TIMEOUT) }),
  });
  return guardCalls(client);
}

/**
 * Makes an outage of the server one thing: `Unavailable`, whatever failed on the way. Reads are tried again first, after a
 * moment that differs from caller to caller. What the database itself says of a statement goes through as it is.
 */
function guardCalls(client: Client): Connection {
  async function call<T>(run: () => Promise<T>, retries: number): Promise<T> {
    const deadline = performance.now() + READ_DEADLINE;
    for (let left = retries;; left--) {
      try {
        return await run();
      } catch (error) {
        if (isOfStatement(error)) throw error;
        if (left === 0 || performance.now() > deadline) {
          throw new Unavailable("The database server gave no answer", RETRY_AFTER, { cause: error });
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 150));
    }
  }

  const guarded: Guarded = {
    execute: (statement: InStatement, args?: unknown) =>
      call(() => client.execute(statement as string, args as never), isRead(statement) ? READ_RETRIES : 0),
    // Always as a write: a deferred transaction that turns into one halfway meets another one's lock.
    batch: (statements) => call(() => client.batch(statements, "write"), 0),
    migrate: (statements) => call(() => client.migrate(statements), 0),
    executeMultiple: (statements) => call(() => client.executeMultiple(statements), 0),
    transaction: () => Promise.reject(new Error("Cannot open a transaction: use batch, which is atomic")),
    readText: async (sql, args) => textIn(await guarded.execute({ sql, args })),
  };
  return Object.assign(Object.create(client), guarded, { close: () => client.close() });
}

/** Whether the database answered, and found fault with the statement. A lock that others hold is none: it passes. */
function isOfStatement(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return false;
  return /^SQL(ITE)?_(?!BUSY)/.test(error.code);
}
