import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { createPasswords } from "../credentials/passwords.ts";
import { openDatabase } from "../db/database.ts";
import { addUser, findUser } from "../db/users.ts";
import { dayOf, startsOfLastDays } from "../words/time_zones.ts";

/** The account with half of all connections, and one with a thousand. Both have the same password. */
export const OWNER = "owner@example.com";
export const NEIGHBOUR = "neighbour@example.com";
export const PASSWORD = "correct horse battery staple";

const MILLION = 1_000_000;
const OTHERS = 1_000;
const DAY = 86_400_000;
const YEAR = 360 * DAY;
const ZONE = "Europe/Madrid";

/** The owner's last days, each with connections, an unusual one among them, and refused sign-ins: the most that a page's chart can show. */
const RECENT_DAYS = 30;
const CONNECTIONS_A_DAY = 25;
const REFUSALS_A_DAY = 5;
const RECENT = RECENT_DAYS * CONNECTIONS_A_DAY;

/** The database's file, and the accounts' ids in it. */
export type Data = { file: string; owner: string; neighbour: string };

/**
 * Builds a database of two million connections, a million of one account and the rest of a thousand others. It is built once a day, because
 * the chart counts back from today, and once for each migration. Every run starts with the same rows.
 */
export async function prepareData(): Promise<Data> {
  const folder = fileURLToPath(new URL("../data/bench/", import.meta.url));
  const migrations = Array.from(Deno.readDirSync(new URL("../db/migrations/", import.meta.url)), ({ name }) => name);
  const newest = migrations.filter((name) => name.endsWith(".sql")).sort().at(-1)?.slice(0, 4);
  const file = `${folder}two-million-${newest}-${dayOf(Date.now(), ZONE)}.db`;
  if (!await isFile(file)) await build(folder, file);
  removeOpened(file);

  const db = await openDatabase(`file:${file}`);
  const [owner, neighbour] = [await findUser(db, OWNER), await findUser(db, NEIGHBOUR)];
  db.$client.close();
  return { file, owner: owner!.id, neighbour: neighbour!.id };
}

/** Removes what measurements added: the connections with a session, those of closing.ts, known browsers, and the limiter's counters. */
export function removeOpened(file: string): void {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  db.exec(`
    begin immediate;
    delete from connections where id in (select connection_id from sessions);
    delete from connections where id >= 'bench-' and id < 'bench.';
    delete from browser_users;
    delete from browsers;
    delete from limits;
    commit`);
  db.close();
}

async function build(folder: string, file: string): Promise<void> {
  const started = performance.now();
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const unfinished = `${file}.unfinished`;
  const now = Date.now();
  const db = await openDatabase(`file:${unfinished}`);
  const hash = (await createPasswords().hash(PASSWORD))!;
  for (const email of [OWNER, NEIGHBOUR]) await addUser(db, email, hash, now - YEAR);
  const [owner, neighbour] = [await findUser(db, OWNER), await findUser(db, NEIGHBOUR)];
  await db.$client.execute(`update users set time_zone = '${ZONE}'`);
  db.$client.close();

  fill(unfinished, owner!.id, neighbour!.id, now);
  await Deno.rename(unfinished, file);
  console.error(`Built ${file} in ${Math.round((performance.now() - started) / 1000)} s`);
}

