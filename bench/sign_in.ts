import { openDatabase } from "../db/database.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { addUser, findUser } from "../db/users.ts";
import { createApp } from "../routes/app.tsx";
import { paths } from "../http/paths.ts";
import { Browser, CHEAP, ORIGIN } from "../tests/app.ts";
import { type Data, OWNER, PASSWORD } from "./data.ts";
import { load } from "./load.ts";
import { duration, inTurns, mebibytes, median, type Row, timeOf } from "./measure.ts";
import { type AppServer, historyOf, memoryOf, signIn as signInAt, startApp } from "./servers.ts";

const DAY = 86_400_000;
const ROUNDS = 25;
const WARM_UP = 200;
/** Has a hash that costs next to nothing, so that what is left of its sign-in can be seen. */
const CHEAP_USER = "cheap@example.com";

/** What a sign-in costs beside its password hash, and what a flood of them does to who is in. */
export async function signin(data: Data): Promise<Row[]> {
  return [...await beyondTheHash(data), ...await flood(data)];
}

async function beyondTheHash({ file }: Data): Promise<Row[]> {
  const db = await openDatabase(`file:${file}`);
  const [cheap, real] = [createPasswords(CHEAP), createPasswords()];
  if (!await findUser(db, CHEAP_USER)) await addUser(db, CHEAP_USER, (await cheap.hash(PASSWORD))!, Date.now());
  const hash = (await real.hash(PASSWORD))!;
  const background = new Set<Promise<void>>();
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
    background: (work) => void background.add(work),
  });
  let took = 0;
  const timed = {
    async fetch(request: Request, env: object) {
      const start = performance.now();
      const answer = await app.fetch(request, env);
      took = performance.now() - start;
      return answer;
    },
  };
  const form = new Browser(app, background);
  const csrf = (await form.get(paths.signIn)).$("[name=csrf]").attr("value") ?? "";
  async function signInOnce(): Promise<number> {
    const browser = new Browser(timed, background);
    browser.cookies.set("form", form.cookies.get("form")!);
    const { status } = await browser.post(paths.signIn, { email: CHEAP_USER, password: PASSWORD, csrf });
    if (status !== 303) throw new Error(`Cannot sign in: the answer was ${status}`);
    return took;
  }
  // As at a server that has been running for a while: the compiler takes some hundred to make the best of the code.
  for (let i = 0; i < WARM_UP; i++) await signInOnce();
  const { hashes, signIns } = await inTurns(ROUNDS, {
    hashes: () => timeOf(() => real.verify(PASSWORD, hash)),
    signIns: signInOnce,
  });
  db.$client.close();
  return [{
    work: "a sign-in, all but its hash",
    measured: duration(median(signIns)),
    limit: `the hash: ${duration(median(hashes))}`,
    ratio: (median(signIns) / median(hashes)).toFixed(2),
    goal: "5 ms",
    isReached: median(signIns) < 5,
  }];
}

/** Wrong passwords from many addresses, 32 at once, so that each is hashed until there is no place left. */
async function flood(data: Data): Promise<Row[]> {
  await using server = await startApp(data, { TRUSTED_PROXIES: "127.0.0.1" });
  const cookie = await signInAt(server, OWNER);
  await load(historyOf(server), { cookie, seconds: 3 });
  const calm: number[] = [];
  const flooded: number[] = [];
  const memories: number[] = [];
  for (let round = 0; round < 5; round++) {
    calm.push((await load(historyOf(server), { cookie, seconds: 1, connections: 1 })).p99);
    const flooding = new AbortController();
    const floods = Array.from({ length: 32 }, (_, i) => knock(server, `${round}-${i}`, flooding.signal));
    flooded.push((await load(historyOf(server), { cookie, seconds: 2, connections: 1 })).p99);
    memories.push(await memoryOf(server.pid));
    flooding.abort();
    await Promise.all(floods);
  }
  return [{
    work: "pages while 32 sign in at once, 99 of 100 within",
    measured: duration(median(flooded)),
    limit: `with nobody signing in: ${duration(median(calm))}`,
    ratio: (median(flooded) / median(calm)).toFixed(1),
    goal: "20 ms",
    isReached: median(flooded) < 20,
  }, {
    work: "memory in such a flood",
    measured: mebibytes(Math.max(...memories)),
    limit: "",
    ratio: "",
    goal: "300 MiB",
    isReached: Math.max(...memories) < 300 * 2 ** 20,
  }];
}

/** Tries passwords one after the other, each from another address and at another account, until told to stop. */
async function knock(server: AppServer, name: string, signal: AbortSignal): Promise<void> {
  const browser = server.browser();
  const csrf = (await browser.get(paths.signIn)).$("[name=csrf]").attr("value") ?? "";
  for (let i = 0; !signal.aborted; i++) {
    const digits = Array.from(crypto.getRandomValues(new Uint8Array(3))).join(".");
    const answer = await fetch(`${server.address}${paths.signIn}`, {
      method: "POST",
      redirect: "manual",
      headers: {
        "Origin": server.address,
        "Cookie": `form=${browser.cookies.get("form")}`,
        "X-Forwarded-For": `198.${digits}`,
      },
      body: new URLSearchParams({ email: `${name}-${i}@example.com`, password: `wrong ${PASSWORD}`, csrf }),
    });
    await answer.body?.cancel();
  }
}
