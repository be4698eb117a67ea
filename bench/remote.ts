import { fileURLToPath } from "node:url";
import { createPasswords } from "../credentials/passwords.ts";
import { openDatabase } from "../db/database.ts";
import { addUser, removeUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { memoryOf } from "../tests/faults/process.ts";
import { flagsOf, freePort, processOf, startServer } from "../tests/processes.ts";
import { sendEach } from "../tests/remote_requests.ts";
import { insertConnections, OWNER, PASSWORD } from "./data.ts";
import { count, duration, inTurns, median, type Row, timeOf } from "./measure.ts";
import { waitForPage } from "./start.ts";

/** How long a message to the database takes, in milliseconds: next to it, and across a continent. */
const LATENCIES = { near: 0, far: 40 };
const ROUNDS = 7;
/** Milliseconds. */
const COLD_START = 450;
const DOWNLOAD = { rows: 50_000, limit: 3_000 };
/** The least bytes of one. */
const ROW = 100;
const YEAR = 365 * 86_400_000;

/**
 * Measures requests, and the start, while the database is elsewhere: the server in `TEST_DATABASE_URL`. Without one it is the tests' stand-in,
 * and only what latency adds is real.
 */
export async function remote(): Promise<Row[]> {
  await using database = await startDatabase();
  await using near = await startApp(database.url, LATENCIES.near);
  await using far = await startApp(database.url, LATENCIES.far);
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
  return [...requests, memory, await coldStart(near, far), await download(database, near, far)];
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

/** The whole history of an account with many closed connections. */
async function download(database: Database, near: Started, far: Started): Promise<Row> {
  const { rows, limit } = DOWNLOAD;
  const now = Date.now();
  await database.db.$client.execute(insertConnections({
    ...{ rows, user: `(select id from users where email = '${OWNER}')`, from: 0, now },
    openedAt: `(${now - YEAR} + i * ${YEAR / rows})`,
  }));
  const taken = await inTurns(ROUNDS, {
    near: () => downloadFrom(near),
    far: () => downloadFrom(far),
  });
  return {
    work: `database 80 ms away: CSV of ${count(rows)} rows`,
    measured: duration(median(taken.far)),
    beside: `next to it: ${duration(median(taken.near))}`,
    limit: duration(limit),
    isWithin: median(taken.far) < limit,
  };
}

/** Returns how long it takes, in milliseconds. */
async function downloadFrom({ server }: Started): Promise<number> {
  const browser = server.browser();
  await browser.signIn(OWNER, PASSWORD);
  const cookie = `session-${new URL(server.address).port}=${browser.cookies.get("session")}`;
  let bytes = 0;
  const took = await timeOf(async () => {
    const response = await fetch(`${server.address}${paths.csv}`, { headers: { Cookie: cookie } });
    for await (const chunk of response.body!) bytes += chunk.length;
  });
  if (bytes < DOWNLOAD.rows * ROW) throw new Error(`The download has only ${bytes} bytes`);
  return took;
}

type Database = Awaited<ReturnType<typeof startDatabase>>;
type Started = Awaited<ReturnType<typeof startApp>>;

/** Starts the program as `deno task start` does, with a database that is so many milliseconds away. */
async function startApp(database: string, latency: number) {
  const between = latency === 0 ? null : delay(database, latency);
  const url = between?.url ?? database;
  const server = await startServer("start", { path: "data/bench" }, { DATABASE_URL: url });
  return {
    ...{ url, server },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await between?.server.shutdown();
    },
  };
}

/** Passes calls on, each way so many milliseconds later. */
function delay(target: string, latency: number) {
  const wait = () => new Promise((resolve) => setTimeout(resolve, latency));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const body = await request.bytes();
    await wait();
    const { method, headers, url } = request;
    const response = await fetch(new URL(new URL(url).pathname, target), { method, headers, body });
    const answer = await response.bytes();
    await wait();
    return new Response(answer, { status: response.status, headers: { "Content-Type": "application/json" } });
  });
  return { server, url: `http://127.0.0.1:${server.addr.port}` };
}

/** The server in `TEST_DATABASE_URL`, or the tests' stand-in as a process, with the owner's account. */
async function startDatabase() {
  const given = Deno.env.get("TEST_DATABASE_URL");
  const port = freePort();
  const standIn = given ? null : new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", fileURLToPath(import.meta.resolve("../tests/hrana_server.ts")), String(port)],
    stdout: "piped",
  }).spawn();
  const reader = standIn?.stdout.getReader();
  await reader?.read();
  const url = given ?? `http://127.0.0.1:${port}`;
  const db = await openDatabase(url, Deno.env.get("TEST_DATABASE_AUTH_TOKEN"));
  await addUser(db, OWNER, (await createPasswords().hash(PASSWORD))!, Date.now());
  return {
    ...{ db, url },
    async [Symbol.asyncDispose]() {
      await removeUser(db, OWNER);
      db.$client.close();
      standIn?.kill("SIGTERM");
      await Promise.all([standIn?.status, reader?.cancel()]);
    },
  };
}
