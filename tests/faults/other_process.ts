import assert from "node:assert/strict";
import { openDatabase } from "../../db/database.ts";

/** Opens a new database in a temporary folder, and removes both when it is disposed of. */
export async function openTemporary() {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/connections.db`;
  const db = await openDatabase(`file:${path}`);
  return {
    path,
    db,
    async [Symbol.asyncDispose]() {
      db.$client.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Starts a process that runs a script, which may import this repository's modules. */
export function runScript(script: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", `--config=${new URL("../../deno.json", import.meta.url).pathname}`, script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
}

/**
 * Starts a process that runs a script with the database as `db`. It is never this process: closing a second SQLite's file here would drop
 * the first one's locks.
 */
export function runWithDatabase(script: string, path: string): Deno.ChildProcess {
  return runScript(`
    import { DatabaseSync } from "node:sqlite";
    const db = new DatabaseSync(${JSON.stringify(path)});
    ${script}`);
}

/** Yields the lines of a process's output, then closes its input and requires that it succeeded. */
export async function* readLines(
  process: Deno.ChildProcess,
  closeInput = () => process.stdin.close(),
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  await closeInput().catch(() => {});
  assert.equal((await process.status).code, 0);
}

/** Runs a statement in another process, and returns its rows. */
export async function queryElsewhere(path: string, query: string): Promise<Record<string, unknown>[]> {
  const script = `console.log(JSON.stringify(db.prepare(${JSON.stringify(query)}).all()))`;
  const [line] = await Array.fromAsync(readLines(runWithDatabase(script, path)));
  return JSON.parse(line ?? "");
}

/** Makes another process hold the write lock until `release`. */
export async function holdLock(path: string) {
  const process = runWithDatabase(
    `
    db.exec("pragma busy_timeout = 5000; begin immediate");
    console.log("locked");
    await Deno.stdin.read(new Uint8Array(1));
    db.exec("commit");`,
    path,
  );
  const lines = readLines(process);
  assert.equal((await lines.next()).value, "locked");
  return {
    async release() {
      await process.stdin.close();
      await Array.fromAsync(lines);
    },
  };
}

/** Makes another process take the write lock several times, each time for some milliseconds with a pause afterwards. */
export function holdLockRepeatedly(
  path: string,
  { times, milliseconds, pause }: { times: number; milliseconds: number; pause: number },
) {
  const lines = readLines(runWithDatabase(
    `
    db.exec("pragma busy_timeout = 10000");
    for (let i = 0; i < ${times}; i++) {
      db.exec("begin immediate");
      await new Promise((resolve) => setTimeout(resolve, ${milliseconds}));
      db.exec("commit");
      console.log("held the lock");
      await new Promise((resolve) => setTimeout(resolve, ${pause}));
    }`,
    path,
  ));
  const locking = { held: 0, isOver: false, end: Promise.resolve() };
  locking.end = (async () => {
    for await (const _ of lines) locking.held++;
    locking.isOver = true;
  })();
  return locking;
}
