import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { closeOtherConnections } from "../db/connections.ts";
import { connections, refusals } from "../db/schema.ts";
import { resumeSession } from "../db/sessions.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { addAccount, type Answer, CELL, DAY, EMAIL, HTMX, MINUTE, PASSWORD, START, startApp } from "./app.ts";
import { closedConnection } from "./long_history.ts";

Deno.test("GET / leads to the sign-in page, and signed in to the history", async () => {
  const { browser } = await startApp();
  const here = browser();

  assert.equal((await here.get(paths.home)).headers.get("Location"), paths.signIn);
  await here.signIn();
  assert.equal((await here.get(paths.home)).headers.get("Location"), paths.connections);
  assert.equal((await here.get(paths.security)).headers.get("Location"), paths.connections);
});

Deno.test("GET /user/security/connections marks the current connection and counts the open ones", async () => {
  const { browser } = await startApp();
  const here = browser("46.16.60.1");
  await here.signIn();
  await browser("2001:db8::7").signIn();

  const { status, $ } = await here.get(paths.connections);

  assert.equal(status, 200);
  assert.equal($("tbody tr").length, 2);
  assert.equal($("tr.current .chip").text(), "This connection");
  assert.equal($(`tr.current ${CELL.ip}`).text().trim(), "46.16.60.1");
  assert.match($(".head").text(), /2 connections are open now, this one included/);
});

Deno.test("GET /user/security/connections says date, address, country, device and state of each connection", async () => {
  const { browser } = await startApp();
  const here = browser("46.16.60.1");
  await here.signIn(EMAIL, PASSWORD, { time_zone: "Europe/Madrid" });

  const { $ } = await here.get(paths.connections);

  const row = $("tbody tr").first();
  assert.equal(row.find(`${CELL.when} time`).first().text(), "23 Nov 2026, 15:04");
  assert.equal(row.find(`${CELL.when} time`).first().attr("datetime"), "2026-11-23T14:04Z");
  assert.equal(row.find(CELL.ip).text().trim(), "46.16.60.1");
  assert.equal(row.find(CELL.country).text().trim(), "🇪🇸\u00a0Spain");
  assert.equal(row.find(CELL.device).text(), "Firefox on Linux");
  assert.equal(row.find(CELL.state).text(), "Open");
  assert.match($(".more").text(), /Times in Europe\/Madrid/);
});

Deno.test("the table of GET /user/security/connections has a caption, and a scope for each of its heads", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();

  const { $ } = await here.get(paths.connections);

  assert.equal($("table > caption").text(), "Connections to your account, newest first");
  assert.deepEqual(
    $("table th").toArray().map((head) => `${$(head).attr("scope")}: ${$(head).text()}`),
    ["col: Date", "col: IP address", "col: Country", "col: Device", "col: State"],
  );
});

Deno.test("GET /user/security/connections names private networks and unknown countries as what they are", async () => {
  const { browser, clock } = await startApp();
  await browser("203.0.113.9").signIn();
  clock.now += MINUTE;
  const here = browser("192.168.1.20");
  await here.signIn();

  const { $ } = await here.get(paths.connections);

  assert.deepEqual(texts($, CELL.country), ["Private network", "Unknown"]);
});

Deno.test("GET /user/security/connections tells how each closed connection ended, and when", async () => {
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

  assert.deepEqual(texts($, `${CELL.end} > p`).sort(), [
    "",
    "From this browser, 14:06 · lasted 2 minutes",
    "Signed out, 14:05 · lasted 1 minute",
  ]);
});

Deno.test("GET /user/security/connections shows refused sign-ins as one row an hour that counts", async () => {
  const { browser } = await startApp();
  await browser("198.51.100.1").signIn(EMAIL, "not the password at all");
  await browser("198.51.100.2").signIn(EMAIL, "not the password at all");
  await browser("198.51.100.2").signIn(EMAIL, "not the password either");
  const here = browser();
  await here.signIn();

  const { $ } = await here.get(`${paths.connections}?state=refused`);

  assert.deepEqual(states($), ["Refused"]);
  assert.deepEqual(texts($, `${CELL.end} > p`), ["Wrong password: 3 attempts from 2 addresses"]);
  assert.equal($(CELL.ip).text().trim(), "198.51.100.2");
});

