import { DatabaseSync } from "node:sqlite";
import { paths } from "../http/paths.ts";
import { flagsOf, run } from "../tests/processes.ts";
import { type Data, NEIGHBOUR, OWNER } from "./data.ts";
import { openDatabase } from "../db/database.ts";
import { closeOtherConnections } from "../db/connections.ts";
import { resumeSession } from "../db/sessions.ts";
import { load } from "./load.ts";
import { count, duration, inTurns, median, medianRatio, type Row, timeOf } from "./measure.ts";
import { historyOf, signIn, startApp } from "./servers.ts";

const ROUNDS = 7;
const DAY = 86_400_000;

/** Closing a hundred connections of an account, beside SQLite's own update; and everyone's ten thousand, by the command. */
export async function closing(data: Data): Promise<Row[]> {
  const own = await closeOwn(data);
  return [...own, ...await closeAll(data)];
}

async function closeOwn(data: Data): Promise<Row[]> {
  const db = await openDatabase(`file:${data.file}`);
  await using server = await startApp(data);
  const cookie = await signIn(server, OWNER);
  const session = (await resumeSession(db, cookie.split("=")[1], { isReading: true, now: Date.now() }))!;
  let closed = 0;
  const { ours, limits } = await inTurns(ROUNDS, {
    limits: async () => {
      open(data, 100, () => data.owner);
      const sqlite = new DatabaseSync(data.file, { timeout: 5_000 });
      sqlite.exec("pragma synchronous = full");
      const update = sqlite.prepare(`update connections set closed_at = ?, end_reason = 'closed'
        where user_id = ? and closed_at is null and expires_at > ? and id <> ?`);
      const took = await timeOf(() => update.run(Date.now(), data.owner, Date.now(), session.connectionId));
      sqlite.close();
      return took;
    },
    ours: async () => {
      open(data, 100, () => data.owner);
      return await timeOf(async () => closed = await closeOtherConnections(db, session, Date.now()));
    },
  });
  if (closed < 100) throw new Error(`Cannot measure closing: ${closed} of 100 were open`);
  db.$client.close();
  forget(data);
  return [{
    work: "closing an account's 100 open connections",
    measured: duration(median(ours)),
    limit: `the update in node:sqlite: ${duration(median(limits))}`,
    ratio: medianRatio(ours, limits).toFixed(1),
    goal: "5 ms",
    isReached: median(ours) < 5,
  }];
}

async function closeAll(data: Data): Promise<Row[]> {
  await using server = await startApp(data);
  const flags = [...await flagsOf("users"), "close", "--everyone"];
  const calm: number[] = [];
  const busy: number[] = [];
  const took: number[] = [];
  const variables = { DATABASE_URL: `file:${data.file}`, RETENTION_DAYS: "0" };
  for (let round = 0; round < 5; round++) {
    const cookie = await signIn(server, NEIGHBOUR);
    open(data, 10_000, (i) => `other-${String(1 + i % 999).padStart(4, "0")}`);
    calm.push((await load(historyOf(server), { cookie, seconds: 1, connections: 4 })).p99);
    const [{ p99 }, seconds] = await Promise.all([
      load(`${server.address}${paths.signIn}`, { cookie: "", seconds: 1, connections: 4 }),
      timeOf(async () => {
        const { code, stdout, stderr } = await run(flags, { path: "data/bench" }, variables);
        if (code !== 0 || !/Closed 1\d{4}/.test(stdout)) throw new Error(`Cannot close everyone's: ${stdout}${stderr}`);
      }),
    ]);
    busy.push(p99);
    took.push(seconds);
  }
  forget(data);
  return [{
    work: "users close --everyone with 10,000 open, the whole command",
    measured: duration(median(took)),
    limit: "",
    ratio: "",
    goal: "1 s",
    isReached: median(took) < 1000,
  }, {
    work: "pages meanwhile, 99 of 100 within",
    measured: duration(median(busy)),
    limit: `with nothing closed: ${duration(median(calm))}`,
    ratio: medianRatio(busy, calm).toFixed(1),
    goal: "100 ms",
    isReached: median(busy) < 100,
  }];
}

/** Opens connections just now, which expire tomorrow, in the name of an account each. */
function open({ file }: Data, many: number, userOf: (i: number) => string): void {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  const now = Date.now();
  const insert = db.prepare(
    `insert into connections (id, user_id, opened_at, last_seen_at, expires_at, closed_at, end_reason, closed_by, ip,
    network, country_code, user_agent, device) values (?, ?, ?, ?, ?, null, null, null,
    '192.0.2.1', '192.0', 'none', 'bench', 'bench')`,
  );
  db.exec("begin immediate");
  for (let i = 0; i < many; i++) insert.run(`bench-${crypto.randomUUID()}`, userOf(i), now, now, now + DAY);
  db.exec("commit");
  db.close();
}

/** Takes away what `open` made. */
function forget({ file }: Data): void {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  const { changes } = db.prepare("delete from connections where id >= 'bench-' and id < 'bench.'").run();
  console.error(`  removed ${count(Number(changes))} connections that were made for it`);
  db.close();
}
