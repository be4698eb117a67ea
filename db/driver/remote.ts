import type { Client, InStatement } from "@libsql/client";
import { type DatabaseClient, firstText, type GuardedMethods, isRead } from "./prepared.ts";
import { Unavailable } from "./unavailable.ts";

/** Per call, with its whole answer, in milliseconds; the driver itself has no timeout. */
const CALL_TIMEOUT = 3_000;
/** In bytes; the largest answer is a piece of the CSV, a megabyte or two. */
const MAX_ANSWER = 16 * 1024 * 1024;
/** A read is retried if it failed within this many milliseconds. A write never is: it may have been done before its answer was lost. */
const READ_RETRIES = 2;
const RETRY_WITHIN = 2_500;
/** For `Retry-After`, in seconds. */
const RETRY_AFTER = 5;

/** Opens a `libsql:`, `https:` or `http:` URL over HTTP, without native code. Sends nothing yet. */
export async function openRemote(
  url: string,
  authToken: string | undefined,
  timeout = CALL_TIMEOUT,
): Promise<DatabaseClient> {
  const { createClient } = await import("@libsql/client/web");
  const client = createClient({
    url,
    ...(authToken && { authToken }),
    // The driver queues calls over this limit; hanging calls must not block the rest.
    concurrency: 1_000,
    fetch: (request: Request) => callServer(request, timeout),
  });
  return guardCalls(client, timeout, (milliseconds) => openRemote(url, authToken, milliseconds));
}

/**
 * Sends one call. The body is a stream because Deno from 2.7 on repeats any other body when the connection is cut before the answer
 * (denoland/deno#35610), and a write would be done twice. No redirect is followed: it would carry the statements and the token elsewhere.
 */
async function callServer(request: Request, timeout: number): Promise<Response> {
  const { url, method, headers } = request;
  const signal = AbortSignal.timeout(timeout);
  const body = (await request.blob()).stream();
  const response = await fetch(url, { method, headers, body, redirect: "manual", signal });
  if (response.status === 401 || response.status === 403) {
    await response.body?.cancel();
    throw new Error(`the database server does not accept DATABASE_AUTH_TOKEN (status ${response.status})`);
  }
  return new Response(response.body?.pipeThrough(limitBytes(MAX_ANSWER)), response);
}

function limitBytes(bytes: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = bytes;
  return new TransformStream({
    transform(chunk, controller) {
      left -= chunk.length;
      if (left < 0) throw new Error(`the answer of the database server is larger than ${bytes} bytes`);
      controller.enqueue(chunk);
    },
  });
}

/** Turns any outage into `Unavailable`, after retrying reads. Errors of the statement itself pass through. */
function guardCalls(client: Client, timeout: number, withDeadline: DatabaseClient["withDeadline"]): DatabaseClient {
  async function call<T>(run: () => Promise<T>, retries: number): Promise<T> {
    const start = performance.now();
    for (let left = retries;; left--) {
      try {
        return await run();
      } catch (error) {
        if (isStatementError(error)) throw error;
        if (left === 0 || performance.now() - start > RETRY_WITHIN) {
          throw new Unavailable("The database server gave no answer", RETRY_AFTER, {
            cause: describeTimeout(error, timeout),
          });
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 150));
    }
  }

  const guarded: GuardedMethods = {
    execute: (statement: InStatement, args?: unknown) =>
      call(() => client.execute(statement as string, args as never), isRead(statement) ? READ_RETRIES : 0),
    // Always "write": a deferred transaction that becomes a write halfway meets another one's lock.
    batch: (statements) => call(() => client.batch(statements, "write"), 0),
    migrate: (statements) => call(() => client.migrate(statements), 0),
    executeMultiple: (statements) => call(() => client.executeMultiple(statements), 0),
    transaction: () => Promise.reject(new Error("Cannot open a transaction: use batch, which is atomic")),
    readText: async (sql, args) => firstText(await guarded.execute({ sql, args })),
    emptyLog: () => Promise.resolve(),
    withDeadline,
  };
  return Object.assign(Object.create(client), guarded, { close: () => client.close() });
}

/** Whether the database rejected the statement; a lock or a failing disk is an outage. */
function isStatementError(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return false;
  return /^SQL(ITE)?_(?!BUSY|LOCKED|FULL|IOERR|NOMEM|READONLY|CANTOPEN|INTERRUPT)/.test(error.code);
}

function describeTimeout(error: unknown, timeout: number): unknown {
  const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
  return isTimeout ? new Error(`no answer from the database server within ${timeout / 1000} seconds`) : error;
}
