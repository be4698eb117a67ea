import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { changeEmail, findLink, setPasswordByLink } from "../db/accounts/links.ts";
import { cancelEmail, findPendingEmail, requestEmail, requestLink } from "../db/accounts/requests.ts";
import { findBrowser, forgetBrowser, newBrowser } from "../db/browsers.ts";
import {
  closeAsOperator,
  closeConnection,
  closeGuesser,
  closeOtherConnections,
  countClosedBy,
  countOpen,
  hasEnded,
  listClosedBy,
  listOtherOpen,
  markSeen,
  openConnection,
  signOut,
} from "../db/connections.ts";
import type { Filter } from "../db/history/filters.ts";
import { findConnection } from "../db/history/entries.ts";
import { listCountries, listHistory, readPage } from "../db/history/rows.ts";
import { reserveAttempt, returnAttempt } from "../db/limits.ts";
import { findAuthenticator, rewriteSecret, setAuthenticator, useStep } from "../db/methods/authenticators.ts";
import { forgetKnown } from "../db/methods/browsers.ts";
import { listMethods } from "../db/methods/methods.ts";
import { addPending, endPending, findPending } from "../db/methods/pending.ts";
import { setRecoveryCodes, useRecoveryCode } from "../db/methods/recovery_codes.ts";
import { resetMethods } from "../db/methods/reset.ts";
import { listPlaces, recordPlace } from "../db/places.ts";
import { countWrongPasswords, recordRefusal } from "../db/refusals.ts";
import { sweep } from "../db/retention.ts";
import { connections, type User } from "../db/schema.ts";
import {
  confirmSession,
  endFormerSecret,
  hasSecret,
  resumeSession,
  resumeWithActivity,
  type Session,
} from "../db/sessions.ts";
import {
  changePassword,
  findUser,
  findUserFrom,
  hasUsers,
  listUsers,
  removeUser,
  resetPassword,
  strengthenHash,
  unlockUser,
} from "../db/users.ts";
import { disownConnection, recognizeConnection } from "../db/reviews.ts";
import { findUnusual } from "../db/unusual.ts";
import { EMAIL, HOUR, START } from "./app.ts";
import { assertContains, assertIndexed, planOf } from "./plans.ts";
import { guessFrom, makeUser, openSession, visitorFrom } from "./verbs.ts";

/** The last place and the connection that closed a row's are found by their primary keys, the unusual ones among its places. */
const PLACES_AND_CLOSER = [
  "SEARCH last USING INDEX sqlite_autoindex_places_1 (id=?) LEFT-JOIN",
  "CORRELATED SCALAR SUBQUERY 2",
  "SEARCH moved USING INDEX places_by_connection (connection_id=?)",
  "CORRELATED SCALAR SUBQUERY 1",
  "SEARCH known USING COVERING INDEX sqlite_autoindex_known_1 (user_id=? AND kind=? AND value=?)",
  "CORRELATED SCALAR SUBQUERY 3",
  "SEARCH moved USING INDEX places_by_connection (connection_id=?)",
  "CORRELATED SCALAR SUBQUERY 4",
  "SEARCH closer USING INDEX sqlite_autoindex_connections_1 (id=?)",
];
/** Counts a connection's places, which are few. */
const COUNTED_PLACES = "USE TEMP B-TREE FOR count(DISTINCT)";
const OF_CONNECTION = [
  ...PLACES_AND_CLOSER,
  "CORRELATED SCALAR SUBQUERY 7",
  "COMPOUND QUERY",
  "LEFT-MOST SUBQUERY",
  "UNION ALL",
  "SEARCH places USING COVERING INDEX places_by_connection (connection_id=?)",
  COUNTED_PLACES,
];

