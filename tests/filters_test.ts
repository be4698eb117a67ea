import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { inArray } from "drizzle-orm";
import type { Db } from "../db/database.ts";
import type { Filter } from "../db/history/filters.ts";
import { listHistory } from "../db/history/rows.ts";
import { countRows } from "../db/history/row_count.ts";
import { connections, users } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { paths, withQuery } from "../http/paths.ts";
import { CELL, DAY, EMAIL, HTMX, MINUTE, ORIGIN, PASSWORD, type Reply, signedIn, START, startApp } from "./app.ts";
import { assertIndexed, planOf } from "./plans.ts";

Deno.test("what was left out stays in the URL, so that an update still says so", async () => {
  const { here } = await signedIn();
  const wrong = `${paths.connections}?ip=nonsense&state=open`;

  assert.equal((await here.get(wrong, HTMX)).headers.get("HX-Push-Url"), wrong);
  const update = await here.get(`${paths.live}?version=x`, { ...HTMX, "HX-Current-URL": `${ORIGIN}${wrong}` });
  assert.match(update.text, /It was left out/);
});

Deno.test("GET /user/security/connections filters by state, country, day and address", async () => {
  const { browser, clock } = await startApp();
  await browser("46.16.60.1").signIn();
  clock.now += DAY;
  await browser("203.0.113.9").signIn();
  clock.now += DAY;
  const here = browser("2001:db8:0:1::5");
  await here.signIn();
  await here.submit(paths.closeAll);
  const ips = async (query: string) => texts((await here.get(`${paths.connections}?${query}`)).$, CELL.ip);

  assert.deepEqual(await ips("state=open"), ["2001:db8:0:1::5"]);
  assert.deepEqual(await ips("state=closed"), ["203.0.113.9", "46.16.60.1"]);
  assert.deepEqual(await ips("country=ES"), ["46.16.60.1"]);
  assert.deepEqual(await ips("country=none"), ["2001:db8:0:1::5", "203.0.113.9"]);
  assert.deepEqual(await ips("from=2026-11-24&to=2026-11-24"), ["203.0.113.9"]);
  assert.deepEqual(await ips("to=2026-11-23"), ["46.16.60.1"]);
  assert.deepEqual(await ips("ip=203.0.113.9"), ["203.0.113.9"]);
  assert.deepEqual(await ips("ip=46.16"), ["46.16.60.1"]);
  assert.deepEqual(await ips("ip=2001:db8:0:1"), ["2001:db8:0:1::5"]);
  assert.deepEqual(await ips("state=closed&country=ES&ip=46.16"), ["46.16.60.1"]);
});

Deno.test("?ip= finds addresses by how they begin and by CIDR, where they were opened and where they were used", async () => {
  const { browser } = await signedIn();
  for (const ip of ["81.40.12.202", "81.40.15.7", "81.41.0.1", "8.8.8.8", "2a0c:5a80:1b08:c00::4", "2a0c:5a81::1"]) {
    await browser(ip).signIn();
  }
  const thief = browser("198.51.100.9");
  await thief.signIn();
  const here = browser();
  await here.signIn();
  const moved = browser("81.40.12.9");
  moved.cookies.set("session", thief.cookies.get("session")!);
  await moved.get(paths.connections);
  const found = async (ip: string) => {
    const { $ } = await here.get(`${paths.connections}?ip=${encodeURIComponent(ip)}`);
    assert.equal($(".notification-problem").length, 0, ip);
    return $("tbody td.ip").toArray().map((cell) => squeeze($(cell).text())).sort();
  };
  const [near, used, far] = ["81.40.12.202", "198.51.100.9last: 81.40.12.9", "81.40.15.7"];

  assert.deepEqual(await found("81.40.12"), [used, near]);
  assert.deepEqual(await found("81.40.12.0/24"), [used, near]);
  assert.deepEqual(await found("81.40.12.128/25"), [near]);
  assert.deepEqual(await found("81.40.12.0/22"), [used, near, far]);
  assert.deepEqual(await found("81.40.0.0/15"), [used, near, far, "81.41.0.1"]);
  assert.deepEqual(await found("8"), ["8.8.8.8"]);
  assert.deepEqual(await found("2a0c:5a80"), ["2a0c:5a80:1b08:c00::4"]);
  assert.deepEqual(await found("2a0c:5a80:1b08:c00::"), ["2a0c:5a80:1b08:c00::4"]);
  assert.deepEqual(await found("2a0c:5a80::/31"), ["2a0c:5a80:1b08:c00::4", "2a0c:5a81::1"]);
  assert.deepEqual(await found("9.0.0.0/8"), []);
});

