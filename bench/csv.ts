import { type Data, OWNER } from "./data.ts";
import { load } from "./load.ts";
import { count, duration, inTurns, mebibytes, median, medianRatio, type Row, timeOf } from "./measure.ts";
import { paths } from "../http/paths.ts";
import { type AppServer, historyOf, memoryOf, signIn, startApp } from "./servers.ts";

const ROUNDS = 5;

/** The whole history of a million rows as CSV, beside the `sqlite3` shell writing the same rows with the same times. */
export async function csv(data: Data): Promise<Row[]> {
  await using server = await startApp(data);
  const cookie = await signIn(server, OWNER);
  await load(historyOf(server), { cookie, seconds: 3 });
  const rows = (await download(server, cookie)).rows;

  const before = await memoryOf(server.pid);
  const firstBytes: number[] = [];
  const growths: number[] = [];
  const { ours, shells } = await inTurns(ROUNDS, {
    shells: async () => rows / await timeOf(() => exportByShell(data)) * 1000,
    ours: async () => {
      const { seconds, firstByte, most } = await download(server, cookie);
      firstBytes.push(firstByte);
      growths.push(most - before);
      return rows / seconds;
    },
  });
  const [{ p99 }] = await Promise.all([
    load(historyOf(server), { cookie, seconds: 4, connections: 4 }),
    download(server, cookie),
  ]);
  const ratio = medianRatio(ours, shells);
  const growth = median(growths);
  return [{
    work: `CSV of ${count(rows)} rows`,
    measured: `${count(median(ours))} rows a second`,
    limit: `sqlite3 shell: ${count(median(shells))} rows a second`,
    ratio: ratio.toFixed(2),
    goal: "0.5",
    isReached: ratio >= 0.5,
  }, {
    work: "memory that a download takes, at most",
    measured: mebibytes(growth),
    limit: `before it: ${mebibytes(before)}`,
    ratio: "",
    goal: "32 MiB",
    isReached: growth < 32 * 2 ** 20,
  }, {
    work: "the download's first byte",
    measured: duration(median(firstBytes)),
    limit: "",
    ratio: "",
    goal: "50 ms",
    isReached: median(firstBytes) < 50,
  }, {
    work: "pages during a download, 99 of 100 within",
    measured: duration(p99),
    limit: "",
    ratio: "",
    goal: "100 ms",
    isReached: p99 < 100,
  }];
}

/** Downloads all rows; `seconds` and `firstByte` (milliseconds) from the request on, `most` is the server's memory at its highest. */
async function download(server: AppServer, cookie: string) {
  let most = 0;
  const watch = setInterval(async () => most = Math.max(most, await memoryOf(server.pid)), 200);
  const start = performance.now();
  // Processes of their own, so that neither side waits for the other one's work.
  const script = 'curl -s -H "$1" -w "%{stderr}%{time_starttransfer}" "$2" | wc -l';
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", `Cookie: ${cookie}`, `${server.address}${paths.csv}`],
  }).output();
  const seconds = (performance.now() - start) / 1000;
  clearInterval(watch);
  const rows = Number(new TextDecoder().decode(stdout)) - 1;
  return { rows, seconds, firstByte: Number(new TextDecoder().decode(stderr)) * 1000, most };
}

/** The same by SQLite's own shell: the same columns, and times in the same form. */
async function exportByShell({ file, owner }: Data): Promise<void> {
  const iso = (column: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;
  const rows = (columns: string, table: string) => `select ${columns} from ${table} where user_id = '${owner}'`;
  const query = `select ${iso("at")}, ${iso("last_seen_at")}, ${iso("closed_at")}, state, end_reason, ip, country_code,
      country_code, device, user_agent, attempts
    from (${
    rows(
      `opened_at as at, last_seen_at, closed_at, case when closed_at is null then 'open' else 'closed' end as state,
      end_reason, ip, country_code, device, user_agent, '' as attempts, id`,
      "connections",
    )
  } union all ${
    rows(
      "first_at, last_at, null, 'refused', reason, ip, country_code, device, user_agent, attempts, id",
      "refusals",
    )
  } order by at desc, id desc)`;
  const { success, stderr } = await new Deno.Command("sqlite3", {
    args: ["-readonly", "-csv", file, query],
    stdout: "null",
  })
    .output();
  if (!success) throw new Error(`Cannot export by the sqlite3 shell: ${new TextDecoder().decode(stderr)}`);
}
