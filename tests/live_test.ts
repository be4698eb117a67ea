import assert from "node:assert/strict";
import type { InStatement, InValue } from "@libsql/client";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { type Activity, listOpenedAfter, readActivity } from "../db/activity.ts";
import { type Db, openDatabase } from "../db/database.ts";
import { connections } from "../db/schema.ts";
import { resumeSession, type Session } from "../db/sessions.ts";
import { findUser } from "../db/users.ts";
import { readTag, writeTag } from "../routes/version.ts";
import type { AppOptions } from "../http/env.ts";
import { writeCursor } from "../http/history_query.ts";
import { paths, withQuery } from "../http/paths.ts";
import {
  addAccount,
  type Answer,
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
  START,
  startApp,
} from "./app.ts";

const SAFARI =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";
const WRONG = "not the password at all";
/** A browser in a network that the app here knows no country of. */
const AWAY = "203.0.113.9";

Deno.test("GET /user/security/connections/live answers 304 with nothing in it while nothing is new", async () => {
  const { browser, clock } = await start();
  const here = browser();
  await browser(AWAY).signIn();
  await here.signIn();
  const page = await open(here);
  clock.now += 20_000;

  const { status, text, headers } = await page.ask();

  assert.equal(status, 304);
  assert.equal(text, "");
  assert.equal(headers.get("Cache-Control"), "no-store, no-transform");
});

Deno.test("a connection that opens elsewhere is a new row, counted in the head, and named in words", async () => {
  const { browser } = await start();
  const here = browser();
  await here.signIn();
  const page = await open(here);
  await browser("46.16.60.9", SAFARI).signIn();

  const { status, $ } = await page.ask();

  assert.equal(status, 200);
  assert.equal($(`${piece("#rows-or-none")} tbody tr`).length, 2);
  assert.match($(piece("#head")).text(), /2 connections are open now/);
  assert.equal($(piece("#news")).text(), "A connection was opened: Safari on iPhone, Spain.");
  assert.equal($(`${piece("#news")} .hidden`).length, 1);
  assert.equal($(piece("#notifications")).length, 0);
  assert.equal((await page.ask()).status, 304);
});

Deno.test("an unusual connection is told as one, and several are counted", async () => {
  const { browser } = await start({ countryOf: ({ ip }) => Promise.resolve(ip.startsWith("46.") ? "ES" : "FR") });
  const here = browser();
  await here.signIn();
  const page = await open(here);

  await browser(AWAY, SAFARI).signIn();

  assert.equal(newsIn(await page.ask()), "An unusual connection was opened: Safari on iPhone, France.");

  await browser("46.16.60.7").signIn();
  await browser("46.16.60.8").signIn();

  assert.equal(newsIn(await page.ask()), "2 connections were opened.");
});

Deno.test("a connection whose country nobody knows is told without one", async () => {
  const { browser } = await start();
  const here = browser();
  await here.signIn();
  const page = await open(here);

  await browser(AWAY).signIn();

  assert.equal(newsIn(await page.ask()), "A connection was opened: Firefox on Linux.");
});

Deno.test("connections that end elsewhere are told, however they end", async () => {
  const { browser, db, clock } = await start();
  const [here, leaving, idle] = [browser(), browser("46.16.60.7"), browser("46.16.60.8")];
  await leaving.signIn();
  await idle.signIn();
  await here.signIn();
  const page = await open(here);

  await leaving.signOut();

  const signedOut = await page.ask();
  assert.equal(newsIn(signedOut), "A connection was closed.");
  assert.match(signedOut.$(piece("#rows-or-none")).text(), /Signed out/);

  await db.update(connections).set({ expiresAt: clock.now + 1 }).where(eq(connections.ip, "46.16.60.8"));
  clock.now += 2;

  const expired = await page.ask();
  assert.equal(newsIn(expired), "A connection was closed.");
  assert.match(expired.$(piece("#rows-or-none")).text(), /Expired/);
  assert.match(expired.$(piece("#head")).text(), /Only this connection is open/);
});

Deno.test("what opened and closed between two looks is told as both", async () => {
  const { browser } = await start();
  const [here, passing] = [browser(), browser("46.16.60.7")];
  await here.signIn();
  const page = await open(here);

  await passing.signIn();
  await passing.signOut();

  assert.equal(
    newsIn(await page.ask()),
    "A connection was opened: Firefox on Linux, Spain. A connection was closed.",
  );
});

