import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { readAddress } from "../visitor/addresses.ts";
import {
  closeAsOperator,
  closeConnection,
  closeOtherConnections,
  countClosedBy,
  hasEnded,
  listClosedBy,
  listOtherOpen,
  markSeen,
  openConnection,
  signOut,
} from "../db/connections.ts";
import { type Filter, findConnection, listCountries, listHistory, readPage } from "../db/history.ts";
import { giveBack, reserveTry } from "../db/limits.ts";
import { recordRefusal } from "../db/refusals.ts";
import { sweep } from "../db/retention.ts";
import { connections, type User } from "../db/schema.ts";
import { confirmSession, holds, resumeSession, resumeWithActivity, type Session } from "../db/sessions.ts";
import {
  changePassword,
  findUser,
  findUserFrom,
  hasUsers,
  listUsers,
  resetPassword,
  strengthenHash,
} from "../db/users.ts";
import { disownConnection, findUnusual, recognizeConnection } from "../db/unusual.ts";
import { EMAIL, START } from "./app.ts";
import { assertContains, assertIndexed, planOf } from "./plans.ts";

/** Who closed a row's connection is looked up by its key. */
const CLOSER = [
  "CORRELATED SCALAR SUBQUERY 1",
  "SEARCH closer USING INDEX sqlite_autoindex_connections_1 (id=?)",
];

Deno.test("the history is merged from two indexes in its order, on the first page and on every next one", async () => {
  assert.deepEqual(await plansOfHistory({}), {
    first: [
      "MERGE (UNION ALL)",
      "LEFT",
      "SEARCH connections USING INDEX connections_by_time (user_id=?)",
      ...CLOSER,
      "RIGHT",
      "SEARCH refusals USING INDEX refusals_by_time (user_id=?)",
    ],
    next: [
      "MERGE (UNION ALL)",
      "LEFT",
      "SEARCH connections USING INDEX connections_by_time (user_id=? AND (opened_at,id)<(?,?))",
      ...CLOSER,
      "RIGHT",
      "SEARCH refusals USING INDEX refusals_by_time (user_id=? AND (first_at,id)<(?,?))",
    ],
  });
});

Deno.test("the history by state goes through an index in its order", async () => {
  assert.deepEqual(await plansOfHistory({ state: "open" }), {
    first: ["SEARCH connections USING INDEX connections_not_closed (user_id=?)", ...CLOSER],
    next: ["SEARCH connections USING INDEX connections_not_closed (user_id=? AND (opened_at,id)<(?,?))", ...CLOSER],
  });
  assert.deepEqual(await plansOfHistory({ state: "closed" }), {
    first: ["SEARCH connections USING INDEX connections_by_time (user_id=?)", ...CLOSER],
    next: ["SEARCH connections USING INDEX connections_by_time (user_id=? AND (opened_at,id)<(?,?))", ...CLOSER],
  });
  assert.deepEqual(await plansOfHistory({ state: "refused" }), {
    first: ["SEARCH refusals USING INDEX refusals_by_time (user_id=?)"],
    next: ["SEARCH refusals USING INDEX refusals_by_time (user_id=? AND (first_at,id)<(?,?))"],
  });
});

Deno.test("the history by country goes through its index", async () => {
  const { first, next } = await plansOfHistory({ countryCode: "ES" });

  assertIndexed(first);
  assertIndexed(next);
  assertContains(first, "connections_by_country (user_id=? AND country_code=?)");
  assertContains(first, "refusals_by_country (user_id=? AND country_code=?)");
  assertContains(next, "connections_by_country (user_id=? AND country_code=? AND (opened_at,id)<(?,?))");
  assertContains(next, "refusals_by_country (user_id=? AND country_code=? AND (first_at,id)<(?,?))");
});

Deno.test("the history by address goes through its index", async () => {
  const { first, next } = await plansOfHistory({ ip: "46.16.60.1" });

  assertIndexed(first);
  assertIndexed(next);
  assertContains(first, "connections_by_ip (user_id=? AND ip=?)");
  assertContains(first, "refusals_by_ip (user_id=? AND ip=?)");
  assertContains(next, "connections_by_ip (user_id=? AND ip=? AND (opened_at,id)<(?,?))");
  assertContains(next, "refusals_by_ip (user_id=? AND ip=? AND (first_at,id)<(?,?))");
});

Deno.test("the history by network goes through its index", async () => {
  const { first, next } = await plansOfHistory({ network: "46.16" });

  assertIndexed(first);
  assertIndexed(next);
  assertContains(first, "connections_by_network (user_id=? AND network=?)");
  assertContains(first, "refusals_by_network (user_id=? AND network=?)");
  assertContains(next, "connections_by_network (user_id=? AND network=? AND (opened_at,id)<(?,?))");
  assertContains(next, "refusals_by_network (user_id=? AND network=? AND (first_at,id)<(?,?))");
});