Deno.test("the unfiltered history merges two indexes without sorting, on every page", async () => {
  assert.deepEqual(await plansOfHistory({}), {
    first: [
      "MERGE (UNION ALL)",
      "LEFT",
      "SEARCH connections USING INDEX connections_by_time (user_id=?)",
      ...OF_CONNECTION,
      "RIGHT",
      "SEARCH refusals USING INDEX refusals_by_time (user_id=?)",
    ],
    next: [
      "MERGE (UNION ALL)",
      "LEFT",
      "SEARCH connections USING INDEX connections_by_time (user_id=? AND (opened_at,id)<(?,?))",
      ...OF_CONNECTION,
      "RIGHT",
      "SEARCH refusals USING INDEX refusals_by_time (user_id=? AND (first_at,id)<(?,?))",
    ],
  });
});

Deno.test("filtering by state reads an index in order", async () => {
  assert.deepEqual(await plansOfHistory({ state: "open" }), {
    first: ["SEARCH connections USING INDEX connections_not_closed (user_id=?)", ...OF_CONNECTION],
    next: [
      "SEARCH connections USING INDEX connections_not_closed (user_id=? AND (opened_at,id)<(?,?))",
      ...OF_CONNECTION,
    ],
  });
  assert.deepEqual(await plansOfHistory({ state: "closed" }), {
    first: ["SEARCH connections USING INDEX connections_by_time (user_id=?)", ...OF_CONNECTION],
    next: [
      "SEARCH connections USING INDEX connections_by_time (user_id=? AND (opened_at,id)<(?,?))",
      ...OF_CONNECTION,
    ],
  });
  assert.deepEqual(await plansOfHistory({ state: "refused" }), {
    first: ["SEARCH refusals USING INDEX refusals_by_time (user_id=?)"],
    next: ["SEARCH refusals USING INDEX refusals_by_time (user_id=? AND (first_at,id)<(?,?))"],
  });
});

Deno.test("filtering by country uses the indexes of connections, places and refused sign-ins", async () => {
  const { first, next } = await plansOfHistory({ countryCode: "ES" });

  assertIndexed([...first, ...next], [COUNTED_PLACES]);
  assertContains(first, "connections_by_country (user_id=? AND country_code=?)");
  assertContains(first, "places_by_country (user_id=? AND country_code=?)");
  assertContains(first, "refusals_by_country (user_id=? AND country_code=?)");
  assertContains(next, "connections_by_country (user_id=? AND country_code=? AND (opened_at,id)<(?,?))");
  assertContains(next, "places_by_country (user_id=? AND country_code=? AND (opened_at,connection_id)<(?,?))");
  assertContains(next, "refusals_by_country (user_id=? AND country_code=? AND (first_at,id)<(?,?))");
});

Deno.test("filtering by address uses the indexes of connections, places and refused sign-ins", async () => {
  const { first, next } = await plansOfHistory({ ip: "46.16.60.1" });

  assertIndexed([...first, ...next], [COUNTED_PLACES]);
  assertContains(first, "connections_by_ip (user_id=? AND ip=?)");
  assertContains(first, "places_by_ip (user_id=? AND ip=?)");
  assertContains(first, "refusals_by_ip (user_id=? AND ip=?)");
  assertContains(next, "connections_by_ip (user_id=? AND ip=? AND (opened_at,id)<(?,?))");
  assertContains(next, "places_by_ip (user_id=? AND ip=? AND (opened_at,connection_id)<(?,?))");
  assertContains(next, "refusals_by_ip (user_id=? AND ip=? AND (first_at,id)<(?,?))");
});

Deno.test("filtering by network uses the indexes of connections, places and refused sign-ins", async () => {
  const { first, next } = await plansOfHistory({ network: "46.16" });

  assertIndexed([...first, ...next], [COUNTED_PLACES]);
  assertContains(first, "connections_by_network (user_id=? AND network=?)");
  assertContains(first, "places_by_network (user_id=? AND network=?)");
  assertContains(first, "refusals_by_network (user_id=? AND network=?)");
  assertContains(next, "connections_by_network (user_id=? AND network=? AND (opened_at,id)<(?,?))");
  assertContains(next, "places_by_network (user_id=? AND network=? AND (opened_at,connection_id)<(?,?))");
  assertContains(next, "refusals_by_network (user_id=? AND network=? AND (first_at,id)<(?,?))");
});