Deno.test("refused sign-ins are told, the first of an hour and those that its row counts on", async () => {
  const { browser, clock } = await start();
  const here = browser();
  await here.signIn();
  const page = await open(here);

  await browser(AWAY).signIn(EMAIL, WRONG);
  assert.equal(newsIn(await page.ask()), "A sign-in was refused.");

  await browser(AWAY).signIn(EMAIL, WRONG);
  await browser(AWAY).signIn(EMAIL, WRONG);
  const more = await page.ask();
  assert.equal(newsIn(more), "2 sign-ins were refused.");
  assert.match(more.$(piece("#rows-or-none")).text(), /3 attempts/);

  clock.now += HOUR;
  await browser(AWAY).signIn(EMAIL, WRONG);
  assert.equal(newsIn(await page.ask()), "A sign-in was refused.");
});

Deno.test("what this page closed is renewed but no news to it", async () => {
  const { browser, db } = await start();
  const here = browser();
  for (const ip of ["46.16.60.7", "46.16.60.8", "46.16.60.9"]) await browser(ip).signIn();
  await here.signIn();
  const page = await open(here);
  const [one] = await db.select().from(connections).where(eq(connections.ip, "46.16.60.7"));

  const first = await here.submit(paths.closeOne(one!.id), {}, HTMX);
  const second = await here.submit(paths.closeAll, {}, HTMX);

  const closedHere = [first, second].map(({ $ }) => $(`${piece("#live")} [name=closed_here]`).attr("value"));
  assert.deepEqual(closedHere, ["1", "2"]);
  const answer = await page.ask({ closed_here: ["1", "2"] });
  assert.equal(newsIn(answer), "");
  assert.match(answer.$(piece("#head")).text(), /Only this connection is open/);

  assert.equal(
    newsIn(await (await open(here, page.first)).ask()),
    "3 connections were closed.",
    "to another tab it is",
  );
});

Deno.test("once a minute what says how long ago is renewed, without a word", async () => {
  const { browser, clock } = await start();
  const here = browser();
  await here.signIn();
  const page = await open(here);
  clock.now += MINUTE;

  const answer = await page.ask();

  assert.equal(answer.status, 200);
  assert.equal(answer.$(`${piece("#rows-or-none")} tbody tr`).length, 1);
  assert.equal(newsIn(answer), "");
  assert.equal((await page.ask()).status, 304);
});

Deno.test("the rows are those of the filter that the page has in its address", async () => {
  const { browser } = await start();
  const [here, leaving] = [browser(), browser("46.16.60.7")];
  await leaving.signIn();
  await here.signIn();
  const page = await open(here, undefined, "?state=closed");
  assert.equal(page.downTo, undefined);

  await leaving.signOut();
  const { $ } = await page.ask();

  assert.deepEqual($(`${piece("#rows-or-none")} ${CELL.state}`).toArray().map((state) => $(state).text()), ["Closed"]);
  assert.equal($(`${piece("#more")} [name=down_to]`).length, 1, "a page that had no rows learns where it ends now");
  const csv = $(`${piece("#head")} a[download]`).attr("href");
  assert.equal(csv, `${paths.csv}?state=closed`);
});

Deno.test("all rows on the page are renewed down to the last one, also those that were added to it", async () => {
  const { browser, db } = await start();
  await addClosed(db, 60);
  const here = browser();
  await here.signIn();
  const page = await open(here);
  assert.equal(page.$("tbody tr").length, 25);
  const older = await here.get(page.$("#more a").attr("href") ?? "", HTMX);
  const shown = [page, older].flatMap(({ text }) => [...text.matchAll(/ id="(c-[\w-]+)"/g)].map(([, id]) => id));
  await browser("46.16.60.7").signIn();

  const answer = await page.ask({ down_to: [String(older.$("[name=down_to]").attr("value"))] });

  const rows = answer.$(`${piece("#rows-or-none")} tbody tr`).toArray().map((row) => answer.$(row).attr("id"));
  assert.equal(shown.length, 50);
  assert.equal(rows.length, 51);
  assert.deepEqual(rows.toSpliced(1, 1), shown);
  assert.equal(answer.$(piece("#more")).length, 0, "where the page ends stays as it is");
});

Deno.test("rows of the same millisecond as the last one are renewed as far as they were shown", async () => {
  const { browser, db } = await start();
  await addClosed(db, 30, () => START - HOUR);
  const here = browser();
  await here.signIn();
  const page = await open(here);
  await browser("46.16.60.7").signIn();

  const { $ } = await page.ask();

  const rows = $(`${piece("#rows-or-none")} tbody tr`).toArray().map((row) => $(row).attr("id"));
  assert.deepEqual(rows.toSpliced(1, 1), page.$("tbody tr").toArray().map((row) => page.$(row).attr("id")));
});

Deno.test("a page with more than 200 rows is told, with a way to the newest ones", async () => {
  const { browser, db } = await start();
  await addClosed(db, 210);
  const here = browser();
  await here.signIn();
  const page = await open(here);
  const last = await db.select().from(connections).orderBy(connections.openedAt).limit(1);
  const downTo = [writeCursor(last[0]!)];
  await browser("46.16.60.7").signIn();

  const answer = await page.ask({ down_to: downTo }, "?country=ES");

  assertToldOnly(answer);
  assert.equal(answer.$(`${piece("#news")} a`).attr("href"), `${paths.connections}?country=ES`);
  assert.equal((await page.ask({ down_to: downTo })).status, 304);
});

