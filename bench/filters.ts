import { DatabaseSync } from "node:sqlite";
import { writeCursor } from "../http/history_query.ts";
import { type Data, NEIGHBOUR, OWNER } from "./data.ts";
import { load } from "./load.ts";
import { count, inTurns, median, medianRatio, type Row } from "./measure.ts";
import { historyOf, signInAt, startApp } from "./servers.ts";

const ROUNDS = 7;
const PAGE = 25;
/** Filters that one index answers, and the oldest page, take at most this many times as long as the first page. */
const LIMIT = 1.2;

/** Compares filtered and older pages of a million rows with their first page. */
export async function filters(data: Data): Promise<Row[]> {
  await using server = await startApp(data);
  const [cookie, neighbour] = [await signInAt(server, OWNER), await signInAt(server, NEIGHBOUR)];
  const { last, day } = findPlaces(data);
  const rate = (query: string, as = cookie) => async () =>
    (await load(historyOf(server, query), { cookie: as, seconds: 1 })).rate;
  await load(historyOf(server), { cookie, seconds: 4 });

  const { "first page": first, "by address and country": search, ...others } = await inTurns(ROUNDS, {
    "first page": rate(""),
    "page 40,000, the oldest": rate(`before=${last}`),
    "by country": rate("country=ES"),
    "by address": rate("ip=46.16.0.1"),
    "by IPv4 /16": rate("ip=46.16"),
    "by IPv6 /64": rate("ip=2a0c:5a80:1b08:5"),
    "closed": rate("state=closed"),
    "refused": rate("state=refused"),
    "open": rate("state=open"),
    "one day": rate(`from=${day}&to=${day}`),
    "first page of an account of 1,000 rows": rate("", neighbour),
    "by address and country": rate("ip=46.16&country=FR"),
  });
  const row = (work: string, rates: number[]): Row => ({
    work,
    measured: `${count(median(rates))} a second`,
    beside: `first page: ${count(median(first))} a second`,
    ratio: medianRatio(first, rates).toFixed(2),
  });
  return [
    ...Object.entries(others).map(([work, rates]) => ({
      ...row(work, rates),
      limit: String(LIMIT),
      isWithin: medianRatio(first, rates) <= LIMIT,
    })),
    row("by address and country, searching 1,000 rows", search),
  ];
}

/** Finds where the oldest page begins, and a day in the middle of the history. */
function findPlaces({ file, owner }: Data): { last: string; day: string } {
  const db = new DatabaseSync(file, { readOnly: true });
  const oldest = db.prepare(`
    select id, opened_at from connections where user_id = ? order by opened_at, id limit 1 offset ${PAGE}`).get(owner);
  db.close();
  const openedAt = Number(oldest?.opened_at);
  const middle = new Date((openedAt + Date.now()) / 2).toISOString();
  return {
    last: writeCursor({ openedAt, id: String(oldest?.id) }),
    day: middle.slice(0, "2026-11-23".length),
  };
}
