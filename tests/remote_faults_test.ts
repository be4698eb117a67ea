import assert from "node:assert/strict";
import { eq, sql } from "drizzle-orm";
import { disableUser, enableUser } from "../db/accounts/disabling.ts";
import { type Db, openDatabase } from "../db/database.ts";
import {
  closeAsOperator,
  closeConnection,
  closeGuesser,
  closeOtherConnections,
  markSeen,
  openConnection,
  signOut,
} from "../db/connections.ts";
import { forgetBrowser, newBrowser } from "../db/browsers.ts";
import { type Attempt, reserveAttempt, returnAttempt } from "../db/limits.ts";
import { setAuthenticator } from "../db/methods/authenticators.ts";
import { forgetKnown } from "../db/methods/browsers.ts";
import { addPending } from "../db/methods/pending.ts";
import { setRecoveryCodes, useRecoveryCode } from "../db/methods/recovery_codes.ts";
import { changeEmail, findLink, setPasswordByLink } from "../db/accounts/links.ts";
import { cancelEmail, requestEmail, requestLink } from "../db/accounts/requests.ts";
import { resetMethods } from "../db/methods/reset.ts";
import { recordPlace } from "../db/places.ts";
import { recordRefusal } from "../db/refusals.ts";
import { sweep } from "../db/retention.ts";
import { connections, links, sessions, type User, users } from "../db/schema.ts";
import { confirmSession, digestOf, endFormerSecret, type Session } from "../db/sessions.ts";
import { findUnavailable, Unavailable } from "../db/driver/unavailable.ts";
import { disownConnection, recognizeConnection } from "../db/reviews.ts";
import {
  addUser,
  changePassword,
  findUser,
  removeUser,
  renameUser,
  replacePassword,
  resetPassword,
  setPreferences,
  strengthenHash,
  unlockUser,
} from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { addAccount, DAY, EMAIL, MINUTE, PASSWORD, signedIn, START, startApp } from "./app.ts";
import { startHrana } from "./hrana.ts";
import { startRemote } from "./remote.ts";
import { guessFrom, LIFETIME, makeUser, markUnusual, openSession, reserve, visitorFrom } from "./verbs.ts";

type Given = { db: Db; user: User; here: Session; ip: string };

type Write = {
  does: (given: Given) => Promise<unknown>;
  /** A cookie is "a cookie". */
  returns: unknown;
  /** Whether it finds its result in the database when the answer is lost. */
  recovers: boolean;
};

const NOW = START + 10 * MINUTE;
const IP = "46.16.60.1";
const STRANGER = { kind: "stranger" } as const;

