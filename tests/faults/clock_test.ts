import assert from "node:assert/strict";
import { connections, limits, refusals } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { DAY, EMAIL, HOUR, MINUTE, PASSWORD, START, startApp } from "../app.ts";
import { report } from "./report.ts";

// Security: clock
Deno.test("when the clock jumps back and forth, no row's times run backwards and no connection outlives its limit", async () => {
  const { browser, db, clock } = await startApp();
  const browsers = Array.from({ length: 6 }, (_, i) => browser(`203.0.113.${i}`));
  const jumps = [
    0,
    2 * DAY,
    -1 * DAY,
    400 * DAY,
    -401 * DAY,
    HOUR,
    -59 * MINUTE,
    8 * DAY,
    -9 * DAY,
    30 * DAY,
    -20 * DAY,
  ];

  for (const [i, jump] of jumps.entries()) {
    clock.now += jump;
    await browser("198.51.100.1").signIn(EMAIL, "not the password at all");
    for (const [j, browser] of browsers.entries()) {
      if (!await browser.isIn()) await browser.signIn();
      else if ((i + j) % 4 === 1) await browser.signOut();
      else if ((i + j) % 7 === 2) await browser.submit(paths.closeAll, { password: PASSWORD });
    }
  }
  // From now on the clock is right, and the next sign-in corrects what was written before.
  await browser("203.0.113.99").signIn();

  const rows = await db.select().from(connections);
  const refused = await db.select().from(refusals);
  const backwards = [
    ...rows.filter(({ openedAt, lastSeenAt, closedAt }) =>
      lastSeenAt < openedAt || closedAt !== null && closedAt < lastSeenAt
    ),
    ...refused.filter(({ firstAt, lastAt }) => lastAt < firstAt),
  ];
  const tooLong = rows.filter(({ closedAt, openedAt, expiresAt }) =>
    expiresAt > openedAt + 30 * DAY || closedAt === null && expiresAt > clock.now + 7 * DAY
  );
  report(
    "no row's times run backwards, and no connection outlives its limit",
    `the clock jumped ${jumps.length - 1} times, by up to 401 days`,
    {
      "connections": rows.length,
      "rows of refused sign-ins": refused.length,
      "rows whose times run backwards": backwards.length,
      "open for longer than 7 days from now": tooLong.length,
    },
  );
  assert.ok(rows.length > 10 && refused.length > 3);
  assert.deepEqual(backwards, []);
  assert.deepEqual(tooLong, []);
});

// Security: clock
Deno.test("a connection opened while the clock was a year ahead lasts seven days, whether it is used or not", async () => {
  const { browser, db, clock } = await startApp();
  const [used, unused, here] = [browser("203.0.113.1"), browser("203.0.113.2"), browser("203.0.113.3")];
  clock.now = START + 365 * DAY;
  await used.signIn();
  await unused.signIn();
  clock.now = START;

  await here.signIn();
  assert.deepEqual([await used.isIn(), await unused.isIn()], [true, true]);
  let days = 0;
  while (await used.isIn()) clock.now = START + ++days * DAY;

  await browser("203.0.113.4").signIn();
  await here.signIn();
  const { $ } = await here.get(paths.connections);
  report(
    "a time in the future lengthens no session",
    "two browsers signed in while the clock was a year ahead, and one of them is used daily",
    {
      "days that the used one lasted": days,
      "days that the unused one lasted": await unused.isIn() ? "more" : "no more",
    },
  );
  assert.equal(days, 7);
  assert.equal(await unused.isIn(), false);
  assert.match($("tbody").text(), /expired/i);
  const rows = await db.select().from(connections);
  assert.deepEqual(rows.filter(({ openedAt, closedAt }) => closedAt !== null && closedAt < openedAt), []);
});

// Security: clock
Deno.test("a connection opened while the clock was ahead is shortened by its own use, even if nobody signs in", async () => {
  const { browser, clock } = await startApp();
  const here = browser();
  clock.now = START + 365 * DAY;
  await here.signIn();
  clock.now = START;

  let days = 0;
  while (await here.isIn()) clock.now = START + ++days * DAY;

  assert.equal(days, 7);
});

// Security: clock
Deno.test("failures counted while the clock was a year ahead lock nobody out once it is right again", async () => {
  const { browser, db, clock } = await startApp();
  clock.now = START + 365 * DAY;
  for (let i = 0; i < 10; i++) await browser().signIn(EMAIL, "not the password at all");
  assert.equal((await browser().signIn()).status, 429);
  clock.now = START;

  const { status } = await browser().signIn();

  const counters = await db.select().from(limits);
  report(
    "a counter lasts as long as its rule says",
    "ten failures while the clock was a year ahead, which was then corrected",
    {
      "status of a sign-in with the right password": status,
      "counters that last longer than a day":
        counters.filter(({ key, expiresAt }) => /^(address|account)/.test(key) && expiresAt > START + DAY).length,
    },
  );
  assert.equal(status, 303);
});
