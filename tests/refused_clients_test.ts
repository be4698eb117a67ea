import assert from "node:assert/strict";
import { recordRefusal } from "../db/refusals.ts";
import { refusals } from "../db/schema.ts";
import type { Standing } from "../db/limits.ts";
import { findUser } from "../db/users.ts";
import { paths, withQuery } from "../http/paths.ts";
import { readAddress } from "../visitor/addresses.ts";
import { CELL, EMAIL, MINUTE, PASSWORD, signedIn, type TestApp } from "./app.ts";
import { CHROME, countryOf, csrfOf, GIRONA, LAGOS, MADRID, PYTHON, recordsOf, WRONG } from "./elsewhere.ts";

const STRANGER: Standing = { kind: "stranger" };

// Security: refusals
Deno.test("an owner's slip doesn't hide who guessed in the same hour: each has a row, found by address, country and CSV", async () => {
  const { here, browser, clock } = await signedIn({ countryOf });
  for (let i = 0; i < 7; i++) await browser(LAGOS, PYTHON).signIn(EMAIL, WRONG);
  clock.now += MINUTE;
  await browser(MADRID, CHROME).signIn(EMAIL, WRONG);

  const found = async (query: Record<string, string>) => {
    const { $ } = await here.get(withQuery(paths.connections, { state: "refused", ...query }));
    const rows = $("tbody tr[id]").toArray().map((row) =>
      [".ip", ".device", `${CELL.state} p`].map((part) => $(row).find(part).text())
    );
    const records = recordsOf((await here.get(withQuery(paths.csv, { state: "refused", ...query }))).text);
    assert.deepEqual(records.map(({ ip_address, device }) => [ip_address, device]), rows.map((row) => row.slice(0, 2)));
    return rows;
  };
  const guesser = [LAGOS, "python-requests", "Wrong password (7)"];
  const owner = [MADRID, "Chrome on Windows", "Wrong password (1)"];

  assert.deepEqual(await found({}), [owner, guesser]);
  assert.deepEqual(await found({ ip: LAGOS }), [guesser]);
  assert.deepEqual(await found({ ip: "46.16" }), [owner]);
  assert.deepEqual(await found({ country: "NG" }), [guesser]);
});

// Security: refusals
Deno.test("10,000 attempts from 10,000 addresses make 21 rows an hour: 20 clients, and the others without a name", async () => {
  const { here, refuse, rows } = await startRefusals();

  for (let i = 0; i < 10_000; i++) await refuse(`198.${18 + (i >> 16)}.${i >> 8 & 255}.${i & 255}`);

  const found = await rows();
  assert.equal(found.length, 21);
  assert.deepEqual(
    found.slice(0, 20).map(({ ip, attempts }) => [ip, attempts]),
    Array.from({ length: 20 }, (_, i) => [`198.18.0.${i}`, 1]),
  );
  const { ip, network, countryCode, device, userAgent, attempts, addresses } = found[20]!;
  assert.deepEqual({ ip, network, countryCode, device, userAgent, attempts, addresses }, {
    ip: "",
    network: "",
    countryCode: "none",
    device: "Unknown device",
    userAgent: "",
    attempts: 9_980,
    addresses: 9_980,
  });
  const { $ } = await here.get(withQuery(paths.connections, { state: "refused" }));
  assert.match($("tbody tr[id]").first().text(), /Unknown address.*Wrong password \(9,980 from 9,980 addresses\)/);
});

// Security: refusals
Deno.test("of 200 attempts that arrive together none is lost, and no client's row is another's", async () => {
  const { refuse, rows } = await startRefusals();

  await Promise.all(Array.from({ length: 200 }, (_, i) => refuse(`198.51.${i % 40}.1`)));

  const found = await rows();
  assert.equal(found.length, 21);
  assert.equal(found.reduce((sum, { attempts }) => sum + attempts, 0), 200);
  assert.deepEqual(new Set(found.slice(0, 20).map(({ attempts }) => attempts)), new Set([5]));
  assert.deepEqual([found[20]?.attempts, found[20]?.addresses, found[20]?.ip], [100, 20, ""]);
});