Deno.test("the history by days goes through the index of time", async () => {
  const since = await plansOfHistory({ since: START });
  const until = await plansOfHistory({ until: START });
  const both = await plansOfHistory({ since: START, until: START });

  assertIndexed([since, until, both].flatMap(({ first, next }) => [...first, ...next]));
  assertContains(since.first, "connections_by_time (user_id=? AND opened_at>?)");
  assertContains(since.next, "connections_by_time (user_id=? AND opened_at>? AND (opened_at,id)<(?,?))");
  assertContains(until.next, "connections_by_time (user_id=? AND (opened_at,id)<(?,?))");
  assertContains(both.next, "connections_by_time (user_id=? AND opened_at>? AND (opened_at,id)<(?,?))");
});

Deno.test("the history by what is closed or refused and one thing more goes through the index of that", async () => {
  const closed = await plansOfHistory({ state: "closed", network: "46.16" });
  const refused = await plansOfHistory({ state: "refused", countryCode: "ES" });
  const country = await plansOfHistory({ countryCode: "ES", since: START, until: START });

  assertIndexed([closed, refused, country].flatMap(({ first, next }) => [...first, ...next]));
  assertContains(closed.first, "connections_by_network (user_id=? AND network=?)");
  assertContains(closed.next, "connections_by_network");
  assertContains(refused.first, "refusals_by_country (user_id=? AND country_code=?)");
  assertContains(country.first, "connections_by_country");
});

Deno.test("a search for several things goes along the index of the rarest, and no further than it may look", async () => {
  const address = await plansOfHistory({ ip: "46.16.60.1", countryCode: "ES", since: START });
  const network = await plansOfHistory({ network: "46.16", countryCode: "ES" });
  const open = await plansOfHistory({ state: "open", ip: "46.16.60.1", countryCode: "ES" });

  assertIndexed([address, network, open].flatMap(({ first, next }) => [...first, ...next]));
  assertContains(address.first, "connections_by_ip (user_id=? AND ip=? AND opened_at>?)");
  assertContains(address.next, "refusals_by_ip (user_id=? AND ip=?");
  assertContains(network.next, "connections_by_network (user_id=? AND network=? AND (opened_at,id)<(?,?))");
  assertContains(open.first, "connections_not_closed (user_id=?)");
  assertContains(open.next, "connections_not_closed (user_id=? AND (opened_at,id)<(?,?))");
});

Deno.test("the next page of one address or country between two days doesn't go through all others of these days", async () => {
  const days = { since: START, until: START + 1 };

  assertContains((await plansOfHistory({ ...days, ip: "46.16.60.1" })).next, "connections_by_ip");
  assertContains((await plansOfHistory({ ...days, ip: "46.16.60.1" })).next, "refusals_by_ip");
  assertContains((await plansOfHistory({ ...days, countryCode: "ES" })).next, "connections_by_country");
  assertContains((await plansOfHistory({ ...days, network: "46.16", state: "closed" })).next, "connections_by_network");
});

Deno.test("the countries of a history are found by steps through indexes, not by reading it", async () => {
  const plan = await planOf((db) => listCountries(db, "u"));

  assert.deepEqual(plan.filter((step) => /by_country/.test(step)), [
    "SEARCH connections USING COVERING INDEX connections_by_country (user_id=?)",
    "SEARCH connections USING COVERING INDEX connections_by_country (user_id=? AND country_code>?)",
    "SEARCH refusals USING COVERING INDEX refusals_by_country (user_id=?)",
    "SEARCH refusals USING COVERING INDEX refusals_by_country (user_id=? AND country_code>?)",
  ]);
});

Deno.test("how a whole history stands is found by the ends of indexes", async () => {
  const query = { userId: "u", filter: {}, before: null, limit: 26, now: START };
  const plan = await planOf((db) => readPage(db, query, "c"));

  assertIndexed(plan.filter((step) => step !== "SCAN CONSTANT ROW"));
  assertContains(plan, "SEARCH connections USING COVERING INDEX connections_by_time (user_id=?)");
});

Deno.test("the session behind a cookie is found by three keys", async () => {
  assert.deepEqual(
    await planOf((db) => resumeSession(db, `${"a".repeat(22)}.${"b".repeat(43)}`, { isReading: true, now: START })),
    [
      "SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (id=?)",
      "SEARCH connections USING INDEX sqlite_autoindex_connections_1 (id=?)",
      "SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)",
    ],
  );
});

Deno.test("how the history stands is found with the session, by the same keys and four indexes", async () => {
  const cookie = `${"a".repeat(22)}.${"b".repeat(43)}`;

  const plan = await planOf((db) => resumeWithActivity(db, cookie, { isReading: true, now: START }));

  assertIndexed(plan.filter((step) => !step.includes("SCALAR SUBQUERY") && step !== "SCAN CONSTANT ROW"));
  assertContains(plan, "SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)");
  assertContains(plan, "SEARCH connections USING INDEX connections_not_closed (user_id=?)");
  assertContains(plan, "SEARCH connections USING INDEX connections_unanswered (user_id=?)");
});