Deno.test("GET /user/security/connections goes through all connections in pages of 25, each once", async () => {
  const { browser, db } = await startApp();
  const here = browser();
  await here.signIn();
  await fill(db, 60);

  const seen: string[] = [];
  let next: string | undefined = paths.connections;
  const sizes: number[] = [];
  while (next) {
    const { $ }: Answer = await here.get(next);
    sizes.push($("tbody tr").length);
    seen.push(...$("tbody tr").toArray().map((row) => $(row).attr("id") ?? ""));
    next = $("#more a").attr("href");
  }

  assert.deepEqual(sizes, [25, 25, 11]);
  assert.equal(new Set(seen).size, 61);
});

Deno.test("GET /user/security/connections gives htmx the older rows to append, and the way to the next", async () => {
  const { browser, db } = await startApp();
  const here = browser();
  await here.signIn();
  await fill(db, 60);
  const { $ } = await here.get(paths.connections);

  const { text, headers } = await here.get($("#more a").attr("href") ?? "", HTMX);

  assert.match(text, /^<hx-partial hx-target="#rows" hx-swap="beforeend"><tr /);
  assert.equal(text.match(/<tr /g)?.length, 25);
  assert.match(text, /<div class="more" id="more">/);
  assert.match(headers.get("Vary") ?? "", /HX-Request, HX-Request-Type/);
});

Deno.test("GET /user/security/connections answers a whole page to htmx when it doesn't ask for a piece", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();

  const { text } = await here.get(paths.connections, { "HX-Request": "true", "HX-Request-Type": "full" });

  assert.match(text, /^<!doctype html>/);
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

Deno.test("GET /user/security/connections takes the days of a filter in the owner's time zone", async () => {
  const { browser, clock } = await startApp();
  clock.now = Date.parse("2026-11-22T23:30:00Z");
  const here = browser();
  await here.signIn(EMAIL, PASSWORD, { time_zone: "Europe/Madrid" });

  assert.equal((await here.get(`${paths.connections}?from=2026-11-23&to=2026-11-23`)).$("tbody tr").length, 1);
  assert.equal((await here.get(`${paths.connections}?to=2026-11-22`)).$("tbody tr").length, 0);
});

Deno.test("GET /user/security/connections takes a day alone as the first and the last one, and so does the download", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();

  const { $ } = await here.get(`${paths.connections}?day=2026-11-23`);

  assert.equal($("tbody tr").length, 1);
  assert.deepEqual([$("[name=from]").attr("value"), $("[name=to]").attr("value")], ["2026-11-23", "2026-11-23"]);
  assert.equal($("a[download]").attr("href"), `${paths.csv}?from=2026-11-23&to=2026-11-23`);
  assert.equal((await here.get(`${paths.connections}?day=2026-11-22`)).$("tbody tr").length, 0);
  assert.equal((await here.get(`${paths.csv}?day=2026-11-22`)).text.trim().split("\r\n").length, 1);
});

Deno.test("GET /user/security/connections says so of a day that makes no sense or came twice, and keeps what else there is", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();
  const said = async (query: string) => (await here.get(`${paths.connections}?${query}`)).$("[role=alert]").text();

  assert.match(await said("day=yesterday"), /"From" must be a day like .*"To" must be a day like/);
  assert.match(await said("day=2026-11-22&day=2026-11-23"), /"From" came more than once.*"To" came more than once/);
  assert.equal((await here.get(`${paths.csv}?day=2026-11-22&day=2026-11-23`)).status, 400);
  const { $ } = await here.get(`${paths.connections}?day=2026-11-23&to=2026-11-24&from=`);
  assert.deepEqual([$("[name=from]").attr("value"), $("[name=to]").attr("value")], ["2026-11-23", "2026-11-24"]);
});

