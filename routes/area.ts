import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { markSeen } from "../db/connections.ts";
import { createCountryLookup } from "../db/countries.ts";
import { createPasswords } from "../db/passwords.ts";
import { resumeSession } from "../db/sessions.ts";
import type { Owner } from "../views/layout.tsx";
import { createApp } from "./app.tsx";
import { findAsset } from "./assets.ts";
import type { AppOptions } from "./env.ts";
import { methodsOf } from "./guards.tsx";
import { languageOf } from "./languages.ts";
import { createLog, describeError } from "./log.ts";
import { paths } from "./paths.ts";

const DAY = 86_400_000;

/** What `createApp` takes; all but the database and the origin have the values that `deno task start` has. */
export type AreaOptions = Pick<AppOptions, "db" | "origin"> & Partial<AppOptions>;

/**
 * The area inside somebody else's Hono app.
 *
 * `area` is a middleware for after their own routes: it answers the area's paths, by an app of its own with its guards, headers and
 * error pages, and lets every other request go on untouched. Nothing before it may read a form's body.
 *
 * `findOwner` says who is signed in, for their own pages; `null` for nobody. Being asked is use of the account, like a page of the area.
 */
export function createArea(
  options: AreaOptions,
): { area: MiddlewareHandler; findOwner: (c: Context) => Promise<Owner | null> } {
  const settings = withDefaults(options);
  const app = createApp(settings);
  const methods = methodsOf(app);

  function isOwn(path: string): boolean {
    const file = paths.static("");
    if (path.startsWith(file)) return findAsset(path.slice(file.length)) !== undefined;
    return methods.match("ALL", path)[0].length > 0;
  }

  return {
    area: async (c, next) => isOwn(c.req.path) ? await app.fetch(c.req.raw, c.env) : await next(),

    async findOwner(c) {
      const { db, origin, now, lifetime, background, log } = settings;
      const cookie = origin.protocol === "https:" ? getCookie(c, "session", "host") : getCookie(c, "session");
      const isReading = c.req.method === "GET" || c.req.method === "HEAD";
      const session = await resumeSession(db, cookie, { isReading, now: now() });
      if (session === null || session.end !== null) return null;

      const seen = markSeen(db, session, lifetime, now());
      background(seen.catch((error) => log("sys_crash", { path: c.req.path, error: describeError(error) })));
      return { email: session.email, csrf: session.csrf, language: languageOf(c, session) };
    },
  };
}

function withDefaults(options: AreaOptions): AppOptions {
  const log = options.log ?? createLog(console.log, Date.now);
  return {
    now: Date.now,
    countryOf: createCountryLookup((error) => log("sys_crash", { part: "country data", error: describeError(error) })),
    passwords: createPasswords(),
    log,
    lifetime: { idle: 7 * DAY, max: 30 * DAY },
    retention: 365 * DAY,
    trustedProxies: [],
    background: () => {},
    ...options,
  };
}
