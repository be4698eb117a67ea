import { and, desc, eq, inArray, ne, type SQL, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { jsonObject, prepare } from "./driver/prepared.ts";
import { browsers, browserUsers, connections } from "./schema.ts";
import { isHashOf, newSecret, newSessionId, parseCookie, type Secret } from "./sessions.ts";

/** How long a browser is recognised after its last sign-in, in milliseconds: as long as a cookie can last (RFC 6265bis). */
export const BROWSER_AGE = 400 * 86_400_000;
const MAX_BROWSERS = 100;

const findSecret = prepare<{ id: string; secretHash: string }>(sql`
  select ${jsonObject({ id: browsers.id, secretHash: browsers.secretHash })} from ${browsers}
  where ${browsers.id} = ${sql.placeholder("id")}`);

/** Finds the browser behind a cookie; `null` if there is none. It proves nothing to an account that doesn't know it. */
export async function findBrowser(db: Db, cookie: string | undefined): Promise<string | null> {
  const sent = parseCookie(cookie);
  const stored = sent && await findSecret(db, { id: sent.id });
  return stored && isHashOf(sent.secret, stored.secretHash) ? stored.id : null;
}

export function newBrowser(): Secret {
  return newSecret(newSessionId());
}

export function recordBrowser(db: Db, browser: Secret | string, connectionId: string, now: number) {
  const id = typeof browser === "string" ? browser : browser.id;
  const opened = sql`exists (select 1 from ${connections} where ${connections.id} = ${connectionId})`;
  const store = typeof browser === "string"
    ? db.update(browsers).set({ lastAt: now }).where(and(eq(browsers.id, id), opened))
    : db.run(
      sql`insert into browsers (id, secret_hash, last_at) select ${id}, ${browser.hash}, ${now} where ${opened}`,
    );
  return [store, learnBrowsers(db, sql`connections.id = ${connectionId} and unusual is null`, now)] as const;
}

export function learnBrowsers(db: Db, selected: SQL | undefined, now: number) {
  return db.run(sql`
    insert into browser_users (user_id, browser_id, first_at, last_at)
    select distinct user_id, browser, ${now}, ${now} from connections
    where ${selected} and exists (select 1 from browsers where id = browser)
    on conflict do update set last_at = max(last_at, excluded.last_at)`);
}

export function forgetBrowsers(db: Db, userId: string, except: string | null, condition?: SQL) {
  return db.delete(browserUsers).where(
    and(eq(browserUsers.userId, userId), except === null ? undefined : ne(browserUsers.browserId, except), condition),
  );
}

export async function forgetBrowser(db: Db, userId: string, browserId: string): Promise<void> {
  await db.delete(browserUsers).where(and(eq(browserUsers.userId, userId), eq(browserUsers.browserId, browserId)));
}

export function forgetOldest(db: Db, userId: string) {
  const oldest = db.select({ id: browserUsers.browserId }).from(browserUsers).where(eq(browserUsers.userId, userId))
    .orderBy(desc(browserUsers.lastAt)).limit(Number.MAX_SAFE_INTEGER).offset(MAX_BROWSERS);
  return db.delete(browserUsers).where(and(eq(browserUsers.userId, userId), inArray(browserUsers.browserId, oldest)));
}
