import assert from "node:assert/strict";
import { asc, eq } from "drizzle-orm";
import type { Db } from "../db/database.ts";
import { browserUsers, connections, known } from "../db/schema.ts";
import { type Facts, reasonsFor } from "../db/unusual.ts";
import { paths } from "../http/paths.ts";
import { addAccount, type Browser, DAY, EMAIL, FIREFOX, HOUR, MINUTE, PASSWORD, startApp } from "./app.ts";

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
  assert.deepEqual(reasonsFor({ ...USUAL, isKnownDevice: false, refused: 2 }), []);
  assert.deepEqual(reasonsFor({ ...USUAL, isKnownDevice: false, refused: 3 }), ["after_refusals"]);
  assert.deepEqual(reasonsFor({ ...USUAL, isKnownNetwork: false, refused: 3 }), ["after_refusals"]);
  assert.deepEqual(reasonsFor({ ...USUAL, isKnownNetwork: null, refused: 3 }), ["after_refusals"]);
});

Deno.test("reasonsFor ignores refusals where network and browser are both known: strangers cause them at will", () => {
  assert.deepEqual(reasonsFor({ ...USUAL, refused: 100 }), []);
});

Deno.test("reasonsFor ignores unknown facts, and an account's first connection", () => {
  const unknown = { isKnownCountry: null, isKnownNetwork: null };
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
  const [opened] = await db.select().from(connections);
  assert.deepEqual((await db.select().from(browserUsers)).map(({ browserId }) => browserId), [opened?.browser]);
});

Deno.test("a connection from a new country is unusual, and so is the next one until it is reviewed", async () => {
  const { browser, moved, db, clock } = await startTravels();
  const here = browser(HOME);
  await here.signIn();

  clock.now += DAY;
  await moved(here, ABROAD).signIn();
  clock.now += DAY;
  await moved(here, ABROAD).signIn();

  assert.deepEqual(await unusualOf(db), [null, "new_country", "new_country"]);
  assert.deepEqual(await knownIn(db), ["country ES", "device Firefox on Linux", "network 46.16"]);
});

Deno.test("a new network with a new device is unusual until either is known", async () => {
  const { browser, moved, db, clock } = await startTravels();
  const laptop = browser(HOME);
  await laptop.signIn();
  const phone = browser(OFFICE, SAFARI);
  clock.now += DAY;
  await phone.signIn();

  clock.now += DAY;
  await moved(phone, OFFICE, SAFARI).signIn();
  clock.now += DAY;
  await moved(laptop, OFFICE).signIn();
  clock.now += DAY;
  await moved(phone, OFFICE, SAFARI).signIn();

  const unusual = "new_network_and_device";
  assert.deepEqual(await unusualOf(db), [null, unusual, unusual, null, null]);
});

Deno.test("a known browser is told by its cookie, whatever it calls itself, and its name alone by nothing", async () => {
  const { browser, moved, db, clock } = await startTravels();
  const here = browser(HOME);
  await here.signIn();

  clock.now += DAY;
  await moved(here, OFFICE, SAFARI).signIn();
  clock.now += DAY;
  await browser("81.41.1.1", FIREFOX).signIn();

  assert.deepEqual(await unusualOf(db), [null, null, "new_network_and_device"]);
});

Deno.test("a browser's cookie means nothing to an account that doesn't know it", async () => {
  const { browser, moved, db, clock } = await startTravels();
  await addAccount(db, "joan@example.com", PASSWORD);
  const here = browser(HOME);
  await here.signIn();
  const joan = browser(HOME);
  await joan.signIn("joan@example.com");

  clock.now += DAY;
  await moved(joan, OFFICE).signIn();

  assert.deepEqual(await unusualOf(db), [null, null, "new_network_and_device"]);
});

Deno.test("an account that knows no browser tells devices by their names", async () => {
  const { browser, db, clock } = await startTravels();
  await browser(HOME).signIn();
  // As in the history of the version before browsers were known.
  await db.delete(browserUsers);

  clock.now += DAY;
  await browser(OFFICE, FIREFOX).signIn();
  await db.delete(browserUsers);
  clock.now += DAY;
  await browser("81.41.1.1", SAFARI).signIn();

  assert.deepEqual(await unusualOf(db), [null, null, "new_network_and_device"]);
});

