import assert from "node:assert/strict";
import fc from "fast-check";
import type { Db } from "../db/database.ts";
import { connections } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { writeCursor } from "../http/history_query.ts";
import { paths } from "../http/paths.ts";
import { CELL, DAY, EMAIL, HOUR, MINUTE, type Reply, signedIn, START } from "./app.ts";
import { planOf } from "./plans.ts";
import { readPage } from "../db/history/rows.ts";

type Connection = typeof connections.$inferInsert;

Deno.test("open connections are a group of their own: the current one, those without a verdict, then by last use", async () => {
  const { here, db } = await signedIn();
  await add(db, [
    openFor("quiet", 5 * HOUR, 4 * HOUR),
    openFor("busy", 25 * DAY, 20),
    { ...openFor("unusual", 10 * DAY, 9 * DAY), unusual: "new_country" },
    { ...openFor("recognized", 3 * DAY, 2 * HOUR), unusual: "new_country", verdict: "me" },
    closedFor("closed", HOUR),
  ]);

  const { $ } = await here.get(paths.connections);

  assert.equal($("#open h2").text(), "Open now (5)");
  assert.deepEqual(devices($, "#open"), ["Firefox on Linux", "unusual", "busy", "recognized", "quiet"]);
  assert.equal($("#rows h2").text(), "Earlier");
  assert.deepEqual(devices($, "#rows"), ["closed"]);
  assert.deepEqual($("table tbody").toArray().map((group) => $(group).attr("id")), ["open", "rows"]);
});

Deno.test("the group has ten connections at most, and a link to all of them", async () => {
  const { here, db } = await signedIn();
  await add(db, Array.from({ length: 11 }, (_, i) => openFor(`open ${i}`, DAY, i * HOUR + 1)));

  const { $ } = await here.get(paths.connections);

  assert.equal($("#open h2").text(), "Open now (12)");
  assert.equal($("#open tr[id]").length, 10);
  assert.deepEqual(devices($, "#rows"), []);
  const link = $("#open tr:not([id]) a");
  assert.equal(link.text(), "All 12 open connections");
  assert.equal((await here.get(link.attr("href")!)).$("#rows tr[id]").length, 12);
});

Deno.test("a filter by country or address has both groups; a state, days and older pages are one list", async () => {
  const { here, db } = await signedIn();
  await add(db, [
    { ...openFor("open in France", DAY, HOUR), countryCode: "FR", ip: "193.51.1.1", network: "193.51" },
    { ...closedFor("closed in France", HOUR), countryCode: "FR", ip: "193.51.1.1", network: "193.51" },
    ...Array.from({ length: 26 }, (_, i) => closedFor("closed", (i + 2) * HOUR)),
  ]);
  const groups = async (query: string) => {
    const { $ } = await here.get(`${paths.connections}${query}`);
    return { open: devices($, "#open"), rows: devices($, "#rows").length, titles: $("table h2").text() };
  };
  const france = { open: ["open in France"], rows: 1, titles: "Open now (1)Earlier" };

  assert.deepEqual(await groups("?country=FR"), france);
  assert.deepEqual(await groups("?ip=193.51"), france);
  assert.deepEqual(await groups("?ip=193.51.1.0/24&country=FR"), france);
  assert.deepEqual(await groups("?ip=193.51.1.0/24&country=DE"), { open: [], rows: 0, titles: "" });
  assert.deepEqual(await groups("?state=open"), { open: [], rows: 2, titles: "" });
  assert.deepEqual(await groups("?from=2026-11-01&country=FR"), { open: [], rows: 2, titles: "" });
  const older = (await here.get(paths.connections)).$("#more a[hx-get]").attr("href")!.replace(paths.connections, "");
  assert.deepEqual(await groups(older), { open: [], rows: 2, titles: "" });
});

Deno.test("a connection that closes between two pages neither vanishes nor comes twice", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(randomRow, { minLength: 40, maxLength: 70 }), fc.nat(), async (rows, seed) => {
      const { here, db, clock } = await signedIn();
      await add(
        db,
        rows.map(({ isOpen, age }, i) =>
          isOpen && i % 8 === 0 ? openFor(`row ${i}`, age, 0) : closedFor(`row ${i}`, age)
        ),
      );
      const seen: string[] = [];
      let next: string | undefined = paths.connections;
      while (next) {
        const { $ }: Reply = await here.get(next);
        seen.push(...$("tbody tr[id]").toArray().map((row) => $(row).attr("id")!));
        next = $("#more a[hx-get]").attr("href");
        clock.now += MINUTE;
        const shown = $("tbody form[action$='/close']").toArray();
        const one = shown[seed % Math.max(1, shown.length)];
        if (one) await here.submit($(one).attr("action")!);
      }

      const all = (await db.select().from(connections)).map(({ id }) => `c-${id}`);
      assert.deepEqual(seen.toSorted(), all.toSorted());
      db.$client.close();
    }),
    { numRuns: 40, endOnFailure: true },
  );
});

