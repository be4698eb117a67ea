import assert from "node:assert/strict";
import fc from "fast-check";
import type { Db } from "../db/database.ts";
import { connections } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { writeCursor } from "../http/history_query.ts";
import { paths, withQuery } from "../http/paths.ts";
import { type Browser, DAY, EMAIL, HOUR, HTMX, MINUTE, ORIGIN, PASSWORD, type Reply, signedIn, START } from "./app.ts";
import { closedConnection } from "./long_history.ts";

Deno.test("the URL says how far down older rows were appended, and brings them back in one page", async () => {
  const { here, db } = await signedIn();
  await add(db, 110);

  const page = await readOlder(here, paths.connections, 3);
  const back = await here.get(page.url);

  assert.match(page.url, /\?through=[\d.a-f-]+$/);
  assert.equal(page.rows.length, 101);
  assert.deepEqual(rowsOf(back), page.rows);
  assert.equal(back.$("#more a[hx-get]").attr("href"), page.older);
});

Deno.test("the URL keeps its filters, and the fields that were left out, when rows are appended", async () => {
  const { here, db } = await signedIn();
  await add(db, 60);

  const page = await readOlder(here, `${paths.connections}?state=closed&ip=300.1`, 1);
  const back = await here.get(page.url);

  assert.match(page.url, /\?state=closed&ip=300\.1&through=/);
  assert.deepEqual(rowsOf(back), page.rows);
  assert.match(back.$("[role=alert]").text(), /"IP address" must be an address/);
});

Deno.test("a page that begins with older rows brings back what was appended to it", async () => {
  const { here, db } = await signedIn();
  await add(db, 110);
  const first = await here.get(paths.connections);

  const page = await readOlder(here, first.$("#more a[hx-get]").attr("href")!, 2);
  const back = await here.get(page.url);

  assert.match(page.url, /\?before=[\d.a-f-]+&through=/);
  assert.equal(page.rows.length, 75);
  assert.deepEqual(rowsOf(back), page.rows);
});

Deno.test("a connection that closes before the reader comes back neither vanishes nor comes twice", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(2), fc.nat(), fc.nat(59), async (count, seed, wait) => {
      const { here, db, clock } = await signedIn();
      await add(db, 120, (i) => i % 16 === 0 ? { closedAt: null, endReason: null } : {});
      const page = await readOlder(here, paths.connections, count + 1);
      clock.now += wait * MINUTE;
      const open = (await db.select().from(connections)).filter(({ closedAt, ip }) => !closedAt && ip === "10.0.0.1");
      await here.submit(paths.closeOne(open[seed % open.length]!.id));

      const seen: string[] = [];
      for (let next: string | undefined = page.url; next;) {
        const reply: Reply = await here.get(next);
        seen.push(...rowsOf(reply));
        next = reply.$("#more a[hx-get]").attr("href");
      }

      const all = (await db.select().from(connections)).map(({ id }) => `c-${id}`);
      assert.deepEqual(seen.toSorted(), all.toSorted());
      db.$client.close();
    }),
    { numRuns: 20, endOnFailure: true },
  );
});

Deno.test("a page brings back 250 rows at most, and a link to the rest", async () => {
  const { here, db } = await signedIn();
  await add(db, 300);
  const [oldest] = (await db.select().from(connections)).sort((a, b) => a.openedAt - b.openedAt);

  const back = await here.get(through(oldest!));
  const next = await here.get(back.$("#more a[hx-get]").attr("href")!);

  assert.equal(back.$("#rows tr[id]").length, 250);
  assert.equal(new Set([...rowsOf(back), ...rowsOf(next)]).size, 276);
});

Deno.test("a link through a future row shows the first page", async () => {
  const { here, db } = await signedIn();
  await add(db, 60);

  const back = await here.get(through({ openedAt: START + DAY, id: crypto.randomUUID() }));

  assert.deepEqual(rowsOf(back), rowsOf(await here.get(paths.connections)));
  assert.equal(back.$("#more a[hx-get]").length, 1);
});

// Security: no 5xx
Deno.test("a damaged link through a row shows the first page, and says so", async () => {
  const { here, db } = await signedIn();
  await add(db, 60);

  const { status, $ } = await here.get(`${paths.connections}?through=x`);

  assert.equal(status, 200);
  assert.equal($("tbody tr[id]").length, 26);
  assert.match($("[role=alert]").text(), /The link to older connections was damaged, so these are the newest ones/);
});

