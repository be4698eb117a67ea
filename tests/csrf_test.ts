import assert from "node:assert/strict";
import { eq, sql } from "drizzle-orm";
import type { Db } from "../db/database.ts";
import { connections } from "../db/schema.ts";
import { isCsrf } from "../http/csrf.ts";
import { paths, withQuery } from "../http/paths.ts";
import {
  addAccount,
  type Browser,
  EMAIL,
  HTMX,
  MINUTE,
  ORIGIN,
  PASSWORD,
  signedIn,
  startApp,
  type TestApp,
  UNSENT,
} from "./app.ts";
import { addKnownLink, pathsOf } from "./crawl.ts";
import { addMethodsOf } from "./crawl_methods.ts";
import { startWithPasskeys } from "./passkeys.ts";

const FORM = "application/x-www-form-urlencoded";

// Security: CSRF
Deno.test("a body that isn't a form gets 415, whatever its type", async () => {
  const { here } = await signedIn();
  const status = async (type: string) =>
    (await here.request(paths.closeAll, {
      method: "POST",
      body: "{}",
      headers: { Origin: ORIGIN, "Content-Type": type },
    })).status;

  assert.equal(await status("application/json"), 415);
  assert.equal(await status("text/plain"), 415);
  assert.equal(await status("multipart/form-data; boundary=x"), 415);
  assert.equal(await status("application/x-www-form-urlencoded2"), 415);
  assert.equal(await status(""), 415);
  assert.equal(await status("Application/X-WWW-Form-URLEncoded; charset=utf-8"), 403);
});

// Security: CSRF
Deno.test("a form is accepted only from this site, with this session's own csrf value", async () => {
  const { browser, db } = await startApp();
  await addAccount(db, "joan@example.com", PASSWORD);
  const [here, other, joan] = [browser(), browser(), browser()];
  await joan.signIn("joan@example.com");
  await other.signIn();
  await here.signIn();
  const csrf = await csrfOf(here);
  const status = async (headers: Record<string, string>, fields: Record<string, string> = { csrf }) => {
    const answer = await here.request(paths.closeAll, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { "Content-Type": FORM, ...headers },
    });
    return answer.status;
  };
  const ours = { Origin: ORIGIN };

  assert.equal(await status({}, {}), 403);
  assert.equal(await status({ Referer: "https://evil.example/" }), 403);
  assert.equal(await status({ Referer: "not an address" }), 403);
  assert.equal(await status({ Origin: "null" }), 403);
  assert.equal(await status({ Origin: "null", Referer: `${ORIGIN}${paths.closeAll}` }), 403);
  assert.equal(await status({ Origin: "" }), 403);
  assert.equal(await status({ Origin: "https://evil.example" }), 403);
  assert.equal(await status({ Origin: "https://127.0.0.1:8000" }), 403);
  assert.equal(await status({ Origin: "http://127.0.0.1:8001" }), 403);
  assert.equal(await status({ Origin: "http://127.0.0.1:8000.evil.example" }), 403);
  assert.equal(await status({ Origin: `${ORIGIN}, https://evil.example` }), 403);
  assert.equal(await status({ ...ours, "Sec-Fetch-Site": "cross-site" }), 403);
  assert.equal(await status({ ...ours, "Sec-Fetch-Site": "same-site" }), 403);
  assert.equal(await status({ ...ours, "Sec-Fetch-Site": "none" }), 403);
  assert.equal(await status({ ...ours, "Sec-Fetch-Site": "" }), 403);
  assert.equal(await status({ ...ours, "Sec-Fetch-Site": "same-origin, cross-site" }), 403);
  assert.equal(await status({ Origin: "null", "Sec-Fetch-Site": "cross-site" }), 403);
  assert.equal(await status({ Origin: "https://evil.example", "Sec-Fetch-Site": "same-origin" }), 403);
  assert.equal(await status(ours, {}), 403);
  assert.equal(await status(ours, { csrf: "" }), 403);
  assert.equal(await status(ours, { csrf: "A".repeat(22) }), 403);
  assert.equal(await status(ours, { csrf: csrf.slice(0, -1) }), 403);
  assert.equal(await status(ours, { csrf: `${csrf}A` }), 403);
  assert.equal(await status(ours, { csrf: csrf.toUpperCase() }), 403);
  assert.equal(await status(ours, { csrf: await csrfOf(other) }), 403, "of another session of the account");
  assert.equal(await status(ours, { csrf: await csrfOf(joan) }), 403, "of another account");
  assert.equal(await status(ours, { csrf: here.cookies.get("form") ?? "" }), 403, "of the form cookie");
  assert.equal(await status(ours, { "csrf ": csrf, "csrf[]": csrf }), 403);
  assert.equal(await other.isIn(), true);

  assert.equal(await status(ours), 303);
  assert.equal(await other.isIn(), false);
  assert.equal(await status({ Origin: "http://localhost:8000" }), 303);
  assert.equal(await status({ "Sec-Fetch-Site": "same-origin" }), 303);
  assert.equal(await status({ ...ours, "Sec-Fetch-Site": "same-origin" }), 303);
  // A proxy's "Referrer-Policy: no-referrer" makes browsers send this.
  assert.equal(await status({ Origin: "null", "Sec-Fetch-Site": "same-origin" }), 303);
  // Text browsers, which no other site can use.
  assert.equal(await status({}), 303);
  assert.equal(await status({ Referer: `${ORIGIN}${paths.closeAll}` }), 303);
});

