import { paths } from "../http/paths.ts";
import { flagsOf, freePort, processOf } from "../tests/processes.ts";
import type { Data } from "./data.ts";
import { duration, inTurns, mebibytes, median, medianRatio, type Row } from "./measure.ts";
import { memoryOf, signIn, startApp, startConstant } from "./servers.ts";
import { OWNER } from "./data.ts";

const ROUNDS = 7;
const SIGN_INS = 100;

/** From the command to the first page, beside a server with nothing in it. */
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
      await firstPage(`http://127.0.0.1:${port}${paths.signIn}`);
      const took = performance.now() - began;
      server.kill("SIGKILL");
      await Promise.all([server.status, server.stdout.cancel(), server.stderr.cancel(), server.stdin.close()]);
      return took;
    },
  });
  return [{
    work: "from the command to the first page",
    measured: duration(median(pages)),
    limit: `constant answer: ${duration(median(constants))}`,
    ratio: medianRatio(pages, constants).toFixed(1),
    goal: "400 ms",
    isReached: median(pages) < 400,
  }];
}

/** What the server holds when a hundred have signed in and nobody asks for anything, with the country data loaded. */
export async function memory(data: Data): Promise<Row[]> {
  await using server = await startApp(data);
  const fresh = await memoryOf(server.pid);
  for (let i = 0; i < SIGN_INS; i++) await signIn(server, OWNER);
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const idle = await memoryOf(server.pid);
  return [{
    work: "memory, idle after a hundred sign-ins",
    measured: mebibytes(idle),
    limit: `just started: ${mebibytes(fresh)}`,
    ratio: (idle / fresh).toFixed(1),
    goal: "200 MiB",
    isReached: idle < 200 * 2 ** 20,
  }];
}

/** Asks again and again until a page comes. */
async function firstPage(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return void await answer.text();
    await answer?.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
