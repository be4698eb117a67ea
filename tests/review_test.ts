import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { connections, known } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { addAccount, type Browser, DAY, EMAIL, HTMX, MINUTE, PASSWORD, startApp } from "./app.ts";

/** Addresses in networks of their own; the second one is abroad. */
const [HOME, ABROAD] = ["46.16.60.1", "193.51.208.14"];

Deno.test("the history marks an unusual connection with the reason and asks its owner", async () => {
  const { here } = await startTravels();

  const { $ } = await here.get(paths.connections);

  assert.match($(".unanswered").text(), /1 unusual connection waits for your answer/);
  assert.equal($("tr .chip.unusual").text(), "New country: France");
  assert.match($("tr .chips a").text(), /^Was this you\? Firefox on Linux, 193\.51\.208\.14$/);
});

Deno.test("the question says which connection it is about, why it is unusual and what each answer does", async () => {
  const { here, id } = await startTravels();

  const { $ } = await here.get(paths.answer(id));

  assert.equal($("#dialog-title").text(), "Was this you?");
  assert.match($("main .connections").text(), /Firefox on Linux.*France, 193\.51\.208\.14/);
  assert.equal($(".reasons").text(), "It was the first connection to your account from this country: France.");
  assert.deepEqual($("main form button").toArray().map((button) => $(button).text()), ["Not me", "This was me"]);
});

Deno.test('the question names what "This was me" makes known, and of a private network or an unknown device nothing', async () => {
  const { here, id, db } = await startTravels();
  const whatMeMeans = async () => (await here.get(paths.answer(id))).$(".answers dd").first().text();

  assert.equal(
    await whatMeMeans(),
    "Known from now on, and not unusual any more: France, this network, Firefox on Linux.",
  );
  await db.update(connections).set({ countryCode: "private" }).where(eq(connections.id, id));
  assert.equal(await whatMeMeans(), "Known from now on, and not unusual any more: Firefox on Linux.");
  await db.update(connections).set({ device: "Unknown device" }).where(eq(connections.id, id));
  assert.equal(await whatMeMeans(), "It is not unusual any more.");
});

Deno.test('"This was me" makes country, network and device known, and the next connection from there usual', async () => {
  const { here, abroad, id, db, clock } = await startTravels();

  const answer = await here.submit(paths.answer(id), { answer: "me" });

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), paths.connections);
  const { $ } = await here.get(paths.connections);
  assert.match($("#notifications").text(), /The connection is marked as yours\./);
  assert.equal($(".unanswered").length, 0);
  assert.match($("tr .chips").text(), /New country: France.*You said: this was me/);
  const traits = (await db.select().from(known)).map(({ kind, value }) => `${kind} ${value}`).sort();
  assert.deepEqual(traits, ["country ES", "country FR", "device Firefox on Linux", "network 193.51", "network 46.16"]);

  clock.now += DAY;
  await abroad().signIn();
  assert.equal((await here.get(paths.connections)).$(".unanswered").length, 0);
});

Deno.test('"This was me" answers for all connections of the same kind, and for no other', async () => {
  const { here, abroad, id, db, clock } = await startTravels();
  clock.now += MINUTE;
  await abroad().signIn();
  clock.now += MINUTE;
  await abroad("curl/8.14.1").signIn();

  await here.submit(paths.answer(id), { answer: "me" });

  const { $ } = await here.get(paths.connections);
  assert.match($("#notifications").text(), /^2 connections of the same kind are marked as yours\./);
  assert.equal(await db.$count(connections, eq(connections.answer, "me")), 2);
  assert.match($(".unanswered").text(), /1 unusual connection waits/);
});

Deno.test('"Not me" closes every other connection and leads to a new password', async () => {
  const { here, away, id, db } = await startTravels();

  const answer = await here.submit(paths.answer(id), { answer: "not_me" });

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), paths.password);
  assert.equal(await away.isIn(), false);
  const { $ } = await here.get(paths.password);
  assert.match($("#notifications").text(), /1 other connection was closed\. Somebody else may know your password/);
  const [row] = await db.select().from(connections).where(eq(connections.id, id));
  assert.equal(row?.answer, "not_me");
  assert.match((await here.get(paths.connections)).$("tr .chips").text(), /You said: not me/);
});

