import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import type { Db } from "../db/database.ts";
import { connections, refusals, users } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { addAccount, CELL, EMAIL, HOUR, HTMX, MINUTE, PASSWORD, type Reply, signedIn, START, startApp } from "./app.ts";
import { closedConnection } from "./long_history.ts";

Deno.test("GET / redirects to sign-in, and when signed in to the history", async () => {
  const { browser } = await startApp();
  const here = browser();

  assert.equal((await here.get(paths.home)).headers.get("Location"), paths.signIn);
  await here.signIn();
  assert.equal((await here.get(paths.home)).headers.get("Location"), paths.connections);
  assert.equal((await here.get(paths.security)).headers.get("Location"), paths.connections);
});

Deno.test("GET /user/security/connections marks the current connection and counts the open ones", async () => {
  const { here, browser } = await signedIn();
  await browser("2001:db8::7").signIn();

  const { status, $ } = await here.get(paths.connections);

  assert.equal(status, 200);
  assert.equal($("tbody tr[id]").length, 2);
  assert.equal($("tr.current i").text(), "This connection");
  assert.equal($(`tr.current ${CELL.ip}`).text().trim(), "46.16.60.1");
  assert.match($(".head").text(), /2 connections are open now, including this one/);
});

Deno.test("GET /user/security/connections shows the date, address, country, device and state of each connection", async () => {
  const { browser } = await startApp();
  const here = browser("46.16.60.1");
  await here.signIn(EMAIL, PASSWORD, { time_zone: "Europe/Madrid" });

  const { $ } = await here.get(paths.connections);

  const row = $("tbody tr[id]").first();
  const id = row.attr("id")?.replace("c-", "") ?? "";
  assert.equal(row.find(`${CELL.when} > a`).text(), "23 Nov, 15:04");
  assert.equal(row.find(`${CELL.when} > a`).attr("href"), paths.details(id));
  assert.equal(row.find(`${CELL.when} > p`).text(), "just now\u00a0· last seen 15:04");
  assert.equal(row.find(CELL.ip).text().trim(), "46.16.60.1");
  assert.deepEqual([row.find(CELL.country).attr("data-flag"), row.find(CELL.country).text()], ["🇪🇸", "Spain"]);
  assert.equal(row.find(CELL.device).text(), "Firefox on Linux");
  assert.equal(row.find(CELL.badge).text(), "Open");
  assert.match($(".more").text(), /Times in Europe\/Madrid/);
});

Deno.test("the table of GET /user/security/connections has a caption, and a scope for each header cell", async () => {
  const { here } = await signedIn();

  const { $ } = await here.get(paths.connections);

  assert.equal($("table > caption").text(), "Connections to your account");
  assert.deepEqual(
    $("table th").toArray().map((head) => `${$(head).attr("scope")}: ${$(head).text()}`),
    ["col: Date", "col: IP address", "col: Country", "col: Device", "col: State", "rowgroup: Open now (1)"],
  );
});

Deno.test("GET /user/security/connections names private networks and unknown countries", async () => {
  const { browser, clock } = await startApp();
  await browser("203.0.113.9").signIn();
  clock.now += MINUTE;
  const here = browser("192.168.1.20");
  await here.signIn();

  const { $ } = await here.get(paths.connections);

  assert.deepEqual(texts($, CELL.country), ["Private network", "Unknown country"]);
});

Deno.test("GET /user/security/connections shows how and when each closed connection ended", async () => {
  const { browser, clock } = await startApp();
  await browser().signIn();
  const leaving = browser();
  await leaving.signIn();
  clock.now += MINUTE;
  await leaving.signOut();
  const here = browser();
  clock.now += MINUTE;
  await here.signIn();
  await here.submit(paths.closeAll);

  const { $ } = await here.get(paths.connections);

  assert.deepEqual(texts($, `${CELL.state} > p`).sort(), [
    "Closed from this browser, 14:06",
    "Signed out, 14:05",
  ]);
  assert.deepEqual(texts($, `${CELL.when} > p`), ["just now · last seen 14:06", "2 minutes ago", "2 minutes ago"]);
  const ended = await Promise.all(
    $("tbody tr[id]:not(.open)").toArray().map(async (row) => {
      const details = await here.get($(row).find(`${CELL.when} > a`).attr("href")!);
      const facts = details.$(".facts > div").toArray().map((fact) => details.$(fact).text().replaceAll("\u00a0", " "));
      return facts.filter((fact) => fact.includes("(open for")).join();
    }),
  );
  assert.deepEqual(ended.sort(), [
    "ClosedClosed from this browser, 23 Nov 2026, 14:06 (open for 2 minutes)",
    "ClosedSigned out, 23 Nov 2026, 14:05 (open for 1 minute)",
  ]);
});