Deno.test("an unusual sign-in teaches nothing: neither its places nor its browser", async () => {
  const { browser, db, clock } = await startTravels();
  await browser(HOME).signIn();
  const before = [await knownIn(db), await db.select().from(browserUsers)];
  clock.now += DAY;

  await browser(OFFICE, "").signIn();
  await browser(OFFICE, "Mozilla/5.0").signIn();
  await browser(OFFICE, "Mozilla/5.0 (X11; FreeBSD amd64; rv:145.0) Gecko/20100101 Firefox/145.0").signIn();
  await browser(OFFICE, "WPScan v3").signIn();

  const unusual = "new_network_and_device";
  assert.deepEqual(await unusualOf(db), [null, unusual, unusual, unusual, unusual]);
  assert.deepEqual([await knownIn(db), await db.select().from(browserUsers)], before);
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

Deno.test("a private network is never new, and an unknown device never a known one", async () => {
  const { browser, db, clock } = await startTravels();
  await browser(HOME).signIn();

  clock.now += DAY;
  await browser("192.168.1.20", SAFARI).signIn();
  clock.now += DAY;
  await browser(OFFICE, "Mozilla/5.0").signIn();

  assert.deepEqual(await unusualOf(db), [null, null, "new_network_and_device"]);
});

Deno.test("a country that another account knows is still unusual", async () => {
  const { browser, moved, db, clock } = await startTravels();
  await addAccount(db, "joan@example.com", PASSWORD);
  await browser(ABROAD).signIn("joan@example.com");
  const here = browser(HOME);
  await here.signIn();

  clock.now += DAY;
  await moved(here, ABROAD).signIn();

  assert.deepEqual(await unusualOf(db), [null, null, "new_country"]);
});

Deno.test('the CSV says in "unusual" why a connection was unusual', async () => {
  const { browser, clock } = await startTravels();
  await browser(HOME).signIn();
  clock.now += DAY;
  const abroad = browser(ABROAD, SAFARI);
  await abroad.signIn();

  const { text } = await abroad.get(paths.csv);

  assert.deepEqual(text.trim().split("\r\n").map((line) => line.split(",").at(-7)), [
    "unusual",
    "new_country new_network_and_device",
    "",
  ]);
});

Deno.test("countries, networks and devices are forgotten with the history", async () => {
  const { browser, moved, db, clock } = await startTravels();
  const here = browser(HOME);
  await here.signIn();

  clock.now += 366 * DAY;
  await moved(here, OFFICE).signIn();

  assert.deepEqual(await unusualOf(db), [null, null]);
  assert.deepEqual(await knownIn(db), ["country ES", "device Firefox on Linux", "network 81.40"]);
});

Deno.test("a browser is forgotten 400 days after its last sign-in", async () => {
  const { browser, moved, db, clock } = await startTravels();
  await addAccount(db, "joan@example.com", PASSWORD);
  const here = browser(HOME);
  await here.signIn();
  clock.now += 300 * DAY;
  await moved(here, HOME).signIn();
  const [mine] = await db.select().from(browserUsers);

  clock.now += 400 * DAY;
  await browser(HOME).signIn("joan@example.com");
  const before = await db.$count(browserUsers, eq(browserUsers.browserId, mine!.browserId));
  clock.now += 1;
  await browser(HOME).signIn("joan@example.com");

  assert.equal(before, 1);
  assert.equal(await db.$count(browserUsers, eq(browserUsers.browserId, mine!.browserId)), 0);
});

/** Starts the app with the countries of the addresses above. */
async function startTravels() {
  const countries = new Map([[HOME, "ES"], [OFFICE, "ES"], [ABROAD, "FR"]]);
  const site = await startApp({
    countryOf: ({ ip, isPrivate }) => Promise.resolve(isPrivate ? "private" : countries.get(ip) ?? "none"),
  });
  /** The same browser elsewhere, signed out. */
  const moved = ({ cookies }: Browser, ip: string, userAgent?: string) => {
    const there = site.browser(ip, userAgent);
    there.cookies.set("browser", cookies.get("browser")!);
    return there;
  };
  return { ...site, moved };
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