Deno.test("GET /user/security/connections keeps the filter in its form, its links and its download", async () => {
  const { browser, db } = await startApp();
  const here = browser();
  await here.signIn();
  await fill(db, 60);

  const { $ } = await here.get(`${paths.connections}?state=closed&ip=10.0`);

  assert.equal($("[name=state] [selected]").attr("value"), "closed");
  assert.equal($("[name=ip]").attr("value"), "10.0");
  assert.match($("#more a").attr("href") ?? "", /state=closed&ip=10\.0&before=/);
  assert.equal($("a[download]").attr("href"), `${paths.csv}?state=closed&ip=10.0`);
});

Deno.test("GET /user/security/connections leaves out what makes no sense of a filter, and says so", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();

  const { status, $ } = await here.get(
    `${paths.connections}?state=ajar&country=ZZ&from=2026-02-30&ip=300.1&before=x&state=open`,
  );

  assert.equal(status, 200);
  assert.equal($("tbody tr").length, 1);
  const said = $(".notification").text();
  assert.match(said, /"State" came more than once/);
  assert.match(said, /"Country" must be a country's two letters/);
  assert.match(said, /"From" must be a day like 2026-11-23/);
  assert.match(said, /"IP address" must be an address/);
  assert.match(said, /They were left out/);
});

Deno.test("GET /user/security/connections says it kindly when nothing matches", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();

  const { $ } = await here.get(`${paths.connections}?ip=192.0.2.1`);

  assert.equal($(".empty h2").text(), "Nothing matches this filter");
  assert.equal($(".empty a").attr("href"), paths.connections);
  assert.equal($("table").length, 0);
});

Deno.test("the way to close is disabled, and says so, when nothing else is open", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();

  const { $ } = await here.get(paths.connections);
  const confirmation = await here.get(paths.closeAll);

  assert.equal($("button.primary[disabled]").text(), "Close open connections");
  assert.match($(".head").text(), /Only this connection is open/);
  assert.match(confirmation.$("main").text(), /This connection is the only open one/);
  assert.equal(confirmation.$("main form").length, 0);
});

Deno.test("GET /user/security/connections/close names what will be closed and says that this browser stays", async () => {
  const { browser } = await startApp();
  const here = browser("46.16.60.1");
  await browser("203.0.113.9", "curl/8.14.1").signIn();
  await here.signIn();

  const { $ } = await here.get(paths.closeAll);

  assert.equal($("#dialog-title").text(), "Close 1 open connection?");
  assert.match($("main .connections").text(), /curlUnknown country, 203\.0\.113\.9/);
  assert.doesNotMatch($("main .connections").text(), /46\.16\.60\.1/);
  assert.match($("main").text(), /This browser stays signed in/);
});

Deno.test("GET /user/security/connections/close gives htmx the confirmation alone", async () => {
  const { browser } = await startApp();
  const here = browser();
  await browser().signIn();
  await here.signIn();

  const { text } = await here.get(paths.closeAll, HTMX);

  assert.match(text, /^<form method="post" action="\/user\/security\/connections\/close"/);
});

Deno.test("POST /user/security/connections/close closes all others and leaves the current connection open", async () => {
  const { browser, clock } = await startApp();
  const [here, laptop, phone] = [browser(), browser(), browser()];
  for (const each of [laptop, phone, here]) {
    await each.signIn();
    clock.now += MINUTE;
  }

  const answer = await here.submit(paths.closeAll);

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), paths.connections);
  assert.equal(await laptop.isIn(), false);
  assert.equal(await phone.isIn(), false);
  const { $ } = await here.get(paths.connections);
  assert.equal(
    $("#notifications").text(),
    "2 open connections were closed: Firefox on Linux (Spain), Firefox on Linux (Spain). " +
      "This can't be undone: if one of them was yours, sign in there again. You are still signed in here.",
  );
  assert.deepEqual(states($), ["Open", "Closed", "Closed"]);
});

Deno.test("POST /user/security/connections/close says its notification once", async () => {
  const { browser } = await startApp();
  const here = browser();
  await browser().signIn();
  await here.signIn();
  await here.submit(paths.closeAll);

  assert.match((await here.get(paths.connections)).$("#notifications").text(), /was closed/);
  assert.equal((await here.get(paths.connections)).$("#notifications").text(), "");
});