// Security: refusals
Deno.test("an IPv6 /64 is one client, and a client of the others stays among them", async () => {
  const { refuse, rows } = await startRefusals();
  await refuse("2001:db8:0:1::5");
  await refuse("2001:db8:0:1::6");
  for (let i = 0; i < 19; i++) await refuse(`198.51.100.${i}`);
  await refuse(LAGOS);
  await refuse(LAGOS);
  await refuse("2001:db8:0:1::7");

  const found = await rows();

  assert.equal(found.length, 21);
  assert.deepEqual([found[0]?.ip, found[0]?.attempts], ["2001:db8:0:1::7", 3]);
  assert.deepEqual([found[20]?.ip, found[20]?.attempts, found[20]?.addresses], ["", 2, 1]);
});

// Security: refusals
Deno.test("in a flood known browsers and known networks still have rows of their own", async () => {
  const { browser, here, clock, db, refuse, rows } = await startRefusals();
  for (let i = 0; i < 100; i++) await refuse(`198.51.100.${i}`);
  const ownBrowser = browser(GIRONA);
  ownBrowser.cookies.set("browser", here.cookies.get("browser")!);

  await browser(MADRID).signIn();
  await ownBrowser.signIn(EMAIL, WRONG);
  clock.now += MINUTE;
  await browser("46.16.99.9", CHROME).signIn(EMAIL, WRONG);
  clock.now += 6 * MINUTE;
  await here.post(paths.closeAll, { csrf: await csrfOf(here), password: WRONG });

  const named = (await rows()).slice(21);
  assert.deepEqual(named.map(({ ip, device, reason }) => [ip, device, reason]), [
    [GIRONA, "Firefox on Linux", "wrong_password"],
    ["46.16.99.9", "Chrome on Windows", "wrong_password"],
    [MADRID, "Firefox on Linux", "wrong_confirmation"],
  ]);
  const [connection] = await db.query.connections.findMany({ orderBy: (row) => row.openedAt });
  assert.deepEqual(named.map(({ connectionId }) => connectionId), [null, null, connection?.id]);
});

// Security: refusals
Deno.test("a wrong password while signed in is a row with its address, and the details count it", async () => {
  const { here, browser, clock, db } = await signedIn({ countryOf });
  await browser("46.16.60.2").signIn();
  clock.now += 6 * MINUTE;
  const csrf = await csrfOf(here);
  const own = {
    current_password: WRONG,
    new_password: "a much better password",
    new_password_again: "a much better password",
  };
  await here.post(paths.closeAll, { csrf, password: WRONG });
  await here.post(paths.password, { csrf, ...own });

  const [row, ...others] = await db.select().from(refusals);
  assert.deepEqual([row?.reason, row?.ip, row?.attempts, others.length], ["wrong_confirmation", MADRID, 2, 0]);
  const { $ } = await here.get(withQuery(paths.connections, { state: "refused" }));
  assert.match($("tbody tr[id]").text(), /Wrong password while signed in \(2\)/);
  const details = await here.get(paths.details(row?.connectionId ?? ""));
  assert.match(details.$(".facts").text(), /Wrong passwords2/);
});

// Security: refusals
Deno.test("a confirmed password after wrong ones leaves the session open, with ten more attempts", async () => {
  const { here, browser, clock } = await signedIn({ countryOf });
  const guess = async (times: number) => {
    clock.now += 6 * MINUTE;
    await browser("46.16.60.2").signIn();
    for (let i = 0; i < times; i++) await here.submit(paths.closeAll, { password: WRONG });
  };

  await guess(9);
  assert.equal((await here.submit(paths.closeAll, { password: PASSWORD })).status, 303);
  await guess(9);

  assert.equal(await here.isIn(), true);
});

/** Starts with the account signed in at Madrid; `refuse` records a stranger's refusal, once a millisecond. */
async function startRefusals() {
  const site = await signedIn({ countryOf });
  const user = await findUser(site.db, EMAIL);
  const refuse = (ip: string, now = site.clock.now++) =>
    recordRefusal(site.db, {
      user,
      visitor: {
        address: readAddress(ip)!,
        countryCode: "FR",
        userAgent: PYTHON,
        device: "python-requests",
        deviceKind: "script",
      },
      standing: STRANGER,
      reason: "wrong_password",
      now,
    });
  return { ...site, refuse, rows: () => rowsIn(site) };
}

/** The rows in the order of their first attempt. */
function rowsIn({ db }: Pick<TestApp, "db">) {
  return db.select().from(refusals).orderBy(refusals.firstAt, refusals.id);
}
