import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { VARIABLES } from "../commands/configuration.ts";
import { Browser, ORIGIN } from "./app.ts";

/** The repository's folder, with a trailing slash. */
export const ROOT = fileURLToPath(import.meta.resolve("../"));

export type Folder = { path: string };

/** A variable that is undefined is not set, unlike one that is empty: a file of settings can set it. */
export type Variables = Record<string, string | undefined>;

/** Leaves every setting to a file. */
export const NOT_SET: Variables = Object.fromEntries(VARIABLES.map((name) => [name, undefined]));

/** The Deno under test: this one, or an older one for `deno task test:floor`. */
export const DENO = Deno.env.get("TEST_DENO") ?? Deno.execPath();

type Task = "start" | "demo" | "users" | "migrate" | "backup" | "transfer";

/** Creates a folder that is removed when its scope ends. */
export async function makeFolder() {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** The arguments of `deno run` that a task stands for: it may extend another task, which has the permissions. */
export async function flagsOf(task: string): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const [deno, command, ...args]: string[] = tasks[task].split(" ");
  assert.equal(deno, "deno");
  if (command === "run") return args;
  const [extended, ...more] = args;
  return [...await flagsOf(extended!), ...more];
}

/** The same for a process that runs in another folder, and that may also read `folders`. */
export async function flagsElsewhere(task: Task, ...folders: string[]): Promise<string[]> {
  const flags = (await flagsOf(task)).map((flag) =>
    flag.replace("--allow-read=.", `--allow-read=${[ROOT, ".", ...folders].join()}`)
      .replace("--allow-ffi=node_modules", `--allow-ffi=${ROOT}node_modules`)
      .replace(/^main\.ts$/, `${ROOT}main.ts`)
  );
  return [`--config=${ROOT}deno.json`, ...flags];
}

/** Starts a task's process in the repository over a database in `folder`, with no configuration but `variables`. */
export function processOf(
  flags: string[],
  { path }: Folder,
  variables: Variables,
  cwd = ROOT,
  maxOpenFiles?: number,
  /** In place of `deno run` and the flags. */
  whole?: string[],
) {
  const unset = Object.fromEntries(VARIABLES.map((name) => [name, ""]));
  const all: Variables = { ...unset, DATABASE_URL: `file:${path}/connections.db`, NO_COLOR: "1", ...variables };
  const command = whole ?? [DENO, "run", ...flags];
  const limited = ["sh", "-c", `ulimit -n ${maxOpenFiles} && exec "$@"`, "sh", ...command];
  const [program, ...args] = maxOpenFiles === undefined ? command : limited;
  return new Deno.Command(program!, {
    args,
    cwd,
    env: Object.fromEntries(Object.entries(all).filter((each): each is [string, string] => each[1] !== undefined)),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a process to its end, with `input` as its standard input. Its standard error is without the lines about the database. */
export async function run(flags: string[], folder: Folder, variables: Variables = {}, input = "") {
  const { stderr, ...rest } = await runWhole(flags, folder, variables, input);
  return { ...rest, stderr: withoutDatabase(stderr) };
}

function withoutDatabase(stderr: string): string {
  return stderr.replace(/^Database: .+\n(It is new: there was none\n)?/, "");
}

/** The same with those lines. */
export async function runWhole(flags: string[], folder: Folder, variables: Variables = {}, input = "") {
  const process = processOf(flags, folder, variables);
  await new Blob([input]).stream().pipeTo(process.stdin).catch(ignoreClosed);
  const { code, stdout, stderr } = await process.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** A process may end without reading its standard input. */
function ignoreClosed(error: unknown): void {
  if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
}

/** Runs `deno task users` with these arguments. */
export async function users(folder: Folder, args: string[], input = "") {
  return await run([...await flagsOf("users"), ...args], folder, {}, input);
}

/** Starts `deno task start` or `demo` on a free port, and waits until it listens. `preload` is a script that runs in its process first. */
export async function startServer(
  task: "start" | "demo",
  folder: Folder,
  variables: Variables = {},
  { flags, preload, maxOpenFiles, command }: {
    flags?: string[];
    preload?: string;
    maxOpenFiles?: number;
    /** The whole command, in place of the task's. */
    command?: string[];
  } = {},
) {
  const port = Number(variables.PORT ?? freePort());
  const process = processOf(
    [...preload ? [`--preload=${preload}`] : [], ...flags ?? await flagsOf(task)],
    folder,
    { PORT: String(port), ...variables },
    flags ? folder.path : ROOT,
    maxOpenFiles,
    command,
  );
  const address = `http://127.0.0.1:${port}`;
  const output: string[] = [];
  const listens = Promise.withResolvers<void>();
  const wholeErrors = new Response(process.stderr).text();
  const errors = wholeErrors.then(withoutDatabase);
  const reading = (async () => {
    let rest = "";
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      output.push(...lines);
      if (output.some((line) => line.includes('"event":"sys_startup"'))) listens.resolve();
    }
    listens.reject(new Error(`The server ended before it listened: ${await errors}`));
  })();
  await listens.promise;

  let ended: Promise<number> | undefined;
  const server = {
    address,
    pid: process.pid,
    /** Its standard output so far, by line. */
    output,
    /** Its standard error without the lines about the database, once it has ended. */
    errors,
    /** The same with those lines. */
    wholeErrors,
    browser: () => browserAt(address, variables.PUBLIC_ORIGIN ?? address),
    /** Sends a signal and returns the exit status. */
    stop(signal: Deno.Signal = "SIGTERM"): Promise<number> {
      if (!ended) process.kill(signal);
      return server.end();
    },
    /** Waits until it ends by itself and returns the exit status. */
    end(): Promise<number> {
      return ended ??= (async () => {
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

/** Finds a port of the loopback on which nothing listens. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** The test browser over real HTTP: it connects to `address`, and sends `origin` as its forms' origin. */
export function browserAt(address: string, origin = address, client?: Deno.HttpClient): Browser {
  const overHttp = async (request: Request) => {
    const headers = new Headers(request.headers);
    headers.delete("Host");
    if (headers.has("Origin")) headers.set("Origin", origin);
    return await fetch(request.url.replace(ORIGIN, address), {
      method: request.method,
      headers,
      redirect: "manual",
      body: request.method === "POST" ? await request.text() : null,
      ...(client && { client }),
    });
  };
  return new Browser({ fetch: overHttp }, new Set(), undefined, undefined, ORIGIN, origin);
}
