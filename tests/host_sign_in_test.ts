import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { connections, users } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, MINUTE, PASSWORD } from "./app.ts";
import { startHost } from "./host.ts";

// Security: host
Deno.test("a host's own sign-in opens a connection, and adds an account without a password", async () => {
  const { browser, db } = await startHost();
  const here = browser();

  const signedIn = await here.get(`/login?email=${EMAIL}&zone=Europe/Madrid`);

  assert.equal(signedIn.text, "true");
  assert.equal((await here.get("/billing")).text, EMAIL);
  const account = await findUser(db, EMAIL);
  assert.deepEqual([account?.passwordHash, account?.timeZone], ["", "Europe/Madrid"]);
  const history = await here.get(paths.connections);
  assert.equal(history.$("tbody tr[id]").length, 1);
  const [opened] = await db.select().from(connections);
  assert.equal(opened?.method, "host");
  const details = await here.get(paths.details(opened!.id));
  assert.match(details.$("main").text(), /Signed in with\s*The control panel's own sign-in/);
});

// Security: host
Deno.test("no password signs in to an account without one, and the answer is that for an unknown account", async () => {
  const { browser, log } = await startHost({ hasSignIn: true });
  await browser().get(`/login?email=${EMAIL}`);
  log.length = 0;

  for (const password of [PASSWORD, " "]) {
    const refused = await browser().signIn(EMAIL, password);
    const unknown = await browser().signIn("joan@example.com", password);
    assert.equal(refused.status, 422);
    assert.equal(refused.$("#problem").text(), unknown.$("#problem").text());
  }
  assert.deepEqual(log.filter((line) => line.includes("password_unreadable")), []);
});

Deno.test("signing in again through the host replaces the connection, and another account's", async () => {
  const { browser, db } = await startHost();
  const here = browser();
  await here.get(`/login?email=${EMAIL}`);

  await here.get(`/login?email=${EMAIL}`);
  await here.get("/login?email=joan@example.com");

  assert.equal((await here.get("/billing")).text, "joan@example.com");
  const ends = (await db.select().from(connections)).map(({ endReason }) => String(endReason));
  assert.deepEqual(ends.sort(), ["null", "signed_out", "signed_out"]);
});

// Security: host
Deno.test("a host opens nothing for a disabled account or an invalid address", async () => {
  const { browser, db, users: accounts, log } = await startHost();
  await browser().get(`/login?email=${EMAIL}`);
  await accounts.disable(EMAIL);
  log.length = 0;
  const here = browser();

  const disabled = await here.get(`/login?email=${EMAIL}`);
  const invalid = await here.get("/login?email=marta");

  assert.deepEqual([disabled.text, invalid.text], ["false", "false"]);
  assert.equal(here.cookies.size, 0);
  assert.equal((await here.get("/billing")).status, 303);
  assert.equal(await db.$count(users), 1);
  assert.match(log.join("\n"), /authn_login_disabled/);
});

Deno.test("an account with a password can be signed in by the host too", async () => {
  const { browser, users: accounts } = await startHost({ hasSignIn: true, sections: ["history", "password"] });
  await accounts.add(EMAIL, PASSWORD);
  const here = browser();

  assert.equal((await here.get(`/login?email=${EMAIL.toUpperCase()}`)).text, "true");

  assert.equal((await here.get(paths.password)).status, 200);
  assert.equal((await browser().signIn()).status, 303);
});

Deno.test("a host closes the browser's connection, once", async () => {
  const { browser, db, log } = await startHost();
  const here = browser();
  await here.get(`/login?email=${EMAIL}`);

  await here.get("/logout");
  await here.get("/logout");
  await browser().get("/logout");

  assert.equal((await here.get("/billing")).status, 303);
  assert.equal((await db.select().from(connections))[0]?.endReason, "signed_out");
  assert.equal(log.filter((line) => line.includes("session_closed")).length, 1);
});

// ASVS 7.5.2, Security: host
Deno.test("an owner without a password closes others within 5 minutes of signing in, and later signs in again first", async () => {
  const { browser, clock, db } = await startHost();
  const [here, there] = [browser(), browser()];
  await here.get(`/login?email=${EMAIL}`);
  await there.get(`/login?email=${EMAIL}`);
  clock.now += 6 * MINUTE;

  const asked = await here.get(paths.closeAll);
  const link = asked.$("main form a").attr("href");
  const refused = await here.submit(paths.closeAll, { password: "" });

  assert.equal(asked.$("input[name=password]").length, 0);
  assert.match(asked.$("main form").text(), /They? will have to sign in again\.|It will have to sign in again\./);
  assert.equal(link, `/login?next=${encodeURIComponent(paths.connections)}`);
  assert.equal(refused.status, 422);
  assert.match(refused.$("[role=alert]").text(), /Nothing was done\. Sign in again first\./);
  assert.equal((await there.get("/billing")).text, EMAIL);

  await here.get(`/login?email=${EMAIL}`);
  const closed = await here.submit(paths.closeAll);
  assert.equal(closed.status, 303);
  assert.equal((await there.get("/billing")).status, 303);
  const ends = (await db.select().from(connections)).map(({ endReason }) => String(endReason));
  assert.deepEqual(ends.sort(), ["closed", "null", "signed_out"]);
});

// ASVS 7.5.2
Deno.test("away from where it was opened, a change of the sign-in methods needs another sign-in through the host", async () => {
  const { browser } = await startHost({ sections: ["history", "password", "methods", "preferences"] });
  const [here, thief] = [browser(), browser("185.220.101.1")];
  await here.get(`/login?email=${EMAIL}`);
  thief.cookies.set("session", here.cookies.get("session")!);

  const refused = await thief.submit(paths.forgetBrowser("all"));

  assert.equal(refused.status, 422);
  assert.equal((await here.submit(paths.forgetBrowser("all"))).status, 303);
});

Deno.test("pages have no password section for an owner without one", async () => {
  const { browser } = await startHost({ sections: ["history", "password", "methods", "preferences"] });
  const here = browser();
  await here.get(`/login?email=${EMAIL}`);

  const [history, methods] = [await here.get(paths.connections), await here.get(paths.methods)];

  assert.equal(history.$(`a[href="${paths.password}"]`).length, 0);
  assert.equal(methods.status, 200);
  assert.equal(methods.$(`a[href="${paths.password}"]`).length, 0);
  assert.doesNotMatch(methods.$("main").text(), /Authenticator app/, "no code would ever be asked for");
  assert.equal((await here.get(paths.password)).status, 404);
  const csrf = history.$("[name=csrf]").attr("value") ?? "";
  const fields = {
    csrf,
    current_password: "",
    new_password: PASSWORD,
    new_password_again: PASSWORD,
    passkey: "{}",
  };
  assert.equal((await here.post(paths.password, fields)).status, 404);
  assert.equal((await here.post(paths.password, { ...fields, csrf: "old" })).status, 404);
});

Deno.test('"Not me" leads an owner without a password back to the history, which asks for no new one', async () => {
  const { browser, clock, db } = await startHost();
  const [here, there] = [browser(), browser()];
  await there.get(`/login?email=${EMAIL}`);
  clock.now += 1;
  await here.get(`/login?email=${EMAIL}`);
  const [first] = await db.select().from(connections).orderBy(connections.openedAt, connections.id);
  await db.update(connections).set({ unusual: "new_country" }).where(eq(connections.id, first!.id));

  const review = await here.get(paths.review(first!.id));
  const answer = await here.submit(paths.review(first!.id), { verdict: "not_me" });
  const history = await here.get(answer.headers.get("Location") ?? "");

  assert.doesNotMatch(review.$(".verdicts").text(), /new password/);
  assert.equal(answer.headers.get("Location"), paths.connections);
  assert.match(history.$("#notifications").text(), /If you sign in with a password, change it now/);
  assert.doesNotMatch(history.$("main").text(), /Choose a new password/);
  assert.equal((await there.get("/billing")).status, 303);
});

Deno.test("the header links to the panel's own start page", async () => {
  const { browser } = await startHost({ home: "/panel" });
  const here = browser();
  await here.get(`/login?email=${EMAIL}`);

  assert.equal((await here.get(paths.connections)).$("header .brand").attr("href"), "/panel");
  assert.equal((await here.get(paths.security)).headers.get("Location"), paths.connections);
});

Deno.test("signed-out users are redirected to the host's own sign-in page, and back", async () => {
  const { browser } = await startHost({ signIn: "/login?as=owner" });
  const here = browser();

  assert.equal((await here.get("/billing")).headers.get("Location"), "/login?as=owner&next=%2Fbilling");
  const next = encodeURIComponent(paths.connections);
  assert.equal((await here.get(paths.connections)).headers.get("Location"), `/login?as=owner&next=${next}`);
});

Deno.test("with a host's own sign-in, the area's sign-in page redirects to it", async () => {
  const { browser, users: accounts } = await startHost();
  await accounts.add(EMAIL, PASSWORD);
  const link = await accounts.link(EMAIL);
  const here = browser();

  const former = await here.get(`${paths.signIn}?next=/billing`);
  const evil = await here.get(`${paths.signIn}?next=//evil.example`);

  assert.equal(former.headers.get("Location"), "/login?next=%2Fbilling");
  assert.equal(evil.headers.get("Location"), `/login?next=${encodeURIComponent(paths.connections)}`);
  const sent = { email: EMAIL, password: PASSWORD };
  for (const path of [paths.signIn, paths.code, paths.passkey, link!.pathname]) {
    assert.equal((await here.post(path, sent)).status, 404, path);
  }
  assert.equal((await here.get(link!.pathname)).status, 404);
  assert.equal(here.cookies.has("session"), false);
});

Deno.test("signing out redirects to the host's own sign-in", async () => {
  const { browser } = await startHost();
  const here = browser();
  await here.get(`/login?email=${EMAIL}`);

  const { $ } = await here.get(paths.connections);
  const out = await here.post(paths.signOut, {
    csrf: $(`form[action="${paths.signOut}"] [name=csrf]`).attr("value") ?? "",
  });

  assert.equal(out.headers.get("Location"), "/login");
  assert.equal((await here.get("/billing")).status, 303);
});

Deno.test("the cookies of a host's sign-in are set on any response of the host, once and beside its own", async () => {
  const { browser } = await startHost();
  const here = browser();

  const bare = await here.get(`/login/bare?email=${EMAIL}`);
  const redirect = await browser().get(`/login/next?email=${EMAIL}`);

  const names = (headers: Headers) => headers.getSetCookie().map((cookie) => cookie.split("=")[0]).sort();
  assert.deepEqual([bare.text, bare.headers.get("X-Plan")], ["bare", "Small"]);
  assert.deepEqual(names(bare.headers), ["acme", "browser-8000", "session-8000"]);
  assert.deepEqual(names(redirect.headers), ["browser-8000", "session-8000"]);
  assert.equal((await here.get("/billing")).text, EMAIL);
});

// ASVS 3.7.2, Security: host
Deno.test("a host's sign-in redirects only to a page of this site", async () => {
  const { browser } = await startHost();
  const leadsTo = async (next: string) => {
    const query = new URLSearchParams({ email: EMAIL, next });
    return (await browser().get(`/login/next?${query}`)).headers.get("Location");
  };

  for (
    const next of [
      "//evil.example",
      "/\\evil.example",
      "https://evil.example",
      "javascript:alert(1)",
      "/%2f%2fevil",
      "",
    ]
  ) {
    assert.equal(await leadsTo(next), paths.connections, next);
  }
  assert.equal(await leadsTo("/billing?year=2026"), "/billing?year=2026");
});

// ASVS 7.2.4, Security: host
Deno.test("a host's sign-in never adopts a planted cookie, and ends the session that was there", async () => {
  const { browser, db } = await startHost();
  const here = browser();
  await here.get("/login?email=joan@example.com");
  const planted = here.cookies.get("session")!;

  await here.get(`/login?email=${EMAIL}`);

  assert.notEqual(here.cookies.get("session"), planted);
  const thief = browser();
  thief.cookies.set("session", planted);
  assert.equal((await thief.get("/billing")).status, 303);
  assert.equal(await db.$count(connections, eq(connections.endReason, "signed_out")), 1);
});

Deno.test("a host's sign-in page says why a connection ended, and nothing to anybody else", async () => {
  const { browser } = await startHost();
  const [here, other] = [browser(), browser()];
  await here.get(`/login?email=${EMAIL}&zone=Europe/Madrid`);
  await other.get(`/login?email=${EMAIL}`);
  await here.submit(paths.closeAll);

  const said = (await other.get("/login/ended")).text;
  const inSpanish = (await other.get("/login/ended", { "Accept-Language": "es" })).text;

  assert.match(said, /^This connection was closed from another one on .*15:04.* \(Europe\/Madrid\)/);
  assert.match(inSpanish, /^Esta conexión se cerró desde otra/);
  assert.equal((await here.get("/login/ended")).text, "null");
  assert.equal((await browser().get("/login/ended")).text, "null");
});