Deno.test("filtering by days uses the index by time", async () => {
  const since = await plansOfHistory({ since: START });
  const until = await plansOfHistory({ until: START });
  const both = await plansOfHistory({ since: START, until: START });

  assertIndexed([since, until, both].flatMap(({ first, next }) => [...first, ...next]), [COUNTED_PLACES]);
  assertContains(since.first, "connections_by_time (user_id=? AND opened_at>?)");
  assertContains(since.next, "connections_by_time (user_id=? AND opened_at>? AND (opened_at,id)<(?,?))");
  assertContains(until.next, "connections_by_time (user_id=? AND (opened_at,id)<(?,?))");
  assertContains(both.next, "connections_by_time (user_id=? AND opened_at>? AND (opened_at,id)<(?,?))");
});

Deno.test("filtering closed, refused or some days' connections by one more condition uses that condition's index", async () => {
  const closed = await plansOfHistory({ state: "closed", network: "46.16" });
  const refused = await plansOfHistory({ state: "refused", countryCode: "ES" });
  const country = await plansOfHistory({ countryCode: "ES", since: START, until: START });

  assertIndexed([closed, refused, country].flatMap(({ first, next }) => [...first, ...next]), [COUNTED_PLACES]);
  assertContains(closed.first, "connections_by_network (user_id=? AND network=?)");
  assertContains(closed.first, "places_by_network (user_id=? AND network=?)");
  assertContains(closed.next, "connections_by_network");
  assertContains(closed.next, "places_by_network");
  assertContains(refused.first, "refusals_by_country (user_id=? AND country_code=?)");
  assertContains(country.first, "connections_by_country");
});

Deno.test("filtering by several conditions uses the rarest one's index", async () => {
  const address = await plansOfHistory({ ip: "46.16.60.1", countryCode: "ES", since: START });
  const network = await plansOfHistory({ network: "46.16", countryCode: "ES" });
  const open = await plansOfHistory({ state: "open", ip: "46.16.60.1", countryCode: "ES" });

  assertIndexed([address, network, open].flatMap(({ first, next }) => [...first, ...next]), [COUNTED_PLACES]);
  assertContains(address.first, "connections_by_ip (user_id=? AND ip=? AND opened_at>?)");
  assertContains(address.first, "places_by_ip (user_id=? AND ip=? AND opened_at>?)");
  assertContains(address.first, "SEARCH places USING INDEX places_by_connection (connection_id=?)");
  assertContains(address.next, "refusals_by_ip (user_id=? AND ip=?");
  assertContains(network.next, "connections_by_network (user_id=? AND network=? AND (opened_at,id)<(?,?))");
  assertContains(open.first, "connections_not_closed (user_id=?)");
  assertContains(open.next, "connections_not_closed (user_id=? AND (opened_at,id)<(?,?))");
});

Deno.test("the next page of an address, network or country within some days uses that condition's index", async () => {
  const days = { since: START, until: START + 1 };

  assertContains((await plansOfHistory({ ...days, ip: "46.16.60.1" })).next, "connections_by_ip");
  assertContains((await plansOfHistory({ ...days, ip: "46.16.60.1" })).next, "refusals_by_ip");
  assertContains((await plansOfHistory({ ...days, countryCode: "ES" })).next, "connections_by_country");
  assertContains((await plansOfHistory({ ...days, network: "46.16", state: "closed" })).next, "connections_by_network");
});

Deno.test("listing countries skips through indexes instead of reading the history", async () => {
  const plan = await planOf((db) => listCountries(db, "u"));

  assert.deepEqual(plan.filter((step) => /by_country/.test(step)), [
    "SEARCH connections USING COVERING INDEX connections_by_country (user_id=?)",
    "SEARCH connections USING COVERING INDEX connections_by_country (user_id=? AND country_code>?)",
    "SEARCH places USING INDEX places_by_country (user_id=?)",
    "SEARCH places USING INDEX places_by_country (user_id=? AND country_code>?)",
    "SEARCH refusals USING COVERING INDEX refusals_by_country (user_id=?)",
    "SEARCH refusals USING COVERING INDEX refusals_by_country (user_id=? AND country_code>?)",
  ]);
});