Deno.test("GET /user/security/connections shows refused sign-ins as one row an hour and client, with their number", async () => {
  const { here, browser, clock } = await signedIn();
  await browser("198.51.100.1").signIn(EMAIL, "not the password at all");
  clock.now += MINUTE;
  await browser("198.51.100.2").signIn(EMAIL, "not the password at all");
  await browser("198.51.100.2").signIn(EMAIL, "not the password either");

  const { $ } = await here.get(`${paths.connections}?state=refused`);

  assert.deepEqual(states($), ["Refused", "Refused"]);
  assert.deepEqual(texts($, `${CELL.state} > p`), ["Wrong password (2)", "Wrong password (1)"]);
  assert.deepEqual(texts($, CELL.ip), ["198.51.100.2", "198.51.100.1"]);
  assert.deepEqual(texts($, `${CELL.when} > b`), ["23 Nov, 14:05", "23 Nov, 14:04"]);
});

Deno.test("a row of refused sign-ins from several addresses says that its address is the last of them", async () => {
  const { here, db } = await signedIn();
  const [user] = await db.select().from(users);
  const refused = { ...{ userId: user!.id, firstAt: START - HOUR, lastAt: START, reason: "wrong_password" as const } };
  const origin = { ip: "198.51.100.2", network: "198.51", countryCode: "none", userAgent: "", device: "curl" };
  await db.insert(refusals).values([
    { ...refused, ...origin, id: crypto.randomUUID(), hour: 1, client: "", attempts: 9, addresses: 4 },
    { ...refused, ...origin, id: crypto.randomUUID(), hour: 2, client: origin.ip, attempts: 9, addresses: 1 },
  ]);
  const cells = async () => texts((await here.get(`${paths.connections}?state=refused`)).$, CELL.ip).toSorted();

  assert.deepEqual(await cells(), ["198.51.100.2", "198.51.100.2last of 4 addresses"]);
  await db.update(users).set({ language: "es" });
  assert.deepEqual(await cells(), ["198.51.100.2", "198.51.100.2última de 4 direcciones"]);
  await db.update(users).set({ language: "ca" });
  assert.deepEqual(await cells(), ["198.51.100.2", "198.51.100.2última de 4 adreces"]);
});

Deno.test("every control that opens the dialog says so", async () => {
  const { here, browser, db } = await signedIn();
  await browser("203.0.113.9").signIn();
  await db.update(connections).set({ unusual: "new_country" });
  const { $ } = await here.get(paths.connections);
  const other = $("tbody tr[id]:not(.current)").attr("id")!.replace("c-", "");
  const details = await here.get(paths.details(other));

  const controls = [$("tbody tr[id] :is(a, button), .head-history form button"), details.$(".details form button")];
  const names = controls.map((each) => each.toArray().map(({ attribs }) => attribs["aria-haspopup"]));
  assert.deepEqual(names, [Array(6).fill("dialog"), Array(2).fill("dialog")]);
});

Deno.test("the link to the file for spreadsheets is named as a download, with the words that it shows", async () => {
  const { here, db } = await signedIn();
  const names = async () => {
    const link = (await here.get(paths.connections)).$("#downloads a").last();
    return [link.text(), link.attr("aria-label")];
  };

  assert.deepEqual(await names(), ["For spreadsheets", "Download for spreadsheets"]);
  await db.update(users).set({ language: "es" });
  assert.deepEqual(await names(), ["Para hojas de cálculo", "Descargar para hojas de cálculo"]);
  await db.update(users).set({ language: "ca" });
  assert.deepEqual(await names(), ["Per a fulls de càlcul", "Baixa per a fulls de càlcul"]);
});

Deno.test("GET /user/security/connections shows every connection once, in pages of 25", async () => {
  const { here, db } = await signedIn();
  await fill(db, 60);

  const seen: string[] = [];
  const sizes: number[] = [];
  let next: string | undefined = paths.connections;
  while (next) {
    const { $ }: Reply = await here.get(next);
    sizes.push($("tbody tr[id]").length);
    seen.push(...$("tbody tr[id]").toArray().map((row) => $(row).attr("id") ?? ""));
    next = $("#more a[hx-get]").attr("href");
  }

  assert.deepEqual(sizes, [26, 25, 10]);
  assert.equal(new Set(seen).size, 61);
});

Deno.test("GET /user/security/connections gives htmx the older rows to append, and the link to the next", async () => {
  const { here, db } = await signedIn();
  await fill(db, 60);
  const { $ } = await here.get(paths.connections);

  const { text, headers } = await here.get($("#more a[hx-get]").attr("href") ?? "", HTMX);

  assert.match(text, /^<hx-partial hx-target="#rows" hx-swap="beforeend"><tr /);
  assert.equal(text.match(/<tr /g)?.length, 25);
  assert.match(text, /<div class="more" id="more">/);
  assert.match(headers.get("Vary") ?? "", /HX-Request, HX-Request-Type/);
});

Deno.test("GET /user/security/connections gives htmx a whole page unless it asks for a fragment", async () => {
  const { here } = await signedIn();

  const { text } = await here.get(paths.connections, { "HX-Request": "true", "HX-Request-Type": "full" });

  assert.match(text, /^<!doctype html>/);
});

