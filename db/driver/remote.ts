import type { Client, InStatement } from "@libsql/client";
import { type Connection, type Guarded, isRead, textIn } from "./prepared.ts";
import { Unavailable } from "./unavailable.ts";

/** How long one call may take with its whole answer, in milliseconds: the driver itself would wait for ever. */
const CALL_TIMEOUT = 3_000;
/** The largest answer is a thousand rows for the CSV, which is a megabyte or two; bytes. */
const LARGEST_ANSWER = 16 * 1024 * 1024;
/**
 * How often a read is asked again, and until when, in milliseconds: what fails at once is, what took its time is not, so that
 * nobody waits for three timeouts. A write never is: its answer may have been lost after it was done.
 */
const READ_RETRIES = 2;
const READ_PATIENCE = 2_500;
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
    fetch: callServer,
  });
  return guardCalls(client);
}

/**
 * One call. Its body goes as a stream: Deno from 2.7 on sends any other one a second time by itself when the connection is cut
 * before the answer (denoland/deno#35610), and a write would be done twice. A redirection is followed nowhere: the statements
 * and the token are for this server alone.
 */
async function callServer(request: Request): Promise<Response> {
  const { url, method, headers } = request;
  const signal = AbortSignal.timeout(CALL_TIMEOUT);
  const body = (await request.blob()).stream();
  const response = await fetch(url, { method, headers, body, redirect: "manual", signal });
  if (response.status === 401 || response.status === 403) {
    await response.body?.cancel();
    throw new Error(`the database server does not accept DATABASE_AUTH_TOKEN (status ${response.status})`);
  }
  return new Response(response.body?.pipeThrough(atMost(LARGEST_ANSWER)), response);
}

function atMost(bytes: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = bytes;
  return new TransformStream({
    transform(chunk, controller) {
      left -= chunk.length;
      if (left < 0) throw new Error(`the answer of the database server is larger than ${bytes} bytes`);
      controller.enqueue(chunk);
    },
  });
}

/**
 * Makes an outage of the server one thing: `Unavailable`, whatever failed on the way. Reads are tried again first, after a
 * moment that differs from caller to caller. What the database itself says of a statement goes through as it is.
 */
function guardCalls(client: Client): Connection {
  async function call<T>(run: () => Promise<T>, retries: number): Promise<T> {
    const start = performance.now();
    for (let left = retries;; left--) {
      try {
        return await run();
      } catch (error) {
        if (isOfStatement(error)) throw error;
        if (left === 0 || performance.now() - start > READ_PATIENCE) {
          throw new Unavailable("The database server gave no answer", RETRY_AFTER, { cause: inWords(error) });
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

/**
 * Whether the database answered, and found fault with the statement. What it says of itself is none: a lock that others hold,
 * a disk that is full or fails.
 */
function isOfStatement(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return false;
  return /^SQL(ITE)?_(?!BUSY|LOCKED|FULL|IOERR|NOMEM|READONLY|CANTOPEN|INTERRUPT)/.test(error.code);
}

/** A timeout by its name alone says nothing to an operator. */
function inWords(error: unknown): unknown {
  const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
  return isTimeout ? new Error(`no answer from the database server within ${CALL_TIMEOUT / 1000} seconds`) : error;
}