Deno.test("reading the activity with a page uses the ends of indexes", async () => {
  const query = { userId: "u", filter: {}, before: null, limit: 26, now: START };
  const plan = await planOf((db) => readPage(db, query));

  assertIndexed(plan);
  assertContains(plan, "SEARCH places USING COVERING INDEX places_by_time (user_id=?)");
  assertContains(plan, "SEARCH connections USING COVERING INDEX connections_by_time (user_id=?)");
});

Deno.test("resuming a session looks up keys", async () => {
  assert.deepEqual(
    await planOf((db) => resumeSession(db, `${"a".repeat(22)}.${"b".repeat(43)}`, { isReading: true, now: START })),
    [
      "SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (id=?)",
      "SEARCH connections USING INDEX sqlite_autoindex_connections_1 (id=?)",
      "SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)",
      "CORRELATED SCALAR SUBQUERY 1",
      "SEARCH authenticators USING COVERING INDEX sqlite_autoindex_authenticators_1 (user_id=?)",
      "CORRELATED SCALAR SUBQUERY 2",
      "SEARCH passkeys USING COVERING INDEX passkeys_by_user (user_id=?)",
      "CORRELATED SCALAR SUBQUERY 3",
      "SEARCH places USING INDEX sqlite_autoindex_places_1 (id=?)",
    ],
  );
});

Deno.test("resuming a session with its activity uses keys and indexes only", async () => {
  const cookie = `${"a".repeat(22)}.${"b".repeat(43)}`;

  const plan = await planOf((db) => resumeWithActivity(db, cookie, { isReading: true, now: START }));

  assertIndexed(plan);
  assertContains(plan, "SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)");
  assertContains(plan, "SEARCH account USING INDEX sqlite_autoindex_users_1 (id=?)");
  assertContains(plan, "SEARCH connections USING INDEX connections_not_closed (user_id=?)");
  assertContains(plan, "SEARCH connections USING INDEX connections_unanswered (user_id=?)");
});

Deno.test("listing and closing open connections uses the index of connections that aren't closed", async () => {
  const open = "SEARCH connections USING INDEX connections_not_closed (user_id=?)";

  assert.deepEqual(await planOf((db) => listOtherOpen(db, SESSION, START)), [
    open,
    "SEARCH places USING INDEX sqlite_autoindex_places_1 (id=?) LEFT-JOIN",
  ]);
  assert.deepEqual(await planOf((db) => closeAsOperator(db, "u", START)), [
    "SEARCH connections USING INDEX sqlite_autoindex_connections_1 (id=?)",
    "LIST SUBQUERY 1",
    open,
  ]);
  assert.deepEqual(await planOf((db) => closeAsOperator(db, "everyone", START)), [
    "SEARCH connections USING INDEX sqlite_autoindex_connections_1 (id=?)",
    "LIST SUBQUERY 1",
    "SEARCH connections USING INDEX connections_to_expire (expires_at>?)",
  ]);
  assert.deepEqual(await planOf((db) => closeOtherConnections(db, SESSION, START)), [
    open,
    "SEARCH current USING INDEX sqlite_autoindex_connections_1 (id=?)",
  ]);
});

Deno.test("verbs for one connection find it by its primary key", async () => {
  const one = "SEARCH connections USING INDEX sqlite_autoindex_connections_1 (id=?)";

  assert.deepEqual(await planOf((db) => findConnection(db, "u", "c", START)), [
    one,
    ...OF_CONNECTION,
    "CORRELATED SCALAR SUBQUERY 8",
    "SEARCH passkeys USING INDEX sqlite_autoindex_passkeys_1 (id=?)",
  ]);
  assert.deepEqual(await planOf((db) => signOut(db, SESSION, START)), [one]);
  assert.deepEqual(await planOf((db) => closeGuesser(db, SESSION, START)), [one, one]);
  assert.deepEqual(await planOf((db) => hasEnded(db, SESSION, START)), [one]);
  assert.deepEqual(await planOf((db) => countClosedBy(db, SESSION, "closed", START, eq(connections.id, "c"))), [one]);
  assert.deepEqual(await planOf((db) => markSeen(db, SESSION, LIFETIME, START)), [one]);
  assert.equal((await planOf((db) => closeConnection(db, SESSION, "c", START)))[0], one);
});

