import assert from "node:assert/strict";
import type { InStatement, InValue } from "@libsql/client";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { type Activity, isVersionOf, NO_ACTIVITY, readActivity, versionOf } from "../db/history/activity.ts";
import { type Db, openDatabase } from "../db/database.ts";
import { connections } from "../db/schema.ts";
import { resumeSession } from "../db/sessions.ts";
import { findUser } from "../db/users.ts";
import type { AppOptions } from "../http/env.ts";
import { writeCursor } from "../http/history_query.ts";
import { paths, withQuery } from "../http/paths.ts";
import {
  addAccount,
  type Browser,
  CELL,
  DAY,
  EMAIL,
  FIREFOX,
  HOUR,
  HTMX,
  MINUTE,
  ORIGIN,
  PASSWORD,
  type Reply,
  signedIn,
  START,
  startApp,
} from "./app.ts";

const WRONG = "not the password at all";
/** An address without a country here. */
const AWAY = "203.0.113.9";

Deno.test("GET /user/security/connections/live answers 304 with an empty body while nothing changes", async () => {
  const { here, clock } = await signedInWithClock();
  const page = await open(here);
  clock.now += 20_000;

  const { status, text, headers } = await page.poll();

  assert.equal(status, 304);
  assert.equal(text, "");
  assert.equal(headers.get("Cache-Control"), "no-store");
});

Deno.test("a connection that opens elsewhere appears as a new row, and in the status that a screen reader announces", async () => {
  const { here, browser, clock } = await signedInWithClock();
  const page = await open(here);
  assert.equal(page.$("#status").text(), "1 connection is open.");
  await browser("46.16.60.9").signIn();
  clock.now += MINUTE;

  const { status, $ } = await page.poll();

  assert.equal(status, 200);
  assert.equal($(`${fragment("#history")} tbody tr[id]`).length, 2);
  assert.match($(fragment("#history")).text(), /2 connections are open now/);
  assert.equal($(fragment("#status")).text(), "2 connections are open.");
  assert.equal($(`${fragment("#status")} .hidden`).length, 1);
  assert.equal($(fragment("#notifications")).length, 0);
  assert.equal((await page.poll()).status, 304);
});

Deno.test("the status counts unusual connections and refused sign-ins", async () => {
  const { here, browser, clock } = await signedInWithClock({
    countryOf: ({ ip }) => Promise.resolve(ip.startsWith("46.") ? "ES" : "FR"),
  });
  const page = await open(here);

  await browser(AWAY).signIn();
  clock.now += MINUTE;
  assert.equal(statusIn(await page.poll()), "2 connections are open. 1 unusual connection needs your review.");

  await browser(AWAY).signIn(EMAIL, WRONG);
  await browser(AWAY).signIn(EMAIL, WRONG);
  clock.now += MINUTE;
  assert.equal(
    statusIn(await page.poll()),
    "2 connections are open. 1 unusual connection needs your review. 2 refused sign-ins in the last 30 days.",
  );
});

Deno.test("connections that end elsewhere show how they ended", async () => {
  const { here, browser, db, clock } = await signedInWithClock();
  const [leaving, idle] = [browser("46.16.60.7"), browser("46.16.60.8")];
  await leaving.signIn();
  await idle.signIn();
  const page = await open(here);

  await leaving.signOut();
  clock.now += MINUTE;

  const signedOut = await page.poll();
  assert.equal(statusIn(signedOut), "2 connections are open.");
  assert.match(signedOut.$(fragment("#history")).text(), /Signed out/);

  await db.update(connections).set({ expiresAt: clock.now + 1 }).where(eq(connections.ip, "46.16.60.8"));
  clock.now += MINUTE;

  const expired = await page.poll();
  assert.equal(statusIn(expired), "1 connection is open.");
  assert.match(expired.$(fragment("#history")).text(), /Expired/);
  assert.match(expired.$(fragment("#history")).text(), /This is the only open connection/);
});

Deno.test("a page that closed a connection itself has the version after it", async () => {
  const { here, browser, db, clock } = await signedInWithClock();
  for (const ip of ["46.16.60.7", "46.16.60.8", "46.16.60.9"]) await browser(ip).signIn();
  const page = await open(here);
  const otherTab = await open(here);
  const [one] = await db.select().from(connections).where(eq(connections.ip, "46.16.60.7"));

  page.learn(await here.submit(paths.closeOne(one!.id), { version: page.version }, HTMX));
  assert.equal((await page.poll()).status, 304);
  page.learn(await here.submit(paths.closeAll, {}, HTMX));
  assert.equal((await page.poll()).status, 304);

  clock.now += MINUTE;
  assert.equal(statusIn(await otherTab.poll()), "1 connection is open.");
});

