import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../db/database.ts";
import { browserUsers, connections, refusals, sessions } from "../db/schema.ts";
import { paths, withQuery } from "../http/paths.ts";
import { CELL, DAY, EMAIL, MINUTE, PASSWORD, startApp } from "./app.ts";
import { CHROME, countryOf, GIRONA, MADRID, PARIS, recordsOf, WRONG } from "./elsewhere.ts";
import { makeFolder } from "./processes.ts";

/** What the browsers of that time had in their cookies; the first one confirmed its password since. */
const HERE = "P4itUYcXnQ016WoUTDyUMw.Qmt32lIyX9ERYuAnYzll-UpLSLxn80dt_dovSJMlaRA";
const FORMER = "P4itUYcXnQ016WoUTDyUMw.LZYJUiS_UUujE0JW1RpgVdCpj-pN7CQ7IvzFPtxhYZ0";
const PHONE = "I_GlFITayFeAXrwCTL6CPw.kifP2Bu5Nr1Ti1dGFVTJvjglCVxp6MUU9BdSR7HWol8";
const MARTAS_PASSWORD = `${PASSWORD} x`;
const WRITTEN = Date.parse("2026-11-24T15:13:00Z");

Deno.test("a database of the version before is migrated with its rows, sessions and verdicts", async () => {
  await using old = await openOld();
  const { db } = old;

  const rows = await db.select().from(connections).orderBy(connections.openedAt, connections.id);
  assert.deepEqual(rows.map(({ ip, unusual, verdict, endReason }) => [ip, unusual, verdict, endReason]), [
    [MADRID, null, null, null],
    ["2001:db8:0:1::5", null, null, null],
    ["192.168.1.20", null, null, "signed_out"],
    [PARIS, "new_country new_network_and_device", "me", "closed"],
    ["102.89.23.4", "new_country", "not_me", "closed"],
    ["46.16.60.2", "after_refusals", null, "password_changed"],
    ["46.16.60.3", null, null, null],
  ]);
  assert.deepEqual(new Set(rows.map(({ place, browser }) => place ?? browser)), new Set([null]));
  assert.equal(await db.$count(sessions), 7);
  assert.equal(
    (await db.query.users.findFirst({ where: (user, { eq }) => eq(user.email, EMAIL) }))?.timeZone,
    "Europe/Madrid",
  );
  const known = (await db.query.known.findMany()).filter(({ kind }) => kind === "country");
  assert.deepEqual(known.map(({ value, taughtBy }) => [value, taughtBy]), [["ES", null], ["FR", null]]);
});

// ASVS 7.2.4
Deno.test("after the upgrade an open session still works, and a secret that was replaced before does not", async () => {
  await using old = await openOld();
  const [here, former, phone] = [old.resume(HERE), old.resume(FORMER), old.resume(PHONE, "46.16.60.3")];

  assert.deepEqual([await here.isIn(), await former.isIn(), await phone.isIn()], [true, false, true]);

  old.clock.now += 6 * MINUTE;
  assert.equal((await here.submit(paths.closeAll, { password: MARTAS_PASSWORD })).status, 303);
  assert.deepEqual([await here.isIn(), await phone.isIn()], [true, false]);
});

// Security: refusals
Deno.test("after the upgrade its refused and its unusual rows are shown, filtered and downloaded", async () => {
  await using old = await openOld();
  const here = old.resume(HERE);
  const found = async (query: Record<string, string>) => {
    const { $ } = await here.get(withQuery(paths.connections, query));
    return $("tbody tr[id]").toArray().map((row) => $(row).find(CELL.ip).text());
  };

  const { $ } = await here.get(paths.connections);
  assert.equal($("tbody tr[id]").length, 7);
  assert.match($("tr.refused").text(), /203\.0\.113\.2.*Wrong password \(3 from 3 addresses\)/);
  assert.match($("tr.unreviewed").text(), /After refused sign-ins.*Was this you\?/);
  assert.match($(".banner").text(), /1 unusual connection needs your review/);
  assert.deepEqual(await found({ state: "unusual" }), ["46.16.60.2", "102.89.23.4", PARIS]);
  assert.deepEqual(await found({ ip: "203.0.113.2" }), ["203.0.113.2last of 3 addresses"]);
  assert.deepEqual(await found({ country: "FR" }), [PARIS]);
  const records = recordsOf((await here.get(paths.csv)).text);
  assert.deepEqual(records.map(({ attempts, addresses }) => [attempts, addresses]), [
    ["", "1"],
    ["", "1"],
    ["3", "3"],
    ["", "1"],
    ["", "1"],
    ["", "1"],
    ["", "1"],
  ]);
});

// Security: refusals
Deno.test("a refusal in an hour that has a row of the version before makes a separate row", async () => {
  await using old = await openOld();

  await old.browser("203.0.113.2", CHROME).signIn(EMAIL, WRONG);

  const rows = await old.db.select().from(refusals).orderBy(refusals.firstAt);
  assert.deepEqual(rows.map(({ client, attempts }) => [client, attempts]), [[null, 3], ["203.0.113.2", 1]]);
});

// ASVS 6.3.1
Deno.test("until its first sign-in afterwards an account knows its owner by network and device together", async () => {
  await using old = await openOld();
  const stranger = async (i: number) => await old.browser(`198.51.100.${i}`).signIn(EMAIL, WRONG);
  for (let i = 0; i < 25; i++) await stranger(i);
  assert.equal((await stranger(25)).status, 429);

  const home = old.browser(MADRID);
  assert.equal((await home.signIn(EMAIL, MARTAS_PASSWORD)).status, 303);
  assert.equal(await old.db.$count(browserUsers), 1);

  old.clock.now += DAY;
  await old.browser(GIRONA).signIn(EMAIL, MARTAS_PASSWORD);
  const newest = (await old.db.query.connections.findMany()).find(({ ip }) => ip === GIRONA);
  assert.equal(newest?.unusual, "new_network_and_device", "from then on by the browser's cookie");
});

// Security: places
Deno.test("an old connection gets places, and a verdict on an old row can be changed", async () => {
  await using old = await openOld();
  const here = old.resume(HERE);
  await old.resume(PHONE, PARIS, CHROME).get(paths.connections);
  const paris = (await old.db.query.connections.findMany()).find(({ ip }) => ip === PARIS)!;

  const { $ } = await here.get(withQuery(paths.connections, { ip: PARIS }));
  assert.deepEqual($("tbody tr[id]").toArray().map((row) => $(row).find(CELL.ip).text()), [
    `46.16.60.3last: ${PARIS}`,
    PARIS,
  ]);
  const answer = await here.submit(paths.review(paris.id), { verdict: "not_me", password: MARTAS_PASSWORD });

  assert.equal(answer.headers.get("Location"), paths.password);
});

/** The app over `fixtures/before_places.sql`, a minute after its last row. */
async function openOld() {
  const folder = await makeFolder();
  const path = `${folder.path}/history.db`;
  const file = new DatabaseSync(path);
  file.exec(await Deno.readTextFile(new URL("fixtures/before_places.sql", import.meta.url)));
  file.close();
  const db = await openDatabase(`file:${path}`);
  const site = await startApp({ db, countryOf });
  site.clock.now = WRITTEN + MINUTE;
  return {
    ...site,
    resume: (cookie: string, ip = MADRID, userAgent?: string) => {
      const browser = site.browser(ip, userAgent);
      browser.cookies.set("session", cookie);
      return browser;
    },
    [Symbol.asyncDispose]: async () => {
      db.$client.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