Deno.test("open connections are counted by their own index", async () => {
  assert.deepEqual(await planOf((db) => countOpen(db, START, 10)), [
    "SEARCH connections USING INDEX connections_to_expire (expires_at>?)",
  ]);
});

Deno.test("accounts are found by unique keys, and listed in index order", async () => {
  const byEmail = "SEARCH users USING INDEX users_email_unique (email=?)";

  assert.deepEqual(await planOf((db) => findUser(db, EMAIL)), [byEmail]);
  assert.deepEqual(await planOf((db) => hasUsers(db)), ["SCAN users USING COVERING INDEX sqlite_autoindex_users_1"]);
  assert.deepEqual(await planOf((db) => listUsers(db, START)), [
    // It lists all accounts.
    "SCAN users USING INDEX users_email_unique",
    "CORRELATED SCALAR SUBQUERY 1",
    "SEARCH connections USING INDEX connections_not_closed (user_id=?)",
  ]);
});

Deno.test("an account is found with what it knows of a visitor by keys", async () => {
  assert.deepEqual(await planOf((db) => findUserFrom(db, EMAIL, VISITOR, undefined)), [
    "SEARCH users USING INDEX users_email_unique (email=?)",
    "CORRELATED SCALAR SUBQUERY 1",
    "SEARCH authenticators USING COVERING INDEX sqlite_autoindex_authenticators_1 (user_id=?)",
    "CORRELATED SCALAR SUBQUERY 2",
    "SEARCH passkeys USING COVERING INDEX passkeys_by_user (user_id=?)",
    "CORRELATED SCALAR SUBQUERY 3",
    "SEARCH browser_users USING COVERING INDEX browser_users_by_time (user_id=?)",
    "CORRELATED SCALAR SUBQUERY 4",
    "SEARCH browser_users USING COVERING INDEX sqlite_autoindex_browser_users_1 (user_id=? AND browser_id=?)",
    "CORRELATED SCALAR SUBQUERY 5",
    "SEARCH known USING COVERING INDEX sqlite_autoindex_known_1 (user_id=? AND kind=? AND value=?)",
    "CORRELATED SCALAR SUBQUERY 6",
    "SEARCH known USING COVERING INDEX sqlite_autoindex_known_1 (user_id=? AND kind=? AND value=?)",
  ]);
  assert.deepEqual(await planOf((db) => findBrowser(db, newBrowser().cookie)), [
    "SEARCH browsers USING INDEX sqlite_autoindex_browsers_1 (id=?)",
  ]);
  assert.deepEqual(await planOf((db) => forgetBrowser(db, "u", "b")), [
    "SEARCH browser_users USING INDEX sqlite_autoindex_browser_users_1 (user_id=? AND browser_id=?)",
  ]);
});

Deno.test("asking for links, finding and using them uses indexes only", async () => {
  const link = { hash: "h", purpose: "undo_email", email: "e", expiresAt: START, isTaken: false, user: USER } as const;
  const set = { link, visitor: VISITOR, passwordHash: "hash", isMailed: true, now: START };
  const guess = guessFrom("46.16.60.1", { email: EMAIL });
  const plans = await Promise.all([
    planOf((db) => findLink(db, "t".repeat(43), START)),
    planOf((db) => requestLink(db, USER, guess, START)),
    planOf((db) => requestEmail(db, SESSION, "e", START)),
    planOf((db) => cancelEmail(db, SESSION, START)),
    planOf((db) => findPendingEmail(db, SESSION)),
    planOf((db) => changeEmail(db, link, START)),
    planOf((db) => setPasswordByLink(db, set)),
  ]);

  for (const plan of plans) assertIndexed(plan);
  assertContains(plans[0]!, "SEARCH links USING INDEX sqlite_autoindex_links_1 (hash=?)");
});