Deno.test("open connections are listed and closed through the index of those that are not closed", async () => {
  const open = "SEARCH connections USING INDEX connections_not_closed (user_id=?)";

  assert.deepEqual(await planOf((db) => listOtherOpen(db, SESSION, START)), [open]);
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

Deno.test("what is done to one connection finds it by its key", async () => {
  const one = "SEARCH connections USING INDEX sqlite_autoindex_connections_1 (id=?)";

  assert.deepEqual(await planOf((db) => findConnection(db, "u", "c", START)), [one, ...CLOSER]);
  assert.deepEqual(await planOf((db) => signOut(db, SESSION, START)), [one]);
  assert.deepEqual(await planOf((db) => hasEnded(db, SESSION, START)), [one]);
  assert.deepEqual(await planOf((db) => countClosedBy(db, SESSION, "closed", START, eq(connections.id, "c"))), [one]);
  assert.deepEqual(await planOf((db) => markSeen(db, SESSION, LIFETIME, START)), [one]);
  assert.equal((await planOf((db) => closeConnection(db, SESSION, "c", START)))[0], one);
});

Deno.test("accounts are found by their keys, and listed in the order of an index", async () => {
  const byEmail = "SEARCH users USING INDEX users_email_unique (email=?)";

  assert.deepEqual(await planOf((db) => findUser(db, EMAIL)), [byEmail]);
  assert.deepEqual(await planOf((db) => hasUsers(db)), ["SCAN users USING COVERING INDEX sqlite_autoindex_users_1"]);
  assert.deepEqual(await planOf((db) => listUsers(db, START)), [
    // All accounts are what is asked for.
    "SCAN users USING INDEX users_email_unique",
    "CORRELATED SCALAR SUBQUERY 1",
    "SEARCH connections USING INDEX connections_not_closed (user_id=?)",
  ]);
});

Deno.test("signing in, changing a password and the sweep go through indexes", async () => {
  const visitor = {
    address: readAddress("46.16.60.1")!,
    countryCode: "ES",
    userAgent: "",
    device: "",
    deviceKind: "unknown" as const,
  };
  const reserved = { address: "a", account: "b", run: "c", isLast: false };
  const opening = { user: USER, visitor, reserved, replaces: SESSION, timeZone: "UTC", lifetime: LIFETIME, now: START };

  assertIndexed(await planOf((db) => findUserFrom(db, EMAIL, visitor.address, START)));
  assertIndexed(await planOf((db) => findUserFrom(db, EMAIL, readAddress("2001:db8::1")!, START)));
  assertIndexed(await planOf((db) => reserveTry(db, { email: EMAIL, address: visitor.address, isKnown: true }, START)));
  assertIndexed(await planOf((db) => openConnection(db, opening)));
  assertIndexed(
    await planOf((db) => recordRefusal(db, { user: USER, visitor, reason: "wrong_password", now: START })),
  );
  assertIndexed(await planOf((db) => sweep(db, LIFETIME, 1, START)));
  assertIndexed(
    await planOf((db) => changePassword(db, { user: USER, session: SESSION, passwordHash: "", reserved, now: START })),
  );
  assertIndexed(await planOf((db) => confirmSession(db, { user: USER, session: SESSION, reserved, now: START })));
  assertIndexed(await planOf((db) => resetPassword(db, USER, "", START)));
  assertIndexed(await planOf((db) => giveBack(db, reserved)));
  assertIndexed(await planOf((db) => holds(db, { id: "s", cookie: "", hash: "" })));
  assertIndexed(await planOf((db) => strengthenHash(db, USER, "")));
  assertIndexed(await planOf((db) => countClosedBy(db, SESSION, "password_changed", START)));
});

Deno.test("what is unusual is found and answered through keys and the indexes of what is unusual", async () => {
  const visitor = {
    address: readAddress("46.16.60.1")!,
    countryCode: "ES",
    userAgent: "",
    device: "curl",
    deviceKind: "script" as const,
  };

  assertIndexed(await planOf((db) => findUnusual(db, "u", visitor, START)));
  assertContains(await planOf((db) => recognizeConnection(db, SESSION, "other", START)), "connections_unanswered");
  assertIndexed(await planOf((db) => recognizeConnection(db, SESSION, "other", START)));
  assertIndexed(await planOf((db) => disownConnection(db, SESSION, "other", START)));
});

Deno.test("what was just closed is found by its time, however long the history is", async () => {
  assertContains(await planOf((db) => listClosedBy(db, SESSION, START, 4)), "connections_to_remove (closed_at>?)");
});

const LIFETIME = { idle: 1, max: 1 };
const USER: User = {
  id: "u",
  email: EMAIL,
  passwordHash: "",
  passwordVersion: 1,
  timeZone: null,
  language: null,
  theme: null,
  createdAt: START,
};
const SESSION: Session = {
  id: "s",
  secretHash: "",
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
  end: null,
};

async function plansOfHistory(filter: Filter): Promise<{ first: string[]; next: string[] }> {
  const query = { userId: "u", filter, limit: 26, now: START };
  return {
    first: await planOf((db) => listHistory(db, { ...query, before: null })),
    next: await planOf((db) => listHistory(db, { ...query, before: { openedAt: START, id: "c" } })),
  };
}
