import { fileURLToPath } from "node:url";
import { paths } from "../http/paths.ts";
import { freePort, startServer } from "../tests/processes.ts";
import { type Data, PASSWORD } from "./data.ts";

/** The app in a process of its own, started as `deno task start` does, over the two million connections. */
export async function startApp({ file }: Data, variables: Record<string, string> = {}) {
  // Keeps what is old: the database is used again tomorrow.
  return await startServer("start", { path: "data/bench" }, {
    DATABASE_URL: `file:${file}`,
    RETENTION_DAYS: "0",
    ...variables,
  });
}

export type AppServer = Awaited<ReturnType<typeof startApp>>;

/** Signs in through the real form. Returns the `Cookie` header of that browser. */
export async function signIn(server: AppServer, email: string): Promise<string> {
  const browser = server.browser();
  const { status } = await browser.signIn(email, PASSWORD);
  if (status !== 303) throw new Error(`Cannot sign in ${email}: the answer was ${status}`);
  return `session=${browser.cookies.get("session")}`;
}

/** The address of the history's page with this query. */
export function historyOf(server: AppServer, query = ""): string {
  return `${server.address}${paths.connections}${query && `?${query}`}`;
}

/** A server that answers with a constant, in a process of its own. */
export async function startConstant() {
  const port = freePort();
  const script = fileURLToPath(import.meta.resolve("./constant.ts"));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net", script, String(port)],
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.getReader();
  await reader.read();
  return {
    address: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
      await reader.cancel();
    },
  };
}

/** What a process holds of the machine's memory, in bytes. */
export async function memoryOf(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", String(pid)] }).output();
  return Number(new TextDecoder().decode(stdout)) * 1024;
}
