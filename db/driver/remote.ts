import type { Client, InArgs, InStatement } from "@libsql/client";
import { createCalls } from "./calls.ts";
import { type DatabaseClient, firstText, type GuardedMethods, isRead } from "./prepared.ts";
import { AccessRefused, Unavailable } from "./unavailable.ts";

/** Per call, with its whole answer, in milliseconds; the driver itself has no timeout. */
const CALL_TIMEOUT = 3_000;
/** In bytes; the largest answer is a piece of the CSV, a few megabytes. */
const MAX_ANSWER = 16 * 1024 * 1024;
/** What is safe to repeat is retried if it failed within this many milliseconds. */
const RETRIES = 2;
const RETRY_WITHIN = 2_500;
/** Of the server's reason, in UTF-16 units. */
const MAX_REASON = 300;
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
  const answer = new Response(response.body?.pipeThrough(limitBytes(MAX_ANSWER)), response);
  if (answer.ok) return answer;
  throw new ErrorAnswer(answer.status, withoutSecrets(await reasonOf(answer), request));
}

class ErrorAnswer extends Error {
  constructor(readonly status: number, reason: string) {
    const did = isRefusal(status) ? "does not accept DATABASE_AUTH_TOKEN" : "failed";
    super(`the database server ${did} (status ${status})${reason && `: ${reason}`}`);
  }
}

/** Reads what the server says: libSQL's is `{"error": "…"}`, Hrana's `{"message": "…"}`, a proxy's may be anything. */
async function reasonOf(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    const { error, message } = JSON.parse(text);
    return String(error ?? message ?? "");
  } catch {
    return text;
  }
}

/** Removes from the server's reason what it may repeat of the request, and keeps one short line. */
function withoutSecrets(reason: string, { url, headers }: Request): string {
  const { username, password } = new URL(url);
  const [, token = ""] = /^\S+\s+(.*)$/.exec(headers.get("Authorization") ?? "") ?? [];
  const secrets = [token, decodeURIComponent(password), btoa(`${username}:${password}`)];
  return secrets.filter((secret) => secret !== "").reduce((left, secret) => left.replaceAll(secret, "***"), reason)
    .replace(/[\s\p{C}]+/gu, " ").trim().slice(0, MAX_REASON);
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

/** `undone`: only if the server says that it did nothing. */
type Repeatable = "always" | "undone" | "never";

/**
 * Turns any outage into `Unavailable`. Retries reads, and whatever the server says it didn't do; a write without an answer never, because
 * it may have been done. Errors of the statement itself pass through.
 */
function guardCalls(client: Client, timeout: number, withDeadline: DatabaseClient["withDeadline"]): DatabaseClient {
  async function call<T>(run: () => Promise<T>, repeatable: Repeatable): Promise<T> {
    const start = performance.now();
    for (let left = RETRIES;; left--) {
      try {
        return await run();
      } catch (error) {
        if (isStatementError(error)) throw error;
        const outage = outageOf(error);
        const isRepeatable = outage === "busy" ? repeatable !== "never" : outage === "lost" && repeatable === "always";
        if (!isRepeatable || left === 0 || performance.now() - start > RETRY_WITHIN) {
          throw unavailableFor(outage, repeatable, describeTimeout(error, timeout));
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 150));
    }
  }

  const { ask, together, writeThenRead } = createCalls((statements) => {
    const isReading = statements.every(isRead);
    const [first] = statements;
    return call(
      async () => {
        if (first !== undefined && statements.length === 1) return [await client.execute(first)];
        // Never "deferred": a transaction that becomes a write halfway meets another one's lock.
        return await client.batch(statements, isReading ? "read" : "write");
      },
      isReading ? "always" : "undone",
    );
  });

  const guarded: GuardedMethods = {
    isRemote: true,
    pendingWrites: () => 0,
    async execute(statement: InStatement, args?: InArgs) {
      const [result] = await ask([args === undefined ? statement : { sql: statement as string, args }]);
      return result!;
    },
    batch: (statements) => ask(statements.map(asStatement)),
    migrate: (statements) => call(() => client.migrate(statements), "undone"),
    // Not a transaction: the first statement may be done when a later one meets a lock.
    executeMultiple: (statements) => call(() => client.executeMultiple(statements), "never"),
    transaction: () => Promise.reject(new Error("Cannot open a transaction: use batch, which is atomic")),
    readText: async (sql, args) => firstText(await guarded.execute({ sql, args })),
    together,
    writeThenRead,
    emptyLog: () => Promise.resolve(),
    withDeadline,
  };
  return Object.assign(Object.create(client), guarded, { close: () => client.close() });
}

function asStatement(statement: InStatement | [sql: string, args?: InArgs]): InStatement {
  if (!Array.isArray(statement)) return statement;
  const [sql, args = []] = statement;
  return { sql, args };
}

/** `busy`: the server did nothing, and may the next time. `refused`: it won't the next time either. `lost`: unknown. */
type Outage = "busy" | "refused" | "lost";

function outageOf(error: unknown): Outage {
  const code = codeOf(error);
  const status = error instanceof ErrorAnswer ? error.status : 0;
  // `BLOCKED` is how a server refuses a write with a token that may only read.
  if (isRefusal(status) || code === "BLOCKED") return "refused";
  return status === 429 || /^SQLITE_(BUSY|LOCKED)/.test(code) ? "busy" : "lost";
}

function unavailableFor(outage: Outage, repeatable: Repeatable, cause: unknown): Unavailable {
  switch (outage) {
    case "refused":
      return new AccessRefused("The database server refuses access", RETRY_AFTER, { cause });
    case "lost":
      return new Unavailable("The database server gave no answer", RETRY_AFTER, { cause });
    case "busy":
      return new Unavailable("The database server is too busy", RETRY_AFTER, {
        cause,
        mayBeDone: repeatable === "never",
      });
  }
}

function isRefusal(status: number): boolean {
  return status === 401 || status === 403;
}

/** Whether the database rejected the statement; a lock or a failing disk is an outage. */
function isStatementError(error: unknown): boolean {
  return /^SQL(ITE)?_(?!BUSY|LOCKED|FULL|IOERR|NOMEM|READONLY|CANTOPEN|INTERRUPT)/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function describeTimeout(error: unknown, timeout: number): unknown {
  const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
  return isTimeout ? new Error(`no answer from the database server within ${timeout / 1000} seconds`) : error;
}