/** Every verb of `db/` that writes. */
const WRITES: Record<string, Write> = {
  addUser: {
    does: ({ db, user }) => addUser(db, `second.${user.email}`, "a hash", NOW),
    returns: true,
    recovers: true,
  },
  openConnection: {
    does: async ({ db, user, ip, here }) =>
      hideCookie(
        await openConnection(db, {
          user,
          visitor: visitorFrom(ip),
          browser: newBrowser(),
          unusual: [],
          reserved: attemptFrom(ip),
          replaces: here,
          timeZone: "Europe/Madrid",
          lifetime: LIFETIME,
          now: NOW,
        }),
      ),
    returns: "a cookie",
    recovers: true,
  },
  closeConnection: {
    does: async ({ db, user, here }) => await closeConnection(db, here, await oldestOf(db, user), NOW),
    returns: true,
    recovers: true,
  },
  closeOtherConnections: {
    does: ({ db, here }) => closeOtherConnections(db, here, NOW),
    returns: 2,
    recovers: true,
  },
  signOut: { does: ({ db, here }) => signOut(db, here, NOW), returns: true, recovers: true },
  "closeAsOperator of one": {
    does: ({ db, user }) => closeAsOperator(db, user.id, NOW),
    returns: 3,
    recovers: true,
  },
  confirmSession: {
    does: async ({ db, user, here, ip }) => {
      const reserved = attemptFrom(ip);
      return hideCookie(await confirmSession(db, { session: here, user, reserved, now: NOW }));
    },
    returns: "a cookie",
    recovers: true,
  },
  changePassword: {
    does: async ({ db, user, here, ip }) => {
      const reserved = attemptFrom(ip);
      const passwordHash = `new hash of ${user.email}`;
      const changed = await changePassword(db, {
        user,
        session: here,
        passwordHash,
        reserved,
        isMailed: true,
        now: NOW,
      });
      return { closed: changed?.closed, cookie: hideCookie(changed?.cookie) };
    },
    returns: { closed: 2, cookie: "a cookie" },
    recovers: true,
  },
  resetPassword: {
    does: ({ db, user }) => resetPassword(db, user, `new hash of ${user.email}`, NOW, true),
    returns: 3,
    recovers: true,
  },
  disableUser: { does: ({ db, user }) => disableUser(db, user, NOW), returns: 3, recovers: true },
  enableUser: { does: ({ db, user }) => enableUser(db, user), returns: undefined, recovers: false },
  replacePassword: {
    does: ({ db, user }) => replacePassword(db, user, `another hash of ${user.email}`, NOW, { condition: sql`true` }),
    returns: 3,
    recovers: true,
  },
  setPasswordByLink: {
    does: async ({ db, user }) => {
      const link = (await findLink(db, tokenOf(user), NOW))!;
      const passwordHash = `another hash of ${user.email}`;
      return await setPasswordByLink(db, { link, visitor: visitorFrom(IP), passwordHash, isMailed: true, now: NOW });
    },
    returns: 3,
    recovers: true,
  },
  changeEmail: {
    does: async ({ db, user }) => {
      const link = (await findLink(db, tokenOf(user), NOW))!;
      return await changeEmail(db, { ...link, email: `new.${user.email}` }, NOW);
    },
    returns: "changed",
    recovers: true,
  },
  requestLink: {
    does: ({ db, user }) => requestLink(db, user, guessFrom(IP, user), NOW),
    returns: null,
    recovers: false,
  },
  requestEmail: {
    does: ({ db, here }) => requestEmail(db, here, `other.${here.email}`, NOW),
    returns: "requested",
    recovers: false,
  },
  cancelEmail: { does: ({ db, here }) => cancelEmail(db, here, NOW), returns: undefined, recovers: false },
  strengthenHash: {
    does: ({ db, user }) => strengthenHash(db, user, "stronger hash"),
    returns: undefined,
    recovers: false,
  },
  setPreferences: {
    does: ({ db, here }) => setPreferences(db, here, { timeZone: "Europe/Madrid", language: "ca", theme: "dark" }),
    returns: undefined,
    recovers: false,
  },
  renameUser: {
    does: ({ db, user: { email } }) => renameUser(db, email, `new.${email}`, NOW),
    returns: true,
    recovers: false,
  },
  setAuthenticator: {
    does: async ({ db, here }) => {
      const change = { session: here, closesOthers: true, isMailed: true, now: NOW };
      const added = await setAuthenticator(db, change, { secret: "encrypted", step: 1 });
      return { closed: added?.closed, cookie: hideCookie(added?.cookie) };
    },
    returns: { closed: 2, cookie: "a cookie" },
    recovers: true,
  },
  setRecoveryCodes: {
    does: async ({ db, here }) => {
      const change = { session: here, closesOthers: false, now: NOW };
      const added = await setRecoveryCodes(db, change, ["one", "two"]);
      return { closed: added?.closed, cookie: hideCookie(added?.cookie) };
    },
    returns: { closed: 0, cookie: "a cookie" },
    recovers: true,
  },
  forgetKnown: {
    does: async ({ db, here }) =>
      hideCookie((await forgetKnown(db, { session: here, closesOthers: false, now: NOW }, "all"))?.cookie),
    returns: "a cookie",
    recovers: true,
  },
  useRecoveryCode: {
    does: ({ db, user }) => useRecoveryCode(db, user.id, "none", NOW),
    returns: false,
    recovers: false,
  },
  addPending: {
    does: async ({ db, user, ip }) =>
      hideCookie(await addPending(db, { user, reserved: attemptFrom(ip), timeZone: null, now: NOW })),
    returns: "a cookie",
    recovers: false,
  },
  resetMethods: { does: ({ db, user }) => resetMethods(db, user, NOW, true), returns: 3, recovers: true },
  removeUser: { does: ({ db, user }) => removeUser(db, user.email), returns: true, recovers: false },
  markSeen: { does: ({ db, here }) => markSeen(db, here, LIFETIME, NOW), returns: undefined, recovers: false },
  recordRefusal: {
    does: ({ db, user, ip }) =>
      recordRefusal(db, { user, visitor: visitorFrom(ip), standing: STRANGER, reason: "wrong_password", now: NOW }),
    returns: undefined,
    recovers: false,
  },
  recognizeConnection: {
    does: async ({ db, here, user }) => await recognizeConnection(db, here, await oldestOf(db, user), NOW),
    returns: 2,
    recovers: false,
  },
  disownConnection: {
    does: async ({ db, here, user }) => await disownConnection(db, here, await oldestOf(db, user), NOW),
    returns: true,
    recovers: false,
  },
  closeGuesser: { does: ({ db, here }) => closeGuesser(db, here, NOW, true), returns: true, recovers: false },
  recordPlace: {
    does: ({ db, here }) => recordPlace(db, here, { ...visitorFrom("185.220.101.34"), countryCode: "DE" }, NOW, true),
    returns: ["moved_country"],
    recovers: false,
  },
  forgetBrowser: {
    does: ({ db, user, here }) => forgetBrowser(db, user.id, here.browser ?? ""),
    returns: undefined,
    recovers: false,
  },
  endFormerSecret: { does: ({ db, here }) => endFormerSecret(db, here, NOW), returns: undefined, recovers: false },
  unlockUser: { does: ({ db, user }) => unlockUser(db, user), returns: undefined, recovers: false },
  reserveAttempt: {
    does: async ({ db, user: { email }, ip }) => "runs" in await reserveAttempt(db, guessFrom(ip, { email }), NOW),
    returns: true,
    recovers: false,
  },
  returnAttempt: {
    does: ({ db, ip }) => returnAttempt(db, attemptFrom(ip)),
    returns: undefined,
    recovers: false,
  },
  "closeAsOperator of everyone": {
    does: async ({ db }) => await closeAsOperator(db, "everyone", NOW) > 0,
    returns: true,
    recovers: true,
  },
  sweep: { does: ({ db }) => sweep(db, LIFETIME, DAY, START + 40 * DAY), returns: false, recovers: false },
};

