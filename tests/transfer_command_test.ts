import assert from "node:assert/strict";
import { getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { openDatabase } from "../db/database.ts";
import * as schema from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { addAccount, type Browser, EMAIL, PASSWORD } from "./app.ts";
import { startHrana } from "./hrana.ts";
import { flagsOf, type Folder, makeFolder, ROOT, run, startServer, users } from "./processes.ts";

const TOKEN = "the token of the database";
const TABLES = Object.values(schema).filter((value) => is(value, SQLiteTable));

Deno.test("the lines in docs/operating.md take a database to a server and back, with every row, and nobody is signed out", async () => {
  await using folder = await makeFolder();
  await using hrana = await startHrana({ token: TOKEN });
  await users(folder, ["add", EMAIL], PASSWORD);
  const remote = { DATABASE_URL: hrana.url, DATABASE_AUTH_TOKEN: TOKEN };
  const [file, back] = [`file:${folder.path}/connections.db`, `file:${folder.path}/back.db`];
  const browser = await useOn(folder, {}, async (here) => {
    assert.equal((await here.signIn(EMAIL, "not the password at all")).status, 422);
    assert.equal((await here.signIn()).status, 303);
  });
  const before = await rowsOf(file);

  const [thereLine, backLine] = await readLines();
  const there = await transfer(folder, argumentsOf(thereLine!, file, hrana.url));
  await useOn(folder, remote, async (here) => assert.equal(await here.isIn(), true), browser);
  const kept = await rowsOf(hrana.url, TOKEN);
  const again = await transfer(folder, argumentsOf(backLine!, back, hrana.url));
  await useOn(folder, { DATABASE_URL: back }, async (here) => {
    assert.equal(await here.isIn(), true);
    assert.equal((await here.get(paths.connections)).$("tbody tr[id]").length, 2);
  }, browser);

  assert.deepEqual([there.code, again.code], [0, 0]);
  assert.equal(there.stderr, `Database: ${hrana.url}\nIt is new: there was none\n`);
  assert.match(there.stdout, /^users\t1\n[^]*connections\t1\n[^]*refusals\t1\nsessions\t1\n/);
  assert.deepEqual(Object.keys(before).sort(), TABLES.map((table) => getTableName(table)).sort());
  assert.deepEqual({ ...kept, connections: [], places: [] }, { ...before, connections: [], places: [] });
  assert.equal((await Deno.stat(`${folder.path}/back.db`)).mode! & 0o777, 0o600);
});

Deno.test("deno task transfer takes tables of more rows than a call", async () => {
  await using folder = await makeFolder();
  const file = `file:${folder.path}/connections.db`;
  const db = await openDatabase(file);
  await addAccount(db, EMAIL, PASSWORD);
  await db.$client.execute(
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2500) " +
      "insert into limits (key, count, expires_at) select 'key ' || i, i, i from n",
  );
  db.$client.close();

  const { code } = await transfer(folder, [file, `file:${folder.path}/copy.db`]);

  assert.equal(code, 0);
  assert.deepEqual(await rowsOf(`file:${folder.path}/copy.db`), await rowsOf(file));
});

Deno.test("deno task transfer that is cut off says so, and exits with status 1", async () => {
  await using folder = await makeFolder();
  await using hrana = await startHrana({ token: TOKEN });
  await users(folder, ["add", EMAIL], PASSWORD);
  hrana.breakWhen((sql) => sql.some((text) => /^insert or ignore/.test(text)) ? "error" : null);

  const { code, stderr } = await transfer(folder, [`file:${folder.path}/connections.db`, hrana.url]);

  assert.equal(code, 1);
  assert.match(stderr, /\nCannot transfer users: [^\n]+; what TO has is incomplete: remove it and begin again\n$/);
});

Deno.test("deno task transfer refuses a target with accounts and a source without any, and changes neither", async () => {
  await using folder = await makeFolder();
  await using other = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await users(other, ["add", "joan@example.com"], PASSWORD);
  const [full, filled] = [folder, other].map(({ path }) => `file:${path}/connections.db`);

  const overwriting = await transfer(folder, [full!, filled!]);
  const empty = await transfer(folder, [`file:${folder.path}/empty.db`, `file:${folder.path}/new.db`]);
  const unencrypted = await transfer(folder, [full!, "http://db.example"]);

  assert.deepEqual([overwriting.code, overwriting.stdout], [1, ""]);
  assert.match(overwriting.stderr, /\nCannot transfer: TO has accounts already; take an empty one\n$/);
  assert.deepEqual((await rowsOf(filled!)).users!.map(([, email]) => email), ["joan@example.com"]);
  assert.match(empty.stderr, /^There is no database at [^\n]+empty\.db\. [^\n]+\n$/);
  assert.equal(unencrypted.stderr, "Cannot transfer: FROM and TO must be file:…, libsql:… or https:…\n");
});

async function readLines(): Promise<string[]> {
  const page = await Deno.readTextFile(`${ROOT}docs/operating.md`);
  return page.match(/^connection-history transfer .+/gm) ?? [];
}

function argumentsOf(line: string, file: string, server: string): string[] {
  const [_script, _transfer, ...urls] = line.split(" ");
  return urls.map((url) => url.startsWith("file:") ? file : server);
}

async function transfer(folder: Folder, args: string[]) {
  return await run([...await flagsOf("transfer"), ...args], folder, { DATABASE_AUTH_TOKEN: TOKEN });
}

/** Runs the server while `use` uses a browser, with the cookies of `earlier`. */
async function useOn(
  folder: Folder,
  variables: Record<string, string>,
  use: (here: Browser) => Promise<void>,
  earlier?: Browser,
): Promise<Browser> {
  await using server = await startServer("start", folder, variables);
  const here = server.browser();
  earlier?.cookies.forEach((value, name) => here.cookies.set(name, value));
  await use(here);
  return here;
}

async function rowsOf(url: string, token?: string): Promise<Record<string, unknown[][]>> {
  const { $client } = await openDatabase(url, token);
  const rows: Record<string, unknown[][]> = {};
  for (const name of TABLES.map((table) => getTableName(table))) {
    rows[name] = (await $client.execute(`select * from "${name}" order by 1`)).rows.map((row) => Array.from(row));
  }
  $client.close();
  return rows;
}
