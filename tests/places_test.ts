import assert from "node:assert/strict";
import { Hono } from "hono";
import { connections, known, places, users } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { createArea } from "../routes/area.ts";
import { rowId } from "../views/history/connection_row.ts";
import { Browser, CELL, FIREFOX, HTMX, MINUTE, ORIGIN, signedIn, START } from "./app.ts";
import {
  CHROME,
  connectionFrom,
  countryOf,
  GIRONA,
  LAGOS,
  MADRID,
  NOWHERE,
  PARIS,
  PYTHON,
  recordsOf,
  steal,
} from "./elsewhere.ts";

const PHONE = "46.16.60.2";

// Security: places
Deno.test("a stolen cookie used from another country shows in the row, the details and the CSV, and asks the owner", async () => {
  const { desk, phone, steal, id, db, log } = await startWithPhone();
  await steal().get(paths.connections);

  const { $ } = await desk.get(paths.connections);
  const row = $(`#${rowId(id)}`);
  assert.equal(row.find(CELL.ip).text(), `${PHONE}last: ${LAGOS}`);
  assert.match(row.find(CELL.country).text(), /Spain.*last: .*Nigeria/);
  assert.match(row.find(CELL.device).text(), /^Firefox on Linuxlast: python-requests$/);
  assert.deepEqual(row.find(".why").text().split("\n"), [
    "Used from a new country: Nigeria",
    "Used on another device: python-requests",
  ]);
  assert.equal(row.find(".state form").last().attr("action"), paths.review(id));
  assert.match($(".banner").text(), /1 unusual connection needs your review/);

  const details = await desk.get(paths.details(id));
  assert.deepEqual(details.$(".places .ip").toArray().map((ip) => details.$(ip).text()), [PHONE, LAGOS]);
  assert.match(details.$(".places li").last().text(), /^python-requests.*Nigeria.*python-requests\/2\.32\.3$/);

  const records = recordsOf((await desk.get(paths.csv)).text);
  assert.deepEqual(Object.entries(records.find(({ ip_address }) => ip_address === PHONE) ?? {}).slice(-7), [
    ["unusual", "moved_country moved_device"],
    ["verdict", ""],
    ["closed_from", ""],
    ["addresses", "2"],
    ["last_ip_address", LAGOS],
    ["last_country_code", "NG"],
    ["method", "password"],
  ]);

  assert.ok(log.some((line) => line.includes("unusual_moved") && line.includes(LAGOS)));
  await phone.get(paths.connections);
  assert.equal((await connectionFrom(db, PHONE)).place, null, "it was last used where it was opened");
  assert.equal((await connectionFrom(db, PHONE)).unusual, "moved_country moved_device");
});

// Security: places
Deno.test("after the owner's next request the row and the review still name the place that was unusual", async () => {
  const { desk, phone, steal, id, db, clock } = await startWithPhone();
  await steal().get(paths.connections);
  clock.now += MINUTE;
  await phone.get(paths.connections);
  assert.equal((await connectionFrom(db, PHONE)).place, null);
  const reasons = async () => (await desk.get(paths.connections)).$(`#${rowId(id)} .why`).text().split("\n");

  assert.deepEqual(await reasons(), ["Used from a new country: Nigeria", "Used on another device: python-requests"]);
  const { $ } = await desk.get(paths.review(id));
  assert.deepEqual($(".reasons li").toArray().map((reason) => $(reason).text()), [
    "It was used from a country that was new to your account (Nigeria): its cookie may have been stolen.",
    "It was used on a different device from the one that opened it (python-requests): its cookie may have been stolen.",
  ]);
  assert.match(
    (await desk.get(`${paths.csv}?for=spreadsheet`)).text,
    /"Used from a new country: Nigeria, Used on another device: python-requests"/,
  );
  assert.match((await desk.get(paths.csv)).text, /,moved_country moved_device,/);

  await db.update(users).set({ language: "es" });
  assert.deepEqual(await reasons(), [
    "Usada desde un país nuevo: Nigeria",
    "Usada en otro dispositivo: python-requests",
  ]);
  await db.update(users).set({ language: "ca" });
  assert.deepEqual(await reasons(), [
    "Usada des d'un país nou: Nigèria",
    "Usada en un altre dispositiu: python-requests",
  ]);
});

