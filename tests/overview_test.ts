import assert from "node:assert/strict";
import { paths } from "../http/paths.ts";
import { type Browser, DAY, EMAIL, MINUTE, signedIn, startApp } from "./app.ts";

Deno.test("the chart, the countries and the row count include what just happened to the account", async () => {
  const { browser, here, clock } = await signedIn();
  assert.deepEqual(await overviewFor(here), { countries: ["ES"], rows: "1 row", days: "1 connection" });
  assert.deepEqual(await overviewFor(here), { countries: ["ES"], rows: "1 row", days: "1 connection" });

  clock.now += MINUTE;
  await browser("10.4.0.17").signIn();
  assert.deepEqual(await overviewFor(here), { countries: ["ES", "private"], rows: "2 rows", days: "2 connections" });

  clock.now += MINUTE;
  await browser("203.0.113.9").signIn(EMAIL, "not the password at all");
  assert.deepEqual(await overviewFor(here), {
    countries: ["ES", "none", "private"],
    rows: "3 rows",
    days: "2 connections, 1 refused sign-in",
  });
});

Deno.test("the row count of a filtered history follows what opens, closes and expires", async () => {
  const { browser, here, clock } = await signedIn();
  const there = browser("203.0.113.1");
  clock.now += MINUTE;
  await there.signIn();
  const countOpen = async () => (await here.get(`${paths.connections}?state=open`)).$("a.download small").text();

  assert.equal(await countOpen(), "2 rows");
  await there.signOut();
  assert.equal(await countOpen(), "1 row");
  await browser("203.0.113.2").signIn();
  assert.equal(await countOpen(), "2 rows");
  for (let day = 0; day < 7; day++) {
    clock.now += DAY;
    await here.get(paths.connections);
  }
  assert.equal(await countOpen(), "1 row");
});

Deno.test("rows that retention removed are no longer in the chart, the countries and the row count", async () => {
  const { browser, clock } = await startApp({ retention: 10 * DAY });
  const old = browser("10.4.0.17");
  await old.signIn();
  clock.now += MINUTE;
  await old.signOut();
  const here = browser("46.16.60.1");
  await here.signIn();
  assert.deepEqual((await overviewFor(here)).countries, ["ES", "private"]);

  for (let day = 0; day < 11; day++) {
    clock.now += DAY;
    await here.get(paths.connections);
  }
  await browser("46.16.60.2").signIn();

  assert.deepEqual(await overviewFor(here), { countries: ["ES"], rows: "2 rows", days: "2 connections, 2 unusual" });
});

async function overviewFor(browser: Browser) {
  const { $ } = await browser.get(`${paths.connections}?from=2010-01-01`);
  return {
    countries: $("[name=country] option").toArray().map((option) => $(option).attr("value") ?? "").filter(Boolean)
      .sort(),
    rows: $("a.download small").text(),
    days: $("#chart figcaption b").toArray().map((part) => $(part).text()).join(", "),
  };
}
