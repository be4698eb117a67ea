import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { VARIABLES } from "../commands/configuration.ts";
import { Browser, ORIGIN } from "./app.ts";

/** The repository's folder, with a slash at its end. */
export const ROOT = fileURLToPath(import.meta.resolve("../"));

export type Folder = { path: string };

type Task = "start" | "demo" | "users" | "backup";

/** A new folder, which goes with whoever has it. */
export async function makeFolder() {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** What comes after `deno` in a task of deno.json, word by word. */
export async function flagsOf(task: Task): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const [deno, run, ...flags] = tasks[task].split(" ");
  assert.deepEqual([deno, run], ["deno", "run"]);
  return flags;
}

/** The process of a task: in the repository like the task's, over a database in `folder`, with nothing else set. */
export function processOf(flags: string[], { path }: Folder, variables: Record<string, string>, cwd = ROOT) {
  const unset = Object.fromEntries(VARIABLES.map((name) => [name, ""]));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags],
    cwd,
    env: { ...unset, DATABASE_URL: `file:${path}/connections.db`, NO_COLOR: "1", ...variables },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs until it ends, with `input` as its standard input. */
export async function run(flags: string[], folder: Folder, variables: Record<string, string> = {}, input = "") {
  const process = processOf(flags, folder, variables);
  await new Blob([input]).stream().pipeTo(process.stdin).catch(ignoreClosed);
  const { code, stdout, stderr } = await process.output();
  const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: said ?? "", stderr: complained ?? "" };
}

/** A process may end without reading its standard input. */
function ignoreClosed(error: unknown): void {
  if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
}

/** `deno task users` with these arguments, until it ends. */
export async function users(folder: Folder, args: string[], input = "") {
  return await run([...await flagsOf("users"), ...args], folder, {}, input);
}

/** A server of `deno task start` or `demo` that listens, on a port that is free. */
export async function startServer(
  task: "start" | "demo",
  folder: Folder,
  variables: Record<string, string> = {},
  flags?: string[],
) {
  const port = freePort();
  const process = processOf(
    flags ?? await flagsOf(task),
    folder,
    { PORT: String(port), ...variables },
    flags ? folder.path : ROOT,
  );
  const address = `http://127.0.0.1:${port}`;
  const output: string[] = [];
  const listens = Promise.withResolvers<void>();
  const errors = new Response(process.stderr).text();
  const reading = (async () => {
    let rest = "";
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      output.push(...lines);
      if (output.some((line) => line.includes('"event":"sys_startup"'))) listens.resolve();
    }
    listens.reject(new Error(`It ended without listening: ${await errors}`));
  })();
  await listens.promise;

  let ended: Promise<number> | undefined;
  const server = {
    address,
    pid: process.pid,
    /** The lines of standard output so far. */
    output,
    /** All of standard error, once it has ended. */
    errors,
    browser: () => browserAt(address),
    /** Sends a signal, and returns the status once it has ended. */
    stop(signal: Deno.Signal = "SIGTERM"): Promise<number> {
      return ended ??= (async () => {
        process.kill(signal);
        const [{ code }] = await Promise.all([process.status, reading, process.stdin.close()]);
        return code;
      })();
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await errors;
    },
  };
  return server;
}

/** A port of the loopback that nobody listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** The browser of the other tests, over real HTTP. */
function browserAt(address: string): Browser {
  const overHttp = async (request: Request) => {
    const headers = new Headers(request.headers);
    headers.delete("Host");
    if (headers.has("Origin")) headers.set("Origin", address);
    return await fetch(request.url.replace(ORIGIN, address), {
      method: request.method,
      headers,
      redirect: "manual",
      body: request.method === "POST" ? await request.text() : null,
    });
  };
  return new Browser({ fetch: overHttp }, new Set());
}