// Security: remote database
Deno.test("a write whose answer is lost is done once, and still returns its result if a caller needs it", async () => {
  await using twin = await startRemote();
  await using remote = await startRemote();

  for (const [name, { does, returns, recovers }] of Object.entries(WRITES)) {
    assert.deepEqual(await does(await prepare(twin.db, name)), returns, name);
    const given = await prepare(remote.db, name);
    remote.breakWhen((sql) => sql.some(isWrite) ? "lose the answer" : null);

    const done = does(given);

    if (recovers) assert.deepEqual(await done, returns, name);
    else await assert.rejects(done, isUnavailable, name);
    remote.heal();
    // The rest of a sweep is another batch, left to the next sweep.
    if (name !== "sweep") assert.deepEqual(rowsOf(remote), rowsOf(twin), name);
  }
});

// Security: remote database
Deno.test("a write that fails before or at the remote database changes nothing, throws Unavailable and can be repeated", async () => {
  await using twin = await startRemote();
  await using remote = await startRemote();

  for (const [name, { does, returns }] of Object.entries(WRITES)) {
    await does(await prepare(twin.db, name));
    const given = await prepare(remote.db, name);
    const before = dump(remote);

    for (const fault of ["refuse", "error", "redirect"] as const) {
      let sent = 0;
      remote.breakWhen((sql) => sql.some(isWrite) && ++sent ? fault : null);
      await assert.rejects(does(given), isUnavailable, `${name}, ${fault}`);
      assert.equal(sent, 1, `${name}, ${fault}`);
    }
    remote.heal();

    assert.deepEqual(dump(remote), before, name);
    assert.deepEqual(await does(given), returns, name);
    assert.deepEqual(rowsOf(remote), rowsOf(twin), name);
  }
});

