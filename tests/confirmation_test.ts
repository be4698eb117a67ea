import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { createPasswords } from "../credentials/passwords.ts";
import { connections, limits, sessions } from "../db/schema.ts";
import { findUser, resetPassword } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { type AppOptions } from "../routes/app.tsx";
import { addAccount, type Browser, DAY, EMAIL, HTMX, MINUTE, PASSWORD, startApp } from "./app.ts";

const WRONG = "not the password at all";
const SECOND = 1_000;

// ASVS 7.5.2
Deno.test("GET /user/security/connections/close asks for the password when it was given more than 5 minutes ago", async () => {
  const { here, clock } = await startWithOthers();
  const field = async () => (await here.get(paths.closeAll)).$("main [name=password]");

  clock.now += 5 * MINUTE;
  assert.equal((await field()).length, 0);
  clock.now += 1;
  assert.equal((await field()).attr("autocomplete"), "current-password");
  assert.equal((await field()).is("[autofocus]"), true);
  assert.equal((await field()).attr("value"), undefined);
});

// ASVS 7.5.2
Deno.test("GET /user/security/connections/:id/close asks for the password too", async () => {
  const { here, clock, otherId } = await startWithOthers();

  assert.equal((await here.get(paths.closeOne(otherId))).$("main [name=password]").length, 0);
  clock.now += 5 * MINUTE + 1;
  assert.equal((await here.get(paths.closeOne(otherId))).$("main [name=password]").length, 1);
});

// ASVS 7.5.2
Deno.test("POST /user/security/connections/close without the password closes nothing, and asks for it", async () => {
  const { here, other, clock } = await startWithOthers();
  const { $ } = await here.get(paths.closeAll);
  const csrf = $("main [name=csrf]").attr("value")!;
  clock.now += 5 * MINUTE + 1;

  const answer = await here.post(paths.closeAll, { csrf });

  assert.equal(answer.status, 422);
  assert.equal(answer.$("#password-problem").text(), "Type your password.");
  assert.equal(answer.$("[name=password]").attr("aria-invalid"), "true");
  assert.equal(await other.isIn(), true);
});

// ASVS 7.5.2
Deno.test("POST /user/security/connections/close with a wrong password closes nothing, and the limiter counts it", async () => {
  const { here, other, clock } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;

  for (let i = 0; i < 10; i++) {
    const wrong = await here.submit(paths.closeAll, { password: WRONG });
    assert.equal(wrong.status, 422);
    assert.equal(wrong.$("#password-problem").text(), "This is not your password. Check it and try again.");
    assert.doesNotMatch(wrong.text, new RegExp(WRONG));
  }
  const limited = await here.submit(paths.closeAll, { password: PASSWORD });

  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get("Retry-After"), "180");
  assert.match(limited.$("#dialog-problem").text(), /There were too many tries\. Wait 3 minutes/);
  assert.equal(await other.isIn(), true);
  assert.equal(await here.isIn(), true);
});

// ASVS 7.5.2
Deno.test("POST /user/security/connections/close with the password closes the others, and asks no more for 5 minutes", async () => {
  const { here, other, another, clock } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;

  const answer = await here.submit(paths.closeAll, { password: PASSWORD });

  assert.equal(answer.status, 303);
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /2 open connections were closed/);
  assert.equal(await other.isIn() || await another.isIn(), false);
  await other.signIn();
  clock.now += 5 * MINUTE;
  assert.equal((await here.submit(paths.closeAll)).status, 303);
  assert.equal(await other.isIn(), false);
  assert.equal(await here.isIn(), true);
});

// ASVS 7.5.2
Deno.test("POST /user/security/connections/:id/close takes the password, and nothing less", async () => {
  const { here, other, another, otherId, clock } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;

  const none = await here.submit(paths.closeOne(otherId));
  const wrong = await here.submit(paths.closeOne(otherId), { password: WRONG });
  const stillIn = await other.isIn();
  const right = await here.submit(paths.closeOne(otherId), { password: PASSWORD });

  assert.deepEqual([none.status, wrong.status, right.status], [422, 422, 303]);
  assert.deepEqual([stillIn, await other.isIn(), await another.isIn()], [true, false, true]);
});

