import { paths } from "../http/paths.ts";
import { memoryOf } from "../tests/faults/process.ts";
import { flagsOf, freePort, processOf } from "../tests/processes.ts";
import { type Data, OWNER } from "./data.ts";
import { duration, inTurns, median, medianRatio, type Row } from "./measure.ts";
import { signInAt, startApp, startConstant } from "./servers.ts";

const ROUNDS = 7;
const SIGN_INS = 100;
/** Milliseconds and MiB. */
const LIMITS = { start: 400, memory: 200 };

/** Measures the time from the command to the first page. */
export async function start(data: Data): Promise<Row[]> {
  const flags = await flagsOf("start");
  const { pages, constants } = await inTurns(ROUNDS, {
    constants: async () => {
      const began = performance.now();
      await using server = await startConstant();
      await (await fetch(server.address)).text();
      return performance.now() - began;
    },
    pages: async () => {
      const port = freePort();
      const began = performance.now();
      const server = processOf(flags, { path: "data/bench" }, {
        PORT: String(port),
        DATABASE_URL: `file:${data.file}`,
        RETENTION_DAYS: "0",
      });
      await waitForPage(`http://127.0.0.1:${port}${paths.signIn}`);
      const took = performance.now() - began;
      server.kill("SIGKILL");
      await Promise.all([server.status, server.stdout.cancel(), server.stderr.cancel(), server.stdin.close()]);
      return took;
    },
  });
  return [{
    work: "from the command to the first page",
    measured: duration(median(pages)),
    beside: `constant response: ${duration(median(constants))}`,
    ratio: medianRatio(pages, constants).toFixed(1),
    limit: `${LIMITS.start} ms`,
    isWithin: median(pages) < LIMITS.start,
  }];
}

/** Measures the idle server's memory, with the country data loaded. */
export async function memory(data: Data): Promise<Row[]> {
  await using server = await startApp(data);
  const fresh = memoryOf(server.pid);
  for (let i = 0; i < SIGN_INS; i++) await signInAt(server, OWNER);
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const idle = memoryOf(server.pid);
  return [{
    work: `memory, idle after ${SIGN_INS} sign-ins`,
    measured: `${idle} MiB`,
    beside: `just started: ${fresh} MiB`,
    ratio: (idle / fresh).toFixed(1),
    limit: `${LIMITS.memory} MiB`,
    isWithin: idle < LIMITS.memory,
  }];
}

/** Requests a page until the server answers with it; throws after 10 seconds. */
export async function waitForPage(url: string, cookie = ""): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const response = await fetch(url, { headers: { Cookie: cookie }, redirect: "manual" }).catch(() => null);
    if (response?.ok) return void await response.text();
    await response?.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`The server doesn't answer with ${url}`);
}