Deno.test("but for its rows, a page that brings older ones back is the first page", async () => {
  const { here, db } = await signedIn();
  await add(db, 60);
  const { url } = await readOlder(here, paths.connections, 1);
  const parts = ({ $ }: Reply) => [
    ...["title", "#head", "#filters", "#chart", "#downloads", "#open"].map((part) => $(part).first().html()),
    $("tbody tr:not([id]) a, .active-filters a").toArray().map((link) => $(link).attr("href")),
  ];

  assert.deepEqual(parts(await here.get(url)), parts(await here.get(paths.connections)));
});

Deno.test("the CSV is the whole history, however far down its page was read", async () => {
  const { here, db } = await signedIn();
  await add(db, 60);
  const { url } = await readOlder(here, paths.connections, 1);

  const { status, text } = await here.get(`${paths.csv}${new URL(url, ORIGIN).search}`);

  assert.equal(status, 200);
  assert.equal(text.trim().split("\r\n").length, 62);
});

Deno.test("closing all others shows the first page, and so does its URL", async () => {
  const { here, browser, db } = await signedIn();
  await browser("203.0.113.1").signIn();
  await add(db, 60);
  const { url } = await readOlder(here, `${paths.connections}?country=private`, 1);

  const answer = await here.submit(paths.closeAll, {}, { ...HTMX, "HX-Current-URL": `${ORIGIN}${url}` });

  assert.equal(answer.$("#rows tr[id]").length, 25);
  assert.equal(answer.headers.get("HX-Replace-Url"), `${paths.connections}?country=private`);
});

Deno.test("recognizing an unusual connection shows the first page, and so does its URL", async () => {
  const { here, db } = await signedIn();
  await db.update(connections).set({ unusual: "new_country" });
  const [unusual] = await db.select().from(connections);
  await add(db, 60);
  const { url } = await readOlder(here, paths.connections, 1);
  const headers = { ...HTMX, "HX-Current-URL": `${ORIGIN}${url}` };

  const answer = await here.submit(paths.review(unusual!.id), { verdict: "me", password: PASSWORD }, headers);

  assert.equal(answer.$("#rows tr[id]").length, 25);
  assert.equal(answer.headers.get("HX-Replace-Url"), paths.connections);
});

Deno.test("an answer to another page leaves its URL", async () => {
  const { here, browser } = await signedIn();
  await browser("203.0.113.1").signIn();

  const elsewhere = { ...HTMX, "HX-Current-URL": `${ORIGIN}${paths.preferences}` };
  const answer = await here.submit(paths.closeAll, {}, elsewhere);

  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("HX-Replace-Url"), null);
});

Deno.test("signing in again brings the older rows back", async () => {
  const { here, db } = await signedIn();
  await add(db, 60);
  const { url, rows } = await readOlder(here, paths.connections, 1);
  await here.signOut();

  const { headers } = await here.get(url);
  const next = new URL(headers.get("Location")!, ORIGIN).searchParams.get("next")!;
  const signedInAgain = await here.submit(headers.get("Location")!, { email: EMAIL, password: PASSWORD });

  assert.equal(next, url);
  assert.equal(signedInAgain.headers.get("Location"), url);
  const back = rowsOf(await here.get(url));
  assert.deepEqual(rows.filter((id) => !back.includes(id)), []);
});

type Connection = typeof connections.$inferInsert;
type Page = { url: string; rows: string[]; older: string | undefined };

/** Opens a page of the history and appends older rows to it, as htmx does. */
async function readOlder(here: Browser, start: string, times: number): Promise<Page> {
  const first = await here.get(start);
  const page: Page = { url: start, rows: rowsOf(first), older: first.$("#more a[hx-get]").attr("href") };
  for (let i = 0; i < times; i++) {
    const reply = await here.get(page.older!, { ...HTMX, "HX-Current-URL": `${ORIGIN}${page.url}` });
    page.url = reply.headers.get("HX-Replace-Url") ?? page.url;
    page.rows.push(...rowsOf(reply));
    page.older = reply.$("#more a[hx-get]").attr("href");
  }
  return page;
}

function through(row: { openedAt: number; id: string }): string {
  return withQuery(paths.connections, { through: writeCursor(row) });
}

/** Adds closed connections, one an hour back from `START`. */
async function add(db: Db, count: number, change: (i: number) => Partial<Connection> = () => ({})): Promise<void> {
  const userId = (await findUser(db, EMAIL))!.id;
  await db.insert(connections).values(Array.from({ length: count }, (_, i) => {
    const openedAt = START - (i + 1) * HOUR;
    return { ...closedConnection(userId, openedAt, "", ""), closedAt: openedAt + MINUTE, ...change(i) };
  }));
}

/** The ids of the rows, also where htmx gets them without their table. */
function rowsOf({ text }: Reply): string[] {
  return [...text.matchAll(/<tr id="(c-[\da-f-]+)"/g)].map(([_, id]) => id!);
}