// ASVS 7.5.2, 8.2
Deno.test("what can't be closed asks for no password: another account's, one that is closed, one's own", async () => {
  const { here, other, otherId, db, clock, browser } = await startWithOthers();
  await addAccount(db, "joan@example.com", PASSWORD);
  const joan = browser("203.0.113.9");
  await joan.signIn("joan@example.com");
  const joanId = await idOf(db, "203.0.113.9");
  const hereId = await idOf(db, "46.16.60.1");
  await other.signOut();
  clock.now += 5 * MINUTE + 1;
  const csrf = await csrfOf(here);
  const before = await db.select().from(limits);
  const post = (id: string) => here.post(paths.closeOne(id), { csrf, password: WRONG });

  assert.equal((await post(joanId)).status, 404);
  assert.equal((await post(crypto.randomUUID())).status, 404);
  assert.match((await post(hereId)).$("h1").text(), /This is the connection that you are using/);
  assert.equal((await post(otherId)).status, 303);
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /this connection was closed already/);
  assert.deepEqual(await db.select().from(limits), before);
  assert.equal(await joan.isIn(), true);
});

// ASVS 7.5.2
Deno.test("with nothing else open no password is asked for, and the answer says so", async () => {
  const { browser, clock } = await startApp();
  const here = browser();
  await here.signIn();
  clock.now += DAY;

  const answer = await here.post(paths.closeAll, { csrf: await csrfOf(here) });

  assert.equal(answer.status, 303);
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /Nothing was open/);
});

// ASVS 7.5.2
Deno.test("a clock that went back counts no password as just given", async () => {
  const { here, clock } = await startWithOthers();
  clock.now -= 1;

  assert.equal((await here.get(paths.closeAll)).$("main [name=password]").length, 1);
});

// ASVS 7.5.2
Deno.test("htmx gets the form again with what is wrong, and after the right password the pieces and the new cookie", async () => {
  const { here, other, clock } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;
  const inDialog = { ...HTMX, "HX-Target": "dialog#dialog" };
  const form = await here.get(paths.closeAll, inDialog);
  const csrf = form.$("[name=csrf]").attr("value")!;
  const before = here.cookies.get("session");

  const wrong = await here.post(paths.closeAll, { csrf, password: WRONG }, inDialog);
  const right = await here.post(paths.closeAll, { csrf, password: PASSWORD }, inDialog);

  assert.equal(form.$("form[hx-post] [name=password]").length, 1);
  assert.equal(wrong.status, 422);
  assert.equal(wrong.$("form[hx-post] #password-problem").length, 1);
  assert.equal(right.status, 200);
  assert.match(right.text, /2 open connections were closed/);
  assert.notEqual(here.cookies.get("session"), before);
  assert.equal(await here.isIn(), true);
  assert.equal(await other.isIn(), false);
});

Deno.test("htmx that meets a busy server keeps its form, and is told beside it", async () => {
  const cheap = createPasswords({ memory: 64, passes: 1 });
  let isBusy = false;
  const passwords = { ...cheap, verify: (...given: Parameters<typeof cheap.verify>) => busyOr(cheap.verify(...given)) };
  const busyOr = (verified: Promise<boolean | null>) => isBusy ? Promise.resolve(null) : verified;
  const { here, other, clock } = await startWithOthers({ passwords });
  clock.now += 5 * MINUTE + 1;
  const csrf = await csrfOf(here);
  isBusy = true;

  const piece = await here.post(paths.closeAll, { csrf, password: PASSWORD }, {
    ...HTMX,
    "HX-Target": "dialog#dialog",
  });
  const page = await here.post(paths.closeAll, { csrf, password: PASSWORD });

  assert.equal(piece.status, 503);
  assert.equal(piece.headers.get("Retry-After"), "5");
  assert.match(piece.text, /^<hx-partial hx-target="#dialog-problem".*Many passwords are being checked/);
  assert.equal(page.status, 503);
  assert.match(page.$("#dialog-problem").text(), /Many passwords are being checked/);
  assert.equal(page.$("main form [name=password]").length, 1);
  assert.equal(await other.isIn(), true);
});