Deno.test("within a minute the status is said once, and what came since is said together in the next one", async () => {
  const { here, browser, clock } = await signedInWithClock();
  const page = await open(here);
  const tryAgain = async () => {
    await browser(AWAY).signIn(EMAIL, WRONG);
    clock.now += 4_500;
    return await page.poll();
  };

  const within = [await tryAgain(), await tryAgain(), await tryAgain()];
  clock.now += MINUTE;
  const later = await page.poll();

  assert.deepEqual(within.map(({ status, $ }) => [status, $(fragment("#status")).length]), [[200, 0], [200, 0], [
    200,
    0,
  ]]);
  assert.equal(within[2]!.$(fragment("#history")).find("tr.refused").length, 1);
  assert.equal(statusIn(later), "1 connection is open. 3 refused sign-ins in the last 30 days.");
});

Deno.test("a page that closes a connection learns what it missed before", async () => {
  const { here, browser, db } = await signedInWithClock();
  await browser("46.16.60.7").signIn();
  const page = await open(here);
  await browser("46.16.60.8").signIn();
  const [one] = await db.select().from(connections).where(eq(connections.ip, "46.16.60.7"));

  const answer = await here.submit(paths.closeOne(one!.id), { version: page.version }, HTMX);
  page.learn(answer);

  assert.match(answer.$(`${fragment("#history")} tbody`).text(), /46\.16\.60\.8/);
  assert.equal((await page.poll()).status, 304);
});

Deno.test("a page with older rows that closes a connection still says at its next poll what it missed", async () => {
  const { here, browser, db } = await signedInWithClock();
  await browser("46.16.60.7").signIn();
  const page = await open(here);
  await browser("46.16.60.8").signIn();
  const [one] = await db.select().from(connections).where(eq(connections.ip, "46.16.60.7"));
  const loaded = { loaded: "older" };

  page.learn(await here.submit(paths.closeOne(one!.id), { version: page.version, ...loaded }, HTMX));
  const reply = await page.poll(loaded);

  assert.equal(reply.status, 200);
  assert.match(reply.$(fragment("#status")).text(), /The history has changed/);
});

Deno.test("when only a minute passed, the times are renewed and the status stays the same", async () => {
  const { here, clock } = await signedInWithClock();
  const page = await open(here);
  clock.now += MINUTE;

  const reply = await page.poll();

  assert.equal(reply.status, 200);
  assert.match(reply.$(`${fragment("#history")} tbody tr[id]`).text(), /1 minute ago/);
  assert.equal(statusIn(reply), page.$("#status").text());
  assert.equal((await page.poll()).status, 304);
});

Deno.test("a poll keeps the filter in the page's URL", async () => {
  const { here, browser } = await signedInWithClock();
  const leaving = browser("46.16.60.7");
  await leaving.signIn();
  const page = await open(here, "?state=closed");

  await leaving.signOut();
  const { $ } = await page.poll();

  assert.deepEqual($(`${fragment("#history")} ${CELL.badge}`).toArray().map((badge) => $(badge).text()), ["Closed"]);
  assert.equal($(`${fragment("#history")} a.download`).attr("href"), `${paths.csv}?state=closed`);
});

Deno.test("where older rows were appended, a poll renews the head alone and links to the newest rows", async () => {
  const { here, browser, db, clock } = await signedInWithClock();
  await addClosed(db, 60);
  const page = await open(here, "?country=ES");
  const older = await here.get(page.$("#more a[hx-get]").attr("href") ?? "", HTMX);
  const loaded = { loaded: older.$("#more [name=loaded]").attr("value") ?? "" };
  await browser("46.16.60.7").signIn();

  const reply = await page.poll(loaded);

  assertHeadOnly(reply);
  assert.match(reply.$(fragment("#head")).text(), /2 connections are open now/);
  const notification = reply.$(`${fragment("#status")} .notification`);
  assert.equal(notification.text(), "The history has changed. Show the newest connections");
  assert.equal(notification.find("a").attr("href"), `${paths.connections}?country=ES`);
  assert.equal((await page.poll(loaded)).status, 304);

  clock.now += MINUTE;
  const later = await page.poll(loaded);
  assertHeadOnly(later);
  assert.equal(later.$(fragment("#status")).length, 0, "the link stays as it is");
});

Deno.test("a page that begins with older rows keeps them, and links to the newest", async () => {
  const { here, browser, db, clock } = await signedInWithClock();
  await addClosed(db, 60);
  const newest = await open(here);
  const older = newest.$("#more a[hx-get]").attr("href") ?? "";
  const page = await open(here, older.slice(older.indexOf("?")));
  clock.now += MINUTE;
  assert.equal((await page.poll()).$(fragment("#status")).length, 0, "a minute is no change");

  await browser("46.16.60.7").signIn();

  const reply = await page.poll();
  assertHeadOnly(reply);
  assert.equal(reply.$(`${fragment("#status")} a`).attr("href"), paths.connections);
});

