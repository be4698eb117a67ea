import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { closeOtherConnections } from "../db/connections.ts";
import { connections } from "../db/schema.ts";
import { resumeSession } from "../db/sessions.ts";
import { paths } from "../http/paths.ts";
import { CELL, DAY, HTMX, MINUTE, ORIGIN, type Reply, signedIn, START, startApp } from "./app.ts";

Deno.test("closing is disabled, with the reason, when nothing else is open", async () => {
  const { here } = await signedIn();

  const { $ } = await here.get(paths.connections);
  const confirmation = await here.get(paths.closeAll);

  assert.equal($("button.primary[disabled]").text(), "Close open connections");
  assert.match($(".head").text(), /Nobody else has signed in to your account/);
  assert.match(confirmation.$("main").text(), /This connection is the only open one/);
  assert.equal(confirmation.$("main form[method=post]").length, 0);
});

Deno.test("GET /user/security/connections/close lists what it will close, and says that this browser stays signed in", async () => {
  const { here, browser } = await signedIn();
  await browser("203.0.113.9", "curl/8.14.1").signIn();

  const { $ } = await here.get(paths.closeAll);

  assert.equal($("#dialog-title").text(), "Close 1 open connection?");
  assert.match($("main .connections").text(), /curlUnusualUnknown country, 203\.0\.113\.9/);
  assert.doesNotMatch($("main .connections").text(), /46\.16\.60\.1/);
  assert.match($("main").text(), /This browser stays signed in/);
});

Deno.test("GET /user/security/connections/close gives htmx only the confirmation", async () => {
  const { here, browser } = await signedIn();
  await browser().signIn();

  const { text } = await here.get(paths.closeAll, HTMX);

  assert.match(text, /^<form method="post" action="\/user\/security\/connections\/close"/);
});

Deno.test("POST /user/security/connections/close closes all other connections and leaves the current one open", async () => {
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

Deno.test("POST /user/security/connections/close shows its notification once", async () => {
  const { here, browser } = await signedIn();
  await browser().signIn();
  await here.submit(paths.closeAll);

  assert.match((await here.get(paths.connections)).$("#notifications").text(), /was closed/);
  assert.equal((await here.get(paths.connections)).$("#notifications").text(), "");
});

Deno.test("POST /user/security/connections/close gives htmx the notification, the history and a signal", async () => {
  const { here, browser } = await signedIn();
  await browser().signIn();

  const answer = await here.submit(paths.closeAll, {}, HTMX);

  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("HX-Trigger"), "connections-closed");
  assert.match(answer.text, /<hx-partial hx-target="#notifications"/);
  assert.match(answer.text, /<hx-partial hx-target="#history"/);
  assert.match(answer.text, /1 open connection was closed/);
  assert.doesNotMatch(answer.text, /<html/);
});

Deno.test("POST /user/security/connections/close keeps the filter of the page that htmx is on", async () => {
  const { here, browser } = await signedIn();
  await browser("203.0.113.9").signIn();

  const answer = await here.submit(paths.closeAll, {}, {
    ...HTMX,
    "HX-Current-URL": "http://elsewhere.example/user/security/connections?country=ES",
  });

  assert.equal(answer.text.match(/<tr id=/g)?.length, 1);
  assert.match(answer.text, /46\.16\.60\.1/);
});

Deno.test("POST /user/security/connections/close sent twice closes once, and then says that nothing was open", async () => {
  const { here, browser } = await signedIn();
  await browser().signIn();
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

  const answer = await here.submit($(`${CELL.state} form`).attr("action") ?? "");

  assert.equal(answer.status, 303);
  assert.equal(await laptop.isIn(), false);
  assert.equal(await phone.isIn(), true);
  assert.equal(await here.isIn(), true);
});

Deno.test("POST /user/security/connections/:id/close gives htmx the notification, the history and a signal", async () => {
  const { here, browser } = await signedIn();
  await browser("203.0.113.1").signIn();
  const { $ } = await here.get(paths.connections);

  const answer = await here.submit($(`${CELL.state} form`).attr("action") ?? "", {}, HTMX);

  assert.equal(answer.headers.get("HX-Trigger"), "connections-closed");
  const history = answer.$("hx-partial[hx-target='#history']");
  assert.equal(history.find("#open tr[id]").length, 1);
  assert.equal(history.find("#rows tr[id]").length, 1);
  assert.match(answer.text, /This is the only open connection/);
  assert.match(answer.text, /The connection was closed: Firefox on Linux \(Unknown country\)\./);
  assert.equal(answer.$(`.notification a[href='${paths.password}']`).length, 1, "it was unusual");
});

Deno.test("POST /user/security/connections/:id/close on a page with older rows gives htmx the row in its place", async () => {
  const { here, browser } = await signedIn();
  await browser("203.0.113.1").signIn();
  const { $ } = await here.get(paths.connections);

  const answer = await here.submit($(`${CELL.state} form`).attr("action") ?? "", { loaded: "older" }, HTMX);

  assert.equal(answer.headers.get("HX-Trigger"), "connections-closed");
  assert.match(answer.text, /hx-target="#c-[\da-f-]{36}" hx-swap="outerMorph"><tr /);
  assert.equal(answer.$("hx-partial[hx-target='#history']").length, 0);
  assert.match(answer.$("hx-partial[hx-target='#head']").text(), /This is the only open connection/);
  assert.equal(answer.$("hx-partial[hx-target='#open-title']").text(), "Open now (1)");
});

Deno.test("POST /user/security/connections/:id/close on the current connection says to sign out instead", async () => {
  const { here, db } = await signedIn();
  const [own] = await db.select().from(connections);
  const { $ } = await here.get(paths.closeOne(own!.id));
  const csrf = $("main [name=csrf]").attr("value") ?? "";

  const answer = await here.post(paths.closeOne(own!.id), { csrf });

  assert.match($("main").text(), /To end it, sign out/);
  assert.match(answer.text, /To end it, sign out/);
  assert.equal(await here.isIn(), true);
});

Deno.test("POST /user/security/connections/:id/close on a closed connection changes nothing and says so", async () => {
  const { browser, clock, db } = await startApp();
  const [here, other] = [browser(), browser("203.0.113.1")];
  await other.signIn();
  await here.signIn();
  const { $ } = await here.get(`${paths.connections}?ip=203.0.113.1`);
  const href = $(`${CELL.state} form`).attr("action") ?? "";
  const csrf = $("form[action='/sign-out'] [name=csrf]").attr("value") ?? "";
  await here.post(href, { csrf });
  const [before] = await db.select().from(connections).where(eq(connections.ip, "203.0.113.1"));
  clock.now += MINUTE;

  await here.post(href, { csrf });

  const [after] = await db.select().from(connections).where(eq(connections.ip, "203.0.113.1"));
  assert.deepEqual(after, before);
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /was already closed/);
  assert.match((await here.get(href)).$("main").text(), /This connection is already closed/);
});

