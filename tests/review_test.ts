import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { browserUsers, connections, known, users } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { addAccount, type Browser, DAY, HTMX, MINUTE, PASSWORD, signedIn } from "./app.ts";

const ABROAD = "193.51.208.14";

Deno.test("the history marks an unusual connection with the reason and asks for a review", async () => {
  const { here } = await startTravels();

  const { $ } = await here.get(paths.connections);

  assert.match($(".banner").text(), /1 unusual connection needs your review/);
  assert.equal($("tr.unreviewed").length, 1);
  assert.deepEqual($("tr.unreviewed .why").text().split("\n"), [
    "New country: France",
    "New network and device",
  ]);
  assert.match(
    $("tr .state button").last().text(),
    /^Was this you\? Firefox on Linux, 193\.51\.208\.14, 23 Nov, 14:05$/,
  );
});

Deno.test("the review shows the connection, why it is unusual and what each verdict does", async () => {
  const { here, id } = await startTravels();

  const { $ } = await here.get(paths.review(id));

  assert.equal($("#dialog-title").text(), "Was this you?");
  assert.match($("main .connections").text(), /Firefox on Linux.*France, 193\.51\.208\.14/);
  assert.deepEqual($(".reasons li").toArray().map((reason) => $(reason).text()), [
    "It was the first connection to your account from this country: France.",
    "Both its network and its device were new to your account.",
  ]);
  assert.deepEqual($(".verdicts dt").toArray().map((name) => $(name).text()), ["Not me", "This was me"]);
});

Deno.test("the two verdicts are equals, and Enter in the password field gives neither", async () => {
  const { here, id, clock } = await startTravels();
  const buttons = async () => {
    const { $ } = await here.get(paths.review(id));
    return $("main form [type=submit]:not([form])").toArray().map((
      button,
    ) => [$(button).text(), $(button).attr("class")]);
  };

  const [notMe, me] = [["Not me", undefined], ["This was me", undefined]];
  assert.deepEqual(await buttons(), [notMe, me]);
  clock.now += 6 * MINUTE;
  assert.deepEqual(await buttons(), [["", "hidden"], notMe, me]);
});

Deno.test('the review lists what "This was me" makes known, without private networks and unknown devices', async () => {
  const { here, id, db } = await startTravels();
  const whatMeMeans = async () => (await here.get(paths.review(id))).$(".verdicts dd").last().text();

  assert.equal(
    await whatMeMeans(),
    "From now on we'll recognise France, this network and Firefox on Linux, and no longer mark this as unusual.",
  );
  await db.update(connections).set({ countryCode: "private" }).where(eq(connections.id, id));
  assert.equal(
    await whatMeMeans(),
    "From now on we'll recognise Firefox on Linux, and no longer mark this as unusual.",
  );
  await db.update(connections).set({ device: "Unknown device" }).where(eq(connections.id, id));
  assert.equal(await whatMeMeans(), "It will no longer be marked as unusual.");
});

Deno.test('"This was me" makes the country, network and device known, and the next connection like it usual', async () => {
  const { here, abroad, id, db, clock } = await startTravels();

  const answer = await here.submit(paths.review(id), { verdict: "me" });

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), paths.connections);
  const { $ } = await here.get(paths.connections);
  assert.match($("#notifications").text(), /The connection is marked as yours\./);
  assert.equal($(".unreviewed, .banner").length, 0);
  assert.match($("tr .why").text(), /New country: France.*You said: this was me/s);
  const traits = (await db.select().from(known)).map(({ kind, value }) => `${kind} ${value}`).sort();
  assert.deepEqual(traits, ["country ES", "country FR", "device Firefox on Linux", "network 193.51", "network 46.16"]);
  assert.equal(await db.$count(browserUsers), 2);

  clock.now += DAY;
  await abroad().signIn();
  assert.equal((await here.get(paths.connections)).$(".unreviewed, .banner").length, 0);
});

Deno.test('"This was me" applies to every connection of the same kind, and to no other', async () => {
  const { here, abroad, id, db, clock } = await startTravels();
  clock.now += MINUTE;
  await abroad().signIn();
  clock.now += MINUTE;
  await abroad("curl/8.14.1").signIn();

  await here.submit(paths.review(id), { verdict: "me" });

  const { $ } = await here.get(paths.connections);
  assert.match($("#notifications").text(), /^2 connections of the same kind are marked as yours\./);
  assert.equal(await db.$count(connections, eq(connections.verdict, "me")), 2);
  assert.match($(".banner").text(), /1 unusual connection needs/);
  assert.match($("tr.unreviewed").text(), /curl/);
});

