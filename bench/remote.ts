import { fileURLToPath } from "node:url";
import { createPasswords } from "../credentials/passwords.ts";
import { openDatabase } from "../db/database.ts";
import { addUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { memoryOf } from "../tests/faults/process.ts";
import { flagsOf, freePort, processOf, startServer } from "../tests/processes.ts";
import { sendEach } from "../tests/remote_requests.ts";
import { OWNER, PASSWORD } from "./data.ts";
import { duration, inTurns, median, type Row, timeOf } from "./measure.ts";
import { waitForPage } from "./start.ts";

/** How long a message to the database takes, in milliseconds: next to it, and across a continent. */
const LATENCIES = { near: 0, far: 40 };
const ROUNDS = 7;
/** Milliseconds. */
const COLD_START = 450;

/** Measures requests, and the start, while the database is elsewhere. The server is the tests' stand-in, so only what latency adds is real. */
export async function remote(): Promise<Row[]> {
  await using near = await startWithDatabase(LATENCIES.near);
  await using far = await startWithDatabase(LATENCIES.far);
  const times = { near: new Map<string, number[]>(), far: new Map<string, number[]>() };
  const measure = (name: keyof typeof times, { server }: Started) =>
    sendEach({
      browser: () => server.browser(),
      signIn: (browser) => browser.signIn(OWNER, PASSWORD),
      passMinute: () => {},
    }, async (request, send) => {
      const taken = times[name].get(request) ?? [];
      times[name].set(request, [...taken, await timeOf(send)]);
    });
  for (let round = 0; round < ROUNDS; round++) {
    await measure("near", near);
    await measure("far", far);
  }
  const requests = [...times.far].map(([request, taken]) => ({
    work: `database 80 ms away: ${request}`,
    measured: duration(median(taken)),
    beside: `next to it: ${duration(median(times.near.get(request) ?? []))}`,
  }));
  const memory = { work: "memory meanwhile", measured: `${memoryOf(far.server.pid)} MiB` };
  return [...requests, memory, await coldStart(near, far)];
}

/** From the command to the history of somebody who is signed in. */
async function coldStart(near: Started, far: Started): Promise<Row> {
  const flags = await flagsOf("start");
  const start = async ({ url, server }: Started) => {
    const port = freePort();
    const owner = server.browser();
    await owner.signIn(OWNER, PASSWORD);
    const cookie = `session-${port}=${owner.cookies.get("session")}`;
    const began = performance.now();
    const process = processOf(flags, { path: "data/bench" }, { PORT: String(port), DATABASE_URL: url });
    await waitForPage(`http://127.0.0.1:${port}${paths.connections}`, cookie);
    const took = performance.now() - began;
    process.kill("SIGKILL");
    await Promise.all([process.status, process.stdout.cancel(), process.stderr.cancel(), process.stdin.close()]);
    return took;
  };
  const taken = await inTurns(ROUNDS, { near: () => start(near), far: () => start(far) });
  return {
    work: "database 80 ms away: from the command to the first page",
    measured: duration(median(taken.far)),
    beside: `next to it: ${duration(median(taken.near))}`,
    limit: `${COLD_START} ms`,
    isWithin: median(taken.far) < COLD_START,
  };
}

type Started = Awaited<ReturnType<typeof startWithDatabase>>;

async function startWithDatabase(latency: number) {
  const port = freePort();
  const database = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      fileURLToPath(import.meta.resolve("../tests/hrana_server.ts")),
      ...[String(port), "none", String(latency)],
    ],
    stdout: "piped",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  const reader = database.stdout.getReader();
  await reader.read();
  const db = await openDatabase(url);
  await addUser(db, OWNER, (await createPasswords().hash(PASSWORD))!, Date.now());
  db.$client.close();
  const server = await startServer("start", { path: "data/bench" }, { DATABASE_URL: url });
  return {
    ...{ url, server },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      database.kill("SIGTERM");
      await Promise.all([database.status, reader.cancel()]);
    },
  };
}
