import { sql } from "drizzle-orm";
import { createMiddleware } from "hono/factory";
import type { Env } from "./env.ts";
import { paths } from "./paths.ts";

/**
 * `GET /health` for load balancers and supervisors: 200 when the database answers, 503 when it doesn't. It stands before all
 * other guards, since who asks knows neither our host name nor a password.
 */
export const health = createMiddleware<Env>(async (c, next) => {
  if (c.req.path !== paths.health || !["GET", "HEAD"].includes(c.req.method)) return await next();
  try {
    await c.var.db.get(sql`select 1`);
    return c.json({ status: "ok" });
  } catch {
    return c.json({ status: "unavailable" }, 503, { "Retry-After": "5" });
  }
});