Deno.test("htmx gets the history with a signal for This was me, and is led to the password for Not me", async () => {
  const { here, abroad, id, db, clock } = await startTravels();

  const me = await here.submit(paths.answer(id), { answer: "me" }, HTMX);
  clock.now += MINUTE;
  await abroad("curl/8.14.1").signIn();
  const [other] = await db.select().from(connections).where(eq(connections.device, "curl"));
  await db.update(connections).set({ unusual: "after_refusals" }).where(eq(connections.id, other!.id));
  const notMe = await here.submit(paths.answer(other!.id), { answer: "not_me" }, HTMX);

  assert.equal(me.headers.get("HX-Trigger"), "connections-closed");
  assert.match(me.text, /<hx-partial hx-target="#history"/);
  assert.equal(notMe.status, 204);
  assert.equal(notMe.headers.get("HX-Redirect"), paths.password);
});

// ASVS 7.5.2
Deno.test("an answer takes the password when it was last given more than 5 minutes ago", async () => {
  const { here, id, db, clock } = await startTravels();
  clock.now += 6 * MINUTE;

  const without = await here.submit(paths.answer(id), { answer: "me" });
  const wrong = await here.submit(paths.answer(id), { answer: "not_me", password: "not the password at all" });
  const unanswered = await db.$count(connections, eq(connections.answer, "me"));
  const right = await here.submit(paths.answer(id), { answer: "me", password: PASSWORD });

  assert.deepEqual([without.status, wrong.status, right.status], [422, 422, 303]);
  assert.match(without.$("#password-problem").text(), /Type your password/);
  assert.equal(unanswered, 0);
  assert.equal(await db.$count(connections, eq(connections.answer, "me")), 1);
});

Deno.test("a connection can't speak for itself", async () => {
  const { away, id, db } = await startTravels();

  const { $ } = await away.get(paths.answer(id));
  const csrf = (await away.get(paths.closeAll)).$("main [name=csrf]").attr("value") ?? "";
  const answer = await away.post(paths.answer(id), { csrf, answer: "me" });

  assert.match($("main").text(), /It can't speak for itself/);
  assert.equal(answer.status, 200);
  assert.match(answer.$("main").text(), /It can't speak for itself/);
  assert.equal(await db.$count(connections, eq(connections.answer, "me")), 0);
  assert.equal((await away.get(paths.connections)).$("tr.current .chips a").length, 0);
  assert.equal((await away.get(paths.connections)).$(".unanswered").length, 0);
});

Deno.test("an answer that is none comes back with the question", async () => {
  const { here, id, db } = await startTravels();

  const none = await here.submit(paths.answer(id));
  const odd = await here.submit(paths.answer(id), { answer: "__proto__" });

  assert.deepEqual([none.status, odd.status], [422, 422]);
  assert.match(odd.$("#dialog-problem").text(), /Choose one of the two answers/);
  assert.equal(await db.$count(connections, eq(connections.answer, "me")), 0);
});

Deno.test("an answer is given once; a second one says so and changes nothing", async () => {
  const { here, id, db } = await startTravels();
  const form = await here.get(paths.answer(id));
  const csrf = form.$("main [name=csrf]").attr("value") ?? "";
  await here.post(paths.answer(id), { csrf, answer: "me" });

  const again = await here.post(paths.answer(id), { csrf, answer: "me" });

  assert.equal(again.status, 303);
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /has its answer already/);
  assert.match((await here.get(paths.answer(id))).$("main").text(), /You have answered already/);
  assert.equal(await db.$count(connections, eq(connections.answer, "me")), 1);
});

// ASVS 8.2
Deno.test("nobody is asked about, nor answers for, another account's connection", async () => {
  const { browser, db, id } = await startTravels();
  await addAccount(db, "joan@example.com", PASSWORD);
  const joan = browser(HOME);
  await joan.signIn("joan@example.com");
  await browser(HOME).signIn("joan@example.com");
  const csrf = (await joan.get(paths.closeAll)).$("main [name=csrf]").attr("value") ?? "";

  assert.equal((await joan.get(paths.answer(id))).status, 404);
  for (const answer of ["me", "not_me"]) {
    assert.equal((await joan.post(paths.answer(id), { csrf, answer })).status, 404);
  }
  const [row] = await db.select().from(connections).where(eq(connections.id, id));
  assert.deepEqual([row?.answer, row?.closedAt], [null, null]);
});

/** An owner at home, `here`, and an unusual connection to their account from abroad, `away`, that is open too. */
async function startTravels() {
  const start = await startApp({
    countryOf: ({ ip }) => Promise.resolve(ip === ABROAD ? "FR" : "ES"),
  });
  const here = start.browser(HOME);
  await here.signIn();
  start.clock.now += MINUTE;
  const abroad = (userAgent?: string): Browser => start.browser(ABROAD, userAgent);
  const away = abroad();
  await away.signIn(EMAIL);
  const [row] = await start.db.select().from(connections).where(eq(connections.ip, ABROAD));
  return { ...start, here, away, abroad, id: row!.id };
}