// ASVS 8.2
Deno.test("an account neither sees nor closes another account's connections, and its rows stay as they were", async () => {
  const { browser, db } = await startApp();
  await addAccount(db, "joan@example.com", PASSWORD);
  const [marta, joan, phone] = [browser("203.0.113.1"), browser("203.0.113.2"), browser("203.0.113.3")];
  await marta.signIn();
  await browser("203.0.113.9").signIn(EMAIL, "not the password at all");
  await joan.signIn("joan@example.com");
  await phone.signIn("joan@example.com");
  const [martas] = await db.select().from(connections).where(eq(connections.ip, "203.0.113.1"));
  const rowsOfMarta = async () => ({
    connections: await db.select().from(connections).where(eq(connections.userId, martas!.userId)),
    refusals: await db.select().from(refusals),
  });
  const before = await rowsOfMarta();
  const { $ } = await joan.get(paths.connections);
  const csrf = $("form[action='/sign-out'] [name=csrf]").attr("value") ?? "";

  assert.deepEqual(texts($, CELL.ip).sort(), ["203.0.113.2", "203.0.113.3"]);
  assert.deepEqual(texts((await joan.get(`${paths.connections}?ip=203.0.113.1`)).$, CELL.ip), []);
  assert.deepEqual(texts((await joan.get(`${paths.connections}?state=refused`)).$, CELL.ip), []);
  assert.equal((await joan.get(paths.closeOne(martas!.id))).status, 404);
  assert.equal((await joan.get(paths.closeOne(martas!.id), HTMX)).status, 404);
  assert.equal((await joan.post(paths.closeOne(martas!.id), { csrf })).status, 404);
  assert.equal((await joan.post(paths.closeOne(martas!.id), { csrf }, HTMX)).status, 404);
  assert.equal((await joan.post(paths.closeAll, { csrf })).status, 303);

  assert.equal(await phone.isIn(), false);
  assert.deepEqual(await rowsOfMarta(), before);
  assert.equal(await marta.isIn(), true);
});

// ASVS 8.2
Deno.test("the CSV contains only the account's own rows, under every filter", async () => {
  const { browser, db } = await startApp();
  await addAccount(db, "joan@example.com", PASSWORD);
  await browser("203.0.113.1").signIn();
  await browser("203.0.113.9").signIn(EMAIL, "not the password at all");
  const joan = browser("203.0.113.2");
  await joan.signIn("joan@example.com");
  const csv = async (query: string) => (await joan.get(`${paths.csv}${query}`)).text.trim().split("\r\n").slice(1);

  const [own, ...more] = await csv("");

  assert.match(own ?? "", /,203\.0\.113\.2,/);
  assert.deepEqual(more, []);
  assert.deepEqual(await csv("?ip=203.0"), [own]);
  assert.deepEqual(await csv("?country=none"), [own]);
  assert.deepEqual(await csv("?state=open"), [own]);
  assert.deepEqual(await csv("?ip=203.0.113.1"), []);
  assert.deepEqual(await csv("?state=refused"), []);
  assert.deepEqual(await csv("?state=closed"), []);
});

// ASVS 8.2
Deno.test("an unknown id and a refused sign-in's id are 404, like another account's", async () => {
  const { here, browser, db } = await signedIn();
  await browser().signIn(EMAIL, "not the password at all");
  const [refused] = await db.select().from(refusals);

  assert.equal((await here.get(paths.closeOne(refused!.id))).status, 404);
  assert.equal((await here.get(paths.closeOne(crypto.randomUUID()))).status, 404);
  assert.equal((await here.get(paths.closeOne("' or 1=1 --"))).status, 404);
  assert.equal((await here.get(paths.closeOne("%00"))).status, 404);
});

// ASVS 7.1.2
Deno.test("an account has at most 100 open connections: a new one replaces the oldest", async () => {
  const { browser, db, clock } = await startApp();
  const oldest = browser("203.0.113.200");
  await oldest.signIn();
  const browsers = Array.from({ length: 100 }, (_, i) => browser(`203.0.113.${i}`));
  for (const each of browsers) {
    clock.now += 1000;
    await each.signIn();
  }

  const open = (await db.select().from(connections)).filter(({ closedAt }) => closedAt === null);

  assert.equal(open.length, 100);
  assert.equal(await oldest.isIn(), false);
  assert.equal(await browsers[0]!.isIn(), true);
  assert.match((await oldest.get(paths.signIn)).$("main").text(), /the account had too many open ones/);
});

function states($: Reply["$"]): string[] {
  return texts($, `tbody ${CELL.badge}`);
}

function texts($: Reply["$"], selector: string): string[] {
  return $(selector).toArray().map((element) => $(element).text().replaceAll("\u00a0", " ").trim());
}

/** Gives the account closed connections, one a minute back from `START`. */
async function fill(db: Db, count: number): Promise<void> {
  const user = await findUser(db, EMAIL);
  await db.insert(connections).values(
    // In pairs at the same moment, so that only their ids tell them apart.
    Array.from(
      { length: count },
      (_, i) => closedConnection(user!.id, START - Math.floor(i / 2) * MINUTE, "", "Unknown device"),
    ),
  );
}