Deno.test("POST /user/security/connections/close gives htmx the notification and the table, and a signal", async () => {
  const { browser } = await startApp();
  const here = browser();
  await browser().signIn();
  await here.signIn();

  const answer = await here.submit(paths.closeAll, {}, HTMX);

  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("HX-Trigger"), "connections-closed");
  assert.match(answer.text, /<hx-partial hx-target="#notifications"/);
  assert.match(answer.text, /<hx-partial hx-target="#history"/);
  assert.match(answer.text, /1 open connection was closed/);
  assert.doesNotMatch(answer.text, /<html/);
});

Deno.test("POST /user/security/connections/close keeps the filter of the page that htmx is on", async () => {
  const { browser } = await startApp();
  const here = browser("46.16.60.1");
  await browser("203.0.113.9").signIn();
  await here.signIn();

  const answer = await here.submit(paths.closeAll, {}, {
    ...HTMX,
    "HX-Current-URL": "http://elsewhere.example/user/security/connections?country=ES",
  });

  assert.equal(answer.text.match(/<tr id=/g)?.length, 1);
  assert.match(answer.text, /46\.16\.60\.1/);
});

Deno.test("POST /user/security/connections/close twice closes once and ends in a truthful sentence", async () => {
  const { browser } = await startApp();
  const here = browser();
  await browser().signIn();
  await here.signIn();
  const { $ } = await here.get(paths.closeAll);
  const csrf = $("main [name=csrf]").attr("value") ?? "";

  await here.post(paths.closeAll, { csrf });
  await here.post(paths.closeAll, { csrf });

  assert.equal(
    (await here.get(paths.connections)).$("#notifications").text(),
    "Nothing was open: the other connections were already closed.",
  );
});

Deno.test("POST /user/security/connections/:id/close closes that connection and no other", async () => {
  const { browser } = await startApp();
  const [here, laptop, phone] = [browser(), browser("203.0.113.1"), browser("203.0.113.2")];
  for (const each of [laptop, phone, here]) await each.signIn();
  const { $ } = await here.get(`${paths.connections}?ip=203.0.113.1`);

  const answer = await here.submit($(`${CELL.end} a`).attr("href") ?? "");

  assert.equal(answer.status, 303);
  assert.equal(await laptop.isIn(), false);
  assert.equal(await phone.isIn(), true);
  assert.equal(await here.isIn(), true);
});

Deno.test("POST /user/security/connections/:id/close gives htmx the row, the head and the notification", async () => {
  const { browser } = await startApp();
  const here = browser();
  await browser("203.0.113.1").signIn();
  await here.signIn();
  const { $ } = await here.get(`${paths.connections}?ip=203.0.113.1`);

  const answer = await here.submit($(`${CELL.end} a`).attr("href") ?? "", {}, HTMX);

  assert.equal(answer.headers.get("HX-Trigger"), "connections-closed");
  assert.match(answer.text, /hx-target="#c-[\da-f-]{17}" hx-swap="outerMorph"><tr /);
  assert.match(answer.text, /Only this connection is open/);
  assert.match(answer.text, /The connection was closed: Firefox on Linux \(Unknown country\)\. <span>This can/);
});

Deno.test("POST /user/security/connections/:id/close on the current connection says to sign out instead", async () => {
  const { browser, db } = await startApp();
  const here = browser();
  await here.signIn();
  const [own] = await db.select().from(connections);
  const { $ } = await here.get(paths.closeOne(own!.id));
  const csrf = $("main [name=csrf]").attr("value") ?? "";

  const answer = await here.post(paths.closeOne(own!.id), { csrf });

  assert.match($("main").text(), /To end it, sign out/);
  assert.match(answer.text, /To end it, sign out/);
  assert.equal(await here.isIn(), true);
});

