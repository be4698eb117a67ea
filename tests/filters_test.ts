import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import type { Db } from "../db/database.ts";
import { type Filter, listHistory } from "../db/history.ts";
import { countRows } from "../db/row_count.ts";
import { connections } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { type Answer, DAY, EMAIL, HTMX, MINUTE, PASSWORD, START, startApp } from "./app.ts";
import { assertIndexed, planOf } from "./plans.ts";

Deno.test("each active filter is a link that leads to the history without it", async () => {
  const { here } = await startHistory();

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

Deno.test("a single day is one filter, and goes away as one", async () => {
  const { here } = await startHistory();

  const { $ } = await here.get(`${paths.connections}?from=2026-11-23&to=2026-11-23&state=open`);

  assert.deepEqual(chips($), {
    "Remove the filter State: open": "?from=2026-11-23&to=2026-11-23#filters",
    "Remove the filter Day: 23 Nov 2026": "?state=open#filters",
    "Show all": "",
  });
});

Deno.test("without filters there are none to remove, on older pages too", async () => {
  const { here, db } = await startHistory();
  await fill(db, 30);

  const newest = await here.get(paths.connections);
  const older = await here.get(newest.$("#more a").attr("href")!);

  assert.deepEqual([chips(newest.$), chips(older.$)], [{}, {}]);
  assert.equal(squeeze(older.$("#filters summary").text()), "Filter");
});

Deno.test("a filter that nothing matches offers to drop each part of it, or all", async () => {
  const { here } = await startHistory();
  const ways = ({ $ }: Answer) =>
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

Deno.test("the unusual connections are a filter of their own, in the page and in the CSV", async () => {
  const { here, db } = await startHistory();
  await fill(db, 3);
  await fill(db, 2, { unusual: "new_country after_refusals", countryCode: "FR", closedAt: null, endReason: null });
  const query = `${paths.connections}?state=unusual`;

  const { $ } = await here.get(query);
  const csv = await here.get(`${paths.csv}?state=unusual`);

  assert.equal($("tbody tr").length, 2);
  assert.equal($("[name=state] [selected]").text(), "Unusual");
  assert.deepEqual(Object.keys(chips($)), ["Remove the filter State: unusual", "Show all"]);
  const records: { unusual: string; state: string }[] = parse(csv.text, { columns: true });
  assert.deepEqual(records.map(({ state, unusual }) => [state, unusual]), [
    ["open", "new_country after_refusals"],
    ["open", "new_country after_refusals"],
  ]);
  assert.equal((await here.get(`${query}&country=ES`)).$("tbody tr").length, 0);
});

Deno.test("Download CSV says how many rows the file has, under every filter", async () => {
  const { here, db, browser } = await startHistory();
  await fill(db, 40);
  await fill(db, 7, { unusual: "new_country", countryCode: "FR", ip: "193.51.208.14", network: "193.51" });
  await browser("203.0.113.9").signIn(EMAIL, "not the password at all");
  const compare = async (query: string) => {
    const said = (await here.get(`${paths.connections}${query}`)).$("a[download] small").text();
    const rows: string[][] = parse((await here.get(`${paths.csv}${query}`)).text);
    assert.equal(said, rows.length === 2 ? "1 row" : `${rows.length - 1} rows`, query);
    return said;
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

Deno.test("Download CSV says of a thousand rows how many, of more that there are more, and nothing that it can't tell", async () => {
  const { here, db } = await startHistory();
  const said = async (query: string) => (await here.get(`${paths.connections}${query}`)).$("a[download]").text();
  await fill(db, 999);
  assert.equal(squeeze(await said("")), "Download CSV 1,000 rows");

  await fill(db, 2, { openedAt: START - 2 * DAY });

  assert.equal(squeeze(await said("")), "Download CSV more than 1,000 rows");
  assert.equal(squeeze(await said("?state=closed")), "Download CSV more than 1,000 rows");
  assert.equal(squeeze(await said("?ip=10.0")), "Download CSV more than 1,000 rows");
  assert.equal(squeeze(await said("?ip=10.0&country=private")), "Download CSV more than 1,000 rows");
  assert.equal(squeeze(await said("?state=open")), "Download CSV 1 row");
  await fill(db, 1, { openedAt: START - 3 * DAY, countryCode: "FR" });
  assert.equal(squeeze(await said("?ip=10.0&country=FR")), "Download CSV");
});

Deno.test("closing one connection leaves the count of rows where it is", async () => {
  const { here, db } = await startHistory();
  await fill(db, 1, { closedAt: null, endReason: null });
  const { $ } = await here.get(paths.connections);

  const answer = await here.submit($("tbody a").attr("href")!, {}, HTMX);

  assert.match(answer.text, /Download CSV <small>2 rows<\/small>/);
});

Deno.test("after filtering htmx is told for the live region how many rows there are, and keeps the form open", async () => {
  const { here, db } = await startHistory();
  await fill(db, 1_002);
  await fill(db, 30, { countryCode: "FR" });
  const told = async (query: string) => {
    const { $ } = await here.get(`${paths.connections}${query}`, HTMX);
    assert.equal($("#filters[open]").length, 1);
    return $("hx-partial[hx-target='#notifications']").text();
  };

  assert.equal(await told("?state=open"), "1 row");
  assert.equal(await told("?state=refused"), "0 rows");
  assert.equal(await told("?country=FR"), "30 rows");
  assert.equal(await told("?state=closed"), "more than 1,000 rows");
  assert.equal(await told("?country=FR&ip=10.0"), "more than 25 rows");
  assert.equal((await here.get(paths.connections)).$("#filters[open]").length, 0);
});

Deno.test("rows are counted in the index of what is asked for, and unusual ones listed by theirs", async () => {
  const count = (filter: Filter) => planOf((db) => countRows(db, { userId: "u", filter, now: START }));
  // Where nothing is left to look through, it is asked twice: whether there are too many, and if not, how many.
  const searches = async (filter: Filter) => [
    ...new Set((await count(filter)).filter((step) => /connections|refusals/.test(step))),
  ];

  assert.deepEqual(await searches({ state: "unusual" }), [
    "SEARCH connections USING INDEX connections_unusual (user_id=?)",
  ]);
  assert.deepEqual(await searches({ state: "open" }), [
    "SEARCH connections USING INDEX connections_not_closed (user_id=?)",
  ]);
  assert.deepEqual(await searches({ countryCode: "ES" }), [
    "SEARCH connections USING COVERING INDEX connections_by_country (user_id=? AND country_code=?)",
    "SEARCH refusals USING COVERING INDEX refusals_by_country (user_id=? AND country_code=?)",
  ]);
  assert.deepEqual(await searches({ network: "46.16", countryCode: "ES", since: START, until: START + 1 }), [
    "SEARCH connections USING INDEX connections_by_network (user_id=? AND network=? AND opened_at>? AND opened_at<?)",
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

async function startHistory() {
  const app = await startApp();
  const here = app.browser();
  await here.signIn(EMAIL, PASSWORD);
  return { ...app, here };
}

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

/** The filters that can be removed, by name, with the query that remains. */
function chips($: Answer["$"]): Record<string, string> {
  const links = $(".active a").toArray();
  return Object.fromEntries(links.map((link) => {
    return [squeeze($(link).text()), $(link).attr("href")!.replace(paths.connections, "")];
  }));
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
