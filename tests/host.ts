import { Hono } from "hono";
import { createPasswords } from "../credentials/passwords.ts";
import { openDatabase } from "../db/database.ts";
import { type AreaOptions, createArea } from "../routes/area.ts";
import { Browser, CHEAP, ORIGIN, START } from "./app.ts";

/** Starts a host with its own sign-in, which believes whatever address it gets. */
export async function startHost(given: Partial<AreaOptions> = {}) {
  const clock = { now: START };
  const log: string[] = [];
  const pending = new Set<Promise<void>>();
  const db = await openDatabase(":memory:");
  const { area, requireOwner, users } = createArea({
    db,
    origin: new URL(ORIGIN),
    now: () => clock.now,
    log: (event, fields) => log.push(JSON.stringify({ event, ...fields })),
    passwords: createPasswords(CHEAP),
    waitUntil: (work) => void pending.add(work),
    gatherInterval: 0,
    linkDelay: 0,
    signIn: "/login",
    ...given,
  });
  const host = new Hono();
  host.get("/login", async (c) => {
    const { email = "", zone } = c.req.query();
    return c.text(String(await area.open(c, { email, ...(zone !== undefined && { timeZone: zone }) })));
  });
  host.get("/login/bare", async (c) => {
    await area.open(c, { email: c.req.query("email") ?? "" });
    c.header("X-Plan", "Small");
    c.header("Set-Cookie", "acme=1", { append: true });
    return new Response("bare");
  });
  host.get("/login/next", async (c) => {
    await area.open(c, { email: c.req.query("email") ?? "" });
    return c.redirect(area.next(c), 303);
  });
  host.get("/login/ended", async (c) => c.text(String(await area.ended(c))));
  host.get("/logout", async (c) => {
    await area.close(c);
    return c.text("closed");
  });
  host.get("/billing", requireOwner, (c) => c.text(c.var.owner.email));
  host.use(area);
  return { db, clock, log, users, browser: (ip?: string) => new Browser(host, pending, ip) };
}