// Security: places
Deno.test("a row names the newest unusual place, and neither a known country nor a private network", async () => {
  const { desk, steal, id, db, clock } = await startWithPhone();
  const [{ userId }] = [await connectionFrom(db, PHONE)];
  await db.insert(known).values({ userId, kind: "country", value: "FR", lastAt: START });
  const use = async (ip: string, userAgent = FIREFOX) => {
    clock.now += MINUTE;
    await steal(ip, userAgent).get(paths.connections);
  };
  const reasons = async () => (await desk.get(paths.connections)).$(`#${rowId(id)} .why`).text().split("\n");
  await use(LAGOS, PYTHON);
  await use(PARIS);
  await use("192.168.1.20");
  assert.deepEqual(await reasons(), ["Used from a new country: Nigeria", "Used on another device: python-requests"]);

  await use(GIRONA, CHROME);
  assert.deepEqual(await reasons(), ["Used from a new country: Nigeria", "Used on another device: Chrome on Windows"]);

  await desk.submit(paths.review(id), { verdict: "me" });
  assert.deepEqual(await reasons(), [
    "Used from a new country",
    "Used on another device: Chrome on Windows",
    "You said: this was me",
  ]);
  await db.delete(known);
  await use(PARIS);
  assert.equal((await reasons())[0], "Used from a new country: France");
});

// Security: places
Deno.test("a thief who only polls, or only downloads the CSV, leaves a place", async () => {
  const polled = await startWithPhone();
  const downloaded = await startWithPhone();

  await polled.steal().get(`${paths.live}?version=x`, HTMX);
  await downloaded.steal().get(paths.csv);

  for (const { db } of [polled, downloaded]) {
    assert.equal((await connectionFrom(db, PHONE)).unusual, "moved_country moved_device");
    assert.deepEqual((await db.select().from(places)).map(({ ip, userAgent }) => [ip, userAgent]), [[LAGOS, PYTHON]]);
  }
});

// Security: places
Deno.test("a page of the panel around the area records places as well", async () => {
  const site = await startWithPhone();
  const host = new Hono();
  const pending = new Set<Promise<void>>();
  const { findOwner, requireOwner } = createArea({
    db: site.db,
    origin: new URL(ORIGIN),
    countryOf,
    log: () => {},
    now: () => site.clock.now,
    waitUntil: (work) => void pending.add(work),
  });
  host.get("/plan", requireOwner, (c) => c.text("Small"));
  host.get("/api", async (c) => c.text((await findOwner(c))?.email ?? "nobody"));
  const cookie = site.phone.cookies.get("session")!;
  const ask = async (path: string, ip: string) => {
    const thief = new Browser(host, pending, ip, PYTHON);
    thief.cookies.set("session", cookie);
    assert.equal((await thief.get(path)).status, 200);
  };

  await ask("/plan", LAGOS);
  site.clock.now += 1;
  await ask("/api", PARIS);

  const found = await site.db.select().from(places).orderBy(places.id);
  assert.deepEqual(found.map(({ ip, countryCode }) => [ip, countryCode]), [[LAGOS, "NG"], [PARIS, "FR"]]);
});

