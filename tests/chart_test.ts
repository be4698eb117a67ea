import assert from "node:assert/strict";
import type { Db } from "../db/database.ts";
import { readDays } from "../db/history/days.ts";
import { connections, refusals } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { startOfDay, startsOfLastDays } from "../words/time_zones.ts";
import { addAccount, DAY, EMAIL, HOUR, PASSWORD, type Reply, START, startApp } from "./app.ts";
import { planOf } from "./plans.ts";

const MADRID = { time_zone: "Europe/Madrid" };
/** With a filter there is a chart above any number of rows. */
const EVERYTHING = `${paths.connections}?from=2010-01-01`;

Deno.test("the chart links to each of the last 30 days with activity, and sums them up in a sentence", async () => {
  const { browser, db, here } = await startHistory();
  await addOpened(db, [START - DAY, START - DAY + HOUR, START - 4 * DAY], { unusual: "new_country" });
  await addOpened(db, [START - DAY + 2 * HOUR, START - 29 * DAY, START - 30 * DAY]);
  await addRefused(db, START - 2 * DAY, 12);
  await browser().signIn(EMAIL, "not the password at all");

  const { $ } = await here.get(EVERYTHING);

  assert.deepEqual(links($), [
    "25 Oct: 1 opened",
    "19 Nov: 1 opened, 1 unusual",
    "21 Nov: 12 refused",
    "22 Nov: 3 opened, 2 unusual",
    "23 Nov: 1 opened, 1 refused",
  ]);
  assert.equal(
    $("#chart figcaption").text(),
    "In the last 30 days: 6 connections (up to 3 a day), 13 refused sign-ins (up to 12 a day), 3 unusual.",
  );
  assert.deepEqual(texts($, "#chart small"), ["25 Oct", "4 Nov", "14 Nov", "today"]);
  const rows = $(".chart-row").toArray();
  assert.deepEqual(rows.map((row) => $(row).find("ol > li").length), [10, 10, 10], "each day has a cell");
});

Deno.test("each day of the chart links to as many rows as it announces, even when the clocks change", async () => {
  // In Madrid the 25th of October has 25 hours; it begins at 22:00 UTC and ends at 23:00 UTC.
  const { clock, db, here } = await startHistory({ now: Date.parse("2026-11-10T12:00:00Z") });
  await addOpened(
    db,
    [
      "2026-10-24T21:59:59.999Z",
      "2026-10-24T22:00:00.000Z",
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:30:00.000Z",
      "2026-10-25T22:59:59.999Z",
      "2026-10-25T23:00:00.000Z",
    ].map((time) => Date.parse(time)),
  );
  await addRefused(db, Date.parse("2026-10-25T23:30:00Z"), 7);

  const { $ } = await here.get(EVERYTHING);

  assert.deepEqual(links($), [
    "24 Oct: 1 opened",
    "25 Oct: 4 opened",
    "26 Oct: 1 opened, 7 refused",
    "10 Nov: 1 opened",
  ]);
  const rows = $(".chart-row a").toArray().map(async (link) => {
    const day = await here.get(`${paths.connections}${$(link).attr("href")}`);
    return `${day.$("tbody tr[id]").length} rows, ${day.$("#chart [aria-current]").text()}`;
  });
  assert.deepEqual(await Promise.all(rows), [
    "1 rows, 24 Oct: 1 opened",
    "4 rows, 25 Oct: 4 opened",
    // The refused sign-ins of an hour share one row.
    "2 rows, 26 Oct: 1 opened, 7 refused",
    "1 rows, 10 Nov: 1 opened",
  ]);
  assert.equal(clock.now, Date.parse("2026-11-10T12:00:00Z"));
});

Deno.test("the chart's days, today included, are in the owner's time zone", async () => {
  const { here } = await startHistory({ now: Date.parse("2026-11-22T23:30:00Z") });

  assert.deepEqual(links((await here.get(EVERYTHING)).$), ["23 Nov: 1 opened"]);
});

Deno.test("startsOfLastDays follows a time zone that skips midnight, and one that skips a whole day", () => {
  const cairo = startsOfLastDays(3, Date.parse("2026-04-25T12:00:00Z"), "Africa/Cairo");
  const apia = startsOfLastDays(3, Date.parse("2012-01-01T00:00:00Z"), "Pacific/Apia");

  assert.deepEqual(
    cairo,
    ["2026-04-23", "2026-04-24", "2026-04-25", "2026-04-26"].map((day) => {
      return startOfDay(day, "Africa/Cairo");
    }),
  );
  assert.equal(new Date(cairo[1]!).toISOString(), "2026-04-23T22:00:00.000Z");
  assert.deepEqual(apia.map((at) => new Date(at).toISOString()), [
    "2011-12-30T10:00:00.000Z",
    "2011-12-30T10:00:00.000Z",
    "2011-12-31T10:00:00.000Z",
    "2012-01-01T10:00:00.000Z",
  ]);
});

Deno.test("the chart shows nothing of another account", async () => {
  const { browser, db, here } = await startHistory();
  await addAccount(db, "joan@example.com", PASSWORD);
  await browser("203.0.113.1").signIn("joan@example.com");
  await browser("203.0.113.1").signIn("joan@example.com", "not the password at all");
  await addOpened(db, [START - DAY], { unusual: "new_country" }, "joan@example.com");

  const { $ } = await here.get(EVERYTHING);

  assert.deepEqual(links($), ["23 Nov: 1 opened"]);
  assert.equal($("#chart figcaption").text(), "In the last 30 days: 1 connection.");
});