// ASVS 7.2.4
Deno.test("giving the password renews the secret: the old one reads for 10 more seconds, and never writes", async () => {
  const { browser, here, clock } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;
  const old = browser();
  old.cookies.set("session", here.cookies.get("session")!);
  const csrf = await csrfOf(here);

  await here.submit(paths.closeAll, { password: PASSWORD });

  const renewed = here.cookies.get("session")!;
  assert.notEqual(renewed, old.cookies.get("session"));
  assert.equal(renewed.split(".")[0], old.cookies.get("session")!.split(".")[0]);
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
  assert.match((await old.get(paths.signIn)).$(".notification").text(), /the answer did not reach this browser/);
});

// ASVS 7.2.4
Deno.test("who signs in to another account over an old secret does not end the connection that it was of", async () => {
  const { browser, db, here, clock } = await startWithOthers();
  await addAccount(db, "joan@example.com", PASSWORD);
  clock.now += 5 * MINUTE + 1;
  const [thief, owner] = [browser(), browser()];
  for (const each of [thief, owner]) each.cookies.set("session", here.cookies.get("session")!);
  await here.submit(paths.closeAll, { password: PASSWORD });
  clock.now += 10 * SECOND;

  assert.equal((await thief.signIn("joan@example.com")).status, 303);
  assert.equal(await here.isIn(), true);

  // Whose answer was lost has the password, and leaves no connection open that nobody has.
  assert.equal((await owner.signIn()).status, 303);
  assert.equal(await here.isIn(), false);
});