// Security: places
Deno.test("the same place is recorded once a minute, and another one at once", async () => {
  const { steal, db, clock } = await startWithPhone();
  const thief = steal();
  const lastAt = async () => (await db.select().from(places).orderBy(places.id)).map(({ lastAt }) => lastAt - START);

  await thief.get(paths.connections);
  clock.now += MINUTE - 1;
  await thief.get(paths.connections);
  assert.deepEqual(await lastAt(), [0]);
  clock.now += 1;
  await thief.get(paths.connections);
  assert.deepEqual(await lastAt(), [MINUTE]);
  await steal(PARIS).get(paths.connections);
  await steal(LAGOS, CHROME).get(paths.connections);
  assert.deepEqual(await lastAt(), [MINUTE, MINUTE, MINUTE]);
});

// Security: places
Deno.test("a newer version of the same browser, another network of a known country and no known country are not unusual", async () => {
  const { db, steal } = await startWithPhone();

  await steal(PHONE, FIREFOX.replaceAll("145.0", "146.0")).get(paths.connections);
  await steal(GIRONA, FIREFOX).get(paths.connections);
  await steal("192.168.1.20", FIREFOX).get(paths.connections);
  await steal(NOWHERE, FIREFOX).get(paths.connections);

  const found = await connectionFrom(db, PHONE);
  assert.equal(found.unusual, null);
  const kept = await db.select().from(places).orderBy(places.id);
  assert.deepEqual(kept.map(({ ip }) => ip).sort(), ["192.168.1.20", NOWHERE, GIRONA]);
});

// Security: places
Deno.test('after "This was me" the next new country asks again, and the country that was confirmed does not', async () => {
  const { desk, steal, id, db } = await startWithPhone();
  const verdict = async () => (await connectionFrom(db, PHONE)).verdict;
  await steal(LAGOS, FIREFOX).get(paths.connections);
  await desk.submit(paths.review(id), { verdict: "me" });
  assert.equal(await verdict(), "me");

  await steal("102.89.99.9", FIREFOX).get(paths.connections);
  assert.equal(await verdict(), "me");
  await steal(PARIS, FIREFOX).get(paths.connections);

  assert.equal(await verdict(), null);
  assert.match((await desk.get(paths.connections)).$(".banner").text(), /1 unusual connection needs your review/);
});

// Security: places
Deno.test("a connection has at most 20 places: the plain ones go first, and one with its own country stays", async () => {
  const { steal, db, clock } = await startWithPhone();
  const use = async (ip: string, userAgent = FIREFOX) => {
    clock.now += MINUTE;
    await steal(ip, userAgent).get(paths.connections);
  };
  await use(LAGOS);
  await use(MADRID, CHROME);
  for (let i = 1; i <= 40; i++) await use(`46.16.61.${i}`);

  const kept = await db.select().from(places).orderBy(places.firstAt);
  const plain = Array.from({ length: 18 }, (_, i) => `46.16.61.${i + 23}`);
  assert.deepEqual(kept.map(({ ip }) => ip), [LAGOS, MADRID, ...plain]);
  assert.deepEqual(kept.map(({ isFirstCountry, isFirstDevice }) => [isFirstCountry, isFirstDevice]), [
    [true, false],
    [false, true],
    ...plain.map(() => [false, false]),
  ]);
});

// Security: places
Deno.test("a closed connection gets no place, and 20 requests at once from one new place make one", async () => {
  const { desk, steal, db } = await startWithPhone();
  const thief = steal();
  await Promise.all(Array.from({ length: 20 }, () => thief.get(paths.connections)));
  assert.equal(await db.$count(places), 1);

  await desk.submit(paths.closeAll);
  await steal(PARIS).get(paths.connections);

  assert.equal(await db.$count(places), 1);
  assert.equal(await db.$count(connections), 2);
});

/** Signs in at a desk in Madrid and on a phone in the same network; `steal` copies the phone's cookie. */
async function startWithPhone() {
  const site = await signedIn({ countryOf });
  const phone = site.browser(PHONE);
  await phone.signIn();
  const { id } = await connectionFrom(site.db, PHONE);
  return {
    ...site,
    desk: site.here,
    phone,
    id,
    steal: (ip?: string, userAgent?: string) => steal(site, phone, ip, userAgent),
  };
}