Deno.test("a connection that expires while it closes others is redirected to sign-in, without a notice", async () => {
  const start = await startApp();
  const [here, other] = [start.browser(), start.browser("203.0.113.1")];
  await here.signIn();
  await other.signIn();
  const { $ } = await here.get(paths.closeAll);
  const csrf = $("main [name=csrf]").attr("value") ?? "";
  let times = 0;
  // The session is still valid when it is loaded, and expires before the others are closed.
  const late = await startApp({ db: start.db, now: () => START + (times++ < 2 ? 0 : 7 * DAY) });
  const there = late.browser();
  there.cookies.set("session", here.cookies.get("session") ?? "");

  const answer = await there.post(paths.closeAll, { csrf });

  assert.equal(answer.headers.get("Location"), "/sign-in?next=%2Fuser%2Fsecurity%2Fconnections");
  assert.equal(there.cookies.has("notice"), false);
});

Deno.test("a notification outlasts an error page", async () => {
  const { here, browser } = await signedIn();
  await browser().signIn();
  await here.submit(paths.closeAll);

  assert.equal((await here.get("/nowhere")).$("#notifications").text(), "");
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /was closed/);
});

Deno.test("when two connections close each other at the same time, one stays open", async () => {
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

function states($: Reply["$"]): string[] {
  return texts($, `tbody ${CELL.badge}`);
}

function texts($: Reply["$"], selector: string): string[] {
  return $(selector).toArray().map((element) => $(element).text().replaceAll("\u00a0", " ").trim());
}

Deno.test("without JavaScript, closing from a filtered history leads back to it, and so does Cancel", async () => {
  const { here, browser } = await signedIn();
  await browser("203.0.113.1").signIn();
  const filtered = `${paths.connections}?state=open&ip=203.0`;
  const referer = { Referer: `${ORIGIN}${filtered}` };

  const page = await here.get(paths.closeAll, referer);
  const fields = Object.fromEntries(
    page.$("main form[method=post] input").toArray().map((
      { attribs },
    ) => [attribs["name"] ?? "", attribs["value"] ?? ""]),
  );
  const back = page.$("#back input").toArray().map(({ attribs }) => [attribs["name"], attribs["value"]]);
  const closed = await here.post(paths.closeAll, fields);

  assert.deepEqual(back, [["state", "open"], ["ip", "203.0"]]);
  assert.equal(page.$("#back").attr("action"), paths.connections);
  assert.equal(closed.headers.get("Location"), filtered);
});

Deno.test("a confirmation leads back to nothing but the history", async () => {
  const { here, browser } = await signedIn();
  await browser("203.0.113.1").signIn();
  const backFrom = async (referer: string) =>
    (await here.get(paths.closeAll, { Referer: referer })).$("[name=back]").attr("value");

  assert.equal(await backFrom("https://evil.example/"), paths.connections);
  assert.equal(await backFrom(`${ORIGIN}${paths.password}`), paths.connections);
  assert.equal(await backFrom("not an address"), paths.connections);
  assert.equal(
    await backFrom(`https://evil.example${paths.connections}?state=open`),
    `${paths.connections}?state=open`,
  );
});

Deno.test("the confirmation says that closing can't be undone, and names unreviewed connections first, marked", async () => {
  const { here, browser, db } = await signedIn();
  await browser("203.0.113.1", "curl/8").signIn();
  for (let i = 2; i < 12; i++) await browser(`203.0.113.${i}`).signIn();
  await db.update(connections).set({ unusual: null });
  await db.update(connections).set({ unusual: "new_country" }).where(eq(connections.ip, "203.0.113.1"));

  const { $ } = await here.get(paths.closeAll);

  assert.match($("main").text(), /This can't be undone/);
  assert.match($(".connections li").first().text(), /^curlUnusual.*203\.0\.113\.1/);
  assert.equal($(".connections .chip").length, 1);
});