Deno.test("GET /user/security/connections reads the days of a filter in the owner's time zone", async () => {
  const { browser, clock } = await startApp();
  clock.now = Date.parse("2026-11-22T23:30:00Z");
  const here = browser();
  await here.signIn(EMAIL, PASSWORD, { time_zone: "Europe/Madrid" });

  assert.equal((await here.get(`${paths.connections}?from=2026-11-23&to=2026-11-23`)).$("tbody tr[id]").length, 1);
  assert.equal((await here.get(`${paths.connections}?to=2026-11-22`)).$("tbody tr[id]").length, 0);
});

Deno.test("GET /user/security/connections filters by a single day, and so does the download", async () => {
  const { here } = await signedIn();
  const on = (day: string) => withQuery(paths.connections, { from: day, to: day });

  const { $ } = await here.get(on("2026-11-23"));

  assert.equal($("tbody tr[id]").length, 1);
  assert.deepEqual([$("[name=from]").attr("value"), $("[name=to]").attr("value")], ["2026-11-23", "2026-11-23"]);
  assert.equal($("a.download").attr("href"), `${paths.csv}?from=2026-11-23&to=2026-11-23`);
  assert.equal((await here.get(on("2026-11-22"))).$("tbody tr[id]").length, 0);
  assert.equal((await here.get(`${paths.csv}?from=2026-11-22&to=2026-11-22`)).text.trim().split("\r\n").length, 1);
});

Deno.test("GET /user/security/connections reports a day that is invalid or repeated, and keeps the other filters", async () => {
  const { here } = await signedIn();
  const problemOf = async (query: string) => (await here.get(`${paths.connections}?${query}`)).$("[role=alert]").text();

  assert.match(await problemOf("from=yesterday&to=yesterday"), /"From" must be a day like .*"To" must be a day like/);
  assert.equal(await problemOf("from=2026-11-22&from=2026-11-23"), '"From" came more than once. It was left out.');
  assert.equal((await here.get(`${paths.csv}?from=2026-11-22&from=2026-11-23`)).status, 400);
  const { $ } = await here.get(`${paths.connections}?from=yesterday&to=2026-11-24&ip=`);
  assert.deepEqual([$("[name=from]").attr("value"), $("[name=to]").attr("value")], ["yesterday", "2026-11-24"]);
});

Deno.test("a wrong filter keeps what was typed, with its message at the field, and the rest still applies", async () => {
  const { here, browser } = await signedIn();
  await browser("203.0.113.9").signIn();
  const query = `${paths.connections}?country=ES&ip=abc&from=2026-02-30`;

  for (const { $ } of [await here.get(query), await here.get(query, HTMX)]) {
    assert.deepEqual(wrongFields($), {
      from: ["2026-02-30", '"From" must be a day like 2026-11-23.'],
      ip: ["abc", '"IP address" must be an address, how one begins (81.40.12), or a range like 81.40.12.0/24.'],
    });
    // A field for days would drop the text.
    assert.equal($("[name=from]").attr("type"), "text");
    assert.equal($("#filters[open]").length, 1);
    assert.deepEqual(texts($, CELL.ip), ["46.16.60.1"]);
    assert.deepEqual(Object.keys(chips($)), ["Remove the filter Country: Spain", "Show all"]);
  }
});

Deno.test("the first wrong filter has focus on a page, and no update moves focus to it", async () => {
  const { here } = await signedIn();
  const query = `${paths.connections}?to=x&ip=abc`;

  const page = await here.get(query);
  const update = await here.get(`${paths.live}?version=x`, { ...HTMX, "HX-Current-URL": `${ORIGIN}${query}` });

  assert.deepEqual(page.$("main [autofocus]").toArray().map(({ attribs }) => attribs.name), ["to"]);
  assert.deepEqual(Object.keys(wrongFields(update.$)), ["to", "ip"]);
  assert.equal(update.$("[autofocus]").length, 0);
});