// Security: CSRF
Deno.test("signing out needs no csrf value, but a client that says that it comes from this site", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();
  const signOut = async (headers: Record<string, string>) =>
    (await here.request(paths.signOut, { method: "POST", body: "", headers: { "Content-Type": FORM, ...headers } }))
      .status;

  assert.equal(await signOut({}), 403);
  assert.equal(await signOut({ Origin: "https://evil.example" }), 403);
  assert.equal(await signOut({ "Sec-Fetch-Site": "cross-site" }), 403);
  assert.equal(await here.isIn(), true);

  assert.equal(await signOut({ Origin: ORIGIN }), 303);
  assert.equal(await here.isIn(), false);
  assert.equal(await signOut({ "Sec-Fetch-Site": "same-origin" }), 303, "signed out already");
});

// Security: CSRF
Deno.test("every POST route refuses a signed-in browser's form without a csrf value with 403, and changes nothing", async () => {
  const { app, here, browser, db } = await startWithPasskeys({ mail: UNSENT });
  const id = await openElsewhere(browser, db);
  const forms = pathsOf(app, "POST", id).filter((path) => path !== paths.signOut);
  await addKnownLink(db);
  await addMethodsOf(db, id);
  const before = await rowsOf(db);

  assert.ok(forms.includes(paths.signIn) && forms.includes(paths.closeOne(id)));
  for (const path of forms) {
    assert.equal((await here.post(path, {})).status, 403, path);
    assert.equal((await here.post(path, VALID)).status, 403, path);
    assert.equal((await here.post(path, { ...VALID, csrf: "" }, HTMX)).status, 403, path);
    assert.deepEqual(await rowsOf(db), before, path);
  }
});

// Security: CSRF
Deno.test("every private POST route checks the csrf value before the session: signed out it is 403, then a redirect to sign-in", async () => {
  const { app, browser, db } = await startApp({ mail: UNSENT });
  const id = await openElsewhere(browser, db);
  const stranger = browser("203.0.113.2");
  const csrf = (await stranger.get(paths.signIn)).$("[name=csrf]").attr("value") ?? "";
  const forms = pathsOf(app, "POST", id).filter((path) => path.startsWith(`${paths.security}/`));
  await addKnownLink(db);
  const before = await rowsOf(db);

  assert.ok(forms.includes(paths.closeOne(id)));
  assert.equal(isCsrf(csrf, stranger.cookies.get("form")), true);
  for (const path of forms) {
    assert.equal((await stranger.post(path, VALID)).status, 403, path);
    const { status, headers } = await stranger.post(path, { ...VALID, csrf });
    assert.equal(status, 303, path);
    assert.equal(headers.get("Location"), withQuery(paths.signIn, { next: paths.connections }), path);
  }
  assert.deepEqual(await rowsOf(db), before);
});

