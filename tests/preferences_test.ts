import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { findTimeZone, nameOfZone, readTimeZone, TIME_ZONES } from "../words/time_zones.ts";
import { addAccount, EMAIL, PASSWORD, type Reply, signedIn, startApp, type TestApp } from "./app.ts";

const INITIAL = { timeZone: "Europe/Madrid", language: null, theme: null };

Deno.test("GET /user/security/preferences shows the stored settings, and the browser's for the rest", async () => {
  const { here } = await signedInMadrid();

  const { status, $ } = await here.get(paths.preferences);

  assert.equal(status, 200);
  assert.deepEqual(formIn($), { time_zone: "Europe/Madrid", language: "browser", theme: "system" });
  assert.equal($("html").attr("data-theme"), undefined);
  assert.equal($("nav [aria-current=page]").text(), "Preferences");
});

Deno.test("POST /user/security/preferences stores the time zone, and the history uses it", async () => {
  const { here, app } = await signedInMadrid();

  const answer = await here.submit(paths.preferences, { time_zone: "America/New York" });

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), paths.preferences);
  const { $ } = await here.get(paths.preferences);
  assert.equal($("#notifications").text(), "Your preferences were saved.");
  assert.equal(formIn($).time_zone, "America/New_York");
  assert.deepEqual(await stored(app), { ...INITIAL, timeZone: "America/New_York" });
  const history = await here.get(paths.connections);
  assert.match(history.$("#more").text(), /Times in America\/New York/);
  assert.match(history.$("tbody").text(), /23 Nov, 09:04/);
});

Deno.test("POST /user/security/preferences stores the language", async () => {
  const { here, app } = await signedInMadrid();

  await here.submit(paths.preferences, { language: "ca" });

  assert.deepEqual(await stored(app), { ...INITIAL, language: "ca" });
  assert.equal((await here.get(paths.preferences)).$("[name=language] [selected]").text(), "Català");
  await here.submit(paths.preferences, { language: "browser" });
  assert.deepEqual(await stored(app), INITIAL);
});

Deno.test("POST /user/security/preferences stores the theme, and every page in every browser of the account uses it", async () => {
  const { here, app, browser } = await signedInMadrid();

  await here.submit(paths.preferences, { theme: "dark" });

  assert.deepEqual(await stored(app), { ...INITIAL, theme: "dark" });
  const elsewhere = browser();
  await elsewhere.signIn();
  for (const path of [paths.preferences, paths.connections, paths.closeAll, paths.password, "/nowhere"]) {
    const { $ } = await elsewhere.get(path);
    assert.equal($("html").attr("data-theme"), "dark", path);
    assert.equal($("meta[name=color-scheme]").attr("content"), "dark", path);
  }
  await here.submit(paths.preferences, { theme: "system" });
  assert.deepEqual(await stored(app), INITIAL);
});

Deno.test("signed-out pages use the system's theme", async () => {
  const { here } = await signedInMadrid();
  await here.submit(paths.preferences, { theme: "dark" });
  await here.signOut();

  for (const path of [paths.signIn, "/nowhere"]) {
    const { $ } = await here.get(path);
    assert.equal($("html").attr("data-theme"), undefined);
    assert.equal($("meta[name=color-scheme]").attr("content"), "light dark");
  }
});

Deno.test("POST /user/security/preferences changes only the fields that were sent", async () => {
  const { here, app } = await signedInMadrid();
  await here.submit(paths.preferences, { time_zone: "Asia/Tokyo", language: "es", theme: "light" });

  const csrf = (await here.get(paths.preferences)).$("[name=csrf]").attr("value") ?? "";
  const answer = await here.post(paths.preferences, { csrf, time_zone: "Europe/Paris" });
  const nothing = await here.post(paths.preferences, { csrf });

  assert.deepEqual([answer.status, nothing.status], [303, 303]);
  assert.deepEqual(await stored(app), { timeZone: "Europe/Paris", language: "es", theme: "light" });
});

Deno.test("POST /user/security/preferences with an empty time zone takes it from the next sign-in", async () => {
  const { here, app, browser } = await signedInMadrid();

  await here.submit(paths.preferences, { time_zone: " " });

  assert.deepEqual(await stored(app), { ...INITIAL, timeZone: null });
  assert.match((await here.get(paths.connections)).$("#more").text(), /Times in UTC/);
  await browser().signIn(EMAIL, PASSWORD, { time_zone: "Asia/Tokyo" });
  assert.deepEqual(await stored(app), { ...INITIAL, timeZone: "Asia/Tokyo" });
});

Deno.test("a sign-in from another time zone doesn't change a chosen one", async () => {
  const { here, app, browser } = await signedInMadrid();
  await here.submit(paths.preferences, { time_zone: "Asia/Tokyo" });

  await browser().signIn(EMAIL, PASSWORD, { time_zone: "Europe/Paris" });

  assert.deepEqual(await stored(app), { ...INITIAL, timeZone: "Asia/Tokyo" });
});