Deno.test("a page that brought older rows back keeps them, and links to the newest", async () => {
  const { here, browser, db } = await signedInWithClock();
  await addClosed(db, 60);
  const [oldest] = await db.select().from(connections).orderBy(connections.openedAt);
  const page = await open(here, `?country=ES&through=${writeCursor(oldest!)}`);
  const loaded = { loaded: page.$("#more [name=loaded]").attr("value") ?? "" };
  await browser("46.16.60.7").signIn();

  const reply = await page.poll(loaded);

  assert.equal(page.$("#rows tr[id]").length, 60);
  assertHeadOnly(reply);
  assert.match(reply.$(fragment("#status")).text(), /The history has changed/);
  assert.equal(reply.$(`${fragment("#status")} a`).attr("href"), `${paths.connections}?country=ES`);
});

// ASVS 8.2
Deno.test("another account's activity changes nothing", async () => {
  const { here, browser, db } = await signedInWithClock();
  await addAccount(db, "other@example.com", PASSWORD);
  const other = browser(AWAY);
  await other.signIn("other@example.com");
  const page = await open(here);
  const theirs = await open(other);

  await other.signOut();
  await other.signIn("other@example.com");
  await browser(AWAY).signIn("other@example.com", WRONG);

  assert.equal((await page.poll()).status, 304);
  const { $, text } = await page.poll({ version: theirs.version });
  assert.equal($("[id^=c-]").length, 1);
  assert.doesNotMatch(text, new RegExp(AWAY));
});

// ASVS 7.3.1
Deno.test("a page that only polls keeps no connection alive: it expires as if unused", async () => {
  const { here, db, clock } = await signedInWithClock();
  const page = await open(here);
  const before = await db.select().from(connections);

  for (let hours = 0; hours < 7 * 24; hours++) {
    assert.notEqual((await page.poll()).status, 401);
    clock.now += HOUR;
  }

  assert.deepEqual(await db.select().from(connections), before);
  assert.equal((await page.poll()).status, 401);
  assert.equal(await here.isIn(), false);
});

// ASVS 7.4.1
Deno.test("a closed browser's next poll redirects it to sign-in, and back to its page afterwards", async () => {
  const { here, db, clock } = await signedInWithClock();
  const page = await open(here, "?state=open");
  await db.update(connections).set({ closedAt: clock.now, endReason: "closed" });

  const { status, headers, text } = await page.poll();

  assert.equal(status, 401);
  assert.equal(headers.get("HX-Redirect"), withQuery(paths.signIn, { next: `${paths.connections}?state=open` }));
  assert.equal(text, "");
});

Deno.test("GET /user/security/connections/live without htmx redirects to the history, and signed out to sign-in", async () => {
  const { browser } = await startApp();
  const here = browser();

  assert.equal((await here.get(paths.live)).headers.get("Location"), withQuery(paths.signIn, { next: paths.live }));
  await here.signIn();
  const { status, headers } = await here.get(paths.live);

  assert.equal(status, 303);
  assert.equal(headers.get("Location"), paths.connections);
});

Deno.test("a failing poll shows no notification", async () => {
  const { here, db } = await signedInWithClock();
  const page = await open(here);
  db.$client.close();

  const { status, text } = await page.poll();

  assert.equal(status, 500);
  assert.equal(text, "");
});

// Security: no 5xx
Deno.test("a made-up version counts as an old one", async () => {
  const { here } = await signedInWithClock();
  const page = await open(here);
  const madeUp = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom(
      "0",
      "..",
      "....",
      page.version.replace(/\d/, "x"),
      `${page.version} `,
      "9".repeat(400),
      "__proto__",
    ),
  );

  await fc.assert(
    fc.asyncProperty(madeUp, fc.option(madeUp, { nil: undefined }), async (version, loaded) => {
      const { status, $ } = await page.poll({ version, ...(loaded !== undefined && { loaded }) });
      assert.equal(status, 200);
      assert.equal($("script").length, 0);
      assert.equal($(`${fragment("#live")} [name=version]`).attr("value"), page.version);
    }),
    { numRuns: 200 },
  );
});

Deno.test("a version changes with the activity and with the minute, and tells the two apart", () => {
  const activity: fc.Arbitrary<Activity> = fc.record({
    open: fc.nat(1_000_000),
    unreviewed: fc.nat(1_000_000),
    newest: fc.option(fc.uuid()),
    oldest: fc.option(fc.uuid()),
    refused: fc.option(fc.record({ hour: fc.nat(1_000_000), attempts: fc.nat(1_000_000) }, { noNullPrototype: true })),
    moved: fc.option(fc.nat(2 ** 41)),
    isPasswordDue: fc.nat(1),
  }, { noNullPrototype: true });

  fc.assert(fc.property(activity, (changed) => {
    fc.pre(JSON.stringify(changed) !== JSON.stringify(NO_ACTIVITY));
    const version = versionOf(changed, START);
    assert.equal(versionOf(structuredClone(changed), START + 1_000), version);
    assert.notEqual(versionOf(changed, START + MINUTE), version);
    assert.notEqual(versionOf(NO_ACTIVITY, START), version);
    assert.equal(isVersionOf(version, changed), true);
    assert.equal(isVersionOf(versionOf(changed, START + MINUTE), changed), true);
    assert.equal(isVersionOf(version, NO_ACTIVITY), false);
  }));
});

