import { createPasswords } from "../credentials/passwords.ts";
import { openDatabase } from "../db/database.ts";
import { addUser, findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { createApp } from "../routes/app.tsx";
import { Browser, CHEAP, ORIGIN, STRANGER } from "../tests/app.ts";
import { memoryOf } from "../tests/faults/process.ts";
import { verify } from "../tests/passwords.ts";
import { type Data, OWNER, PASSWORD } from "./data.ts";
import { load } from "./load.ts";
import { duration, inTurns, median, medianRatio, type Row, timeOf } from "./measure.ts";
import { type AppServer, historyOf, signInAt, startApp } from "./servers.ts";

const DAY = 86_400_000;
const ROUNDS = 25;
const WARM_UP = 200;
const FLOODS = 7;
const FLOOD_SIZE = 32;
/** Milliseconds and MiB, but for the two ratios. */
const LIMITS = { rest: 0.1, pages: 30, owner: 3_000, memory: 300 };
/** Has a hash that costs nearly nothing, which shows the rest of its sign-in. */
const CHEAP_USER = "cheap@example.com";

/** Measures what a sign-in costs besides its password hash, and what a flood of sign-ins does to others. */
export async function signIn(data: Data): Promise<Row[]> {
  return [...await besidesHash(data), ...await flood(data)];
}

async function besidesHash({ file }: Data): Promise<Row[]> {
  const db = await openDatabase(`file:${file}`);
  const [cheap, real] = [createPasswords(CHEAP), createPasswords()];
  if (!await findUser(db, CHEAP_USER)) await addUser(db, CHEAP_USER, (await cheap.hash(PASSWORD))!, Date.now());
  const hash = (await real.hash(PASSWORD))!;
  const pending = new Set<Promise<void>>();
  const app = createApp({
    db,
    origin: new URL(ORIGIN),
    now: Date.now,
    countryOf: () => Promise.resolve("none"),
    passwords: cheap,
    log: () => {},
    lifetime: { idle: 7 * DAY, max: 30 * DAY },
    retention: 0,
    trustedProxies: [],
    waitUntil: (work) => void pending.add(work),
  });
  let took = 0;
  const timed = {
    async fetch(request: Request, env: object) {
      const start = performance.now();
      const response = await app.fetch(request, env);
      took = performance.now() - start;
      return response;
    },
  };
  const form = new Browser(app, pending);
  const csrf = (await form.get(paths.signIn)).$("[name=csrf]").attr("value") ?? "";
  async function signInOnce(): Promise<number> {
    const browser = new Browser(timed, pending);
    browser.cookies.set("form", form.cookies.get("form")!);
    const { status } = await browser.post(paths.signIn, { email: CHEAP_USER, password: PASSWORD, csrf });
    if (status !== 303) throw new Error(`Cannot sign in: the status was ${status}`);
    return took;
  }
  for (let i = 0; i < WARM_UP; i++) await signInOnce();
  const { hashes, signIns } = await inTurns(ROUNDS, {
    hashes: () => timeOf(() => verify(real, PASSWORD, hash, STRANGER)),
    signIns: signInOnce,
  });
  db.$client.close();
  const ratio = medianRatio(signIns, hashes);
  return [{
    work: "a sign-in without its hash",
    measured: duration(median(signIns)),
    beside: `the hash: ${duration(median(hashes))}`,
    ratio: ratio.toFixed(2),
    limit: String(LIMITS.rest),
    isWithin: ratio <= LIMITS.rest,
  }];
}

/** Wrong passwords from many addresses, more at once than can be hashed or queued. */
async function flood(data: Data): Promise<Row[]> {
  await using server = await startApp(data, { TRUSTED_PROXIES: "127.0.0.1" });
  const cookie = await signInAt(server, OWNER);
  await load(historyOf(server), { cookie, seconds: 3 });
  const quiet: number[] = [];
  const flooded: number[] = [];
  const ownerTimes: number[] = [];
  const memories: number[] = [];
  for (let round = 0; round < FLOODS; round++) {
    quiet.push((await load(historyOf(server), { cookie, seconds: 1, connections: 1 })).p99);
    const flooding = new AbortController();
    const floods = Array.from({ length: FLOOD_SIZE }, (_, i) => guess(server, `${round}-${i}`, flooding.signal));
    flooded.push((await load(historyOf(server), { cookie, seconds: 2, connections: 1 })).p99);
    memories.push(memoryOf(server.pid));
    ownerTimes.push(await timeOf(() => signInPersistently(server)));
    flooding.abort();
    await Promise.all(floods);
  }
  const ratio = medianRatio(flooded, quiet);
  const [ownerTime, memory] = [median(ownerTimes), Math.max(...memories)];
  return [{
    work: `pages during ${FLOOD_SIZE} sign-ins at once, 99th percentile`,
    measured: duration(median(flooded)),
    beside: `with nobody signing in: ${duration(median(quiet))}`,
    ratio: ratio.toFixed(1),
    limit: String(LIMITS.pages),
    isWithin: ratio <= LIMITS.pages,
  }, {
    work: "the owner's sign-in meanwhile, with retries",
    measured: duration(ownerTime),
    beside: `the slowest of ${FLOODS}: ${duration(Math.max(...ownerTimes))}`,
    limit: `${LIMITS.owner / 1000} s`,
    isWithin: ownerTime < LIMITS.owner,
  }, {
    work: "memory meanwhile",
    measured: `${memory} MiB`,
    limit: `${LIMITS.memory} MiB`,
    isWithin: memory < LIMITS.memory,
  }];
}

/** Signs the owner in, and tries again for as long as the server says that it is busy. */
async function signInPersistently(server: AppServer): Promise<void> {
  const browser = server.browser();
  for (;;) {
    const { status } = await browser.signIn(OWNER, PASSWORD);
    if (status === 303) return;
    if (status !== 503) throw new Error(`Cannot sign in during the flood: the status was ${status}`);
  }
}

/** Guesses passwords one after the other, each from another address and for another account, until aborted. */
async function guess(server: AppServer, name: string, signal: AbortSignal): Promise<void> {
  const browser = server.browser();
  const csrf = (await browser.get(paths.signIn)).$("[name=csrf]").attr("value") ?? "";
  for (let i = 0; !signal.aborted; i++) {
    const digits = Array.from(crypto.getRandomValues(new Uint8Array(3))).join(".");
    const response = await fetch(`${server.address}${paths.signIn}`, {
      method: "POST",
      redirect: "manual",
      headers: {
        "Origin": server.address,
        "Cookie": `form=${browser.cookies.get("form")}`,
        "X-Forwarded-For": `198.${digits}`,
      },
      body: new URLSearchParams({ email: `${name}-${i}@example.com`, password: `wrong ${PASSWORD}`, csrf }),
    });
    await response.body?.cancel();
  }
}
