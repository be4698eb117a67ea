import { fileURLToPath } from "node:url";
import { paths } from "../http/paths.ts";
import { freePort, startServer } from "../tests/processes.ts";
import { type Data, PASSWORD } from "./data.ts";

/** Starts the app in its own process, like `deno task start`, over the bench's database. */
export async function startApp({ file }: Data, variables: Record<string, string> = {}) {
  return await startServer("start", { path: "data/bench" }, {
    DATABASE_URL: `file:${file}`,
    RETENTION_DAYS: "0",
    ...variables,
  });
}

export type AppServer = Awaited<ReturnType<typeof startApp>>;

/** Signs in through the real form, and returns the browser's `Cookie` header. */
export async function signInAt(server: AppServer, email: string): Promise<string> {
  const browser = server.browser();
  const { status } = await browser.signIn(email, PASSWORD);
  if (status !== 303) throw new Error(`Cannot sign in ${email}: the status was ${status}`);
  return `session=${browser.cookies.get("session")}`;
}

export function historyOf(server: AppServer, query = ""): string {
  return `${server.address}${paths.connections}${query && `?${query}`}`;
}

/** Starts a server that answers with a constant. */
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