// Security: CSRF
Deno.test("every form refuses what another site's page can send, and changes nothing", async () => {
  const { app, here, browser, db } = await startWithPasskeys({ mail: UNSENT });
  const id = await openElsewhere(browser, db);
  const csrf = await csrfOf(here);
  await addKnownLink(db);
  await addMethodsOf(db, id);
  const before = await rowsOf(db);
  const forms = pathsOf(app, "POST", id).filter((path) => path !== paths.signOut);
  const uploaded = new FormData();
  uploaded.set("csrf", csrf);
  const body = (fields: Record<string, string>) => new URLSearchParams({ email: EMAIL, password: PASSWORD, ...fields });
  const status = async (path: string, headers: Record<string, string>, sent: BodyInit) =>
    (await here.request(path, { method: "POST", headers, body: sent })).status;

  assert.ok(forms.length >= 5);
  for (const path of forms) {
    const form = { "Content-Type": FORM };
    assert.equal(await status(path, { ...form, Origin: "https://evil.example" }, body({ csrf })), 403, path);
    assert.equal(await status(path, { ...form, Origin: "null" }, body({ csrf })), 403, path);
    assert.equal(await status(path, { ...form, "Sec-Fetch-Site": "cross-site" }, body({ csrf })), 403, path);
    assert.equal(await status(path, { ...form, Referer: "https://evil.example/" }, body({ csrf })), 403, path);
    assert.equal(await status(path, { ...form, Origin: ORIGIN }, body({})), 403, path);
    assert.equal(await status(path, { ...form, Origin: ORIGIN }, body({ csrf: "old" })), 403, path);
    const asText = { Origin: ORIGIN, "Content-Type": "text/plain" };
    assert.equal(await status(path, asText, body({ csrf }).toString()), 415, path);
    assert.equal(await status(path, { Origin: ORIGIN }, uploaded), 415, path);
  }

  assert.deepEqual(await rowsOf(db), before);
});

// Security: CSRF
Deno.test("no other method does what POST does, whatever overrides it carries", async () => {
  const { app, here, browser, db } = await startWithPasskeys({ mail: UNSENT });
  const id = await openElsewhere(browser, db);
  const csrf = await csrfOf(here);
  await addKnownLink(db);
  await addMethodsOf(db, id);
  const before = await rowsOf(db);

  for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "BREW", "post"]) {
    for (const path of pathsOf(app, "POST", id).filter((path) => path !== paths.signOut)) {
      const headers = { Origin: ORIGIN, "Content-Type": FORM, "X-HTTP-Method-Override": "POST" };
      // Request itself turns "post" into POST, which then fails for its missing csrf value.
      const { status } = await here.request(path, { method, headers, body: new URLSearchParams({ _method: "POST" }) });
      assert.equal(status, method === "post" ? 403 : 405, `${method} ${path}`);
    }
  }
  const override = { "X-HTTP-Method-Override": "POST", "Content-Type": FORM, Origin: ORIGIN };
  await here.get(`${paths.closeAll}?_method=POST&csrf=${csrf}`, override);
  await here.get(`${paths.signOut}?_method=POST&csrf=${csrf}`, override);

  assert.deepEqual(await rowsOf(db), before);
});

// Security: CSRF
Deno.test("sign-in requires the form cookie and its value", async () => {
  const { browser } = await startApp();
  const here = browser();
  const { $ } = await here.get(paths.signIn);
  const fields = { csrf: $("[name=csrf]").attr("value") ?? "", email: EMAIL, password: PASSWORD };

  assert.equal((await browser().post(paths.signIn, fields)).status, 403);
  assert.equal((await browser().post(paths.signIn, { ...fields, csrf: "" })).status, 403);
  assert.equal((await here.post(paths.signIn, fields)).status, 303);
});