Deno.test("a page that begins with older rows is told of what isn't on it", async () => {
  const { browser, db, clock } = await start();
  await addClosed(db, 60);
  const here = browser();
  await here.signIn();
  const newest = await open(here);
  const older = newest.$("#more a").attr("href") ?? "";
  const page = await open(here, undefined, older.slice(older.indexOf("?")));
  await browser("46.16.60.7").signIn();

  const answer = await page.ask();

  assertToldOnly(answer);
  assert.equal(answer.$(`${piece("#news")} a`).attr("href"), paths.connections);

  clock.now += MINUTE;
  const later = await page.ask();
  assert.equal(later.$(piece("#news")).length, 0, "what was told stays");
});

// ASVS 8.2
Deno.test("what happens in another account is no news", async () => {
  const { browser, db } = await start();
  await addAccount(db, "other@example.com", PASSWORD);
  const [here, other] = [browser(), browser(AWAY)];
  await here.signIn();
  await other.signIn("other@example.com");
  const page = await open(here);
  const theirs = await open(other);

  await other.signOut();
  await other.signIn("other@example.com");
  await browser(AWAY).signIn("other@example.com", WRONG);

  assert.equal((await page.ask()).status, 304);
  const { $, text } = await page.ask({ since: [theirs.first], down_to: [] });
  assert.equal($("[id^=c-]").length, 1);
  assert.doesNotMatch(text, new RegExp(AWAY));
});

// ASVS 7.3.1
Deno.test("a page that asks by itself keeps no connection alive: it expires as if nobody looked", async () => {
  const { browser, db, clock } = await start();
  const here = browser();
  await here.signIn();
  const page = await open(here);
  const before = await db.select().from(connections);

  for (let hours = 0; hours < 7 * 24; hours++) {
    assert.notEqual((await page.ask()).status, 401);
    clock.now += HOUR;
  }

  assert.deepEqual(await db.select().from(connections), before);
  assert.equal((await page.ask()).status, 401);
  assert.equal(await here.isIn(), false);
});

// ASVS 7.4.1
Deno.test("a closed browser is sent to the sign-in page when its page asks next, and comes back to that page", async () => {
  const { browser, db, clock } = await start();
  const here = browser();
  await here.signIn();
  const page = await open(here, undefined, "?state=open");
  await db.update(connections).set({ closedAt: clock.now, endReason: "closed" });

  const { status, headers, text } = await page.ask();

  assert.equal(status, 401);
  assert.equal(headers.get("HX-Redirect"), withQuery(paths.signIn, { next: `${paths.connections}?state=open` }));
  assert.equal(text, "");
});

Deno.test("GET /user/security/connections/live without htmx leads to the history, and signed out to the sign-in page", async () => {
  const { browser } = await start();
  const here = browser();

  assert.equal((await here.get(paths.live)).headers.get("Location"), withQuery(paths.signIn, { next: paths.live }));
  await here.signIn();
  const { status, headers } = await here.get(paths.live);

  assert.equal(status, 303);
  assert.equal(headers.get("Location"), paths.connections);
});

Deno.test("a fault is no notification on a page that asked by itself", async () => {
  const { browser, db } = await start();
  const here = browser();
  await here.signIn();
  const page = await open(here);
  db.$client.close();

  const { status, text } = await page.ask();

  assert.equal(status, 500);
  assert.equal(text, "");
});

// Security: no 5xx
Deno.test("a tag or a cursor that this app did not write counts as something new, and is no error", async () => {
  const { browser } = await start();
  const here = browser();
  await here.signIn();
  const page = await open(here);
  const odd = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom("0", "..", "....", page.first.replace(/\d/, "x"), `${page.first} `, "9".repeat(400), "__proto__"),
    fc.tuple(fc.nat(), fc.uuid(), fc.nat(), fc.uuid(), fc.nat(), fc.nat(), fc.nat())
      .map(([at, id, open, refused, attempts, unanswered, minute]) =>
        `${at}~${id}.${open}.${refused}~${attempts}.${unanswered}.${minute}`
      ),
  );

  await fc.assert(
    fc.asyncProperty(odd, odd, odd, async (since, downTo, closedHere) => {
      const { status, $ } = await page.ask({ since: [since], down_to: [downTo], closed_here: [closedHere, since] });
      assert.equal(status, 200);
      assert.equal($("script").length, 0);
      assert.equal($(`${piece("#live")} [name=since]`).attr("value"), page.first);
    }),
    { numRuns: 200 },
  );
});

