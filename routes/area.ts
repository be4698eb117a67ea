import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { markSeen } from "../db/connections.ts";
import { createCountryLookup } from "../visitor/countries.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { resumeSession } from "../db/sessions.ts";
import { Unavailable } from "../db/driver/unavailable.ts";
import { addUser, findUser, isEmail, removeUser, renameUser, resetPassword } from "../db/users.ts";
import type { Owner } from "../views/layout.tsx";
import { createApp } from "./app.tsx";
import { findAsset } from "../http/assets.ts";
import type { AppOptions } from "../http/env.ts";
import { methodsOf } from "../http/guards.tsx";
import { languageOf } from "../http/languages.ts";
import { createLog, describeError } from "../http/log.ts";
import { BUSY_RETRY_AFTER } from "../http/password_check.ts";
import { paths } from "../http/paths.ts";
import { askingOf, askToSignIn } from "../http/sessions.ts";

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
 * `requireOwner` is a middleware for pages of theirs that need somebody: it leads who is not signed in to the sign-in page and back,
 * and sets the variable `owner`.
 *
 * `users` changes the area's accounts, for who has a table of their own to keep in step.
 */
export function createArea(options: AreaOptions): {
  area: MiddlewareHandler;
  findOwner: (c: Context) => Promise<Owner | null>;
  requireOwner: MiddlewareHandler<{ Variables: { owner: Owner } }>;
  users: AreaUsers;
} {
  const settings = withDefaults(options);
  const app = createApp(settings);
  const methods = methodsOf(app);

  function isOwn(path: string): boolean {
    const file = paths.static("");
    if (path.startsWith(file)) return findAsset(path.slice(file.length)) !== undefined;
    return methods.match("ALL", path)[0].length > 0;
  }

  async function findOwner(c: Context): Promise<Owner | null> {
    const { db, origin, now, lifetime, background, log } = settings;
    const cookie = origin.protocol === "https:" ? getCookie(c, "session", "host") : getCookie(c, "session");
    const session = await resumeSession(db, cookie, askingOf(c, now()));
    if (session === null || session.end !== null) return null;

    const seen = markSeen(db, session, lifetime, now());
    background(seen.catch((error) => log("sys_crash", { path: c.req.path, error: describeError(error) })));
    return { email: session.email, csrf: session.csrf, language: languageOf(c, session) };
  }

  return {
    area: async (c, next) => isOwn(c.req.path) ? await app.fetch(c.req.raw, c.env) : await next(),
    findOwner,
    requireOwner: createMiddleware(async (c, next) => {
      const owner = await findOwner(c);
      if (owner === null) return askToSignIn(c);
      c.set("owner", owner);
      // Else Back would show the page to who comes after the owner.
      c.header("Cache-Control", "no-store");
      return await next();
    }),
    users: usersOf(settings),
  };
}

export type AreaUsers = ReturnType<typeof usersOf>;

/** Each says whether it was done. Those with a password throw `Unavailable` while too many are being hashed. */
function usersOf({ db, now, passwords }: AppOptions) {
  async function hash(password: string): Promise<string> {
    const hashed = await passwords.hash(password);
    if (hashed === null) throw new Unavailable("Cannot hash a password: too many are waiting for it", BUSY_RETRY_AFTER);
    return hashed;
  }

  return {
    /** `false` when there is one with this address, or it is none. What speaks against a password, `passwordProblem` says. */
    add: async (email: string, password: string) =>
      isEmail(email) && await addUser(db, email, await hash(password), now()),
    /** Its connections stay open. `false` when there is none, another one under the new address, or that is none. */
    rename: async (email: string, newEmail: string) => isEmail(newEmail) && await renameUser(db, email, newEmail),
    /** With its whole history, and out at the next request. `false` when there is none. */
    remove: (email: string) => removeUser(db, email),
    /** Closes what was opened with the old one. `false` when there is no such account. */
    async setPassword(email: string, password: string) {
      const user = await findUser(db, email);
      if (user) await resetPassword(db, user, await hash(password), now());
      return user !== undefined;
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
