import { DatabaseSync } from "node:sqlite";
import { closeOtherConnections } from "../db/connections.ts";
import { openDatabase } from "../db/database.ts";
import { resumeSession } from "../db/sessions.ts";
import { paths } from "../http/paths.ts";
import { flagsOf, run } from "../tests/processes.ts";
import { type Data, NEIGHBOUR, OWNER, removeOpened } from "./data.ts";
import { load } from "./load.ts";
import { duration, inTurns, median, medianRatio, type Row, timeOf } from "./measure.ts";
import { historyOf, signInAt, startApp } from "./servers.ts";

const ROUNDS = 7;
const DAY = 86_400_000;
/** In milliseconds. */
const LIMITS = { own: 5, everyone: 1_000, page: 100 };

/** Compares closing an account's hundred connections with SQLite's own update, and measures the command that closes everyone's 10,000. */
export async function closing(data: Data): Promise<Row[]> {
  return [...await closeOwn(data), ...await closeEveryones(data)];
}

async function closeOwn(data: Data): Promise<Row[]> {
  const db = await openDatabase(`file:${data.file}`);
  await using server = await startApp(data);
  const cookie = await signInAt(server, OWNER);
  const session = (await resumeSession(db, cookie.split("=")[1], { isReading: true, now: Date.now() }))!;
  let closed = 0;
  const { ours, updates } = await inTurns(ROUNDS, {
    updates: async () => {
      openMany(data, 100, () => data.owner);
      const sqlite = new DatabaseSync(data.file, { timeout: 5_000 });
      sqlite.exec("pragma synchronous = full");
      const update = sqlite.prepare(`update connections set closed_at = ?, end_reason = 'closed'
        where user_id = ? and closed_at is null and expires_at > ? and id <> ?`);
      const took = await timeOf(() => update.run(Date.now(), data.owner, Date.now(), session.connectionId));
      sqlite.close();
      return took;
    },
    ours: async () => {
      openMany(data, 100, () => data.owner);
      return await timeOf(async () => closed = await closeOtherConnections(db, session, Date.now()));
    },
  });
  if (closed < 100) throw new Error(`Cannot measure closing: ${closed} of 100 were open`);
  db.$client.close();
  removeOpened(data.file);
  return [{
    work: "closing an account's 100 open connections",
    measured: duration(median(ours)),
    beside: `the update in node:sqlite: ${duration(median(updates))}`,
    ratio: medianRatio(ours, updates).toFixed(1),
    limit: `${LIMITS.own} ms`,
    isWithin: median(ours) < LIMITS.own,
  }];
}

async function closeEveryones(data: Data): Promise<Row[]> {
  await using server = await startApp(data);
  const flags = [...await flagsOf("users"), "close", "--everyone"];
  const variables = { DATABASE_URL: `file:${data.file}`, RETENTION_DAYS: "0" };
  const quiet: number[] = [];
  const busy: number[] = [];
  const commands: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const cookie = await signInAt(server, NEIGHBOUR);
    openMany(data, 10_000, (i) => `other-${String(1 + i % 999).padStart(4, "0")}`);
    quiet.push((await load(historyOf(server), { cookie, seconds: 1, connections: 4 })).p99);
    const [{ p99 }, took] = await Promise.all([
      load(`${server.address}${paths.signIn}`, { seconds: 1, connections: 4 }),
      timeOf(async () => {
        const { code, stdout, stderr } = await run(flags, { path: "data/bench" }, variables);
        if (code !== 0 || !/Closed 1\d{4}/.test(stderr)) throw new Error(`Cannot close everyone's: ${stdout}${stderr}`);
      }),
    ]);
    busy.push(p99);
    commands.push(took);
  }
  removeOpened(data.file);
  return [{
    work: "users close --everyone with 10,000 open, the whole command",
    measured: duration(median(commands)),
    limit: `${LIMITS.everyone / 1000} s`,
    isWithin: median(commands) < LIMITS.everyone,
  }, {
    work: "pages meanwhile, 99th percentile",
    measured: duration(median(busy)),
    beside: `with nothing closed: ${duration(median(quiet))}`,
    ratio: medianRatio(busy, quiet).toFixed(1),
    limit: `${LIMITS.page} ms`,
    isWithin: median(busy) < LIMITS.page,
  }];
}

/** Opens connections that expire tomorrow; `removeOpened` finds them by their ids. */
function openMany({ file }: Data, many: number, userOf: (i: number) => string): void {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  const now = Date.now();
  const insert = db.prepare(
    `insert into connections (id, user_id, opened_at, last_seen_at, expires_at, ip, network, country_code, user_agent, device)
    values (?, ?, ?, ?, ?, '192.0.2.1', '192.0', 'none', 'bench', 'bench')`,
  );
  db.exec("begin immediate");
  for (let i = 0; i < many; i++) insert.run(`bench-${crypto.randomUUID()}`, userOf(i), now, now, now + DAY);
  db.exec("commit");
  db.close();
}
