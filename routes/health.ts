import { sql } from "drizzle-orm";
import { Hono } from "hono";
import type { Env } from "../http/env.ts";
import { paths } from "../http/paths.ts";

export const health = new Hono<Env>();

/** For load balancers and supervisors, under any `Host`: 200 if the database answers, otherwise 503. */
health.get(paths.health, async (c) => {
  try {
    await c.var.options.db.get(sql`select 1`);
    return c.json({ status: "ok" });
  } catch {
    return c.json({ status: "unavailable" }, 503, { "Retry-After": "5" });
  }
});
