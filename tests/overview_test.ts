import assert from "node:assert/strict";
import { paths } from "../http/paths.ts";
import { type Browser, DAY, EMAIL, MINUTE, startApp } from "./app.ts";

Deno.test("picture, countries and count go with what happens to the account, at its very next page", async () => {
  const { browser, clock } = await startApp();
  const here = browser("46.16.60.1");
  await here.signIn();
  assert.deepEqual(await around(here), { countries: ["ES"], rows: "1 row", days: "1 connection" });
  assert.deepEqual(await around(here), { countries: ["ES"], rows: "1 row", days: "1 connection" });

  clock.now += MINUTE;
  const there = browser("10.4.0.17");
  await there.signIn();
  assert.deepEqual(await around(here), { countries: ["ES", "private"], rows: "2 rows", days: "2 connections" });

  clock.now += MINUTE;
  await browser("203.0.113.9").signIn(EMAIL, "not the password at all");
  assert.deepEqual(await around(here), {
    countries: ["ES", "none", "private"],
    rows: "3 rows",
    days: "2 connections, 1 refused sign-in",
  });
});

Deno.test("the count of a filtered history goes with what opens, closes and expires", async () => {
  const { browser, clock } = await startApp();
  const [here, there] = [browser(), browser("203.0.113.1")];
  await here.signIn();
  clock.now += MINUTE;
  await there.signIn();
  const open = async () => (await here.get(`${paths.connections}?state=open`)).$("a[download] small").text();

  assert.equal(await open(), "2 rows");
  await there.signOut();
  assert.equal(await open(), "1 row");
  await browser("203.0.113.2").signIn();
  assert.equal(await open(), "2 rows");
  for (let day = 0; day < 7; day++) {
    clock.now += DAY;
    await here.get(paths.connections);
  }
  assert.equal(await open(), "1 row");
});

Deno.test("what retention removes is gone from what stands around the history too", async () => {
  const { browser, clock } = await startApp({ retention: 10 * DAY });
  const old = browser("10.4.0.17");
  await old.signIn();
  clock.now += MINUTE;
  await old.signOut();
  const here = browser("46.16.60.1");
  await here.signIn();
  assert.deepEqual((await around(here)).countries, ["ES", "private"]);

  for (let day = 0; day < 11; day++) {
    clock.now += DAY;
    await here.get(paths.connections);
  }
  await browser("46.16.60.2").signIn();

  assert.deepEqual(await around(here), { countries: ["ES"], rows: "2 rows", days: "2 connections, 2 unusual" });
});

/** What stands around the rows of the history that a browser is shown. */
async function around(browser: Browser) {
  const { $ } = await browser.get(paths.connections);
  return {
    countries: $("[name=country] option").toArray().map((option) => $(option).attr("value") ?? "").filter(Boolean)
      .sort(),
    rows: $("a[download] small").text(),
    days: $("#days figcaption b").toArray().map((part) => $(part).text()).join(", "),
  };
}
