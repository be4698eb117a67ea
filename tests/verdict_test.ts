import assert from "node:assert/strict";
import { known } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { addAccount, DAY, HTMX, MINUTE, PASSWORD, signedIn, type TestApp } from "./app.ts";
import { CHROME, connectionFrom, countryOf, csrfOf, GIRONA, LAGOS, PARIS, WRONG } from "./elsewhere.ts";

const NEW_PASSWORD = "a much better password than before";
const BUTTONS = "main button[name=verdict]";

Deno.test('"This was me" and "Not me" are equals, on a page and in the dialog', async () => {
  const { here, id } = await startTravels();

  const { $ } = await here.get(paths.review(id));
  const dialog = await here.get(paths.review(id), HTMX);

  assert.deepEqual($(BUTTONS).toArray().map((button) => [$(button).attr("value"), $(button).attr("class")]), [
    ["not_me", undefined],
    ["me", undefined],
  ]);
  assert.equal(dialog.$("button[name=verdict]").length, 2);
  assert.equal(dialog.$("button.primary, input.primary").length, 0);
});

Deno.test("the history asks in a banner with a button, and the row stands out until the verdict", async () => {
  const { here, id } = await startTravels();

  const before = await here.get(paths.connections);
  await here.submit(paths.review(id), { verdict: "me" });
  const after = await here.get(paths.connections);

  assert.match(before.$("#head .banner").text(), /1 unusual connection needs your review.*Review/s);
  assert.equal(before.$("#head .banner a.button").attr("href"), `${paths.connections}?state=unreviewed#rows`);
  assert.equal(before.$("tr.unreviewed").attr("id"), `c-${id}`);
  assert.equal(after.$(".banner, tr.unreviewed").length, 0);
  assert.match(after.$(`#c-${id} .why`).text(), /You said: this was me/);
});

// Security: places
Deno.test('"This was me" is not said of a place that the connection was used from after the page was shown', async () => {
  const { here, away, browser, db, id } = await startTravels();
  const { $ } = await here.get(paths.review(id));
  const shown = { csrf: $("main [name=csrf]").attr("value") ?? "", places: $("[name=places]").attr("value") ?? "" };
  const thief = browser(LAGOS, CHROME);
  thief.cookies.set("session", away.cookies.get("session")!);
  await thief.get(paths.connections);

  const answer = await here.post(paths.review(id), { ...shown, verdict: "me" });

  assert.equal(answer.status, 422);
  assert.match(answer.$("main").text(), /used from another place since you opened this page/);
  assert.deepEqual(await knownIn(db), AT_HOME);
  assert.equal((await here.submit(paths.review(id), { verdict: "me" })).status, 303, "having seen it");
});

// ASVS 7.5.2
Deno.test('from "me" to "not me" closes the connection and forgets what it taught, and not what plain sign-ins taught', async () => {
  const { here, away, browser, db, id, clock } = await startTravels();
  await here.submit(paths.review(id), { verdict: "me" });
  assert.deepEqual(await knownIn(db), [...AT_HOME, "country FR", "device Chrome on Windows", "network 193.51"].sort());
  assert.equal(await away.isIn(), true);

  assert.deepEqual((await here.get(paths.review(id))).$(BUTTONS).toArray().map(({ attribs }) => attribs["value"]), [
    "not_me",
  ]);
  const answer = await here.submit(paths.review(id), { verdict: "not_me" });

  assert.equal(answer.headers.get("Location"), paths.password);
  assert.equal(await away.isIn(), false);
  assert.deepEqual(await knownIn(db), AT_HOME);
  assert.deepEqual([(await connectionFrom(db, PARIS)).verdict, (await connectionFrom(db, PARIS)).endReason], [
    "not_me",
    "closed",
  ]);
  clock.now += DAY;
  await browser(PARIS, CHROME).signIn();
  const rows = await db.query.connections.findMany();
  assert.equal(rows.filter(({ ip, unusual }) => ip === PARIS && unusual?.startsWith("new_country")).length, 2);
});

Deno.test('what a plain sign-in taught stays known after "Not me", although a verdict confirmed it too', async () => {
  const { here, browser, db } = await startTravels();
  await browser(GIRONA, CHROME).signIn();
  const { id } = await connectionFrom(db, GIRONA);

  await here.submit(paths.review(id), { verdict: "me" });
  assert.ok((await knownIn(db)).includes("network 81.40"));
  await here.submit(paths.review(id), { verdict: "not_me" });

  assert.deepEqual(await knownIn(db), AT_HOME);
});

