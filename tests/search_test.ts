import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import type { Db } from "../db/database.ts";
import { listHistory, MAX_SEARCHED } from "../db/history/rows.ts";
import { connections } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { streamCsv } from "../routes/history/csv.ts";
import { FOR_PROGRAMS } from "../views/history/csv.ts";
import { paths } from "../http/paths.ts";
import { CELL, DAY, EMAIL, HTMX, ORIGIN, signedIn, START, startApp } from "./app.ts";

const FILTER = "country=FR&ip=46.16.60.1";

Deno.test("a filter with several conditions searches 1,000 rows, says so, and continues from there by a link", async () => {
  const { here, db } = await signedIn();
  // The only match comes after 1,400 rows.
  await fill(db, 1_400, "ES");
  await fill(db, 1, "FR", START - 20 * DAY);

  const first = await here.get(`${paths.connections}?${FILTER}`);
  const link = first.$("#more a[hx-get]");
  const second = await here.get(link.attr("href") ?? "");

  assert.equal(first.$("tbody tr[id]").length, 0);
  assert.match(first.$(".empty").text(), /Nothing so far/);
  assert.match(first.$("#more").text(), /Searched 1,000 rows\./);
  assert.equal(link.text().trim(), "Keep searching");
  assert.equal(second.$("tbody tr[id]").length, 1);
  assert.match(second.$(`tbody ${CELL.country}`).text(), /France/);
  assert.match(second.$("#more").text(), /There is nothing older/);
});

Deno.test("continuing a search gives htmx the rows found and the next link", async () => {
  const { here, db } = await signedIn();
  await fill(db, 2_500, "ES");
  await fill(db, 3, "FR", START - 20 * DAY);

  const first = await here.get(`${paths.connections}?${FILTER}`, HTMX);
  const second = await here.get(first.$("#more a[hx-get]").attr("href") ?? "", HTMX);
  const third = await here.get(second.$("#more a[hx-get]").attr("href") ?? "", HTMX);

  assert.match(second.$("#more").text(), /Searched 1,000 rows\.\s*Keep searching/);
  assert.equal(third.text.match(/<tr /g)?.length, 3);
  assert.doesNotMatch(third.$("#more").text(), /Searched|Keep searching/);
});

Deno.test("a search that fills its page looks like any other page", async () => {
  const { here, db } = await signedIn();
  await fill(db, 60, "FR");

  const { $ } = await here.get(`${paths.connections}?${FILTER}`);

  assert.equal($("tbody tr[id]").length, 25);
  assert.equal($("#more a[hx-get]").text().trim(), "Older connections");
  assert.doesNotMatch($("#more").text(), /Searched/);
});

Deno.test("a search brings back the rows down to the last that was shown, and continues after it", async () => {
  const { here, db } = await signedIn();
  await fill(db, 60, "FR");
  await fill(db, 1_400, "ES", START - 20 * DAY);
  const page = `${paths.connections}?${FILTER}`;
  const first = await here.get(page);

  const older = await here.get(first.$("#more a[hx-get]").attr("href") ?? "", {
    ...HTMX,
    "HX-Current-URL": `${ORIGIN}${page}`,
  });
  const back = await here.get(older.headers.get("HX-Replace-Url") ?? "");

  assert.equal(back.$("tbody tr[id]").length, 50);
  assert.equal(back.$("#more a[hx-get]").text().trim(), "Older connections");
  assert.doesNotMatch(back.$("#more").text(), /Searched/);
  assert.equal((await here.get(back.$("#more a[hx-get]").attr("href") ?? "")).$("tbody tr[id]").length, 10);
});

Deno.test("continuing a search finds every match once, wherever it stopped", async () => {
  const { db } = await startApp();
  const user = await findUser(db, EMAIL);
  await fill(db, MAX_SEARCHED - 1, "ES", START);
  await fill(db, 40, "FR", START - 10 * DAY);
  await fill(db, 2 * MAX_SEARCHED, "ES", START - 20 * DAY);
  await fill(db, 40, "FR", START - 30 * DAY);
  const filter = { countryCode: "FR", network: "46.16" };

  const ids: string[] = [];
  let before = null;
  let queries = 0;
  do {
    const query = { userId: user!.id, filter, before, limit: 26, now: START };
    const { entries, stoppedAt }: Awaited<ReturnType<typeof listHistory>> = await listHistory(db, query);
    ids.push(...entries.map(({ id }) => id));
    before = stoppedAt ?? (entries.length === 26 ? entries.at(-1)! : null);
    queries++;
  } while (before);

  assert.equal(ids.length, 80);
  assert.equal(new Set(ids).size, 80);
  assert.ok(queries <= 8, `${queries}`);
});

Deno.test("the CSV of a search has every match, however many rows are between them", async () => {
  const { here, db } = await signedIn();
  await fill(db, 2, "FR", START);
  await fill(db, 3_100, "ES", START - 10 * DAY);
  await fill(db, 2, "FR", START - 20 * DAY);

  const { status, text } = await here.get(`${paths.csv}?${FILTER}`);

  assert.equal(status, 200);
  assert.deepEqual(parse<Record<string, string>>(text, { columns: true }).map(({ country }) => country), [
    "France",
    "France",
    "France",
    "France",
  ]);
});

Deno.test("a client that leaves a download stops its search", async () => {
  const { db } = await startApp();
  const user = await findUser(db, EMAIL);
  await fill(db, 5_000, "ES");
  const query = { userId: user!.id, filter: { countryCode: "FR", ip: "46.16.60.1" }, now: START };
  let reads = 0;
  const counting = new Proxy(db, {
    get(target, key) {
      if (key === "$client") reads++;
      return Reflect.get(target, key);
    },
  });

  const reader = streamCsv(counting, query, FOR_PROGRAMS, { mayContinue: () => Promise.resolve(true), end: () => {} })
    .getReader();
  await reader.read();
  const after = reads;
  const pending = reader.read();
  await reader.cancel();
  await pending;

  assert.equal(after, 1);
  assert.ok(reads <= 2, `${reads}`);
});

/** Adds closed connections from one address, a second apart, the newest at `newest`. */
async function fill(db: Db, count: number, countryCode: string, newest = START - DAY): Promise<void> {
  const user = await findUser(db, EMAIL);
  for (let from = 0; from < count; from += 500) {
    await db.insert(connections).values(Array.from({ length: Math.min(500, count - from) }, (_, i) => ({
      id: crypto.randomUUID(),
      userId: user!.id,
      openedAt: newest - (from + i) * 1000,
      lastSeenAt: newest,
      expiresAt: newest + DAY,
      closedAt: newest,
      endReason: "signed_out" as const,
      ip: "46.16.60.1",
      network: "46.16",
      countryCode,
      userAgent: "curl/8.14.1",
      device: "curl",
    })));
  }
}