Deno.test("reading the activity searches indexes only", async () => {
  const { here, db } = await signedIn();
  const session = await resumeSession(db, here.cookies.get("session"), { isReading: true, now: START });

  assert.deepEqual(await planOf((db) => readActivity(db, session!, START)), [
    "SCAN CONSTANT ROW",
    "SCALAR SUBQUERY 1",
    "SEARCH connections USING INDEX connections_not_closed (user_id=?)",
    "SCALAR SUBQUERY 2",
    "SEARCH connections USING INDEX connections_unanswered (user_id=?)",
    "SCALAR SUBQUERY 3",
    "SEARCH connections USING COVERING INDEX connections_by_time (user_id=?)",
    "SCALAR SUBQUERY 4",
    "SEARCH connections USING COVERING INDEX connections_by_time (user_id=?)",
    "SCALAR SUBQUERY 5",
    "SEARCH refusals USING INDEX refusals_by_client (user_id=?)",
    "SCALAR SUBQUERY 6",
    "SEARCH places USING COVERING INDEX places_by_time (user_id=?)",
    "SCALAR SUBQUERY 7",
    "SEARCH account USING INDEX sqlite_autoindex_users_1 (id=?)",
  ]);
});

/** A clock that advances at each look, so that what opens later is later. */
async function signedInWithClock(changes: Partial<AppOptions> = {}) {
  const clock = { now: START };
  return { ...await signedIn({ now: () => clock.now++, ...changes }), clock };
}

function fragment(target: string): string {
  return `hx-partial[hx-target='${target}']`;
}

function statusIn({ $ }: Reply): string {
  return $(`${fragment("#status")} .hidden`).text();
}

function assertHeadOnly({ status, $ }: Reply): void {
  assert.equal(status, 200);
  assert.equal($(fragment("#head")).length, 1);
  assert.equal($(fragment("#history")).length, 0);
}

/** Opens the history as a browser with htmx does: it polls with the version that it got last. */
async function open(browser: Browser, search = "") {
  const { $ } = await browser.get(`${paths.connections}${search}`);
  const page = {
    $,
    version: $("#live [name=version]").attr("value") ?? "",
    learn(reply: Reply): void {
      page.version = reply.$(`${fragment("#live")} [name=version]`).attr("value") ?? page.version;
    },
    async poll(sent: Record<string, string> = {}): Promise<Reply> {
      const headers = { ...HTMX, "HX-Current-URL": `${ORIGIN}${paths.connections}${search}` };
      const query = new URLSearchParams({ version: page.version, ...sent });
      const reply = await browser.get(`${paths.live}?${query}`, headers);
      page.learn(reply);
      return reply;
    },
  };
  return page;
}

/** Adds closed connections, one an hour back from `START`. */
async function addClosed(db: Db, count: number): Promise<void> {
  const user = await findUser(db, EMAIL);
  const openedAt = (i: number) => START - (i + 1) * HOUR;
  await db.insert(connections).values(Array.from({ length: count }, (_, i) => ({
    id: crypto.randomUUID(),
    userId: user!.id,
    openedAt: openedAt(i),
    lastSeenAt: openedAt(i),
    expiresAt: openedAt(i) + 7 * DAY,
    closedAt: openedAt(i) + MINUTE,
    endReason: "signed_out" as const,
    ip: "46.16.60.1",
    network: "46.16",
    countryCode: "ES",
    userAgent: FIREFOX,
    device: "Firefox on Linux",
  })));
}

/** The query plan of what `run` asks first. */
async function planOf(run: (db: Db) => Promise<unknown>): Promise<string[]> {
  const db = await openDatabase(":memory:");
  const { execute, readText } = db.$client;
  const asked: { sql: string; args: InValue[] }[] = [];
  Object.assign(db.$client, {
    execute(statement: Exclude<InStatement, string>) {
      asked.push({ sql: statement.sql, args: statement.args as InValue[] });
      return execute(statement);
    },
    readText(sql: string, args: InValue[]) {
      asked.push({ sql, args });
      return readText(sql, args);
    },
  });
  await run(db);

  const [{ sql, args }] = asked as [typeof asked[number]];
  const { rows } = await execute({ sql: `explain query plan ${sql}`, args });
  return rows.map(({ detail }) => String(detail));
}
