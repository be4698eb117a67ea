import { DatabaseSync } from "node:sqlite";
import { paths } from "../http/paths.ts";
import { HTMX } from "../tests/app.ts";
import { cpuTimeOf, memoryOf } from "../tests/faults/process.ts";
import { type Data, OWNER } from "./data.ts";
import { load } from "./load.ts";
import { count, duration, inTurns, median, medianRatio, type Row } from "./measure.ts";
import { type AppServer, historyOf, signInAt, startApp, startConstant } from "./servers.ts";

const ROUNDS = 9;
const LIMITS = { wall: 5.5, cpu: 10.5, poll: 3 };

/** Compares the newest page with `node:sqlite` reading its rows and with a constant response, and its poll with the page. */
export async function page(data: Data): Promise<Row[]> {
  await using server = await startApp(data);
  await using constant = await startConstant();
  const cookie = await signInAt(server, OWNER);
  const read = prepareRead(data);
  // The compiler needs thousands of pages to optimize the code.
  await load(historyOf(server), { cookie, seconds: 5 });

  const cpuTimes: number[] = [];
  const { pages, hellos, reads, polls } = await inTurns(ROUNDS, {
    hellos: async () => (await load(constant.address)).rate,
    pages: async () => {
      const before = cpuTimeOf(server.pid);
      const { requests, rate } = await load(historyOf(server), { cookie });
      cpuTimes.push((cpuTimeOf(server.pid) - before) / requests);
      return rate;
    },
    reads: () => read(),
    // Nothing is new, but a new minute, which renews the relative times.
    polls: async () => (await load(await pollOf(server, cookie), { cookie, headers: HTMX })).rate,
  });
  const times = pages.map((rate) => 1000 / rate);
  const [wall, cpu] = [medianRatio(times, reads), medianRatio(cpuTimes, reads)];
  const poll = medianRatio(polls, pages);
  return [{
    work: "history page, 25 rows, signed in, a million rows",
    measured: `${count(median(pages))} a second: ${duration(median(times))}`,
    beside: `node:sqlite reads its rows: ${duration(median(reads))}`,
    ratio: wall.toFixed(1),
    limit: String(LIMITS.wall),
    isWithin: wall <= LIMITS.wall,
  }, {
    work: "the same, processor time of all threads",
    measured: duration(median(cpuTimes)),
    beside: `node:sqlite reads its rows: ${duration(median(reads))}`,
    ratio: cpu.toFixed(1),
    limit: String(LIMITS.cpu),
    isWithin: cpu <= LIMITS.cpu,
  }, {
    work: "the same beside a constant response",
    measured: `${count(median(pages))} a second`,
    beside: `constant: ${count(median(hellos))} a second`,
    ratio: `${(medianRatio(pages, hellos) * 100).toFixed(1)}%`,
  }, {
    work: "memory after these pages",
    measured: `${memoryOf(server.pid)} MiB`,
  }, {
    work: "poll with nothing new",
    measured: `${count(median(polls))} a second`,
    beside: `the page: ${count(median(pages))} a second`,
    ratio: poll.toFixed(1),
    limit: `at least ${LIMITS.poll}`,
    isWithin: poll >= LIMITS.poll,
  }];
}

/** The URL that the current page polls. */
async function pollOf(server: AppServer, cookie: string): Promise<string> {
  const text = await (await fetch(historyOf(server), { headers: { Cookie: cookie } })).text();
  const version = /name="version" value="([^"]+)"/.exec(text)?.[1];
  if (version === undefined) throw new Error("Cannot measure the poll: the page has no version");
  return `${server.address}${paths.live}?version=${version}`;
}

/** Prepares the page's rows in `node:sqlite`; the function returns the milliseconds that one read takes. */
function prepareRead({ file, owner }: Data): () => number {
  const db = new DatabaseSync(file, { readOnly: true });
  const statement = db.prepare(`
    select id, opened_at, last_seen_at, closed_at, end_reason, ip, country_code, device
    from connections where user_id = ? order by opened_at desc, id desc limit 26`);
  const times = 2_000;
  return () => {
    const start = performance.now();
    for (let i = 0; i < times; i++) statement.all(owner);
    return (performance.now() - start) / times;
  };
}