Deno.test("with more than a thousand connections the chart shows the newest, and which days aren't counted", async () => {
  const { db, here } = await startHistory();
  // 400 a day, so that the newest thousand end in the middle of the third day.
  const times = [1, 2, 3].flatMap((day) => Array.from({ length: 400 }, (_, i) => START - day * DAY + i * 1_000));
  await addOpened(db, [...times, START - 10 * DAY]);
  await addRefused(db, START - 10 * DAY, 2);

  const { $ } = await here.get(EVERYTHING);

  assert.equal(
    $("#chart figcaption").text(),
    "In the last 30 days: more than 1,000 connections (the newest 1,000 are shown, up to 400 a day), 2 refused sign-ins.",
  );
  assert.deepEqual(links($).slice(-5), [
    "19 Nov: not counted",
    "20 Nov: more than 199 connections",
    "21 Nov: 400 opened",
    "22 Nov: 400 opened",
    "23 Nov: 1 opened",
  ]);
  assert.equal(links($).length, 30);
  assert.ok(links($).includes("13 Nov: not counted, 2 refused"));
  assert.equal($("#chart .uncounted").length, 3);
});

Deno.test("without activity in 30 days there is a sentence instead of a chart", async () => {
  const { browser, clock } = await startApp({ lifetime: { idle: 60 * DAY, max: 60 * DAY } });
  const here = browser();
  await here.signIn(EMAIL, PASSWORD, MADRID);
  clock.now += 40 * DAY;

  const { $ } = await here.get(EVERYTHING);

  assert.equal($("tbody tr[id]").length, 1);
  assert.equal($("#chart").text(), "In the last 30 days: nothing.");
  assert.equal($("#chart svg").length, 0);
});

Deno.test("the chart of thirty busy days is smaller than 4.5 KB", async () => {
  const { db, here } = await startHistory();
  const days = Array.from({ length: 29 }, (_, i) => START - (i + 1) * DAY);
  await addOpened(
    db,
    days.flatMap((day, i) => Array.from({ length: 1 + i % 12 }, (_, second) => day + second * 1_000)),
  );
  for (const day of days.filter((_, i) => i % 4 === 0)) await addRefused(db, day, 17);

  const { text, $ } = await here.get(EVERYTHING);

  assert.equal(links($).length, 30);
  const [chart] = /<figure.*<\/figure>/s.exec(text)!;
  assert.ok(chart.length < 4_608, `it has ${chart.length} bytes`);
});

Deno.test("the chart's days are counted in indexes, and nothing older is read", async () => {
  const starts = startsOfLastDays(30, START, "Europe/Madrid");

  const plan = await planOf((db) => readDays(db, "u", starts));

  assert.deepEqual(plan.filter((step) => /connections|refusals/.test(step)), [
    "SEARCH connections USING COVERING INDEX connections_by_time (user_id=? AND opened_at>?)",
    "SEARCH connections USING COVERING INDEX connections_by_time (user_id=? AND opened_at>? AND opened_at<?)",
    "SEARCH connections USING INDEX connections_unusual (user_id=? AND opened_at>?)",
    "SEARCH refusals USING INDEX refusals_by_time (user_id=? AND first_at>?)",
  ]);
  assert.deepEqual(plan.filter((step) => step.includes("TEMP B-TREE")), []);
});

/** Starts the app with a browser that is signed in from Madrid. */
async function startHistory({ now = START } = {}) {
  const app = await startApp();
  app.clock.now = now;
  const here = app.browser();
  await here.signIn(EMAIL, PASSWORD, MADRID);
  return { ...app, here };
}

async function addOpened(
  db: Db,
  times: number[],
  changes: Partial<typeof connections.$inferInsert> = {},
  email = EMAIL,
): Promise<void> {
  const userId = (await findUser(db, email))!.id;
  const rows = times.map((at) => ({
    ...origin,
    id: crypto.randomUUID(),
    userId,
    openedAt: at,
    lastSeenAt: at,
    expiresAt: at + DAY,
    closedAt: at,
    endReason: "signed_out" as const,
    ...changes,
  }));
  for (let i = 0; i < rows.length; i += 500) await db.insert(connections).values(rows.slice(i, i + 500));
}

async function addRefused(db: Db, at: number, attempts: number): Promise<void> {
  const userId = (await findUser(db, EMAIL))!.id;
  const hour = Math.floor(at / HOUR);
  const row = { ...origin, id: crypto.randomUUID(), userId, hour, firstAt: at, lastAt: at, attempts, addresses: 1 };
  await db.insert(refusals).values({ ...row, reason: "wrong_password" });
}

const origin = { ip: "10.0.0.1", network: "10.0", countryCode: "private", userAgent: "", device: "Unknown device" };

/** The texts of the chart's links. */
function links($: Reply["$"]): string[] {
  return texts($, ".chart-row a");
}

function texts($: Reply["$"], selector: string): string[] {
  return $(selector).toArray().map((element) => $(element).text());
}