Deno.test("a country or state that there isn't is marked at its field, and a damaged link to older rows unfolds nothing", async () => {
  const { here } = await signedIn();

  const { $ } = await here.get(`${paths.connections}?state=ajar&country=ZZ`);
  const damaged = await here.get(`${paths.connections}?before=x`);

  assert.deepEqual(Object.keys(wrongFields($)), ["state", "country"]);
  assert.equal($("#filters[open]").length, 1);
  assert.deepEqual(wrongFields(damaged.$), {});
  assert.equal(damaged.$("#filters[open]").length, 0);
  assert.match(damaged.$("[role=alert]").text(), /was damaged, .* It was left out\.$/);
});

Deno.test("a first day after the last one is said at both fields, on the page and by the CSV", async () => {
  const { here, db } = await signedIn();
  const query = "?from=2026-11-25&to=2026-11-20&country=ES";
  const sentence = 'The day in "From" is after the day in "To"';

  const { $ } = await here.get(`${paths.connections}${query}`);
  const csv = await here.get(`${paths.csv}${query}`);

  assert.deepEqual(wrongFields($), { from: ["2026-11-25", `${sentence}.`], to: ["2026-11-20", `${sentence}.`] });
  assert.equal($("[name=from]").attr("type"), "date");
  assert.equal($("[role=alert]").text(), `${sentence}. They were left out.`);
  assert.deepEqual(texts($, CELL.ip), ["46.16.60.1"]);
  assert.equal($("a.download").attr("href"), `${paths.csv}?country=ES`);
  assert.deepEqual([csv.status, csv.text], [400, `${sentence}\n`]);
  assert.match(
    (await here.get(`${paths.csv}${query}&state=x&state=y`)).text,
    /^"State" came more than once\nThe day in/,
  );
  assert.equal((await here.get(`${paths.csv}?from=2026-11-20&to=2026-11-20`)).status, 200);

  await db.update(users).set({ language: "es" });
  assert.match((await here.get(`${paths.csv}${query}`)).text, /^El día de «Desde» es posterior al de «Hasta»\n$/);
  await db.update(users).set({ language: "ca" });
  assert.match((await here.get(`${paths.csv}${query}`)).text, /^El dia de «Des de» és posterior al de «Fins a»\n$/);
});

Deno.test("GET /user/security/connections keeps the filter in its form, its links and its download", async () => {
  const { here, db } = await signedIn();
  await fill(db, 60);

  const { $ } = await here.get(`${paths.connections}?state=closed&ip=10.0`);

  assert.equal($("[name=state] [selected]").attr("value"), "closed");
  assert.equal($("[name=ip]").attr("value"), "10.0");
  assert.match($("#more a[hx-get]").attr("href") ?? "", /state=closed&ip=10\.0&before=/);
  assert.equal($("a.download").attr("href"), `${paths.csv}?state=closed&ip=10.0`);
});

