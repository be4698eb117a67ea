import assert from "node:assert/strict";
import { users } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { TIME_ZONES } from "../words/time_zones.ts";
import { type Browser, EMAIL, PASSWORD, startApp } from "./app.ts";

Deno.test("the time zones are grouped by region, with cities as people write them", async () => {
  const { here } = await signedInAs("America/Argentina/Buenos_Aires");

  const { $ } = await here.get(paths.preferences);

  assert.deepEqual(
    $("#time_zone optgroup").toArray().map((group) => $(group).attr("label")),
    [
      "Africa",
      "America",
      "Antarctica",
      "Arctic",
      "Asia",
      "Atlantic",
      "Australia",
      "Europe",
      "Indian Ocean",
      "Pacific",
    ],
  );
  const cities = $("optgroup[label=America] option").toArray().map((option) => $(option).text());
  assert.ok(["New York", "Buenos Aires, Argentina", "Center, North Dakota"].every((city) => cities.includes(city)));
  assert.deepEqual(cities, cities.toSorted());
  assert.equal($("optgroup[label=America] [selected]").text(), "Buenos Aires, Argentina");
});

Deno.test("every time zone is in the list once, by its IANA name", async () => {
  const { here } = await signedInAs("Europe/Madrid");

  const { $ } = await here.get(paths.preferences);

  const values = $("#time_zone option").toArray().map((option) => $(option).attr("value"));
  assert.deepEqual(values.toSorted(), ["", ...TIME_ZONES].toSorted());
  assert.deepEqual(selectedIn($), [{ value: "Europe/Madrid", text: "Madrid" }]);
});

Deno.test("the regions have names in the page's language", async () => {
  const { here } = await signedInAs("Europe/Madrid");
  const europe = async (language: string) => {
    const { $ } = await here.get(paths.preferences, { "Accept-Language": language });
    return [$("#time_zone [selected]").closest("optgroup").attr("label"), $("#time_zone option").first().text()];
  };

  assert.deepEqual(await europe("en"), ["Europe", "Detect it when I next sign in"]);
  assert.deepEqual(await europe("es"), ["Europa", "Detectarla la próxima vez que inicie sesión"]);
  assert.deepEqual(await europe("ca"), ["Europa", "Detecta'l la pròxima vegada que iniciï la sessió"]);
});

Deno.test("without a time zone the first option is selected, which leaves it to the next sign-in", async () => {
  const { here, app } = await signedInAs("Europe/Madrid");

  await here.submit(paths.preferences, { time_zone: "" });

  assert.equal((await app.db.select().from(users))[0]?.timeZone, null);
  const { $ } = await here.get(paths.preferences);
  assert.deepEqual(selectedIn($), [{ value: "", text: "Detect it when I next sign in" }]);
  assert.equal($("#time_zone > option").first().attr("value"), "");
});

Deno.test("a time zone that isn't in the list is shown and selected", async () => {
  const { here } = await signedInAs("US/Eastern");

  const { $ } = await here.get(paths.preferences);

  assert.equal(TIME_ZONES.includes("US/Eastern"), false);
  assert.deepEqual(selectedIn($), [{ value: "US/Eastern", text: "US/Eastern" }]);
});

Deno.test("a time zone that is stored by an outdated name is selected by its current one", async () => {
  const { here, app } = await signedInAs("Europe/Madrid");
  await app.db.update(users).set({ timeZone: "Asia/Calcutta" });

  const { $ } = await here.get(paths.preferences);

  assert.deepEqual(selectedIn($), [{ value: "Asia/Kolkata", text: "Kolkata" }]);
});

Deno.test("one page's selected time zone is in no other page", async () => {
  const { here, browser } = await signedInAs("Europe/Madrid");
  await here.get(paths.preferences);
  await here.submit(paths.preferences, { time_zone: "Asia/Tokyo" });

  const tokyo = await here.get(paths.preferences);
  await here.submit(paths.preferences, { time_zone: "" });
  const none = await here.get(paths.preferences);

  assert.deepEqual(selectedIn(tokyo.$), [{ value: "Asia/Tokyo", text: "Tokyo" }]);
  assert.equal(selectedIn(none.$).length, 1);
  assert.equal((await browser().get(paths.signIn)).$("option").length, 0);
});

Deno.test("the button for the browser's time zone knows every name of the stored one", async () => {
  const { here } = await signedInAs("Europe/Kiev");
  const names = async () => (await here.get(paths.preferences)).$("button[name=time_zone]").attr("data-zone");

  assert.equal(await names(), "Europe/Kyiv Europe/Kiev");
  await here.submit(paths.preferences, { time_zone: "Europe/Madrid" });
  assert.equal(await names(), "Europe/Madrid");
  await here.submit(paths.preferences, { time_zone: "" });
  assert.equal(await names(), "");
});

Deno.test("a refused form shows the time zone that was sent, also in another spelling", async () => {
  const { here } = await signedInAs("Europe/Madrid");

  const known = await here.submit(paths.preferences, { time_zone: "america/new york", theme: "none" });
  const unknown = await here.submit(paths.preferences, { time_zone: '"><i>Atlantis' });

  assert.deepEqual(selectedIn(known.$), [{ value: "America/New_York", text: "New York" }]);
  assert.deepEqual(selectedIn(unknown.$), [{ value: '"><i>Atlantis', text: '"><i>Atlantis' }]);
  assert.equal(unknown.$("i").length, 0);
  assert.equal(unknown.$("button[name=time_zone]").attr("data-zone"), "Europe/Madrid");
});

async function signedInAs(timeZone: string) {
  const app = await startApp();
  const here = app.browser();
  await here.signIn(EMAIL, PASSWORD, { time_zone: timeZone });
  return { app, here, browser: app.browser };
}

function selectedIn($: Awaited<ReturnType<Browser["get"]>>["$"]) {
  return $("#time_zone [selected]").toArray().map((option) => ({
    value: $(option).attr("value"),
    text: $(option).text(),
  }));
}
