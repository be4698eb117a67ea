import assert from "node:assert/strict";
import { openDatabase } from "../../db/database.ts";

/** A database in a file of its own, which goes with whoever has it. */
export async function openFile() {
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

/** A process of its own that runs a script of this repository. */
export function start(script: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", `--config=${new URL("../../deno.json", import.meta.url).pathname}`, script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
}

/** A process that has the database open as `db`. Never this one: a second SQLite here would let go of the first one's locks. */
export function runElsewhere(script: string, path: string): Deno.ChildProcess {
  return start(`
    import { DatabaseSync } from "node:sqlite";
    const db = new DatabaseSync(${JSON.stringify(path)});
    ${script}`);
}

/** What a process writes, until it ends well; its standard input is closed by then. */
export async function* linesOf(
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

/** What a process other than this one reads. */
export async function readElsewhere(path: string, query: string): Promise<Record<string, unknown>[]> {
  const script = `console.log(JSON.stringify(db.prepare(${JSON.stringify(query)}).all()))`;
  const [line] = await Array.fromAsync(linesOf(runElsewhere(script, path)));
  return JSON.parse(line ?? "");
}

/** Another process has the write lock until it is told to let go. */
export async function holdLock(path: string) {
  const process = runElsewhere(
    `
    db.exec("pragma busy_timeout = 5000; begin immediate");
    console.log("locked");
    await Deno.stdin.read(new Uint8Array(1));
    db.exec("commit");`,
    path,
  );
  const lines = linesOf(process);
  assert.equal((await lines.next()).value, "locked");
  return {
    async release() {
      await process.stdin.close();
      await Array.fromAsync(lines);
    },
  };
}

/** Another process takes the write lock so many times, for so many milliseconds each, with a pause after each. */
export function holdLockAgain(path: string, times: number, milliseconds: number, pause: number) {
  const lines = linesOf(runElsewhere(
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