// Security: CSRF
Deno.test("a form with an old csrf value comes back filled in, with a valid csrf value", async () => {
  const { browser } = await startApp();
  const here = browser();

  const blocked = await here.post(paths.signIn, { csrf: "old", email: "typed@example.com", password: PASSWORD });
  const refused = await here.post(paths.signIn, { csrf: "old", email: "typed@example.com", password: PASSWORD });

  assert.equal(blocked.status, 403);
  assert.match(blocked.$(".notification-problem").text(), /Your browser sent no cookie back/);

  assert.equal(refused.status, 403);
  assert.match(refused.$(".notification-problem").text(), /Nothing was done: please try again/);
  assert.equal(refused.$("[name=email]").attr("value"), "typed@example.com");
  const csrf = refused.$("[name=csrf]").attr("value") ?? "";
  assert.equal((await here.post(paths.signIn, { csrf, email: EMAIL, password: PASSWORD })).status, 303);
});

// Security: CSRF
Deno.test("a confirmation with an old csrf value is shown again, and closes nothing", async () => {
  const { browser, db } = await startApp();
  const [here, other] = [browser(), browser("203.0.113.1")];
  await other.signIn();
  await here.signIn();
  const id = (await db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!.id;

  const all = await here.post(paths.closeAll, { csrf: "old" });
  const one = await here.post(paths.closeOne(id), { csrf: "old" });
  const password = await here.post(paths.password, { csrf: "old" });

  assert.deepEqual([all, one, password].map(({ status }) => status), [403, 403, 403]);
  assert.equal(all.$("#dialog-title").text(), "Close 1 open connection?");
  assert.equal(one.$("#dialog-title").text(), "Close this connection?");
  assert.equal(password.$("[name=new_password]").length, 1);
  assert.equal(await other.isIn(), true);
  assert.equal(await here.isIn(), true);
});

Deno.test("a form from a connection that was closed meanwhile redirects to sign-in", async () => {
  const { browser, clock } = await startApp();
  const [here, other] = [browser(), browser()];
  await here.signIn();
  await other.signIn();
  const csrf = await csrfOf(other);
  await here.submit(paths.closeAll);
  clock.now += MINUTE;

  const answer = await other.post(paths.closeAll, { csrf });

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), "/sign-in?next=%2Fuser%2Fsecurity%2Fconnections");
  assert.equal(await here.isIn(), true);
});

// Security: CSRF
Deno.test("a signed-out browser can't submit a private form, and doesn't get to see it", async () => {
  const { browser } = await startApp();

  const answer = await browser().post(paths.password, { csrf: "x" });

  assert.equal(answer.status, 403);
  assert.equal(answer.$("[name=new_password]").length, 0);
});

/** Fields with which every form would be accepted, were it not for the missing csrf value. */
const VALID = {
  email: EMAIL,
  password: PASSWORD,
  current_password: PASSWORD,
  new_password: "a much better password than before",
  new_password_again: "a much better password than before",
  verdict: "me",
  theme: "dark",
};

/** Opens an unusual connection from elsewhere, and returns its id. */
async function openElsewhere(browser: TestApp["browser"], db: Db): Promise<string> {
  await browser("203.0.113.1").signIn();
  const [elsewhere] = await db.update(connections).set({ unusual: "new_country" })
    .where(eq(connections.ip, "203.0.113.1")).returning();
  return elsewhere!.id;
}

/** Reads every row of every table. */
async function rowsOf(db: Db) {
  const tables = await db.all<{ name: string }>(sql`select name from sqlite_master where type = 'table'`);
  return await Promise.all(
    tables.map(async ({ name }) => [name, await db.all(sql`select * from ${sql.identifier(name)}`)]),
  );
}

async function csrfOf(browser: Browser): Promise<string> {
  const { $ } = await browser.get(paths.connections);
  return $("form[action='/sign-out'] [name=csrf]").attr("value") ?? "";
}