Deno.test("POST /user/security/connections/:id/close on a closed one changes nothing and says so", async () => {
  const { browser, clock, db } = await startApp();
  const [here, other] = [browser(), browser("203.0.113.1")];
  await other.signIn();
  await here.signIn();
  const { $ } = await here.get(`${paths.connections}?ip=203.0.113.1`);
  const href = $(`${CELL.end} a`).attr("href") ?? "";
  const csrf = $("form[action='/sign-out'] [name=csrf]").attr("value") ?? "";
  await here.post(href, { csrf });
  const [before] = await db.select().from(connections).where(eq(connections.ip, "203.0.113.1"));
  clock.now += MINUTE;

  await here.post(href, { csrf });

  const [after] = await db.select().from(connections).where(eq(connections.ip, "203.0.113.1"));
  assert.deepEqual(after, before);
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /was closed already/);
  assert.match((await here.get(href)).$("main").text(), /This connection is closed already/);
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
Deno.test("the CSV holds only the rows of its own account, under every filter", async () => {
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
Deno.test("an unknown id, and one of refused sign-ins, are as unknown as another account's", async () => {
  const { browser, db } = await startApp();
  await browser().signIn(EMAIL, "not the password at all");
  const here = browser();
  await here.signIn();
  const [refused] = await db.select().from(refusals);

  assert.equal((await here.get(paths.closeOne(refused!.id))).status, 404);
  assert.equal((await here.get(paths.closeOne(crypto.randomUUID()))).status, 404);
  assert.equal((await here.get(paths.closeOne("' or 1=1 --"))).status, 404);
  assert.equal((await here.get(paths.closeOne("%00"))).status, 404);
});

Deno.test("a connection that was closed between the gate and its closing of others is led to sign in, with nothing said", async () => {
  const start = await startApp();
  const [here, other] = [start.browser(), start.browser("203.0.113.1")];
  await here.signIn();
  await other.signIn();
  const { $ } = await here.get(paths.closeAll);
  const csrf = $("main [name=csrf]").attr("value") ?? "";
  let times = 0;
  // The clock is read once by the gate; the next reading finds the connection's time over.
  const late = await startApp({ db: start.db, now: () => START + (times++ < 2 ? 0 : 7 * DAY) });
  const there = late.browser();
  there.cookies.set("session", here.cookies.get("session") ?? "");

  const answer = await there.post(paths.closeAll, { csrf });

  assert.equal(answer.headers.get("Location"), "/sign-in?next=%2Fuser%2Fsecurity%2Fconnections");
  assert.equal(there.cookies.has("notice"), false);
});

Deno.test("a notification waits for its page: neither an error nor the sign-in page takes it away", async () => {
  const { browser } = await startApp();
  const here = browser();
  await browser().signIn();
  await here.signIn();
  await here.submit(paths.closeAll);

  assert.equal((await here.get("/nowhere")).$("#notifications").text(), "");
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /was closed/);
});

Deno.test("of two connections that close each other at the same time, one stays open", async () => {
  const { browser, db, clock } = await startApp();
  const [one, two] = [browser(), browser()];
  await one.signIn();
  await two.signIn();
  const sessions = await Promise.all(
    [one, two].map((each) => resumeSession(db, each.cookies.get("session"), { isReading: true, now: clock.now })),
  );

  const counts = await Promise.all(sessions.map((session) => closeOtherConnections(db, session!, clock.now)));

  assert.deepEqual(counts.sort(), [0, 1]);
  assert.deepEqual([await one.isIn(), await two.isIn()].sort(), [false, true]);
});

// ASVS 7.1.2
Deno.test("an account has at most 100 open connections: the oldest is closed as replaced", async () => {
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

function states($: Answer["$"]): string[] {
  return texts($, `tbody ${CELL.state}`);
}

function texts($: Answer["$"], selector: string): string[] {
  return $(selector).toArray().map((element) => $(element).text().replaceAll("\u00a0", " ").trim());
}

/** Gives the account closed connections, one a minute back from `START`. */
async function fill(db: Awaited<ReturnType<typeof startApp>>["db"], count: number): Promise<void> {
  const user = await findUser(db, EMAIL);
  await db.insert(connections).values(
    // Every other one at the same moment as its neighbour: the id has to tell them apart.
    Array.from(
      { length: count },
      (_, i) => closedConnection(user!.id, START - Math.floor(i / 2) * MINUTE, "", "Unknown device"),
    ),
  );
}