Deno.test('"Not me" closes every other connection and redirects to the password page', async () => {
  const { here, away, id, db } = await startTravels();

  const answer = await here.submit(paths.review(id), { verdict: "not_me" });

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), paths.password);
  assert.equal(await away.isIn(), false);
  const { $ } = await here.get(paths.password);
  assert.match($("#notifications").text(), /1 other connection was closed\. Somebody else may know your password/);
  const [row] = await db.select().from(connections).where(eq(connections.id, id));
  assert.equal(row?.verdict, "not_me");
  assert.match((await here.get(paths.connections)).$("tr .why").text(), /You said: not me/);
});

Deno.test('htmx gets the history for "This was me" and a redirect to the password page for "Not me"', async () => {
  const { here, abroad, id, db, clock } = await startTravels();

  const me = await here.submit(paths.review(id), { verdict: "me" }, HTMX);
  clock.now += MINUTE;
  await abroad("curl/8.14.1").signIn();
  const [other] = await db.select().from(connections).where(eq(connections.device, "curl"));
  await db.update(connections).set({ unusual: "after_refusals" }).where(eq(connections.id, other!.id));
  const notMe = await here.submit(paths.review(other!.id), { verdict: "not_me" }, HTMX);

  assert.equal(me.headers.get("HX-Trigger"), "connections-closed");
  assert.match(me.text, /<hx-partial hx-target="#history"/);
  assert.equal(notMe.status, 204);
  assert.equal(notMe.headers.get("HX-Redirect"), paths.password);
});

// ASVS 7.5.2
Deno.test("a verdict requires the password if it was last entered more than 5 minutes ago", async () => {
  const { here, id, db, clock } = await startTravels();
  clock.now += 6 * MINUTE;

  const without = await here.submit(paths.review(id), { verdict: "me" });
  const wrong = await here.submit(paths.review(id), { verdict: "not_me", password: "not the password at all" });
  const before = await db.$count(connections, eq(connections.verdict, "me"));
  const right = await here.submit(paths.review(id), { verdict: "me", password: PASSWORD });

  assert.deepEqual([without.status, wrong.status, right.status], [422, 422, 303]);
  assert.match(without.$("#password-problem").text(), /Type your password/);
  assert.equal(before, 0);
  assert.equal(await db.$count(connections, eq(connections.verdict, "me")), 1);
});

// ASVS 7.5.2
Deno.test("the current connection can be confirmed, with the password even if it was just entered, but not disowned", async () => {
  const { away, here, id, db } = await startTravels();
  const verdictOf = async () => (await db.select().from(connections).where(eq(connections.id, id)))[0]?.verdict;

  const form = await away.get(paths.review(id));
  const notMe = await away.submit(paths.review(id), { verdict: "not_me", password: PASSWORD });
  const without = await away.submit(paths.review(id), { verdict: "me" });
  const wrong = await away.submit(paths.review(id), { verdict: "me", password: "not the password at all" });
  const before = await verdictOf();
  const right = await away.submit(paths.review(id), { verdict: "me", password: PASSWORD });

  assert.match(
    form.$("main").text(),
    /You are using this connection\. Enter your password to confirm that it is yours/,
  );
  assert.equal(form.$("main [name=password]").length, 1);
  assert.deepEqual(
    form.$("main form button[type=submit]:not([form])").toArray().map((button) => form.$(button).text()),
    ["This was me"],
  );
  const signOut = form.$("main button[form=leave]");
  assert.equal(signOut.text(), "Sign out");
  assert.equal(form.$("main form#leave").attr("action"), paths.signOut);
  assert.equal((await here.get(paths.review(id))).$("#leave, [form=leave]").length, 0);
  assert.deepEqual([notMe.status, without.status, wrong.status, right.status], [422, 422, 422, 303]);
  assert.match(without.$("#password-problem").text(), /Type your password/);
  assert.deepEqual([before, await verdictOf()], [null, "me"]);
  assert.equal(await here.isIn(), true);
  assert.equal((await away.get(paths.connections)).$("tr.current form").length, 0);
});