/** Fills the tables without their indexes and without syncing, which takes a third of the time. */
function fill(file: string, owner: string, neighbour: string, now: number): void {
  const db = new DatabaseSync(file);
  db.exec("pragma synchronous = off; pragma journal_mode = off; pragma cache_size = -200000");
  const indexes = db.prepare("select name, sql from sqlite_master where type = 'index' and sql is not null").all();
  for (const { name } of indexes) db.exec(`drop index ${name}`);

  const starts = startsOfLastDays(RECENT_DAYS, now, ZONE);
  const before = starts[0]!;
  const others = `case i % ${OTHERS} when 0 then '${neighbour}' else printf('other-%04d', i % ${OTHERS}) end`;
  const spread = (rows: number) => `(${before} - (${rows} - i) * ${YEAR / rows})`;
  db.exec(`
    insert into users (id, email, password_hash, created_at)
    ${series(OTHERS)} select printf('other-%04d', i), printf('other-%04d@example.com', i), '', 0 from n where i > 0`);
  db.exec(`
    create temp table days (day integer primary key, start integer, length integer);
    insert into days values ${
    starts.slice(0, -1).map((start, day) => {
      return `(${day}, ${start}, ${Math.min(now, starts[day + 1]!) - start})`;
    })
  }`);
  const older = MILLION - RECENT;
  const isUnusual = `i % ${CONNECTIONS_A_DAY} = 7`;
  db.exec(insertConnections({ rows: older, user: `'${owner}'`, from: 0, openedAt: spread(older), now }));
  db.exec(insertConnections({
    ...{ rows: RECENT, user: `'${owner}'`, from: older, openedAt: timeInDays(CONNECTIONS_A_DAY), isUnusual, now },
  }));
  db.exec(insertConnections({ rows: MILLION, user: others, from: MILLION, openedAt: spread(MILLION), now }));
  db.exec(insertRefusals({ rows: 2_000, user: owner, from: 0, firstAt: spread(2_000) }));
  db.exec(insertRefusals({
    ...{ rows: RECENT_DAYS * REFUSALS_A_DAY, user: owner, from: 2_000, firstAt: timeInDays(REFUSALS_A_DAY) },
  }));
  db.exec(`
    insert into known (user_id, kind, value, last_at)
    select distinct user_id, 'country', country_code, ${now} from connections
    union all select distinct user_id, 'network', network, ${now} from connections
    union all select distinct user_id, 'device', device, ${now} from connections`);
  for (const { sql } of indexes) db.exec(String(sql));
  db.exec("analyze; drop table sqlite_stat1; pragma journal_mode = wal");
  db.close();
}

/** Spreads so many rows over each of the recent days, today's over what has passed of it. */
function timeInDays(rowsADay: number): string {
  return `(select start + (i % ${rowsADay} + 1) * length / ${rowsADay + 1} from days where day = i / ${rowsADay})`;
}

/** Inserts closed connections of many countries, networks and devices, an eighth of them with IPv6. `i` counts them. */
export function insertConnections(
  { rows, user, from, openedAt, isUnusual = "false", now }: {
    rows: number;
    user: string;
    from: number;
    openedAt: string;
    isUnusual?: string;
    now: number;
  },
): string {
  const devices = `case i % 4
    when 0 then ('Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0|Firefox on Linux')
    when 1 then ('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36|Chrome on Windows')
    when 2 then ('Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1|Safari on iPhone')
    else 'curl/8.14.1|curl' end`;
  return `
    insert into connections (id, user_id, opened_at, last_seen_at, expires_at, closed_at, end_reason, ip, network, country_code,
      user_agent, device, device_kind, unusual)
    ${
    series(rows)
  }, timed as (select *, cast(${openedAt} as integer) as opened_at, ${devices} as seen, i % 8 = 5 as is_v6 from n),
    ended as (select *, min(opened_at + (i * 7919) % 3600000, ${now}) as last_seen_at from timed)
    select printf('%08x-%04x-7000-8000-%012x', i, i % 65536, ${from} + i), ${user}, opened_at, last_seen_at, opened_at + ${
    7 * DAY
  }, last_seen_at,
      case i % 4 when 0 then 'password_changed' when 1 then 'closed' else 'signed_out' end,
      case when is_v6 then printf('2a0c:5a80:1b08:%x::%x', i % 40, 1 + i % 200)
        else printf('%d.%d.%d.%d', 46 + i % 3, 16 + i % 40, i % 200, 1 + i % 250) end,
      case when is_v6 then printf('2a0c:5a80:1b08:%x', i % 40) else printf('%d.%d', 46 + i % 3, 16 + i % 40) end,
      substr('ESFRDEITPTGBUSBRARMXCLCOPEUYCHATBENLSEPL', 1 + 2 * (i % 20), 2),
      substr(seen, 1, instr(seen, '|') - 1), substr(seen, instr(seen, '|') + 1),
      case i % 4 when 2 then 'phone' when 3 then 'script' else 'computer' end,
      iif(${isUnusual}, 'new_country', null)
    from ended`;
}

function insertRefusals(
  { rows, user, from, firstAt }: { rows: number; user: string; from: number; firstAt: string },
): string {
  return `
    insert into refusals (id, user_id, hour, first_at, last_at, attempts, addresses, reason, ip, network, country_code,
      user_agent, device, device_kind)
    ${series(rows)}, timed as (select *, cast(${firstAt} as integer) as first_at from n)
    select printf('%08x-0000-7000-9000-%012x', i, ${from} + i), '${user}', ${from} + i, first_at, first_at + 60000, 1 + i % 40,
      1 + i % 5, 'wrong_password', '45.134.26.9', '45.134', 'RU', 'curl/8.5', 'curl', 'script' from timed`;
}

function series(count: number): string {
  return `with recursive n (i) as (select 0 union all select i + 1 from n where i < ${count - 1})`;
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}
