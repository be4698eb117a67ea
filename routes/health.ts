import { sql } from "drizzle-orm";
import type { Context } from "hono";
import type { Env } from "../http/env.ts";

/**
 * For load balancers and supervisors: 200 when the database answers, 503 when it doesn't. It stands before the guards, since
 * who asks knows neither our host name nor a password.
 */
export async function health(c: Context<Env>) {
  try {
    await c.var.db.get(sql`select 1`);
    return c.json({ status: "ok" });
  } catch {
    return c.json({ status: "unavailable" }, 503, { "Retry-After": "5" });
  }
}
