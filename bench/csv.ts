import { paths } from "../http/paths.ts";
import { memoryOf } from "../tests/faults/process.ts";
import { type Data, OWNER } from "./data.ts";
import { load } from "./load.ts";
import { count, duration, inTurns, median, medianRatio, type Row, timeOf } from "./measure.ts";
import { type AppServer, historyOf, signInAt, startApp } from "./servers.ts";

const ROUNDS = 5;
const LIMITS = { ratio: 0.45, memory: 32, firstByte: 50, page: 100 };

/** Compares the CSV of a million rows with the `sqlite3` shell writing the same rows, with the same form of times. */
export async function csv(data: Data): Promise<Row[]> {
  await using server = await startApp(data);
  const cookie = await signInAt(server, OWNER);
  await load(historyOf(server), { cookie, seconds: 3 });
  const { rows } = await download(server, cookie);

  const before = memoryOf(server.pid);
  const firstBytes: number[] = [];
  const growths: number[] = [];
  const { ours, shells } = await inTurns(ROUNDS, {
    shells: async () => rows / await timeOf(() => exportByShell(data)) * 1000,
    ours: async () => {
      const { seconds, firstByte, peak } = await download(server, cookie);
      firstBytes.push(firstByte);
      growths.push(peak - before);
      return rows / seconds;
    },
  });
  const p99s: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [{ p99 }] = await Promise.all([
      load(historyOf(server), { cookie, seconds: 4, connections: 4 }),
      download(server, cookie),
    ]);
    p99s.push(p99);
  }
  const ratio = medianRatio(ours, shells);
  const [growth, firstByte, p99] = [median(growths), median(firstBytes), median(p99s)];
  return [{
    work: `CSV of ${count(rows)} rows`,
    measured: `${count(median(ours))} rows a second`,
    beside: `sqlite3 shell: ${count(median(shells))} rows a second`,
    ratio: ratio.toFixed(2),
    limit: `at least ${LIMITS.ratio} (aim: 0.6)`,
    isWithin: ratio >= LIMITS.ratio,
  }, {
    work: "memory growth during the download",
    measured: `${growth} MiB`,
    beside: `before it: ${before} MiB`,
    limit: `${LIMITS.memory} MiB`,
    isWithin: growth < LIMITS.memory,
  }, {
    work: "the download's first byte",
    measured: duration(firstByte),
    limit: `${LIMITS.firstByte} ms`,
    isWithin: firstByte < LIMITS.firstByte,
  }, {
    work: "pages during a download, 99th percentile",
    measured: duration(p99),
    limit: `${LIMITS.page} ms`,
    isWithin: p99 < LIMITS.page,
  }];
}

/** Downloads all rows. `firstByte` is in milliseconds, `peak` the server's highest memory in MiB. */
async function download(server: AppServer, cookie: string) {
  let peak = 0;
  const watch = setInterval(() => peak = Math.max(peak, memoryOf(server.pid)), 200);
  const start = performance.now();
  // In other processes, so that the download doesn't wait for this one.
  const script = 'curl -s -H "$1" -w "%{stderr}%{time_starttransfer}" "$2" | wc -l';
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", `Cookie: ${cookie}`, `${server.address}${paths.csv}`],
  }).output();
  const seconds = (performance.now() - start) / 1000;
  clearInterval(watch);
  const rows = Number(new TextDecoder().decode(stdout)) - 1;
  return { rows, seconds, firstByte: Number(new TextDecoder().decode(stderr)) * 1000, peak };
}

/** Exports the same columns with SQLite's own shell. */
async function exportByShell({ file, owner }: Data): Promise<void> {
  const iso = (column: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;
  const select = (columns: string, table: string) => `select ${columns} from ${table} where user_id = '${owner}'`;
  const connections = select(
    `opened_at as at, last_seen_at, closed_at, case when closed_at is null then 'open' else 'closed' end as state,
    end_reason, ip, country_code, device, user_agent, '' as attempts, unusual, id`,
    "connections",
  );
  const refusals = select(
    "first_at, last_at, null, 'refused', reason, ip, country_code, device, user_agent, attempts, null, id",
    "refusals",
  );
  const query = `
    select ${iso("at")}, ${iso("last_seen_at")}, ${iso("closed_at")}, state, end_reason, ip, country_code,
      country_code, device, user_agent, attempts, unusual
    from (${connections} union all ${refusals} order by at desc, id desc)`;
  const { success, stderr } = await new Deno.Command("sqlite3", {
    args: ["-readonly", "-csv", file, query],
    stdout: "null",
  }).output();
  if (!success) throw new Error(`Cannot export with the sqlite3 shell: ${new TextDecoder().decode(stderr)}`);
}