// Security: remote database
Deno.test("a write that hangs times out and changes nothing", async () => {
  await using remote = await startRemote();
  const writes = Object.entries(WRITES);
  const given: Given[] = [];
  for (const [name] of writes) given.push(await prepare(remote.db, name));
  const before = dump(remote);
  remote.breakWhen((sql) => sql.some(isWrite) ? "hang" : null);

  const outcomes = await Promise.allSettled(writes.map(([, { does }], i) => does(given[i]!)));

  for (const [i, outcome] of outcomes.entries()) {
    assert.ok(outcome.status === "rejected" && findUnavailable(outcome.reason), writes[i]![0]);
  }
  assert.deepEqual(dump(remote), before);
});

// Security: remote database
Deno.test("a sign-in that the database completes after it timed out leaves a connection that no browser has, and the next sign-in works", async () => {
  await using remote = await startRemote();
  await addAccount(remote.db, EMAIL, PASSWORD);
  const { browser } = await startApp({ db: remote.db });
  const here = browser();
  remote.breakWhen((sql) => sql.some((text) => /insert into "sessions"/.test(text)) ? "hang" : null);

  const timedOut = await here.signIn();
  remote.heal();
  remote.finishLate();
  const repeated = await here.signIn();

  assert.deepEqual([timedOut.status, timedOut.headers.get("Set-Cookie")?.includes("session-8000=") ?? false], [
    503,
    false,
  ]);
  assert.equal(repeated.status, 303);
  assert.equal((await here.get(paths.connections)).$("tbody tr[id]").length, 2);
  await here.submit(paths.closeAll);
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /1 open connection was closed/);
});

// Security: remote database
Deno.test("an answer that is not JSON, not Hrana, too large or a redirect counts as an outage", async () => {
  await using remote = await startRemote();
  await addAccount(remote.db, EMAIL, PASSWORD);
  const { here } = await signedIn({ db: remote.db });

  for (const fault of ["not JSON", "not Hrana", "redirect"] as const) {
    remote.breakWhen(() => fault);
    const page = await here.get(paths.connections);
    const statuses = [page, await here.get(paths.health), await here.post(paths.closeAll, {})].map((a) => a.status);
    assert.deepEqual(statuses, [503, 503, 503], fault);
    assert.equal(page.headers.get("Retry-After"), "5");
  }
  remote.breakWhen(() => "too large");
  assert.equal((await here.get(paths.connections)).status, 503);

  remote.heal();
  assert.equal(await here.isIn(), true);
});

Deno.test("a batch with a failing statement changes nothing, and throws the statement's error", async () => {
  await using remote = await startRemote();
  const given = await prepare(remote.db, "batch");
  const before = dump(remote);
  const { id } = given.here;

  const batch = remote.db.batch([
    remote.db.update(connections).set({ closedAt: NOW }),
    remote.db.delete(sessions),
    remote.db.insert(sessions).values({ id, connectionId: "nobody's", secretHash: "", csrf: "" }),
    remote.db.insert(sessions).values({ id, connectionId: "nobody's", secretHash: "", csrf: "" }),
  ]);

  await assert.rejects(batch, (error) => findUnavailable(error) === null && /constraint/i.test(String(error)));
  assert.deepEqual(dump(remote), before);
  // The failed batch left no lock.
  assert.equal(await closeOtherConnections(remote.db, given.here, NOW), 2);
});

Deno.test("a full disk at the database server counts as an outage", async () => {
  await using remote = await startRemote();
  remote.breakWhen(() => "full");

  await assert.rejects(addUser(remote.db, EMAIL, "a hash".repeat(1_000), NOW), isUnavailable);

  assert.equal(await findUser(remote.db, EMAIL), undefined);
});

Deno.test("opening a database with a wrong token says so without showing the token", async () => {
  await using hrana = await startHrana({ token: "the right token" });

  const wrong = openDatabase(hrana.url, "canary");

  await assert.rejects(wrong, (error) => {
    assert.ok(findUnavailable(error) instanceof Unavailable);
    assert.doesNotMatch(Deno.inspect(error), /canary/);
    assert.match(Deno.inspect(error), /does not accept DATABASE_AUTH_TOKEN \(status 401\)/);
    return true;
  });
  const db = await openDatabase(hrana.url, "the right token");
  assert.equal(await addUser(db, EMAIL, "a hash", START), true);
  db.$client.close();
});

