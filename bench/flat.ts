import { DatabaseSync } from "node:sqlite";
import { type Data, NEIGHBOUR, OWNER } from "./data.ts";
import { load } from "./load.ts";
import { count, inTurns, median, medianRatio, type Row } from "./measure.ts";
import { historyOf, signIn, startApp } from "./servers.ts";
import { writeCursor } from "../http/history_query.ts";

const ROUNDS = 7;
const PAGE = 25;

/** What else is asked of a history of a million rows, beside its first page. */
export async function flat(data: Data): Promise<Row[]> {
  await using server = await startApp(data);
  const [cookie, neighbour] = [await signIn(server, OWNER), await signIn(server, NEIGHBOUR)];
  const { last, day } = placesOf(data);
  const rate = (query: string, as = cookie) => async () =>
    (await load(historyOf(server, query), { cookie: as, seconds: 1 })).rate;
  await load(historyOf(server), { cookie, seconds: 4 });

  const rates = await inTurns(ROUNDS, {
    "first page": rate(""),
    "page 40,000, the oldest": rate(`before=${last}`),
    "by country": rate("country=ES"),
    "by address": rate("ip=46.16.0.1"),
    "by network": rate("ip=46.16"),
    "closed": rate("state=closed"),
    "refused": rate("state=refused"),
    "open": rate("state=open"),
    "between two days": rate(`from=${day}&to=${day}`),
    "first page of an account of 1,000 rows": rate("", neighbour),
    "by address and country": rate("ip=46.16&country=FR"),
  });
  const { "first page": first, ...others } = rates;
  return Object.entries(others).map(([work, values]) => {
    const ratio = medianRatio(first, values);
    const goal = work === "by address and country" ? "1,000 rows read at most" : "1.2";
    return {
      work,
      measured: `${count(median(values))} a second`,
      limit: `first page: ${count(median(first))} a second`,
      ratio: ratio.toFixed(2),
      goal,
      isReached: goal !== "1.2" || ratio <= 1.2,
    };
  });
}

/** Where the oldest page begins, and a day in the middle of the year. */
function placesOf({ file, owner }: Data): { last: string; day: string } {
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
