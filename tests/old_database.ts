import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { createPasswords } from "../credentials/passwords.ts";
import { CHEAP, DAY, EMAIL, PASSWORD, START } from "./app.ts";

/** The files that made the database before connections had a device kind and accounts knew their countries, with their times in the journal. */
const MIGRATIONS = { "0000_start": 1795503852969, "0001_confirmation": 1795534135065 };

/**
 * Fills the file with an account and its closed connections, as the version before 0002_unusual left them: from 50 networks in Spain, on a
 * phone and a computer in turns.
 */
export async function createOldDatabase(path: string, rows: number): Promise<void> {
  const hash = (await createPasswords(CHEAP).hash(PASSWORD))!;
  const db = new DatabaseSync(path);
  db.exec("pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -200000; begin");
  db.exec("create table __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)");
  const statements: string[] = [];
  for (const [name, when] of Object.entries(MIGRATIONS)) {
    const text = await Deno.readTextFile(new URL(`../db/migrations/${name}.sql`, import.meta.url));
    statements.push(...text.split("--> statement-breakpoint"));
    db.prepare("insert into __drizzle_migrations (hash, created_at) values (?, ?)")
      .run(createHash("sha256").update(text).digest("hex"), when);
  }
  const isIndex = (statement: string) => /^\s*CREATE (UNIQUE )?INDEX/.test(statement);
  for (const statement of statements.filter((statement) => !isIndex(statement))) db.exec(statement);
  db.prepare("insert into users (id, email, password_hash, created_at) values ('marta', ?, ?, ?)")
    .run(EMAIL, hash, START - 300 * DAY);
  db.prepare(`
    with recursive n (i) as (select 1 union all select i + 1 from n where i < ?)
    insert into connections (id, user_id, opened_at, last_seen_at, expires_at, closed_at, end_reason, ip, network,
      country_code, user_agent, device)
    select printf('old-%08d', i), 'marta', ?2 + i, ?2 + i, ?2 + i, ?2 + i, 'signed_out', '203.0.113.9',
      '203.' || (i % 50), 'ES', 'a user agent that is as long as they are in real life, with a name and a version',
      iif(i % 2, 'Safari on iPhone', 'Firefox on Linux')
    from n`).run(rows, START - DAY);
  // Indexes are made faster over the rows than with them.
  for (const statement of statements.filter(isIndex)) db.exec(statement);
  db.exec("commit");
  db.close();
}