Deno.test("signing in, changing a password and sweeping use indexes only", async () => {
  const standing = { kind: "stranger" } as const;
  const reserved = { standing, counted: ["a", "b"], runs: ["c"], isLast: false };
  const opening = {
    ...{ user: USER, visitor: VISITOR, unusual: [], reserved, replaces: SESSION },
    ...{ lifetime: LIFETIME, now: START },
  };
  const guess = guessFrom("46.16.60.1", { email: EMAIL });

  assertIndexed(await planOf((db) => reserveAttempt(db, guess, START)));
  assertIndexed(await planOf((db) => openConnection(db, { ...opening, browser: newBrowser(), timeZone: "UTC" })), [
    "USE TEMP B-TREE FOR DISTINCT",
  ]);
  assertIndexed(await planOf((db) => openConnection(db, { ...opening, browser: "b", timeZone: "UTC" })), [
    "USE TEMP B-TREE FOR DISTINCT",
  ]);
  assertIndexed(await planOf((db) => sweep(db, LIFETIME, 1, START)));
  assertIndexed(
    await planOf((db) => changePassword(db, { user: USER, session: SESSION, passwordHash: "", reserved, now: START })),
  );
  assertIndexed(await planOf((db) => confirmSession(db, { user: USER, session: SESSION, reserved, now: START })));
  assertIndexed(await planOf((db) => endFormerSecret(db, SESSION, START)));
  assertIndexed(await planOf((db) => resetPassword(db, USER, "", START)));
  assertIndexed(await planOf((db) => unlockUser(db, USER)));
  assertIndexed(await planOf((db) => removeUser(db, EMAIL)));
  assertIndexed(await planOf((db) => returnAttempt(db, reserved)));
  assertIndexed(await planOf((db) => hasSecret(db, { id: "s", cookie: "", hash: "" })));
  assertIndexed(await planOf((db) => strengthenHash(db, USER, "")));
  assertIndexed(await planOf((db) => countClosedBy(db, SESSION, "password_changed", START)));
});

Deno.test("the sign-in methods are found, used, changed and listed by indexes", async () => {
  const reserved = { standing: { kind: "stranger" } as const, counted: ["a"], runs: ["b"], isLast: false };
  const change = { session: SESSION, closesOthers: true, now: START };
  const app = { userId: "u", secret: "", lastStep: 1, addedAt: START, lastAt: null };
  const cookie = `${"a".repeat(22)}.${"b".repeat(43)}`;

  assert.deepEqual(await planOf((db) => findAuthenticator(db, "u")), [
    "SEARCH authenticators USING INDEX sqlite_autoindex_authenticators_1 (user_id=?)",
  ]);
  assert.deepEqual(await planOf((db) => findPending(db, cookie, START)), [
    "SEARCH pending_sign_ins USING INDEX sqlite_autoindex_pending_sign_ins_1 (id=?)",
    "SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)",
  ]);
  assertIndexed(await planOf((db) => addPending(db, { user: USER, reserved, timeZone: null, now: START })));
  assertIndexed(await planOf((db) => endPending(db, { id: "p" })));
  assertIndexed(await planOf((db) => useStep(db, app, 2, START)));
  assertIndexed(await planOf((db) => rewriteSecret(db, app, "")));
  assertIndexed(await planOf((db) => useRecoveryCode(db, "u", "", START)));
  assertIndexed(await planOf((db) => setAuthenticator(db, change, { secret: "", step: 1 })));
  assertIndexed(await planOf((db) => setRecoveryCodes(db, change, ["a", "b"])));
  assertIndexed(await planOf((db) => forgetKnown(db, change, "all")));
  assertIndexed(await planOf((db) => resetMethods(db, USER, START)));
  const listed = await planOf((db) => listMethods(db, "u"));
  // An account has a few passkeys, and a hundred known browsers at most.
  assertIndexed(listed, ["USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"]);
  assertContains(listed, "SEARCH c USING INDEX connections_by_time (user_id=? AND opened_at<?)");
});

