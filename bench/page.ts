import { DatabaseSync } from "node:sqlite";
import { type Data, OWNER } from "./data.ts";
import { load } from "./load.ts";
import { count, duration, inTurns, mebibytes, median, medianRatio, type Row } from "./measure.ts";
import { paths } from "../http/paths.ts";
import { type AppServer, historyOf, memoryOf, signIn, startApp, startConstant } from "./servers.ts";

const ROUNDS = 9;

/** How htmx asks. */
const HTMX = { "HX-Request": "true", "HX-Request-Type": "partial" };

/** The newest page of the history beside what no page can be faster than: a constant answer, and SQLite reading its rows. */
export async function page(data: Data): Promise<Row[]> {
  await using server = await startApp(data);
  await using constant = await startConstant();
  const cookie = await signIn(server, OWNER);
  const read = readOwnPage(data);
  // The compiler takes some thousand pages to make the best of the code.
  await load(historyOf(server), { cookie, seconds: 5 });

  const { pages, hellos, reads, polls } = await inTurns(ROUNDS, {
    hellos: async () => (await load(constant.address)).rate,
    pages: async () => (await load(historyOf(server), { cookie })).rate,
    reads: () => read(),
    // Nothing new: but for the turn of a minute, which renews the page's relative times.
    polls: async () => (await load(await pollOf(server, cookie), { cookie, headers: HTMX })).rate,
  });
  const ratio = medianRatio(pages, hellos);
  const took = 1000 / median(pages);
  return [{
    work: "history page, 25 rows, signed in, a million rows",
    measured: `${count(median(pages))} a second`,
    limit: `constant answer: ${count(median(hellos))} a second`,
    ratio: `${(ratio * 100).toFixed(1)}%`,
    goal: "2.5% (aim: 6%)",
    isReached: ratio >= 0.025,
  }, {
    work: "the same page beside its rows from a statement prepared in node:sqlite",
    measured: duration(took),
    limit: duration(median(reads)),
    ratio: (took / median(reads)).toFixed(1),
    goal: `memory after it: ${mebibytes(await memoryOf(server.pid))}`,
    isReached: true,
  }, {
    work: "what an open page asks every 5 seconds, with nothing new",
    measured: `${count(median(polls))} a second`,
    limit: `the page: ${count(median(pages))} a second`,
    ratio: medianRatio(polls, pages).toFixed(1),
    goal: "4",
    isReached: medianRatio(polls, pages) >= 4,
  }];
}

/** The address at which the page asks whether there is something new, with the tag of what it has now. */
async function pollOf(server: AppServer, cookie: string): Promise<string> {
  const text = await (await fetch(historyOf(server), { headers: { Cookie: cookie } })).text();
  const tag = /name="since" value="([^"]+)"/.exec(text)?.[1];
  if (tag === undefined) throw new Error("Cannot measure the poll: the page has no tag");
  return `${server.address}${paths.live}?since=${tag}`;
}

/** Reads the same rows with `node:sqlite`; returns the milliseconds of one reading. */
function readOwnPage({ file, owner }: Data): () => number {
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
