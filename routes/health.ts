import { sql } from "drizzle-orm";
import { Hono } from "hono";
import { type Db, tryToWrite } from "../db/database.ts";
import type { AppOptions, Env } from "../http/env.ts";
import { paths } from "../http/paths.ts";

export const health = new Hono<Env>();

/** How often it writes, in milliseconds: anybody may call it. */
const WRITE_INTERVAL = 5_000;

/** For load balancers and supervisors, under any `Host`: 200 if the database answers and can be written, otherwise 503. */
health.get(paths.health, async (c) => {
  const { options } = c.var;
  try {
    await Promise.all([options.db.get(sql`select 1`), writeNowAndThen(options)]);
    return c.json({ status: "ok" });
  } catch {
    return c.json({ status: "unavailable" }, 503, { "Retry-After": "5" });
  }
});

const lastWrites = new WeakMap<Db, { at: number; written: Promise<void> }>();

/** In between, the last write counts; after one that failed, the next call tries again. */
async function writeNowAndThen({ db, now }: AppOptions): Promise<void> {
  const last = lastWrites.get(db);
  if (last && Math.abs(now() - last.at) < WRITE_INTERVAL) return await last.written;
  const written = tryToWrite(db);
  lastWrites.set(db, { at: now(), written });
  await written.catch((error) => {
    lastWrites.delete(db);
    throw error;
  });
}
