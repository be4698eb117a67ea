import { openDatabase } from "../../db/database.ts";
import { EMAIL } from "../app.ts";
import type { Folder } from "../processes.ts";

/** Gives the account closed connections, enough for a download that takes a while. */
export async function addHistory(folder: Folder, rows: number, email = EMAIL): Promise<void> {
  const db = await openDatabase(`file:${folder.path}/connections.db`);
  await db.$client.execute({
    sql: `with recursive n (i) as (select 1 union all select i + 1 from n where i < ?)
      insert into connections
        (id, user_id, opened_at, last_seen_at, expires_at, closed_at, end_reason, ip, network, country_code, user_agent, device)
      select 'old ' || i || ' ' || id, id, 1e12 + i, 1e12 + i, 1e12 + i, 1e12 + i, 'signed_out', '203.0.113.9', '203.0', 'none',
        'a user agent that is as long as they are in real life, with every browser that it was ever compatible with', 'Firefox on Linux'
      from n, users where email = ?`,
    args: [rows, email],
  });
  db.$client.close();
}