Deno.test("a link to older rows that is over an hour old, or from the future, leaves out what is open now", async () => {
  const { here, db, clock } = await signedIn();
  await add(db, [openFor("open all the time", 3 * HOUR, 1), openFor("closed since", 2 * HOUR, 1)]);
  const link = (asOf: number) => {
    const before = writeCursor({ openedAt: START - HOUR, id: crypto.randomUUID(), asOf });
    return `${paths.connections}?before=${before}`;
  };
  const { $ } = await here.get(paths.connections);
  const row = $("#open tr").filter((_, row) => $(row).text().includes("closed since"));
  clock.now += MINUTE;
  await here.submit(row.find("form").attr("action")!);
  const shown = async (asOf: number) => devices((await here.get(link(asOf))).$, "#rows");

  assert.deepEqual(await shown(START), [], "both were open then");
  assert.deepEqual(await shown(clock.now - HOUR - 1), ["closed since"]);
  assert.deepEqual(await shown(clock.now + DAY), ["closed since"]);
  assert.deepEqual(devices((await here.get(link(START).replace(/\.\d+$/, ""))).$, "#rows").length, 2);
});

Deno.test("an account of fewer than ten rows has no chart, no filters and no count; a filter brings them", async () => {
  const { here, db } = await signedIn();
  const parts = async (path: string = paths.connections) => {
    const { $ } = await here.get(path);
    return { lead: $(".head-text p").text(), tools: $("#chart, #filters, a.download small").length };
  };

  assert.deepEqual(await parts(), { lead: "Nobody else has signed in to your account.", tools: 0 });
  await add(db, Array.from({ length: 8 }, (_, i) => closedFor("closed", (i + 1) * HOUR)));
  assert.deepEqual(await parts(), { lead: "This is the only open connection.", tools: 0 });
  assert.equal((await parts(`${paths.connections}?state=open`)).tools, 3);
  await add(db, [closedFor("the tenth", DAY)]);
  assert.equal((await parts()).tools, 3);
});

Deno.test("with a filter that selects one row, nobody is told that they are alone in the account", async () => {
  const { here, db } = await signedIn();
  await add(db, Array.from({ length: 12 }, (_, i) => closedFor("closed", (i + 1) * HOUR)));

  const { $ } = await here.get(`${paths.connections}?state=open`);

  assert.equal($(".head-text p").text(), "This is the only open connection.");
});

Deno.test("of more than ten open connections, one that wasn't shown comes on a later page once it is closed", async () => {
  const { here, db, clock } = await signedIn();
  await add(db, Array.from({ length: 20 }, (_, i) => openFor(`open ${i}`, 3 * DAY + i, i * HOUR + 1)));
  await add(db, Array.from({ length: 60 }, (_, i) => closedFor("closed", (i + 1) * MINUTE)));
  const { id } = (await db.query.connections.findMany()).find(({ device }) => device === "open 19")!;

  const first = await here.get(paths.connections);
  clock.now += MINUTE;
  const second = await here.get(first.$("#more a[hx-get]").attr("href")!);
  clock.now += MINUTE;
  await here.submit(paths.closeOne(id));
  const third = await here.get(second.$("#more a[hx-get]").attr("href")!);

  assert.deepEqual([first, second, third].map(({ $ }) => $(`#c-${id}`).length), [0, 0, 1]);
});

Deno.test("the group is read in the index of what isn't closed, in the statement of the page", async () => {
  const openNow = { current: "c", limit: 11 };
  const page = (filter: object) => ({
    userId: "u",
    filter,
    before: null,
    asOf: START,
    limit: 26,
    now: START,
    openNow,
  });

  for (const filter of [{}, { countryCode: "ES" }, { low: 1, high: 2 }]) {
    const plan = await planOf((db) => readPage(db, page(filter)));
    const group = plan.filter((step) => step.includes("connections_not_closed (user_id=?)"));
    // One for the group, one for the number of open connections.
    assert.equal(group.length, 2, plan.join("\n"));
    assert.deepEqual(plan.filter((step) => /^SCAN (connections|places|refusals)/.test(step)), []);
  }
});

const randomRow = fc.record({ isOpen: fc.boolean(), age: fc.integer({ min: 1, max: 100 }).map((n) => n * MINUTE) });

function openFor(device: string, opened: number, unused: number): Partial<Connection> {
  return { device, openedAt: START - opened, lastSeenAt: START - unused, expiresAt: START + 7 * DAY };
}

function closedFor(device: string, opened: number): Partial<Connection> {
  const closedAt = START - opened + 1;
  return { device, openedAt: START - opened, lastSeenAt: closedAt, closedAt, endReason: "signed_out" };
}

async function add(db: Db, rows: Partial<Connection>[]): Promise<void> {
  const userId = (await findUser(db, EMAIL))!.id;
  const place = { ip: "10.0.0.1", network: "10.0", countryCode: "private", userAgent: "", device: "" };
  const times = { openedAt: START, lastSeenAt: START, expiresAt: START };
  await db.insert(connections).values(
    rows.map((row) => ({ id: crypto.randomUUID(), userId, ...place, ...times, ...row })),
  );
}

function devices($: Reply["$"], group: string): string[] {
  return $(`${group} ${CELL.device}`).toArray().map((cell) => $(cell).text());
}
