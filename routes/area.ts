import { Context, type MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { createPasswords } from "../credentials/passwords.ts";
import { disableUser, enableUser } from "../db/accounts/disabling.ts";
import { addLink } from "../db/accounts/links.ts";
import { markSeen } from "../db/connections.ts";
import { Unavailable } from "../db/driver/unavailable.ts";
import { resetMethods } from "../db/methods/reset.ts";
import { resumeSession, type Session } from "../db/sessions.ts";
import { addUser, findUser, isEmail, removeUser, renameUser, resetPassword, unlockUser } from "../db/users.ts";
import { findAsset } from "../http/assets.ts";
import { readCookie } from "../http/cookies.ts";
import type { AppOptions, Env, Owner } from "../http/env.ts";
import { methodsOf } from "../http/guards.ts";
import { languageOf } from "../http/languages.ts";
import { createLog, describeError, type LogEvent, type LogFields } from "../http/log.ts";
import { BUSY_RETRY_AFTER } from "../http/passwords/check.ts";
import { pathsBelow, safeNext, within, withoutToken } from "../http/paths.ts";
import { createAddressReader, deviceHeadersOf, prepareRequest } from "../http/request.ts";
import { closeCurrent, openByHost } from "../http/sessions/opening.ts";
import {
  isSecondFactorDue,
  loadSessionBy,
  ownerOf,
  redirectToMethods,
  redirectToSignIn,
  resumingOf,
} from "../http/sessions/sessions.ts";
import { recordVisitFrom } from "../http/sessions/visits.ts";
import { createCountryLookup } from "../visitor/countries.ts";
import { describeEnd } from "../views/sign_in.tsx";
import { readBrowserZone } from "../words/time_zones.ts";
import { createApp } from "./app.tsx";

const DAY = 86_400_000;

/** Defaults are those of `deno task start`. */
export type AreaOptions = Pick<AppOptions, "db" | "origin"> & Partial<AppOptions>;

/** Creates the area for another Hono app (docs/embedding.md). */
export function createArea(options: AreaOptions): {
  area: Area;
  findOwner: (c: Context) => Promise<Owner | null>;
  requireOwner: MiddlewareHandler<{ Variables: { owner: Owner } }>;
  users: AreaUsers;
} {
  const settings = withDefaults(options);
  const { base = "" } = settings;
  const app = createApp(settings);
  const paths = pathsBelow(base);
  const methods = methodsOf(app);
  const addressOf = createAddressReader(settings);
  const prepare = prepareRequest(settings);

  function isOwn(path: string): boolean {
    const files = paths.static("");
    if (!path.startsWith(`${base}/`) && path !== base && path !== paths.changePassword) return false;
    if (path.startsWith(files)) return findAsset(path.slice(files.length)) !== undefined;
    return methods.match("ALL", path)[0].length > 0;
  }

  async function findSession(c: Context): Promise<Session | null> {
    const { db, origin, now, lifetime, waitUntil, log } = settings;
    const session = await resumeSession(db, readCookie(c, "session", origin), resumingOf(c, now()));
    if (session === null || session.end !== null) return null;

    const seen = Promise.all([
      markSeen(db, session, lifetime, now()),
      recordVisitFrom(settings, session, addressOf(c)(), deviceHeadersOf(c)),
    ]);
    waitUntil(
      seen.then(() => {}).catch((error) =>
        log("sys_crash", { path: withoutToken(c.req.path), error: describeError(error) })
      ),
    );
    return session;
  }

  /** Returns the owner, or a redirect to sign-in or to adding a second step. */
  async function find(c: Context): Promise<{ owner: Owner } | { redirect: () => Response }> {
    const session = await findSession(c);
    if (session === null) return { redirect: () => within(base, () => redirectToSignIn(c, settings)) };
    if (within(base, () => isSecondFactorDue(settings, session, c.req.path))) {
      return { redirect: () => within(base, () => redirectToMethods(c)) };
    }
    return { owner: ownerOf(session, settings, languageOf(c, session, settings)) };
  }

  /** Runs `work` in a context of the area, because the host may use another version of Hono, and copies the cookies over. */
  async function inArea<Result>(c: Context, work: (own: Context<Env>) => Promise<Result>): Promise<Result> {
    const own = new Context<Env>(c.req.raw, { env: c.env });
    own.set("requestId", crypto.randomUUID());
    await prepare(own, () => Promise.resolve());
    const result = await within(base, async () => {
      await loadSessionBy(own, resumeSession);
      return await work(own);
    });
    // Not by `c.header`, which a bare `Response` of the host ignores.
    for (const cookie of own.res.headers.getSetCookie()) c.res.headers.append("Set-Cookie", cookie);
    return result;
  }

  const answer: MiddlewareHandler = async (c, next) => {
    const { method, path, raw } = c.req;
    if (!isOwn(path)) return await next();
    if (raw.bodyUsed) {
      const reason = "a middleware before the area read the form's body. Mount the area before it";
      throw new Error(`Cannot answer ${method} ${withoutToken(path)}: ${reason}`);
    }
    return await app.fetch(raw, c.env);
  };
  const area = Object.assign(answer, {
    open: (c: Context, { email, timeZone }: { email: string; timeZone?: string }) =>
      inArea(c, (own) => openByHost(own, { email, timeZone: readBrowserZone(timeZone) })),
    close: (c: Context) => inArea(c, closeCurrent),
    ended: (c: Context) =>
      inArea(c, ({ var: { resumed, texts } }) => {
        const { end = null, timeZone = null } = resumed ?? {};
        return Promise.resolve(end && describeEnd({ ...end, timeZone }, texts));
      }),
    next: (c: Context) => within(base, () => safeNext(c.req.query("next"))),
  });

  return {
    area,
    async findOwner(c) {
      const found = await find(c);
      return "owner" in found ? found.owner : null;
    },
    requireOwner: createMiddleware(async (c, next) => {
      const found = await find(c);
      if ("redirect" in found) return found.redirect();
      c.set("owner", found.owner);
      await next();
      // Otherwise Back would show this page to the next person at the browser. A 101, of a WebSocket, can't be copied.
      if (c.res.status !== 101) c.header("Cache-Control", "no-store");
    }),
    users: createUsers(settings),
  };
}

/** The area as middleware, with the functions that your own sign-in page calls. */
export type Area = MiddlewareHandler & {
  /**
   * Opens a connection for an owner whom you have authenticated, and sets its cookies on your response. Adds an account without a password if
   * there is none. Resolves to `false` if the address is invalid or the account disabled. `timeZone`, an IANA name, is stored at the first sign-in.
   */
  open: (c: Context, owner: { email: string; timeZone?: string }) => Promise<boolean>;
  /** Signs the browser out: closes its connection, if it has an open one. */
  close: (c: Context) => Promise<void>;
  /** Resolves to why and when this browser's connection ended, as a sentence for your sign-in page; `null` if it didn't. */
  ended: (c: Context) => Promise<string | null>;
  /** Returns the path to go to after sign-in: the query's `next` if it is a path of your site, otherwise the history. */
  next: (c: Context) => string;
};

/**
 * Functions that change accounts, found by email address. Each logs the change with `who`, such as your administrator's name, and resolves to
 * whether it was made. `add` and `setPassword` throw while too many passwords are being hashed: try again in a few seconds.
 */
export type AreaUsers = {
  /** Adds an account. `false` if the address is taken or invalid. Check the password first, with `passwordProblem`. */
  add: (email: string, password: string, who?: string) => Promise<boolean>;
  /** Adds an account with a bcrypt or Argon2 hash from your own table. The next sign-in replaces the hash. */
  addHashed: (email: string, hash: string, who?: string) => Promise<boolean>;
  /** Changes the address; connections stay open. `false` if there is no such account, or the new address is taken or invalid. */
  rename: (email: string, newEmail: string, who?: string) => Promise<boolean>;
  /** Removes the account with its history. */
  remove: (email: string, who?: string) => Promise<boolean>;
  /** Sets a password and closes all connections. */
  setPassword: (email: string, password: string, who?: string) => Promise<boolean>;
  /** Forgets the account's failed attempts, which ends a lock. */
  unlock: (email: string, who?: string) => Promise<boolean>;
  /** Blocks sign-in and closes all connections. */
  disable: (email: string, who?: string) => Promise<boolean>;
  /** Lets the owner of a disabled account sign in again. */
  enable: (email: string, who?: string) => Promise<boolean>;
  /** Removes every sign-in method but the password, for an owner who lost their second step, and closes all connections. */
  resetMethods: (email: string, who?: string) => Promise<boolean>;
  /** Makes a link with which the owner sets a password, once and within 24 hours. `null` if there is no such account, or it is disabled. */
  link: (email: string, who?: string) => Promise<URL | null>;
};

function createUsers({ db, now, passwords, log: write, origin, base = "", mail }: AppOptions): AreaUsers {
  const log = (event: LogEvent, who: string | undefined, fields: LogFields) =>
    write(event, { ...fields, by: "host", ...(who !== undefined && { who }) });

  async function hash(password: string): Promise<string> {
    const hashed = await passwords.hash(password);
    if (hashed === null) throw new Unavailable("Cannot hash a password: too many are pending", BUSY_RETRY_AFTER);
    return hashed;
  }

  async function add(email: string, hash: () => Promise<string>, who: string | undefined): Promise<boolean> {
    if (!isEmail(email) || !await addUser(db, email, await hash(), now())) return false;
    log("user_created", who, { user: (await findUser(db, email))?.id });
    return true;
  }

  return {
    add: async (email, password, who) => await add(email, () => hash(password), who),
    addHashed: async (email, hash, who) => await add(email, () => Promise.resolve(hash), who),
    async rename(email, newEmail, who) {
      if (!isEmail(newEmail) || !await renameUser(db, email, newEmail, mail ? now() : null)) return false;
      mail?.wake();
      log("user_updated", who, { user: (await findUser(db, newEmail))?.id });
      return true;
    },
    async remove(email, who) {
      const user = await findUser(db, email);
      if (!await removeUser(db, email)) return false;
      log("user_deleted", who, { user: user?.id });
      return true;
    },
    async setPassword(email, password, who) {
      const user = await findUser(db, email);
      if (!user) return false;
      const closed = await resetPassword(db, user, await hash(password), now(), mail !== undefined);
      mail?.wake();
      log("authn_password_change", who, { user: user.id, closed });
      return true;
    },
    async unlock(email, who) {
      const user = await findUser(db, email);
      if (!user) return false;
      await unlockUser(db, user);
      log("authn_login_unlock", who, { user: user.id });
      return true;
    },
    async disable(email, who) {
      const user = await findUser(db, email);
      if (!user || user.disabledAt !== null) return false;
      log("user_disabled", who, { user: user.id, closed: await disableUser(db, user, now()) });
      return true;
    },
    async enable(email, who) {
      const user = await findUser(db, email);
      if (!user || user.disabledAt === null) return false;
      await enableUser(db, user);
      log("user_enabled", who, { user: user.id });
      return true;
    },
    async resetMethods(email, who) {
      const user = await findUser(db, email);
      if (!user) return false;
      const closed = await resetMethods(db, user, now(), mail !== undefined);
      mail?.wake();
      log("authn_method_removed", who, { user: user.id, method: "all", closed });
      return true;
    },
    async link(email, who) {
      const user = await findUser(db, email);
      if (!user || user.disabledAt !== null) return null;
      const token = await addLink(db, user, "password", now());
      log("authn_token_created", who, { user: user.id, purpose: "password" });
      return new URL(pathsBelow(base).link(token), origin);
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
    waitUntil: () => {},
    hasSignIn: options.signIn === undefined,
    // The area's own password or second step would never be asked for.
    ...(options.signIn !== undefined && { sections: ["history", "preferences"] }),
    ...options,
  };
}
