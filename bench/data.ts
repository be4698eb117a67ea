import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { openDatabase } from "../db/database.ts";
import { closeAsOperator } from "../db/connections.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { addUser, findUser } from "../db/users.ts";

/** The account that has half of all connections, and one that has a thousand. Both have the same password. */
export const OWNER = "owner@example.com";
export const NEIGHBOUR = "neighbour@example.com";
export const PASSWORD = "correct horse battery staple";

const MILLION = 1_000_000;
const OTHERS = 1_000;
const DAY = 86_400_000;
const YEAR = 360 * DAY;

/** The two million connections in a file, and how the accounts are called in it. */
export type Data = { file: string; owner: string; neighbour: string };

/**
 * A database of two million connections: a million of one account, the rest of a thousand others. Built once, in seconds, and
 * used again until the tables change: the file's name tells which migrations it has.
 */
export async function buildData(): Promise<Data> {
  const folder = fileURLToPath(new URL("../data/bench/", import.meta.url));
  const migrations = Array.from(Deno.readDirSync(new URL("../db/migrations/", import.meta.url)), ({ name }) => name);
  const newest = migrations.filter((name) => name.endsWith(".sql")).sort().at(-1)?.slice(0, 4);
  const file = `${folder}two-million-${newest}.db`;
  if (!await isThere(file)) await build(folder, file);

  const db = await openDatabase(`file:${file}`);
  const [owner, neighbour] = [await findUser(db, OWNER), await findUser(db, NEIGHBOUR)];
  // What earlier runs left open: each begins with the same page.
  await closeAsOperator(db, "everyone", Date.now());
  db.$client.close();
  return { file, owner: owner!.id, neighbour: neighbour!.id };
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
  await db.$client.execute("update users set time_zone = 'Europe/Madrid'");
  db.$client.close();

  fill(unfinished, owner!.id, neighbour!.id, now);
  await Deno.rename(unfinished, file);
  console.error(`Built ${file} in ${Math.round((performance.now() - started) / 1000)} s`);
}

/** Fills the tables in one process, without their indexes and without caring for a crash: it takes a third of the time. */
function fill(file: string, owner: string, neighbour: string, now: number): void {
  const db = new DatabaseSync(file);
  db.exec("pragma synchronous = off; pragma journal_mode = off; pragma cache_size = -200000");
  const indexes = db.prepare("select name, sql from sqlite_master where type = 'index' and sql is not null").all();
  for (const { name } of indexes) db.exec(`drop index ${name}`);

  const others = `case i % ${OTHERS} when 0 then '${neighbour}' else printf('other-%04d', i % ${OTHERS}) end`;
  db.exec(`
    insert into users (id, email, password_hash, created_at)
    ${series(OTHERS)} select printf('other-%04d', i), printf('other-%04d@example.com', i), '', 0 from n where i > 0`);
  db.exec(connections(`'${owner}'`, 0, now));
  db.exec(connections(others, MILLION, now));
  db.exec(refusals(owner, now));
  db.exec(`
    insert into known (user_id, kind, value, last_at)
    select distinct user_id, 'country', country_code, ${now} from connections
    union all select distinct user_id, 'network', network, ${now} from connections
    union all select distinct user_id, 'device', device, ${now} from connections`);
  for (const { sql } of indexes) db.exec(String(sql));
  db.exec("analyze; drop table sqlite_stat1; pragma journal_mode = wal");
  db.close();
}

/** A million closed connections over a year, the last one an hour old: of many countries, networks and devices, IPv6 among them. */
function connections(user: string, from: number, now: number): string {
  const openedAt = `(${now - YEAR - DAY / 24} + (i + 1) * ${YEAR / MILLION})`;
  const lastSeenAt = `(${openedAt} + (i * 7919) % 3600000)`;
  const devices = `case i % 4
    when 0 then ('Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0|Firefox on Linux')
    when 1 then ('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36|Chrome on Windows')
    when 2 then ('Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1|Safari on iPhone')
    else 'curl/8.14.1|curl' end`;
  return `
    insert into connections (id, user_id, opened_at, last_seen_at, expires_at, closed_at, end_reason, closed_by, ip, network,
      country_code, user_agent, device, device_kind, unusual, answer)
    ${series(MILLION)}, rows as (
      select *, i % 8 = 5 as is_v6, ${devices} as seen from n)
    select printf('%08x-%04x-7000-8000-%012x', i, i % 65536, ${from} + i), ${user},
      ${openedAt}, ${lastSeenAt}, ${openedAt} + ${7 * DAY}, ${lastSeenAt} + 1000,
      case i % 4 when 0 then 'password_changed' when 1 then 'closed' else 'signed_out' end, null,
      case when is_v6 then printf('2a0c:5a80:1b08:%x::%x', i % 40, 1 + i % 200)
        else printf('%d.%d.%d.%d', 46 + i % 3, 16 + i % 40, i % 200, 1 + i % 250) end,
      case when is_v6 then printf('2a0c:5a80:1b08:%x', i % 40) else printf('%d.%d', 46 + i % 3, 16 + i % 40) end,
      substr('ESFRDEITPTGBUSBRARMXCLCOPEUYCHATBENLSEPL', 1 + 2 * (i % 20), 2),
      substr(seen, 1, instr(seen, '|') - 1), substr(seen, instr(seen, '|') + 1),
      case i % 4 when 2 then 'phone' when 3 then 'script' else 'computer' end,
      iif(i % 20000 = 7, 'new_country', null), iif(i % 20000 = 7, 'me', null)
    from rows`;
}

function refusals(user: string, now: number): string {
  const firstAt = `(${now - YEAR} + i * ${YEAR / 2_000})`;
  return `
    insert into refusals (id, user_id, hour, first_at, last_at, attempts, addresses, reason, ip, network, country_code,
      user_agent, device, device_kind)
    ${series(2_000)}
    select printf('%08x-0000-7000-9000-%012x', i, i), '${user}', i, ${firstAt}, ${firstAt} + 60000, 1 + i % 40, 1 + i % 5,
      'wrong_password', '45.134.26.9', '45.134', 'RU', 'curl/8.5', 'curl', 'script' from n`;
}

function series(count: number): string {
  return `with recursive n (i) as (select 0 union all select i + 1 from n where i < ${count - 1})`;
}

async function isThere(file: string): Promise<boolean> {
  return await Deno.stat(file).then(({ isFile }) => isFile, () => false);
}