Deno.test('taking "Not me" back requires the password, even if it was just entered', async () => {
  const { here, id, db } = await startTravels();
  const account = async () => (await db.select().from(users))[0]!;

  await here.submit(paths.review(id), { verdict: "not_me" });
  const { $ } = await here.get(paths.connections);
  const form = await here.get(paths.review(id));
  const without = await here.submit(paths.review(id), { verdict: "me" });
  const before = await db.select().from(connections).where(eq(connections.id, id));
  const right = await here.submit(paths.review(id), { verdict: "me", password: PASSWORD });

  assert.match($(".banner").text(), /somebody else was in your account\. Choose a new password/);
  assert.equal($(".banner a").attr("href"), paths.password);
  assert.match(form.$("main").text(), /You said that this wasn't you/);
  assert.deepEqual(
    form.$("main form button[type=submit]:not([form])").toArray().map((button) => form.$(button).text()),
    ["This was me"],
  );
  assert.deepEqual([without.status, right.status], [422, 303]);
  assert.equal(before[0]?.verdict, "not_me");
  const [row] = await db.select().from(connections).where(eq(connections.id, id));
  assert.deepEqual([row?.verdict, row?.endReason], ["me", "closed"]);
  assert.notEqual((await account()).disownedAt, null, "somebody may know the password all the same");
});

Deno.test('"Not me" after "This was me" closes the connection and forgets what it taught, and its browser', async () => {
  const { here, away, id, db } = await startTravels();
  await here.submit(paths.review(id), { verdict: "me" });

  await here.submit(paths.review(id), { verdict: "not_me" });

  assert.equal(await away.isIn(), false);
  const traits = (await db.select().from(known)).map(({ kind, value }) => `${kind} ${value}`).sort();
  assert.deepEqual(traits, ["country ES", "device Firefox on Linux", "network 46.16"]);
  assert.equal(await db.$count(browserUsers), 1);
  assert.match((await here.get(paths.connections)).$("tr .why").text(), /You said: not me/);
});

Deno.test("a missing or invalid verdict answers 422 with the form", async () => {
  const { here, id, db } = await startTravels();

  const none = await here.submit(paths.review(id));
  const odd = await here.submit(paths.review(id), { verdict: "__proto__" });

  assert.deepEqual([none.status, odd.status], [422, 422]);
  assert.match(odd.$("#dialog-problem").text(), /Choose one of the two/);
  assert.equal(await db.$count(connections, eq(connections.verdict, "me")), 0);
});

Deno.test("the same verdict again says so and changes nothing", async () => {
  const { here, id, db } = await startTravels();
  const form = await here.get(paths.review(id));
  const csrf = form.$("main [name=csrf]").attr("value") ?? "";
  await here.post(paths.review(id), { csrf, verdict: "me" });

  const again = await here.post(paths.review(id), { csrf, verdict: "me" });

  assert.equal(again.status, 303);
  assert.match(
    (await here.get(paths.connections)).$("#notifications").text(),
    /you have already reviewed this connection/,
  );
  const { $ } = await here.get(paths.review(id));
  assert.match($("main").text(), /You said that this was you\. If it wasn't, say so now/);
  assert.deepEqual($("main form button[type=submit]:not([form])").toArray().map((button) => $(button).text()), [
    "Not me",
  ]);
  assert.equal(await db.$count(connections, eq(connections.verdict, "me")), 1);
});

// ASVS 8.2
Deno.test("another account's connection can't be reviewed", async () => {
  const { browser, db, id } = await startTravels();
  await addAccount(db, "joan@example.com", PASSWORD);
  const joan = browser();
  await joan.signIn("joan@example.com");
  await browser().signIn("joan@example.com");
  const csrf = (await joan.get(paths.closeAll)).$("main [name=csrf]").attr("value") ?? "";

  assert.equal((await joan.get(paths.review(id))).status, 404);
  for (const verdict of ["me", "not_me"]) {
    assert.equal((await joan.post(paths.review(id), { csrf, verdict })).status, 404);
  }
  const [row] = await db.select().from(connections).where(eq(connections.id, id));
  assert.deepEqual([row?.verdict, row?.closedAt], [null, null]);
});

Deno.test("the former URL of the review redirects to it", async () => {
  const { here, id } = await startTravels();

  const { status, headers } = await here.get(paths.answer(id));

  assert.equal(status, 303);
  assert.equal(headers.get("Location"), paths.review(id));
});

/** Signs in from home, `here`, and then, which is unusual, from abroad, `away`. */
async function startTravels() {
  const site = await signedIn({
    countryOf: ({ ip }) => Promise.resolve(ip === ABROAD ? "FR" : "ES"),
  });
  site.clock.now += MINUTE;
  const abroad = (userAgent?: string): Browser => site.browser(ABROAD, userAgent);
  const away = abroad();
  await away.signIn();
  const [row] = await site.db.select().from(connections).where(eq(connections.ip, ABROAD));
  return { ...site, away, abroad, id: row!.id };
}