function isUnavailable(error: unknown): boolean {
  return findUnavailable(error) !== null;
}

function isWrite(sql: string): boolean {
  return /^\s*(insert|update|delete|begin immediate)/i.test(sql);
}

function hideCookie(value: unknown): unknown {
  return typeof value === "string" && value.length > 50 ? "a cookie" : value;
}

/** Adds an account with three open connections, `here` being the newest, and one reserved attempt. */
async function prepare(db: Db, name: string): Promise<Given> {
  const email = `${name.replaceAll(" ", ".").toLowerCase()}@example.com`;
  const ip = `198.51.100.${1 + Object.keys(WRITES).indexOf(name)}`;
  const user = await makeUser(db, email);
  await openSession(db, user, ip, START);
  await openSession(db, user, ip, START + 1);
  const here = await openSession(db, user, ip, START + 2);
  await reserve(db, email, ip, START + 3);
  await markUnusual(db, user);
  await db.update(users).set({ pendingEmail: `new.${email}` }).where(eq(users.id, user.id));
  const link = { hash: digestOf(tokenOf(user)), purpose: "undo_email", email: `old.${email}` } as const;
  await db.insert(links).values({ ...link, userId: user.id, expiresAt: NOW + DAY });
  return { db, user, here, ip };
}

/** The token of an account's link. */
function tokenOf({ email }: User): string {
  return digestOf(email);
}

function attemptFrom(ip: string): Attempt {
  return { standing: STRANGER, counted: [`address:${ip}`, "account"], runs: ["run"], isLast: false };
}

async function oldestOf(db: Db, user: User): Promise<string> {
  const [oldest] = await db.select().from(connections).where(eq(connections.userId, user.id)).orderBy(
    connections.openedAt,
  );
  return oldest!.id;
}

/** The rows without random values: the same in two databases after the same changes. */
function rowsOf(remote: { query(sql: string): unknown[] }): unknown[] {
  return [
    `select email, password_hash, password_version, time_zone, language, theme, disowned_at, pending_email
      from users order by email`,
    `select email, opened_at, last_seen_at, expires_at, closed_at, end_reason, closed_by is null, ip,
      unusual, answer, place is null, browser is null
      from connections join users on users.id = user_id order by email, opened_at`,
    `select email, opened_at, confirmed_at, renewed_at, former_confirmed_at, seen_at, former_hash is null from sessions
      join connections on connections.id = connection_id join users on users.id = user_id order by email, opened_at`,
    `select email, hour, client, first_at, last_at, attempts, addresses, reason from refusals
      join users on users.id = user_id order by email, hour, client`,
    // The key of a refusal's counter contains the account's id.
    `select case when key like 'refusal:%-%' then 'refusal:' || substr(key, 46) else key end as name, count, expires_at
      from limits order by name`,
    `select email, opened_at, first_at, last_at, client, device, ip, country_code, is_first_ip, is_first_country
      from places join users on users.id = user_id order by email, opened_at, first_at`,
    `select email, first_at, last_at from browser_users join users on users.id = user_id order by email, first_at`,
    `select email, secret, last_step, added_at, last_at from authenticators join users on users.id = user_id order by email`,
    `select email, hash, added_at, used_at from recovery_codes join users on users.id = user_id order by email, hash`,
    `select email, p.password_version, expires_at from pending_sign_ins p join users on users.id = user_id order by email`,
    `select last_at from browsers order by last_at`,
    `select u.email, l.email as address, purpose, expires_at from links l join users u on u.id = user_id order by 1`,
    `select email, event, recipient, happened_at, due_at from outbox join users on users.id = user_id order by 1, 2`,
    `select email, kind, value, last_at from known join users on users.id = user_id order by email, kind, value`,
  ].map((sql) => remote.query(sql));
}

/** Every value of every row. */
function dump({ query }: Awaited<ReturnType<typeof startRemote>>) {
  return [
    "users",
    "connections",
    "places",
    "sessions",
    "refusals",
    "limits",
    "links",
    "outbox",
    "known",
    "browsers",
    "browser_users",
    "authenticators",
    "recovery_codes",
    "pending_sign_ins",
  ]
    .map((name) => query(`select * from ${name}`));
}