Deno.test("readTag reads what writeTag wrote", () => {
  const activity: fc.Arbitrary<Activity> = fc.record({
    newest: fc.option(fc.tuple(fc.nat(), fc.uuid()).map(([openedAt, id]) => ({ openedAt, id }))),
    open: fc.nat(1_000_000),
    refused: fc.option(fc.tuple(fc.uuid(), fc.nat(1_000_000)).map(([id, attempts]) => ({ id, attempts }))),
    unanswered: fc.nat(1_000_000),
  }, { noNullPrototype: true });

  fc.assert(fc.property(activity, (written) => {
    assert.deepEqual(readTag(writeTag(written, START)), written);
  }));
  assert.equal(readTag(""), null);
});

Deno.test("whether something is new is asked of four indexes, and what opened of one", async () => {
  const session = await anySession();

  assert.deepEqual(await planOf((db) => readActivity(db, session, START)), [
    "SCAN CONSTANT ROW",
    "SCALAR SUBQUERY 1",
    "SEARCH connections USING COVERING INDEX connections_by_time (user_id=?)",
    "SCALAR SUBQUERY 2",
    "SEARCH connections USING INDEX connections_not_closed (user_id=?)",
    "SCALAR SUBQUERY 3",
    "SEARCH refusals USING INDEX refusals_by_time (user_id=?)",
    "SCALAR SUBQUERY 4",
    "SEARCH connections USING INDEX connections_unanswered (user_id=?)",
  ]);
  assert.deepEqual(await planOf((db) => listOpenedAfter(db, "u", { openedAt: START, id: "c" })), [
    "SEARCH connections USING INDEX connections_by_time (user_id=? AND (opened_at,id)>(?,?))",
  ]);
});

/** The app with a clock that goes on by itself, as clocks do: what opens later is later. */
async function start(changes: Partial<AppOptions> = {}) {
  const clock = { now: START };
  return { ...await startApp({ now: () => clock.now++, ...changes }), clock };
}

/** A part of the page in an answer of pieces. */
function piece(target: string): string {
  return `hx-partial[hx-target='${target}']`;
}

function newsIn({ $ }: Answer): string {
  return $(piece("#news")).text();
}

/** The rows stay as they are, and what happened is said where everybody sees it. */
function assertToldOnly({ status, $ }: Answer): void {
  assert.equal(status, 200);
  assert.equal($(piece("#rows-or-none")).length + $(piece("#more")).length, 0);
  assert.match($(piece("#head")).text(), /2 connections are open now/);
  const told = $(`${piece("#news")} .notification`).text();
  assert.equal(told, "An unusual connection was opened: Firefox on Linux, Spain. Show the newest connections");
}

/**
 * Opens the history as a browser with htmx does, which then asks by itself with what the page has, and keeps what each answer says
 * that it has now. `since` is an earlier tag to begin with.
 */
async function open(browser: Browser, since?: string, search = "") {
  const { $, text } = await browser.get(`${paths.connections}${search}`);
  const first = since ?? String($("#live [name=since]").attr("value"));
  const downTo = $("#more [name=down_to]").attr("value");
  let known = first;
  return {
    $,
    text,
    first,
    downTo,
    async ask(changes: Record<string, string[]> = {}, at = search): Promise<Answer> {
      const sent = { since: [known], down_to: downTo === undefined ? [] : [downTo], ...changes };
      const query = new URLSearchParams(
        Object.entries(sent).flatMap(([name, values]) => values.map((value) => [name, value])),
      );
      const headers = { ...HTMX, "HX-Current-URL": `${ORIGIN}${paths.connections}${at}` };
      const answer = await browser.get(`${paths.live}?${query}`, headers);
      known = answer.$(`${piece("#live")} [name=since]`).attr("value") ?? known;
      return answer;
    },
  };
}

/** Gives the account closed connections, one an hour back from `START` where nothing else is said. */
async function addClosed(db: Db, count: number, at = (i: number) => START - (i + 1) * HOUR): Promise<void> {
  const user = await findUser(db, EMAIL);
  await db.insert(connections).values(Array.from({ length: count }, (_, i) => ({
    id: crypto.randomUUID(),
    userId: user!.id,
    openedAt: at(i),
    lastSeenAt: at(i),
    expiresAt: at(i) + 7 * DAY,
    closedAt: at(i) + MINUTE,
    endReason: "signed_out" as const,
    ip: "46.16.60.1",
    network: "46.16",
    countryCode: "ES",
    userAgent: FIREFOX,
    device: "Firefox on Linux",
  })));
}

async function anySession(): Promise<Session> {
  const { browser, db } = await startApp();
  const here = browser();
  await here.signIn();
  const session = await resumeSession(db, here.cookies.get("session"), { isReading: true, now: START });
  return session ?? assert.fail("Nobody is signed in");
}

/** How SQLite goes about what `run` asks. */
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