Deno.test("recording a refused password counts an hour's clients in one index", async () => {
  const wrong = { user: USER, visitor: VISITOR, reason: "wrong_password", now: START } as const;

  const plan = await planOf((db) => recordRefusal(db, { ...wrong, standing: { kind: "stranger" } }));

  assertIndexed(plan);
  assertContains(plan, "SEARCH r USING COVERING INDEX refusals_by_client (user_id=? AND hour=? AND client>?)");
  assertContains(plan, "SEARCH r USING COVERING INDEX refusals_by_client (user_id=? AND hour=? AND client=?)");
  assert.deepEqual(await planOf((db) => countWrongPasswords(db, "u", "c")), [
    "SEARCH refusals USING INDEX refusals_by_connection (connection_id=?)",
  ]);
});

Deno.test("finding and reviewing unusual connections uses indexes only", async () => {
  // What is marked together: a verdict's connections, each written anyway.
  const marked = ["UNION USING TEMP B-TREE", "USE TEMP B-TREE FOR DISTINCT"];
  const recognize = await planOf((db) => recognizeConnection(db, SESSION, "other", START));

  assertIndexed(await planOf((db) => findUnusual(db, "u", VISITOR, "b", START)));
  assertContains(recognize, "connections_unanswered");
  assertIndexed(recognize, marked);
  assertIndexed(await planOf((db) => disownConnection(db, SESSION, "other", START)));
});

Deno.test("recording and listing places reads those of one connection", async () => {
  const ofConnection = "SEARCH places USING INDEX places_by_connection (connection_id=?)";
  const again = await planOf(async (db) => {
    const session = await openSession(db, await makeUser(db, EMAIL), "46.16.60.1", START);
    const abroad = { ...visitorFrom("203.0.113.1"), countryCode: "DE" };
    await recordPlace(db, session, abroad, START + 1);
    await recordPlace(db, session, abroad, START + HOUR);
  });

  assertIndexed(again, ["USE TEMP B-TREE FOR ORDER BY", "USE TEMP B-TREE FOR DISTINCT"]);
  assertContains(again, "SEARCH places USING INDEX places_by_connection (connection_id=? AND client=?)");
  assert.deepEqual(await planOf((db) => listPlaces(db, "u", "c")), [ofConnection, "USE TEMP B-TREE FOR ORDER BY"]);
});

Deno.test("listing recently closed connections uses the index by closing time", async () => {
  assertContains(await planOf((db) => listClosedBy(db, SESSION, START, 4)), "connections_to_remove (closed_at>?)");
});

const VISITOR = visitorFrom("46.16.60.1");
const LIFETIME = { idle: 1, max: 1 };
const USER: User = {
  id: "u",
  email: EMAIL,
  passwordHash: "",
  passwordVersion: 1,
  timeZone: null,
  language: null,
  browserLanguage: null,
  theme: null,
  disownedAt: null,
  disabledAt: null,
  placesMutedAt: null,
  pendingEmail: null,
  createdAt: START,
};
const SESSION: Session = {
  hasPassword: true,
  hasSecondFactor: false,
  hasPasskeys: false,
  id: "s",
  secretHash: "",
  sentHash: "",
  isFirstSeen: false,
  csrf: "",
  confirmedAt: 0,
  connectionId: "c",
  openedAt: 0,
  lastSeenAt: 0,
  userId: "u",
  email: EMAIL,
  timeZone: null,
  language: null,
  theme: null,
  place: { client: "46.16.60.1", device: "curl", userAgent: "curl/8", lastAt: null },
  browser: "b",
  end: null,
};

async function plansOfHistory(filter: Filter): Promise<{ first: string[]; next: string[] }> {
  const query = { userId: "u", filter, limit: 26, now: START };
  return {
    first: await planOf((db) => listHistory(db, { ...query, before: null })),
    next: await planOf((db) => listHistory(db, { ...query, before: { openedAt: START, id: "c" } })),
  };
}