Deno.test("POST /user/security/preferences with an invalid value answers 422 with the form as typed, and changes nothing", async () => {
  const { here, app } = await signedInMadrid();

  const zone = await here.submit(paths.preferences, { time_zone: "Atlantis", language: "es", theme: "dark" });
  const language = await here.submit(paths.preferences, { language: "tlh", theme: "light" });
  const theme = await here.submit(paths.preferences, { theme: "<b>" });
  const offset = await here.submit(paths.preferences, { time_zone: "+01:00" });

  assert.deepEqual([zone, language, theme, offset].map(({ status }) => status), [422, 422, 422, 422]);
  assert.deepEqual(formIn(zone.$), { time_zone: "Atlantis", language: "es", theme: "dark" });
  assert.match(zone.$("#time_zone-problem").text(), /There is no time zone with this name/);
  assert.equal(zone.$("#time_zone").attr("aria-invalid"), "true");
  assert.match(zone.$("#time_zone").attr("aria-describedby") ?? "", /time_zone-problem/);
  assert.equal(language.$("#language-problem").text(), "Choose one of these languages.");
  assert.equal(formIn(language.$).theme, "light");
  assert.equal(theme.$("#theme-problem").text(), "Choose one of these themes.");
  assert.equal(theme.$("b").length, 0);
  assert.equal(formIn(offset.$).time_zone, "+01:00");
  assert.deepEqual(await stored(app), INITIAL);
});

// ASVS 8.2
Deno.test("a time zone named like a property of every object is an invalid one", async () => {
  const { here } = await signedIn();
  for (const time_zone of ["constructor", "toString", "valueOf", "__proto__"]) {
    const { status, $ } = await here.submit(paths.preferences, { time_zone });

    assert.equal(status, 422, time_zone);
    assert.equal($("[name=time_zone] option[selected]").attr("value"), time_zone);
  }
});

Deno.test("POST /user/security/preferences leaves other accounts alone", async () => {
  const { here, app, browser } = await signedInMadrid();
  await addAccount(app.db, "joan@example.com", PASSWORD);
  const joan = browser();
  await joan.signIn("joan@example.com", PASSWORD, { time_zone: "Europe/Paris" });

  await here.submit(paths.preferences, { time_zone: "Asia/Tokyo", language: "es", theme: "dark" });

  assert.deepEqual(await stored(app, "joan@example.com"), { ...INITIAL, timeZone: "Europe/Paris" });
  assert.deepEqual(await stored(app), { timeZone: "Asia/Tokyo", language: "es", theme: "dark" });
  assert.equal((await joan.get(paths.connections)).$("html").attr("data-theme"), undefined);
});

// Security: CSRF
Deno.test("POST /user/security/preferences with an old csrf value answers 403 with the form as typed, and changes nothing", async () => {
  const { here, app, browser } = await signedInMadrid();
  const typed = { csrf: "old", time_zone: "Asia/Tokyo", language: "ca", theme: "dark" };

  const refused = await here.post(paths.preferences, typed);
  const stranger = await browser().post(paths.preferences, typed);

  assert.deepEqual([refused.status, stranger.status], [403, 403]);
  assert.deepEqual(formIn(refused.$), { time_zone: "Asia/Tokyo", language: "ca", theme: "dark" });
  assert.match(refused.$(".notification-problem").text(), /Nothing was done/);
  assert.equal(stranger.$("[name=theme]").length, 0);
  assert.deepEqual(await stored(app), INITIAL);
});

Deno.test("each listed time zone can be entered as shown", () => {
  assert.ok(TIME_ZONES.length > 400);
  assert.deepEqual(TIME_ZONES.filter((zone) => findTimeZone(nameOfZone(zone)) !== zone), []);
  assert.deepEqual(TIME_ZONES.filter((zone) => readTimeZone(zone) !== zone), []);
  assert.deepEqual(["Asia/Kolkata", "Europe/Kyiv", "UTC"].filter((zone) => !TIME_ZONES.includes(zone)), []);
});

Deno.test("findTimeZone accepts any spelling, a city alone and former names", () => {
  assert.equal(findTimeZone("europe/madrid"), "Europe/Madrid");
  assert.equal(findTimeZone(" america/new   york "), "America/New_York");
  assert.equal(findTimeZone("America/New_York"), "America/New_York");
  assert.equal(findTimeZone("madrid"), "Europe/Madrid");
  assert.equal(findTimeZone("utc"), "UTC");
  assert.equal(findTimeZone("Asia/Calcutta"), "Asia/Kolkata");
  assert.equal(findTimeZone("europe/kiev"), "Europe/Kyiv");
  assert.equal(findTimeZone("/madrid"), null);
  assert.equal(findTimeZone(""), null);
});

Deno.test("the preferences page is at most 26 KB, and 6 KB compressed, with its list of time zones", async () => {
  const { here } = await signedInMadrid();

  const { text } = await here.get(paths.preferences);

  assert.ok(text.length <= 26 * 1024, `${text.length} bytes`);
  const compressed = gzipSync(text).length;
  assert.ok(compressed <= 6 * 1024, `${compressed} bytes compressed`);
});

/** Starts the app with a browser signed in from Madrid's time zone. */
async function signedInMadrid() {
  const app = await startApp();
  const here = app.browser();
  await here.signIn(EMAIL, PASSWORD, { time_zone: "Europe/Madrid" });
  return { app, here, browser: app.browser };
}

async function stored({ db }: TestApp, email = EMAIL) {
  const { timeZone, language, theme } = (await findUser(db, email))!;
  return { timeZone, language, theme };
}

/** A form's values, as they would be sent. */
function formIn($: Reply["$"]) {
  const chosen = (name: string) => $(`[name=${name}] [selected]`).attr("value");
  return { time_zone: chosen("time_zone"), language: chosen("language"), theme: chosen("theme") };
}

Deno.test("POST /user/security/preferences reports all wrong fields together", async () => {
  const { here } = await signedIn();

  const { status, $ } = await here.submit(paths.preferences, { time_zone: "Atlantis", language: "xx", theme: "pink" });

  assert.equal(status, 422);
  assert.deepEqual($("[aria-invalid]").map((_, field) => $(field).attr("name")).get(), [
    "time_zone",
    "language",
    "theme",
  ]);
});