// ASVS 7.2.4
Deno.test("a secret that was replaced twice is dead at once, and none lives longer when the clock goes back", async () => {
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
Deno.test("the old secret does not outlive its connection", async () => {
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
Deno.test("a form of another tab goes on working after the secret was renewed", async () => {
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
Deno.test("two tabs that give the password at once end with one cookie, which works", async () => {
  const { browser, here, other, clock } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;
  const csrf = await csrfOf(here);
  const tabs = [browser(), browser()];
  for (const tab of tabs) tab.cookies.set("session", here.cookies.get("session")!);

  const answers = await Promise.all(tabs.map((tab) => tab.post(paths.closeAll, { csrf, password: PASSWORD })));

  assert.deepEqual(answers.map(({ status }) => status), [303, 303]);
  const cookies = answers.flatMap(({ headers }) =>
    headers.getSetCookie().filter((text) => text.startsWith("session="))
  );
  assert.equal(cookies.length, 1);
  clock.now += 10 * SECOND;
  assert.deepEqual([await tabs[0]!.isIn(), await tabs[1]!.isIn()].sort(), [false, true]);
  assert.equal(await other.isIn(), false);
});

// ASVS 7.2.3, 7.2.4
Deno.test("of a renewed secret only the hash is kept, of the old one too", async () => {
  const { here, clock, db, log } = await startWithOthers();
  const secrets = [here.cookies.get("session")!.split(".")[1]!];
  clock.now += 5 * MINUTE + 1;
  await here.submit(paths.closeAll, { password: PASSWORD });
  secrets.push(here.cookies.get("session")!.split(".")[1]!);

  const kept = JSON.stringify([await db.select().from(sessions), log]);

  assert.match(kept, /session_renewed/);
  for (const secret of secrets) assert.equal(kept.includes(secret), false);
});

// ASVS 7.2.4
Deno.test("the new cookie lasts as long as the connection can, and not longer", async () => {
  const { here, clock } = await startWithOthers();
  for (let day = 1; day <= 20; day++) {
    clock.now += DAY;
    await here.get(paths.connections);
  }

  const answer = await here.submit(paths.password, passwordChange("a much better password than before"));

  assert.match(answer.headers.getSetCookie().join(), new RegExp(`session=[^;]+; Max-Age=${10 * 86_400};`));
});

// ASVS 7.2.4, 7.4.3
Deno.test("changing the password renews the secret, and counts as giving it", async () => {
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

Deno.test("a browser that never got the new cookie ends its connection by signing in again", async () => {
  const { browser, here, clock, db } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;
  const cutOff = browser();
  cutOff.cookies.set("session", here.cookies.get("session")!);
  await here.submit(paths.closeAll, { password: PASSWORD });
  clock.now += MINUTE;

  await cutOff.signIn();

  const rows = await db.select().from(connections);
  assert.equal(rows.filter(({ closedAt }) => closedAt === null).length, 1);
  assert.equal(await cutOff.isIn(), true);
});

// ASVS 7.2.4
Deno.test("a fault after the secret was renewed leaves the browser with the new cookie", async () => {
  const { here, other, clock, db } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;
  await db.$client.execute(
    "create trigger no_closing before update of closed_at on connections begin select raise(abort, 'a fault'); end",
  );

  const answer = await here.submit(paths.closeAll, { password: PASSWORD });
  clock.now += 10 * SECOND;

  assert.equal(answer.status, 500);
  assert.equal(await here.isIn(), true);
  assert.equal(await other.isIn(), true);
});

// Security: race
Deno.test("a password that is changed while it is being checked confirms nothing", async () => {
  const cheap = createPasswords({ memory: 64, passes: 1 });
  let meanwhile = () => Promise.resolve();
  const passwords = {
    ...cheap,
    async verify(...given: Parameters<typeof cheap.verify>) {
      const isRight = await cheap.verify(...given);
      await meanwhile();
      return isRight;
    },
  };
  const { here, other, clock, db } = await startWithOthers({ passwords });
  clock.now += 5 * MINUTE + 1;
  const [csrf, before] = [await csrfOf(here), here.cookies.get("session")];
  meanwhile = async () => {
    const user = await findUser(db, EMAIL);
    await resetPassword(db, user!, (await cheap.hash("another password, set by the operator"))!, clock.now);
    // The operator's change closes everything; one that is open again shows that the guard is the password's.
    await db.update(connections).set({ closedAt: null, endReason: null });
  };

  const answer = await here.post(paths.closeAll, { csrf, password: PASSWORD });

  assert.equal(answer.status, 422);
  assert.equal(here.cookies.get("session"), before);
  assert.equal(await other.isIn(), true);
});

// ASVS 6.3.1, 7.5.2
Deno.test("strangers who use up the account's tries don't keep its owner from closing, wherever they are by now", async () => {
  const { browser, here, other, clock } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;
  const elsewhere = browser("192.0.2.77");
  elsewhere.cookies.set("session", here.cookies.get("session")!);
  for (let i = 0; i < 30; i++) await browser(`198.51.100.${i}`).signIn(EMAIL, WRONG);

  assert.equal((await browser("192.0.2.78").signIn()).status, 429);
  assert.equal((await elsewhere.submit(paths.closeAll, { password: PASSWORD })).status, 303);
  assert.equal(await other.isIn(), false);
});

/** A browser that has just signed in, and two others of the same account. */
async function startWithOthers(changes: Partial<AppOptions> = {}) {
  const app = await startApp(changes);
  const [here, other, another] = [app.browser(), app.browser("203.0.113.1"), app.browser("203.0.113.2")];
  for (const each of [other, another, here]) await each.signIn();
  return { ...app, here, other, another, otherId: await idOf(app.db, "203.0.113.1") };
}

async function idOf(db: AppOptions["db"], ip: string): Promise<string> {
  return (await db.select().from(connections).where(eq(connections.ip, ip)))[0]!.id;
}

async function csrfOf(here: Browser): Promise<string> {
  return (await here.get(paths.connections)).$("form[action='/sign-out'] [name=csrf]").attr("value")!;
}

function passwordChange(password: string): Record<string, string> {
  return { current_password: PASSWORD, new_password: password, new_password_again: password };
}