Deno.test("GET /user/security/connections leaves out invalid filters, and says so", async () => {
  const { here } = await signedIn();

  const { status, $ } = await here.get(
    `${paths.connections}?state=ajar&country=ZZ&from=2026-02-30&ip=300.1&before=x&state=open`,
  );

  assert.equal(status, 200);
  assert.equal($("tbody tr[id]").length, 1);
  const text = $(".notification").text();
  assert.match(text, /"State" came more than once/);
  assert.match(text, /"Country" must be a country's two letters/);
  assert.match(text, /"From" must be a day like 2026-11-23/);
  assert.match(text, /"IP address" must be an address/);
  assert.match(text, /They were left out/);
});

Deno.test("GET /user/security/connections says when nothing matches, and links to all connections", async () => {
  const { here } = await signedIn();

  const { $ } = await here.get(`${paths.connections}?ip=192.0.2.1`);

  assert.equal($(".empty h2").text(), "No results");
  assert.match($(".empty").text(), /No connection matches this filter/);
  assert.equal($(".empty a").attr("href"), paths.connections);
  assert.equal($("table").length, 0);
});

Deno.test("each active filter has a link that removes it", async () => {
  const { here } = await signedIn();

  const { $ } = await here.get(`${paths.connections}?state=open&country=es&from=2026-11-20&to=2026-11-23&ip=46.16`);

  assert.deepEqual(chips($), {
    "Remove the filter State: open": "?country=ES&from=2026-11-20&to=2026-11-23&ip=46.16#filters",
    "Remove the filter Country: Spain": "?state=open&from=2026-11-20&to=2026-11-23&ip=46.16#filters",
    "Remove the filter From: 20 Nov 2026": "?state=open&country=ES&to=2026-11-23&ip=46.16#filters",
    "Remove the filter To: 23 Nov 2026": "?state=open&country=ES&from=2026-11-20&ip=46.16#filters",
    "Remove the filter IP address: 46.16": "?state=open&country=ES&from=2026-11-20&to=2026-11-23#filters",
    "Show all": "",
  });
  assert.equal($("#filters").length, 1);
  assert.equal(squeeze($("#filters summary").text()), "Filter 5 active");
});

Deno.test("a single day counts as one filter, and is removed as one", async () => {
  const { here } = await signedIn();

  const { $ } = await here.get(`${paths.connections}?from=2026-11-23&to=2026-11-23&state=open`);

  assert.deepEqual(chips($), {
    "Remove the filter State: open": "?from=2026-11-23&to=2026-11-23#filters",
    "Remove the filter Day: 23 Nov 2026": "?state=open#filters",
    "Show all": "",
  });
});

Deno.test("without filters there is nothing to remove, on older pages too", async () => {
  const { here, db } = await signedIn();
  await fill(db, 30);

  const newest = await here.get(paths.connections);
  const older = await here.get(newest.$("#more a[hx-get]").attr("href")!);

  assert.deepEqual([chips(newest.$), chips(older.$)], [{}, {}]);
  assert.equal(squeeze(older.$("#filters summary").text()), "Filter");
});

Deno.test("an empty result offers to remove each filter, or all", async () => {
  const { here } = await signedIn();
  const ways = ({ $ }: Reply) =>
    $(".empty a").toArray().map((link) => [$(link).text(), $(link).attr("href")!.replace(paths.connections, "")]);

  const two = await here.get(`${paths.connections}?state=refused&country=ES`);
  const one = await here.get(`${paths.connections}?state=refused`);

  assert.deepEqual(ways(two), [
    ['Without "State: refused"', "?country=ES#filters"],
    ['Without "Country: Spain"', "?state=refused#filters"],
    ["Show all connections", ""],
  ]);
  assert.deepEqual(ways(one), [["Show all connections", ""]]);
});

Deno.test("the banner leads to exactly as many connections as it promises", async () => {
  const { here, browser, db } = await signedIn();
  await browser("203.0.113.1").signIn();
  await browser("203.0.113.2").signIn();
  await browser("203.0.113.3").signIn();
  await db.update(connections).set({ unusual: "new_country" });
  await db.update(connections).set({ verdict: "me" }).where(inArray(connections.ip, ["46.16.60.1", "203.0.113.3"]));

  const banner = (await here.get(paths.connections)).$("#head .banner");
  const href = banner.find("a").attr("href") ?? "";
  const { $ } = await here.get(href);

  assert.equal(href, `${paths.connections}?state=unreviewed#rows`);
  assert.match(banner.text(), /^2 unusual connections need/);
  assert.equal($("tbody tr[id]").length, 2);
  assert.match($("a.download").text(), /2 rows/);
  assert.match((await here.get(`${paths.csv}?state=unreviewed`)).text, /^(?:.*\r\n){3}$/);
});

Deno.test("the unusual connections can be filtered, on the page and in the CSV", async () => {
  const { here, db } = await signedIn();
  await fill(db, 3);
  await fill(db, 2, { unusual: "new_country after_refusals", countryCode: "FR", closedAt: null, endReason: null });
  const query = `${paths.connections}?state=unusual`;

  const { $ } = await here.get(query);
  const csv = await here.get(`${paths.csv}?state=unusual`);

  assert.equal($("tbody tr[id]").length, 2);
  assert.equal($("[name=state] [selected]").text(), "Unusual");
  assert.deepEqual(Object.keys(chips($)), ["Remove the filter State: unusual", "Show all"]);
  const records: { unusual: string; state: string }[] = parse(csv.text, { columns: true });
  assert.deepEqual(records.map(({ state, unusual }) => [state, unusual]), [
    ["open", "new_country after_refusals"],
    ["open", "new_country after_refusals"],
  ]);
  assert.equal((await here.get(`${query}&country=ES`)).$("tbody tr[id]").length, 0);
});

Deno.test("Download CSV announces how many rows the file has, under every filter", async () => {
  const { here, db, browser } = await signedIn();
  await fill(db, 40);
  await fill(db, 7, { unusual: "new_country", countryCode: "FR", ip: "193.51.208.14", network: "193.51" });
  await browser("203.0.113.9").signIn(EMAIL, "not the password at all");
  const compare = async (query: string) => {
    const announced = (await here.get(`${paths.connections}${query}`)).$("a.download small").text();
    const rows: string[][] = parse((await here.get(`${paths.csv}${query}`)).text);
    assert.equal(announced, rows.length === 2 ? "1 row" : `${rows.length - 1} rows`, query);
    return announced;
  };

  assert.equal(await compare(""), "49 rows");
  assert.equal(await compare("?state=open"), "1 row");
  assert.equal(await compare("?state=closed"), "47 rows");
  assert.equal(await compare("?state=refused"), "1 row");
  assert.equal(await compare("?state=unusual"), "7 rows");
  assert.equal(await compare("?country=FR"), "7 rows");
  assert.equal(await compare("?country=none"), "1 row");
  assert.equal(await compare("?ip=193.51"), "7 rows");
  assert.equal(await compare("?ip=193.51.208.14&state=closed"), "7 rows");
  assert.equal(await compare("?country=FR&ip=10.0"), "0 rows");
  assert.equal(await compare("?country=private&ip=10.0&state=closed&from=2026-11-01&to=2026-11-30"), "40 rows");
  assert.equal(await compare("?state=open&country=FR"), "0 rows");
});

Deno.test("Download CSV counts up to a thousand rows, then says that there are more, or nothing if it can't tell", async () => {
  const { here, db } = await signedIn();
  const labelFor = async (query: string) =>
    squeeze((await here.get(`${paths.connections}${query}`)).$("a.download").text());
  await fill(db, 999);
  assert.equal(await labelFor(""), "Download CSV 1,000 rows");

  await fill(db, 2, { openedAt: START - 2 * DAY });

  assert.equal(await labelFor(""), "Download CSV more than 1,000 rows");
  assert.equal(await labelFor("?state=closed"), "Download CSV more than 1,000 rows");
  assert.equal(await labelFor("?ip=10.0"), "Download CSV more than 1,000 rows");
  assert.equal(await labelFor("?ip=10.0&country=private"), "Download CSV more than 1,000 rows");
  assert.equal(await labelFor("?state=open"), "Download CSV 1 row");
  await fill(db, 1, { openedAt: START - 3 * DAY, countryCode: "FR" });
  assert.equal(await labelFor("?ip=10.0&country=FR"), "Download CSV");
});

Deno.test("closing one connection keeps the number of rows beside Download CSV", async () => {
  const { here, db } = await signedIn();
  await fill(db, 2, { closedAt: null, endReason: null });
  await fill(db, 30);
  const { $ } = await here.get(paths.connections);
  const [first, second] = $(`${CELL.state} form`).toArray().map((form) => $(form).attr("action")!);

  const withOlderRows = await here.submit(first!, { loaded: "older" }, HTMX);
  const withoutThem = await here.submit(second!, {}, HTMX);

  for (const { text } of [withOlderRows, withoutThem]) assert.match(text, /Download CSV <small>33 rows<\/small>/);
});

Deno.test("after filtering, htmx gets the number of results for the live region", async () => {
  const { here, db } = await signedIn();
  await fill(db, 1_002);
  await fill(db, 30, { countryCode: "FR" });
  const announced = async (query: string) =>
    (await here.get(`${paths.connections}${query}`, HTMX)).$("hx-partial[hx-target='#notifications']").text();

  assert.equal(await announced("?state=open"), "1 result");
  assert.equal(await announced("?state=refused"), "0 results");
  assert.equal(await announced("?country=FR"), "30 results");
  assert.equal(await announced("?state=closed"), "more than 1,000 results");
  assert.equal(await announced("?country=FR&ip=10.0"), "more than 25 results");
});

Deno.test("no answer opens or closes the filter form: morphing leaves it as the reader has it", async () => {
  const { here } = await signedIn();
  const page = await here.get(`${paths.connections}?state=open`);
  const fragment = await here.get(`${paths.connections}?state=open`, HTMX);

  assert.equal(page.$("#filters:not([open])").length, 1);
  assert.equal(fragment.$("#filters:not([open])").length, 1);
  assert.equal(fragment.$("#filters form").attr("hx-swap"), "outerMorph");
  const { morphIgnore } = JSON.parse(page.$("meta[name=htmx-config]").attr("content") ?? "");
  assert.ok(morphIgnore.includes("open"));
});

Deno.test("rows are counted in the filter's own index, and unusual connections listed by theirs", async () => {
  const count = (filter: Filter) => planOf((db) => countRows(db, { userId: "u", filter, now: START }));
  // There may be two queries: whether there are too many rows, and if not, how many.
  const searches = async (filter: Filter) => [
    ...new Set((await count(filter)).filter((step) => /connections|places|refusals/.test(step))),
  ];

  assert.deepEqual(await searches({ state: "unusual" }), [
    "SEARCH connections USING INDEX connections_unusual (user_id=?)",
  ]);
  assert.deepEqual(await searches({ state: "open" }), [
    "SEARCH connections USING INDEX connections_not_closed (user_id=?)",
  ]);
  assert.deepEqual(await searches({ countryCode: "ES" }), [
    "SEARCH connections USING COVERING INDEX connections_by_country (user_id=? AND country_code=?)",
    "SEARCH places USING INDEX places_by_country (user_id=? AND country_code=?)",
    "SEARCH connections USING COVERING INDEX sqlite_autoindex_connections_1 (id=?)",
    "SEARCH refusals USING COVERING INDEX refusals_by_country (user_id=? AND country_code=?)",
  ]);
  assert.deepEqual(await searches({ network: "46.16", countryCode: "ES", since: START, until: START + 1 }), [
    "SEARCH connections USING INDEX connections_by_network (user_id=? AND network=? AND opened_at>? AND opened_at<?)",
    "SEARCH places USING INDEX places_by_connection (connection_id=?)",
    "SEARCH places USING INDEX places_by_network (user_id=? AND network=? AND opened_at>? AND opened_at<?)",
    "SEARCH connections USING INDEX sqlite_autoindex_connections_1 (id=?)",
    "SEARCH refusals USING INDEX refusals_by_network (user_id=? AND network=? AND first_at>? AND first_at<?)",
  ]);
  assertIndexed(await count({}));
  assertIndexed(await count({ since: START }));
  assertIndexed(await count({ state: "closed" }));
  const unusual = { userId: "u", filter: { state: "unusual" as const }, limit: 26, now: START };
  const [first] = await planOf((db) => listHistory(db, { ...unusual, before: null }));
  const [next] = await planOf((db) => listHistory(db, { ...unusual, before: { openedAt: START, id: "c" } }));
  assert.equal(first, "SEARCH connections USING INDEX connections_unusual (user_id=?)");
  assert.equal(next, "SEARCH connections USING INDEX connections_unusual (user_id=? AND (opened_at,id)<(?,?))");
});

/** Gives the account closed connections from a private network, one a minute back from `START`. */
async function fill(db: Db, count: number, changes: Partial<typeof connections.$inferInsert> = {}): Promise<void> {
  const userId = (await findUser(db, EMAIL))!.id;
  const rows = Array.from({ length: count }, (_, i) => ({
    id: crypto.randomUUID(),
    userId,
    openedAt: START - (i + 1) * MINUTE,
    lastSeenAt: START - i * MINUTE,
    expiresAt: START + DAY,
    closedAt: START - i * MINUTE,
    endReason: "signed_out" as const,
    ip: "10.0.0.1",
    network: "10.0",
    countryCode: "private",
    userAgent: "",
    device: "Unknown device",
    ...changes,
  }));
  for (let i = 0; i < rows.length; i += 500) await db.insert(connections).values(rows.slice(i, i + 500));
}

/** The links that remove a filter, with the query that each leaves. */
function chips($: Reply["$"]): Record<string, string> {
  const links = $(".active-filters a").toArray();
  return Object.fromEntries(links.map((link) => {
    return [squeeze($(link).text()), $(link).attr("href")!.replace(paths.connections, "")];
  }));
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function texts($: Reply["$"], selector: string): string[] {
  return $(selector).toArray().map((element) => $(element).text().replaceAll("\u00a0", " ").trim());
}

/** The value and the message of each field of the filter form that is marked as wrong. */
function wrongFields($: Reply["$"]): Record<string, (string | undefined)[]> {
  return Object.fromEntries(
    $(".filters [aria-invalid=true]").toArray().map((field) => {
      const { name, value, "aria-describedby": message } = field.attribs;
      return [name, [value, $(`#${message}`).text()]];
    }),
  );
}