// ASVS 7.5.2
Deno.test('from "not me" to "me" asks for the password, even when it was just entered', async () => {
  const { here, db, id } = await startTravels();
  await here.submit(paths.review(id), { verdict: "not_me" });

  const form = await here.get(paths.review(id));
  const without = await here.submit(paths.review(id), { verdict: "me" });
  const wrong = await here.submit(paths.review(id), { verdict: "me", password: WRONG });
  const verdictBefore = (await connectionFrom(db, PARIS)).verdict;
  const right = await here.submit(paths.review(id), { verdict: "me", password: PASSWORD });

  assert.deepEqual(form.$(BUTTONS).toArray().map(({ attribs }) => attribs["value"]), ["me"]);
  assert.equal(form.$("main [name=password]").length, 1);
  assert.deepEqual([without.status, wrong.status, right.status], [422, 422, 303]);
  assert.equal(verdictBefore, "not_me");
  const { verdict, endReason } = await connectionFrom(db, PARIS);
  assert.deepEqual([verdict, endReason], ["me", "closed"]);
  assert.ok((await knownIn(db)).includes("country FR"));
});

Deno.test('after "Not me" every page of the history says to change the password, until it was changed', async () => {
  const { here, id, clock } = await startTravels();
  const banner = async () => (await here.get(paths.connections)).$("#head .banner");
  await here.submit(paths.review(id), { verdict: "not_me" });
  clock.now += 3 * DAY;

  assert.match((await banner()).text(), /Choose a new password.*Change password/s);
  assert.equal((await banner()).find("a").attr("href"), paths.password);
  await here.submit(paths.review(id), { verdict: "me", password: PASSWORD });
  assert.equal((await banner()).length, 1, "a thief could take it back");
  const fields = { current_password: PASSWORD, new_password: NEW_PASSWORD, new_password_again: NEW_PASSWORD };
  assert.equal((await here.submit(paths.password, fields)).status, 303);

  assert.equal((await banner()).length, 0);
});

Deno.test("an owner who travels with their only browser confirms the current connection with the password, entered then", async () => {
  const { db, browser } = await signedIn({ countryOf });
  const travelling = browser(LAGOS, CHROME);
  await travelling.signIn();
  const { id } = await connectionFrom(db, LAGOS);

  const form = await travelling.get(paths.review(id));
  const notMe = await travelling.submit(paths.review(id), { verdict: "not_me", password: PASSWORD });
  const without = await travelling.submit(paths.review(id), { verdict: "me" });
  const wrong = await travelling.submit(paths.review(id), { verdict: "me", password: WRONG });
  const right = await travelling.submit(paths.review(id), { verdict: "me", password: PASSWORD });

  assert.match(form.$("main").text(), /You are using this connection\. Enter your password/);
  assert.deepEqual(form.$(BUTTONS).toArray().map(({ attribs }) => attribs["value"]), ["me"]);
  assert.equal(form.$("main [name=password]").length, 1, "it was entered a moment ago");
  assert.deepEqual([notMe, without, wrong, right].map(({ status }) => status), [422, 422, 422, 303]);
  assert.equal((await connectionFrom(db, LAGOS)).verdict, "me");
  assert.ok((await knownIn(db)).includes("country NG"));
  assert.equal(await travelling.isIn(), true);
});

Deno.test("a verdict on another connection of the same kind doesn't confirm the current one with it", async () => {
  const { browser, db } = await signedIn({ countryOf });
  const [thief, owner] = [browser(LAGOS, CHROME), browser("102.89.77.7", CHROME)];
  await owner.signIn();
  await thief.signIn();
  const { id } = await connectionFrom(db, "102.89.77.7");

  await thief.submit(paths.review(id), { verdict: "me" });

  assert.equal((await connectionFrom(db, "102.89.77.7")).verdict, "me");
  assert.equal(
    (await connectionFrom(db, LAGOS)).verdict,
    null,
    "a thief confirms nothing of their own without the password",
  );
});

// ASVS 8.2
Deno.test("another account's details, review and closing are 404, and change nothing", async () => {
  const { browser, db, id } = await startTravels();
  await addAccount(db, "joan@example.com", PASSWORD);
  const joan = browser(GIRONA);
  await joan.signIn("joan@example.com");
  await browser("46.16.60.9").signIn("joan@example.com");
  const csrf = await csrfOf(joan);
  const before = await connectionFrom(db, PARIS);

  assert.equal((await joan.get(paths.details(id))).status, 404);
  assert.equal((await joan.get(paths.review(id))).status, 404);
  assert.equal((await joan.post(paths.review(id), { csrf, verdict: "not_me" })).status, 404);
  assert.equal((await joan.post(paths.review(id), { csrf, verdict: "me", password: PASSWORD })).status, 404);
  assert.equal((await joan.post(paths.closeOne(id), { csrf })).status, 404);

  assert.deepEqual(await connectionFrom(db, PARIS), before);
});

const AT_HOME = ["country ES", "device Firefox on Linux", "network 46.16"];

/** Signs in from home, `here`, and then, which is unusual, from Paris, `away`. */
async function startTravels() {
  const site = await signedIn({ countryOf });
  site.clock.now += MINUTE;
  const away = site.browser(PARIS, CHROME);
  await away.signIn();
  return { ...site, away, id: (await connectionFrom(site.db, PARIS)).id };
}

async function knownIn(db: TestApp["db"]): Promise<string[]> {
  return (await db.select().from(known)).map(({ kind, value }) => `${kind} ${value}`).sort();
}
