import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import type { Db } from "../db/database.ts";
import { connections, sessions } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { addAccount, type Browser, DAY, EMAIL, MINUTE, PASSWORD, startApp } from "./app.ts";

const SECOND = 1_000;

// ASVS 7.2.4
Deno.test("entering the password renews the secret: once it is used, the old one reads for 10 more seconds and never writes", async () => {
  const { browser, here, clock } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;
  const old = browser();
  old.cookies.set("session", here.cookies.get("session")!);
  const csrf = await csrfOf(here);

  await here.submit(paths.closeAll, { password: PASSWORD });

  const renewed = here.cookies.get("session")!;
  assert.notEqual(renewed, old.cookies.get("session"));
  assert.equal(renewed.split(".")[0], old.cookies.get("session")!.split(".")[0]);
  assert.equal(await here.isIn(), true);
  assert.equal(await old.isIn(), true);
  assert.equal((await old.request(paths.connections, { method: "HEAD" })).status, 200);
  assert.equal((await old.post(paths.closeAll, { csrf })).status, 303);
  assert.equal((await old.post(paths.signOut, { csrf })).status, 303);
  assert.equal(await here.isIn(), true);
  clock.now += 10 * SECOND - 1;
  assert.equal(await old.isIn(), true);
  clock.now += 1;
  assert.equal(await old.isIn(), false);
  assert.equal(await here.isIn(), true);
  assert.match((await old.get(paths.signIn)).$(".notification").text(), /the answer didn't reach this browser/);
});

// ASVS 7.2.4
Deno.test("signing in to another account with an old secret doesn't close the secret's connection", async () => {
  const { browser, db, here, clock } = await startWithOthers();
  await addAccount(db, "joan@example.com", PASSWORD);
  clock.now += 5 * MINUTE + 1;
  const [thief, owner] = [browser(), browser()];
  for (const each of [thief, owner]) each.cookies.set("session", here.cookies.get("session")!);
  await here.submit(paths.closeAll, { password: PASSWORD });
  await here.get(paths.connections);
  clock.now += 10 * SECOND;

  assert.equal((await thief.signIn("joan@example.com")).status, 303);
  assert.equal(await here.isIn(), true);

  // The owner knows the password: signing in closes the connection that this browser can't use any more.
  assert.equal((await owner.signIn()).status, 303);
  assert.equal(await here.isIn(), false);
});

// ASVS 7.2.4
Deno.test("a secret that was replaced twice is invalid at once, and a clock that goes back revives none", async () => {
  const { browser, here, other, clock } = await startWithOthers();
  const first = browser();
  first.cookies.set("session", here.cookies.get("session")!);
  clock.now += 5 * MINUTE + 1;
  await here.submit(paths.closeAll, { password: PASSWORD });
  const second = browser();
  second.cookies.set("session", here.cookies.get("session")!);
  await other.signIn();
  clock.now -= MINUTE;

  assert.equal(await first.isIn(), false);
  await here.submit(paths.closeAll, { password: PASSWORD });
  assert.equal(await first.isIn(), false);
  assert.equal(await second.isIn(), true);
  assert.equal(await here.isIn(), true);
});

// ASVS 7.4.1
Deno.test("an old secret doesn't outlive its connection", async () => {
  const { browser, here, clock } = await startWithOthers();
  const old = browser();
  old.cookies.set("session", here.cookies.get("session")!);
  clock.now += 5 * MINUTE + 1;
  await here.submit(paths.closeAll, { password: PASSWORD });
  assert.equal(await old.isIn(), true);

  await here.signOut();

  assert.equal(await old.isIn(), false);
});

// ASVS 7.2.4
Deno.test("a form in another tab still works after the secret was renewed", async () => {
  const { here, another, clock, db } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;
  const id = await idOf(db, "203.0.113.2");
  const otherTab = await here.get(paths.closeOne(id));
  const otherId = await idOf(db, "203.0.113.1");
  await here.submit(paths.closeOne(otherId), { password: PASSWORD });

  const answer = await here.post(paths.closeOne(id), { csrf: otherTab.$("main [name=csrf]").attr("value")! });

  assert.equal(answer.status, 303);
  assert.equal(await another.isIn(), false);
});

// ASVS 7.2.4
Deno.test("two tabs that send the password at once end up with one valid cookie", async () => {
  const { browser, here, other, clock } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;
  const csrf = await csrfOf(here);
  const tabs = [browser(), browser()];
  for (const tab of tabs) tab.cookies.set("session", here.cookies.get("session")!);

  const answers = await Promise.all(tabs.map((tab) => tab.post(paths.closeAll, { csrf, password: PASSWORD })));

  assert.deepEqual(answers.map(({ status }) => status), [303, 303]);
  const cookies = answers.flatMap(({ headers }) =>
    headers.getSetCookie().filter((text) => text.startsWith("session-8000="))
  );
  assert.equal(cookies.length, 1);
  assert.deepEqual([await tabs[0]!.isIn(), await tabs[1]!.isIn()], [true, true]);
  clock.now += 10 * SECOND;
  assert.deepEqual([await tabs[0]!.isIn(), await tabs[1]!.isIn()].sort(), [false, true]);
  assert.equal(await other.isIn(), false);
});

// ASVS 7.2.3, 7.2.4
Deno.test("of a renewed secret and of the old one, only the hash is stored", async () => {
  const { here, clock, db, log } = await startWithOthers();
  const secrets = [here.cookies.get("session")!.split(".")[1]!];
  clock.now += 5 * MINUTE + 1;
  await here.submit(paths.closeAll, { password: PASSWORD });
  secrets.push(here.cookies.get("session")!.split(".")[1]!);

  const stored = JSON.stringify([await db.select().from(sessions), log]);

  assert.match(stored, /session_renewed/);
  for (const secret of secrets) assert.equal(stored.includes(secret), false);
});

// ASVS 7.2.4
Deno.test("the new cookie lasts exactly as long as the connection can", async () => {
  const { here, clock } = await startWithOthers();
  for (let day = 1; day <= 20; day++) {
    clock.now += DAY;
    await here.get(paths.connections);
  }

  const answer = await here.submit(paths.password, passwordChange("a much better password than before"));

  assert.match(answer.headers.getSetCookie().join(), new RegExp(`session-8000=[^;]+; Max-Age=${10 * 86_400};`));
});

// ASVS 7.2.4, 7.4.3
Deno.test("changing the password renews the secret, and counts as entering it", async () => {
  const { browser, here, other, clock } = await startWithOthers();
  const old = browser();
  old.cookies.set("session", here.cookies.get("session")!);
  clock.now += DAY;

  await here.submit(paths.password, passwordChange("a much better password than before"));
  await other.signIn(EMAIL, "a much better password than before");

  assert.equal((await here.get(paths.closeAll)).$("main [name=password]").length, 0);
  clock.now += 10 * SECOND;
  assert.equal(await old.isIn(), false);
  assert.equal(await here.isIn(), true);
});

Deno.test("a browser that hasn't received the new cookie within a day closes its old connection by signing in again", async () => {
  const { browser, here, clock, db } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;
  const cutOff = browser();
  cutOff.cookies.set("session", here.cookies.get("session")!);
  await here.submit(paths.closeAll, { password: PASSWORD });
  clock.now += DAY;
  assert.equal(await cutOff.isIn(), false);

  await cutOff.signIn();

  const rows = await db.select().from(connections);
  assert.equal(rows.filter(({ closedAt }) => closedAt === null).length, 1);
  assert.equal(await cutOff.isIn(), true);
});

// ASVS 7.2.4
Deno.test("an error after the renewal still gives the browser the new cookie", async () => {
  const { here, other, clock, db } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;
  await db.$client.execute(
    "create trigger no_closing before update of closed_at on connections begin select raise(abort, 'an error'); end",
  );

  const answer = await here.submit(paths.closeAll, { password: PASSWORD });
  clock.now += 10 * SECOND;

  assert.equal(answer.status, 500);
  assert.equal(await here.isIn(), true);
  assert.equal(await other.isIn(), true);
});

/** Starts the app with three browsers of one account: `here`, which signed in last, `other` and `another`. */
async function startWithOthers() {
  const app = await startApp();
  const [here, other, another] = [app.browser(), app.browser("203.0.113.1"), app.browser("203.0.113.2")];
  for (const each of [other, another, here]) await each.signIn();
  return { ...app, here, other, another };
}

async function idOf(db: Db, ip: string): Promise<string> {
  return (await db.select().from(connections).where(eq(connections.ip, ip)))[0]!.id;
}

async function csrfOf(here: Browser): Promise<string> {
  return (await here.get(paths.connections)).$("form[action='/sign-out'] [name=csrf]").attr("value")!;
}

function passwordChange(password: string): Record<string, string> {
  return { current_password: PASSWORD, new_password: password, new_password_again: password };
}
