import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { argon2id } from "../credentials/argon2id.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { connections, limits, refusals } from "../db/schema.ts";
import { findUser, resetPassword } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import type { AppOptions } from "../routes/app.tsx";
import { addAccount, type Browser, CHEAP, DAY, EMAIL, HTMX, MINUTE, PASSWORD, signedIn, startApp } from "./app.ts";
import { busyWhile } from "./passwords.ts";

const WRONG = "not the password at all";

// ASVS 7.5.2
Deno.test("GET /user/security/connections/close asks for the password if it was last entered over 5 minutes ago", async () => {
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
Deno.test("GET /user/security/connections/:id/close asks for the password if it was last entered over 5 minutes ago", async () => {
  const { here, clock, otherId } = await startWithOthers();

  assert.equal((await here.get(paths.closeOne(otherId))).$("main [name=password]").length, 0);
  clock.now += 5 * MINUTE + 1;
  assert.equal((await here.get(paths.closeOne(otherId))).$("main [name=password]").length, 1);
});

// ASVS 7.5.2
Deno.test("POST /user/security/connections/close without the password closes nothing and asks for it", async () => {
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
Deno.test("POST /user/security/connections/close with a wrong password closes nothing, and the limiter counts it: the tenth in a row closes the guesser", async () => {
  const { here, other, another, db, clock } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;

  for (let i = 0; i < 9; i++) {
    const wrong = await here.submit(paths.closeAll, { password: WRONG });
    assert.equal(wrong.status, 422);
    assert.equal(wrong.$("#password-problem").text(), "This isn't your password. Check it and try again.");
    assert.doesNotMatch(wrong.text, new RegExp(WRONG));
  }
  const stillIn = await here.isIn();
  const tenth = await here.submit(paths.closeAll, { password: WRONG });

  assert.equal(stillIn, true);
  assert.equal(tenth.status, 303);
  assert.match(tenth.headers.get("Location") ?? "", /^\/sign-in/);
  assert.deepEqual([await here.isIn(), await other.isIn(), await another.isIn()], [false, true, true]);
  const closed = await db.select().from(connections).where(eq(connections.endReason, "too_many_attempts"));
  assert.deepEqual(closed.map(({ ip, unusual }) => [ip, unusual]), [
    ["46.16.60.1", "new_country new_network_and_device wrong_confirmations"],
  ]);
  const [refused, ...more] = await db.select().from(refusals);
  assert.deepEqual([refused?.reason, refused?.attempts, refused?.connectionId, more], [
    "wrong_confirmation",
    10,
    closed[0]?.id,
    [],
  ]);
  // The guesses count for nobody else.
  assert.equal((await other.submit(paths.closeAll, { password: PASSWORD })).status, 303);
  assert.equal((await here.signIn()).status, 303);
});

// ASVS 7.5.2
Deno.test("POST /user/security/connections/close with the password closes the others, and doesn't ask again for 5 minutes", async () => {
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
Deno.test("POST /user/security/connections/:id/close closes nothing without the right password", async () => {
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
Deno.test("a connection that can't be closed asks for no password: another account's, a closed one, the current one", async () => {
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
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /this connection was already closed/);
  assert.deepEqual(await db.select().from(limits), before);
  assert.equal(await joan.isIn(), true);
});

// ASVS 7.5.2
Deno.test("with nothing else open, closing asks for no password and says that nothing was open", async () => {
  const { here, clock } = await signedIn();
  clock.now += DAY;

  const answer = await here.post(paths.closeAll, { csrf: await csrfOf(here) });

  assert.equal(answer.status, 303);
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /Nothing was open/);
});

// ASVS 7.5.2
Deno.test("a password that was entered in the future doesn't count as recent", async () => {
  const { here, clock } = await startWithOthers();
  clock.now -= 1;

  assert.equal((await here.get(paths.closeAll)).$("main [name=password]").length, 1);
});

// ASVS 7.5.2
Deno.test("htmx gets the form again with its problem, and after the right password the fragments and the new cookie", async () => {
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

Deno.test("when the server is busy, htmx keeps its form and shows a problem in it", async () => {
  let isBusy = false;
  const { here, other, clock } = await startWithOthers({ passwords: busyWhile(() => isBusy) });
  clock.now += 5 * MINUTE + 1;
  const csrf = await csrfOf(here);
  isBusy = true;

  const fragment = await here.post(paths.closeAll, { csrf, password: PASSWORD }, {
    ...HTMX,
    "HX-Target": "dialog#dialog",
  });
  const page = await here.post(paths.closeAll, { csrf, password: PASSWORD });

  assert.equal(fragment.status, 503);
  assert.equal(fragment.headers.get("Retry-After"), "5");
  assert.match(fragment.text, /^<hx-partial hx-target="#dialog-problem".*Many passwords are being checked/);
  assert.equal(page.status, 503);
  assert.match(page.$("#dialog-problem").text(), /Many passwords are being checked/);
  assert.equal(page.$("main form [name=password]").length, 1);
  assert.equal(await other.isIn(), true);
});

// Security: race
Deno.test("a password that is changed while it is being checked confirms nothing", async () => {
  let meanwhile = () => Promise.resolve();
  const passwords = createPasswords(CHEAP, async (password, salt, cost) => {
    const hash = await argon2id(password, salt, cost);
    await meanwhile();
    return hash;
  });
  const { here, other, clock, db } = await startWithOthers({ passwords });
  clock.now += 5 * MINUTE + 1;
  const [csrf, before] = [await csrfOf(here), here.cookies.get("session")];
  meanwhile = async () => {
    const user = await findUser(db, EMAIL);
    await resetPassword(
      db,
      user!,
      (await createPasswords(CHEAP).hash("another password, set by the operator"))!,
      clock.now,
    );
    // The change also closes every connection. Reopened, they show that the password's version is checked, not only the connection.
    await db.update(connections).set({ closedAt: null, endReason: null });
  };

  const answer = await here.post(paths.closeAll, { csrf, password: PASSWORD });

  assert.equal(answer.status, 422);
  assert.equal(here.cookies.get("session"), before);
  assert.equal(await other.isIn(), true);
});

// ASVS 6.3.1, 7.5.2
Deno.test("strangers who use up the account's attempts don't keep its owner from closing connections, at any address", async () => {
  const { browser, here, other, clock } = await startWithOthers();
  clock.now += 5 * MINUTE + 1;
  const elsewhere = browser("192.0.2.77");
  elsewhere.cookies.set("session", here.cookies.get("session")!);
  for (let i = 0; i < 30; i++) await browser(`198.51.100.${i}`).signIn(EMAIL, WRONG);

  assert.equal((await browser("192.0.2.78").signIn()).status, 429);
  assert.equal((await elsewhere.submit(paths.closeAll, { password: PASSWORD })).status, 303);
  assert.equal(await other.isIn(), false);
});

/** Starts the app with three browsers of one account: `here`, which signed in last, `other` and `another`. */
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
