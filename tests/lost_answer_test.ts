import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { connections } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { type Browser, DAY, EMAIL, MINUTE, PASSWORD, signedIn } from "./app.ts";
import { connectionFrom, csrfOf, MADRID } from "./elsewhere.ts";

const SECOND = 1_000;
const NEW_PASSWORD = "a much better password than before";

// ASVS 7.2.4
Deno.test("a browser whose answer was lost keeps its former secret, and its connection is shown open", async () => {
  const { here, loseAnswer, clock, openOther, db } = await startConfirmed();

  await loseAnswer(here, () => here.submit(paths.closeAll, { password: PASSWORD }));
  clock.now += DAY - 1;

  const { $ } = await here.get(paths.connections);
  assert.match($("tr.current .state b").text(), /Open/);
  await openOther();
  assert.equal(
    (await here.get(paths.closeAll)).$("main [name=password]").length,
    1,
    "its password was entered long ago",
  );
  assert.equal((await here.submit(paths.closeAll, { password: PASSWORD })).status, 303);
  assert.equal((await connectionFrom(db, MADRID)).closedAt, null);
});

// ASVS 7.2.4
Deno.test("a thief with the former secret can do no more than before, and is out once the new one is seen", async () => {
  const { here, copyOf, clock, openOther, db } = await startConfirmed();
  const thief = copyOf(here);
  const csrf = await csrfOf(thief);
  await here.submit(paths.closeAll, { password: PASSWORD });
  await openOther();

  // The thief has no confirmation: closing requires the password.
  assert.equal((await thief.post(paths.closeAll, { csrf })).status, 422);
  assert.equal(await db.$count(connections, eq(connections.endReason, "closed")), 1);
  await here.get(paths.connections);
  assert.equal(await thief.isIn(), true, "for reading, what was under way");
  const refused = await thief.post(paths.closeAll, { csrf, password: PASSWORD });
  assert.match(refused.headers.get("Location") ?? "", /^\/sign-in/);
  clock.now += 10 * SECOND;

  assert.equal(await thief.isIn(), false);
  assert.equal(await here.isIn(), true);
  assert.equal((await here.submit(paths.closeAll)).status, 303, "the owner's confirmation is still recent");
});

// ASVS 7.2.4
Deno.test("once the new secret was seen, the former one only reads, for 10 seconds from then", async () => {
  const { here, copyOf, clock } = await startConfirmed();
  const former = copyOf(here);
  const csrf = await csrfOf(here);
  await here.submit(paths.closeAll, { password: PASSWORD });
  clock.now += MINUTE;
  await here.get(paths.live);

  clock.now += 10 * SECOND - 1;
  assert.equal(await former.isIn(), true);
  assert.equal((await former.post(paths.signOut, { csrf })).status, 303);
  assert.equal(await here.isIn(), true, "it signed nobody out");
  clock.now += 1;
  assert.equal(await former.isIn(), false);
  assert.match((await former.get(paths.signIn)).$(".notification").text(), /the answer didn't reach this browser/);
});

// ASVS 7.2.4
Deno.test("confirming over the former secret makes a third and kills the second", async () => {
  const { here, copyOf, loseAnswer, clock, openOther } = await startConfirmed();
  const second = copyOf(here);
  await loseAnswer(here, async () => {
    await here.submit(paths.closeAll, { password: PASSWORD });
    second.cookies.set("session", here.cookies.get("session")!);
  });
  clock.now += MINUTE;
  await openOther();
  const first = copyOf(here);

  assert.equal((await here.submit(paths.closeAll, { password: PASSWORD })).status, 303);

  assert.equal(new Set([first, second, here].map(({ cookies }) => cookies.get("session"))).size, 3);
  assert.equal(await second.isIn(), false);
  assert.equal(await here.isIn(), true);
  clock.now += 10 * SECOND;
  assert.equal(await first.isIn(), false);
  assert.equal(await second.isIn(), false);
});

// ASVS 7.2.4
Deno.test("a former secret works for a day at most, even if the new one is never seen", async () => {
  const { here, copyOf, loseAnswer, clock } = await startConfirmed();
  await loseAnswer(here, () => here.submit(paths.closeAll, { password: PASSWORD }));
  const other = copyOf(here);

  clock.now += DAY - 1;
  assert.equal(await other.isIn(), true);
  clock.now += 1;
  assert.equal(await other.isIn(), false);

  await here.get(paths.signIn);
  assert.equal((await here.signIn()).status, 303, "signing in again closes it");
});

// ASVS 7.2.4, 7.4.3
Deno.test("the same holds for a changed password whose answer was lost", async () => {
  const { here, loseAnswer, openOther } = await startConfirmed();
  const fields = { current_password: PASSWORD, new_password: NEW_PASSWORD, new_password_again: NEW_PASSWORD };

  await loseAnswer(here, () => here.submit(paths.password, fields));

  assert.equal(await here.isIn(), true);
  await openOther(NEW_PASSWORD);
  assert.equal((await here.submit(paths.closeAll, { password: PASSWORD })).status, 422);
  assert.equal((await here.submit(paths.closeAll, { password: NEW_PASSWORD })).status, 303);
});

// ASVS 7.4.1
Deno.test("a former secret opens nothing once its connection was closed", async () => {
  const { here, browser, loseAnswer } = await startConfirmed();
  await loseAnswer(here, () => here.submit(paths.closeAll, { password: PASSWORD }));
  const other = browser();
  await other.signIn();

  await other.submit(paths.closeAll);

  assert.equal(await here.isIn(), false);
});

/** Two connections, the password of both last entered long ago. */
async function startConfirmed() {
  const site = await signedIn();
  const { browser, clock } = site;
  const openOther = async (password = PASSWORD) => void await browser("46.16.60.2").signIn(EMAIL, password);
  await openOther();
  clock.now += 6 * MINUTE;
  return {
    ...site,
    openOther,
    copyOf: (other: Browser) => {
      const copy = browser();
      copy.cookies.set("session", other.cookies.get("session")!);
      return copy;
    },
    /** The server does what was asked, but the browser keeps the cookie that it had. */
    loseAnswer: async (here: Browser, ask: () => Promise<unknown>) => {
      const cookie = here.cookies.get("session")!;
      await ask();
      assert.notEqual(here.cookies.get("session"), cookie);
      here.cookies.set("session", cookie);
    },
  };
}
