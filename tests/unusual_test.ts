import assert from "node:assert/strict";
import { asc } from "drizzle-orm";
import type { Db } from "../db/database.ts";
import { connections, known } from "../db/schema.ts";
import { type Facts, reasonsFor } from "../db/unusual.ts";
import { paths } from "../http/paths.ts";
import { addAccount, DAY, EMAIL, FIREFOX, HOUR, MINUTE, PASSWORD, startApp } from "./app.ts";

const SAFARI =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";
/** Addresses in different networks. */
const [HOME, OFFICE, ABROAD] = ["46.16.60.1", "81.40.12.201", "193.51.208.14"];
const WRONG = "not the password at all";

const USUAL: Facts = { isFirst: false, isKnownCountry: true, isKnownNetwork: true, isKnownDevice: true, refused: 0 };

Deno.test("reasonsFor finds a new country unusual, whatever else is known", () => {
  assert.deepEqual(reasonsFor(USUAL), []);
  assert.deepEqual(reasonsFor({ ...USUAL, isKnownCountry: false }), ["new_country"]);
});

Deno.test("reasonsFor finds a new network with a new device unusual, but neither alone", () => {
  assert.deepEqual(reasonsFor({ ...USUAL, isKnownNetwork: false }), []);
  assert.deepEqual(reasonsFor({ ...USUAL, isKnownDevice: false }), []);
  assert.deepEqual(reasonsFor({ ...USUAL, isKnownNetwork: false, isKnownDevice: false }), ["new_network_and_device"]);
});

Deno.test("reasonsFor finds a sign-in after three refusals unusual, but not after two", () => {
  assert.deepEqual(reasonsFor({ ...USUAL, refused: 2 }), []);
  assert.deepEqual(reasonsFor({ ...USUAL, refused: 3 }), ["after_refusals"]);
});

Deno.test("reasonsFor ignores unknown facts, and an account's first connection", () => {
  const unknown = { isKnownCountry: null, isKnownNetwork: null, isKnownDevice: null };
  const allNew = { isKnownCountry: false, isKnownNetwork: false, isKnownDevice: false, refused: 50 };

  assert.deepEqual(reasonsFor({ ...USUAL, ...unknown }), []);
  assert.deepEqual(reasonsFor({ ...USUAL, ...unknown, isKnownDevice: false }), []);
  assert.deepEqual(reasonsFor({ ...allNew, isFirst: true }), []);
  assert.deepEqual(reasonsFor({ ...allNew, isFirst: false }), [
    "new_country",
    "new_network_and_device",
    "after_refusals",
  ]);
});

Deno.test("an account's first connection is not unusual, and makes its country, network and device known", async () => {
  const { browser, db } = await startTravels();

  await browser(HOME).signIn();

  assert.deepEqual(await unusualOf(db), [null]);
  assert.deepEqual(await knownIn(db), ["country ES", "device Firefox on Linux", "network 46.16"]);
});

Deno.test("a connection from a new country is unusual, and so is the next one until it is reviewed", async () => {
  const { browser, db, clock } = await startTravels();
  await browser(HOME).signIn();

  clock.now += DAY;
  await browser(ABROAD).signIn();
  clock.now += DAY;
  await browser(ABROAD).signIn();

  assert.deepEqual(await unusualOf(db), [null, "new_country", "new_country"]);
  assert.deepEqual(await knownIn(db), ["country ES", "device Firefox on Linux", "network 46.16"]);
});

Deno.test("a new network with a new device is unusual until either is known", async () => {
  const { browser, db, clock } = await startTravels();
  await browser(HOME).signIn();
  clock.now += DAY;
  await browser(OFFICE, SAFARI).signIn();

  clock.now += DAY;
  await browser(OFFICE, FIREFOX).signIn();
  clock.now += DAY;
  await browser(OFFICE, SAFARI).signIn();

  assert.deepEqual(await unusualOf(db), [null, "new_network_and_device", null, null]);
});

Deno.test("a sign-in right after refusals is unusual, but not an hour later or after another sign-in", async () => {
  const { browser, db, clock } = await startTravels();
  const refuse = async (times: number) => {
    for (let i = 0; i < times; i++) await browser("203.0.113.9").signIn(EMAIL, WRONG);
    clock.now += MINUTE;
  };
  await browser(HOME).signIn();
  clock.now += MINUTE;

  await refuse(2);
  await browser(HOME).signIn();
  clock.now += DAY;
  await refuse(3);
  await browser(HOME).signIn();
  clock.now += MINUTE;
  await browser(HOME).signIn();
  clock.now += DAY;
  await refuse(3);
  clock.now += HOUR;
  await browser(HOME).signIn();

  assert.deepEqual(await unusualOf(db), [null, null, "after_refusals", null, null]);
});

Deno.test("a private network and an unknown device are never new", async () => {
  const { browser, db, clock } = await startTravels();
  await browser(HOME).signIn();

  clock.now += DAY;
  await browser("192.168.1.20", SAFARI).signIn();
  clock.now += DAY;
  await browser(OFFICE, "Mozilla/5.0").signIn();

  assert.deepEqual(await unusualOf(db), [null, null, null]);
});

Deno.test("a country that another account knows is still unusual", async () => {
  const { browser, db, clock } = await startTravels();
  await addAccount(db, "joan@example.com", PASSWORD);
  await browser(ABROAD).signIn("joan@example.com");
  await browser(HOME).signIn();

  clock.now += DAY;
  await browser(ABROAD).signIn();

  assert.deepEqual(await unusualOf(db), [null, null, "new_country"]);
});

Deno.test("the last column of the CSV says why a connection was unusual", async () => {
  const { browser, clock } = await startTravels();
  await browser(HOME).signIn();
  clock.now += DAY;
  const abroad = browser(ABROAD, SAFARI);
  await abroad.signIn();

  const { text } = await abroad.get(paths.csv);

  assert.deepEqual(text.trim().split("\r\n").map((line) => line.split(",").at(-1)), [
    "unusual",
    "new_country new_network_and_device",
    "",
  ]);
});

Deno.test("countries, networks and devices are forgotten with the history", async () => {
  const { browser, db, clock } = await startTravels();
  await browser(HOME).signIn();

  clock.now += 366 * DAY;
  await browser(OFFICE).signIn();

  assert.deepEqual(await knownIn(db), ["country ES", "device Firefox on Linux", "network 81.40"]);
});

/** Starts the app with the countries of the addresses above. */
function startTravels() {
  const countries = new Map([[HOME, "ES"], [OFFICE, "ES"], [ABROAD, "FR"]]);
  return startApp({
    countryOf: ({ ip, isPrivate }) => Promise.resolve(isPrivate ? "private" : countries.get(ip) ?? "none"),
  });
}

/** Why each connection is unusual, in order of opening. */
async function unusualOf(db: Db): Promise<(string | null)[]> {
  return (await db.select().from(connections).orderBy(asc(connections.openedAt), asc(connections.id))).map(
    ({ unusual }) => unusual,
  );
}

async function knownIn(db: Db): Promise<string[]> {
  return (await db.select().from(known)).map(({ kind, value }) => `${kind} ${value}`).sort();
}
