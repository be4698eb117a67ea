import assert from "node:assert/strict";
import { disableUser } from "../db/accounts/disabling.ts";
import { connections } from "../db/schema.ts";
import { findUser, removeUser } from "../db/users.ts";
import { paths, withQuery } from "../http/paths.ts";
import { addAccount, CELL, EMAIL, HTMX, MINUTE, ORIGIN, PASSWORD, START, startApp } from "./app.ts";
import { CHROME } from "./elsewhere.ts";
import { gatesOf, NAMES, PROXY, startGated, utf8 } from "./gate.ts";
import { startRemote } from "./remote.ts";
import { addAuthenticator, startWithKey } from "./second_factor.ts";

const PAGE = "/orders?page=2&of=a%26b";
const SIGN_IN = `${ORIGIN}${withQuery(paths.signIn, { next: PAGE })}`;

// Security: gate
Deno.test("the gate lets a signed-in browser pass under any Host, and names its account in every header", async () => {
  const { here, caddy, nginx, db } = await startGated();
  const { id } = (await findUser(db, EMAIL))!;

  for (const answer of [await caddy(here), await nginx(here), await caddy(here, { method: "POST" })]) {
    assert.equal(answer.status, 200);
    assert.equal(answer.text, "");
    assert.deepEqual(NAMES.map((name) => answer.headers.get(name)), [EMAIL, EMAIL, id, "users", EMAIL]);
    assert.equal(answer.headers.get("Cache-Control"), "no-store");
  }
});

// Security: gate
Deno.test("the gate names an address beyond Latin-1 in UTF-8", async () => {
  const { browser, caddy, nginx, db } = await startGated();
  await addAccount(db, "łukasz.ąę@example.com", PASSWORD);
  const here = browser();
  await here.signIn("łukasz.ąę@example.com");

  for (const { status, headers } of [await caddy(here), await nginx(here)]) {
    assert.equal(status, 200);
    assert.equal(utf8(headers.get("Remote-User")), "łukasz.ąę@example.com");
    assert.equal(utf8(headers.get("Remote-Email")), "łukasz.ąę@example.com");
  }
});

Deno.test("the gate redirects a signed-out browser to sign-in, and back to the page that it requested", async () => {
  const { browser, caddy, nginx } = await startGated();
  const stranger = browser();

  const answer = await caddy(stranger, { uri: PAGE });
  const toNginx = await nginx(stranger, { uri: PAGE });

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), SIGN_IN);
  assert.equal((await caddy(stranger, { uri: PAGE, method: "HEAD" })).headers.get("Location"), SIGN_IN);
  assert.equal(toNginx.status, 401);
  assert.equal(toNginx.headers.get("Location"), SIGN_IN);
  for (const { headers } of [answer, toNginx]) assert.deepEqual(NAMES.filter((name) => headers.has(name)), []);
  const { $ } = await stranger.get(SIGN_IN.slice(ORIGIN.length));
  assert.equal($("[name=next]").attr("value"), PAGE);
});

Deno.test("the gate redirects to the panel's own sign-in if there is one, and after a form to the panel's start page", async () => {
  const { browser, caddy, nginx } = await startGated({ signIn: "https://acme.example/login", home: "/panel" });
  const stranger = browser();

  const page = await caddy(stranger);
  const form = await nginx(stranger, { method: "POST" });

  assert.equal(page.headers.get("Location"), "https://acme.example/login?next=%2Forders%3Fpage%3D2");
  assert.equal(form.headers.get("Location"), "https://acme.example/login?next=%2Fpanel");
});

Deno.test("scripts and forms of a signed-out browser get 401 from the gate, which a person can read", async () => {
  const { browser, caddy, nginx } = await startGated();
  const stranger = browser();

  const answers = await Promise.all([
    caddy(stranger, { method: "POST" }),
    caddy(stranger, { headers: { Accept: "application/json" } }),
    caddy(stranger, { headers: { "X-Requested-With": "XMLHttpRequest" } }),
    caddy(stranger, { headers: { "Sec-Fetch-Mode": "cors" } }),
    caddy(stranger, { headers: { "X-Forwarded-Method": "" } }),
  ]);

  for (const { status, headers, $ } of answers) {
    assert.equal(status, 401);
    assert.equal(headers.get("Location"), null);
    assert.equal($("h1").text(), "You are signed out");
    assert.match($("main a").attr("href") ?? "", /^http:\/\/127\.0\.0\.1:8000\/sign-in/);
  }
  const posted = await nginx(stranger, { method: "POST" });
  assert.equal(posted.headers.get("Location"), `${ORIGIN}${paths.signIn}`, "a form isn't sent again");
  const htmx = await caddy(stranger, { headers: { ...HTMX, "HX-Current-URL": `${ORIGIN}/orders` } });
  assert.equal(htmx.status, 401);
  assert.equal(htmx.headers.get("HX-Redirect"), withQuery(paths.signIn, { next: "/orders" }));
});

// Security: gate, ASVS 7.4.1
Deno.test("a connection closed from another browser no longer reaches the panel at its next request", async () => {
  const { here, browser, caddy, nginx } = await startGated();
  const there = browser("46.16.60.2");
  await there.signIn();
  assert.equal((await caddy(there)).status, 200);

  await here.submit(paths.closeAll);

  assert.deepEqual([(await caddy(there)).status, (await nginx(there)).status], [303, 401]);
  assert.equal((await caddy(here)).status, 200);
  await here.signOut();
  assert.equal((await caddy(here)).status, 303);
});

// Security: gate
Deno.test("the gate asks a remote database once, for the session", async () => {
  await using remote = await startRemote();
  await addAccount(remote.db, EMAIL, PASSWORD);
  const { here, caddy } = await startGated({ db: remote.db });
  await caddy(here);
  const before = remote.calls.length;

  assert.equal((await caddy(here)).status, 200);

  assert.equal(remote.calls.length - before, 1);
});

// Security: gate, places
Deno.test("a request through the gate counts as use of the account, from the browser's own address", async () => {
  const { here, caddy, nginx, db, clock } = await startGated();
  clock.now += 10 * MINUTE;

  await nginx(here);
  const [row] = await db.select().from(connections);
  assert.equal(row!.lastSeenAt, START + 10 * MINUTE);
  assert.equal(row!.place, null);

  await caddy(here, { from: "203.0.113.77", headers: { "User-Agent": CHROME } });
  const page = await here.get(paths.connections);
  assert.match(page.$(CELL.ip).text(), /203\.0\.113\.77/);
  const [moved] = await db.select().from(connections);
  assert.match(moved!.unusual ?? "", /moved_device/);
});

// Security: gate, ASVS 7.2.4
Deno.test("a former secret passes the gate for 10 more seconds, if the panel's request only reads", async () => {
  const { here, browser, caddy, nginx, clock } = await startGated();
  await browser("46.16.60.2").signIn();
  const old = browser();
  old.cookies.set("session", here.cookies.get("session")!);
  clock.now += 6 * MINUTE;
  await here.submit(paths.closeAll, { password: PASSWORD });
  assert.equal((await caddy(here)).status, 200, "the new secret is seen at the gate");

  assert.deepEqual([(await caddy(old)).status, (await nginx(old)).status], [200, 200]);
  assert.deepEqual([(await caddy(old, { method: "HEAD" })).status], [200]);
  assert.deepEqual(
    [(await caddy(old, { method: "POST" })).status, (await nginx(old, { method: "POST" })).status],
    [401, 401],
  );
  assert.equal((await nginx(old, { headers: { "X-Original-Method": "" } })).status, 401);
  clock.now += 10_000;
  assert.equal((await caddy(old)).status, 303);
});

// Security: gate
Deno.test("the gate answers only to proxies in TRUSTED_PROXIES, whatever a request says of itself", async () => {
  const { here, app, browser, log } = await startGated();
  const headers = {
    "X-Forwarded-Method": "GET",
    "X-Forwarded-Uri": "/",
    "X-Forwarded-Host": "127.0.0.1:8000",
    "X-Forwarded-For": PROXY,
    "Accept": "text/html",
  };

  for (const path of [paths.gate, paths.nginxGate]) {
    const answer = await here.get(path, headers);
    assert.equal(answer.status, 403);
    assert.deepEqual(NAMES.filter((name) => answer.headers.has(name)), []);
    assert.equal((await app.request(path, { headers })).status, 403, "a peer without an address is no proxy");
    assert.equal((await browser(`::ffff:${PROXY}`).get(path, headers)).status, path === paths.gate ? 303 : 401);
  }
  assert.ok(log.some((line) => line.includes('"authz_fail"') && line.includes('"proxy"')));

  const open = await startApp();
  assert.equal((await open.browser("127.0.0.1").get(paths.gate, headers)).status, 403, "nobody is trusted unasked");
});

// Security: gate, Host
Deno.test("the gate protects only the host of PUBLIC_ORIGIN", async () => {
  const { here, caddy, log } = await startGated();

  const hosts = [
    "evil.example",
    "127.0.0.1",
    "127.0.0.1:9999",
    "127.0.0.1:8000.evil.example",
    "x@127.0.0.1:8000",
    "127.0.0.1:8000, evil.example",
    "127.0.0.1:8000/x",
    "",
  ];
  for (const host of hosts) {
    const { status, headers, text } = await caddy(here, { headers: { "X-Forwarded-Host": host } });
    assert.equal(status, 403, host);
    assert.match(text, /The gate protects http:\/\/127\.0\.0\.1:8000, and no other site/);
    assert.deepEqual(NAMES.filter((name) => headers.has(name)), []);
  }
  assert.equal((await caddy(here, { headers: { "X-Forwarded-Host": "localhost:8000" } })).status, 200);
  assert.ok(log.some((line) => line.includes('"authz_fail"') && line.includes('"host"')));
});

// Security: gate, ASVS 3.7.2
Deno.test("the gate's return path is a path of this site, of limited length", async () => {
  const { browser, caddy } = await startGated();
  const stranger = browser();
  const nextOf = async (uri: string) => {
    const { status, headers } = await caddy(stranger, { uri });
    assert.equal(status, 303);
    return new URL(headers.get("Location")!).searchParams.get("next");
  };

  for (const uri of ["//evil.example/", "/\\evil.example", "https://evil.example/", "/x/..//evil.example", "é"]) {
    assert.equal(await nextOf(uri), paths.connections, uri);
  }
  assert.equal(await nextOf("/a/../orders?x=1"), "/orders?x=1");
  const long = `/orders?${"%".repeat(1_900)}`;
  assert.equal(await nextOf(long), long);
  assert.equal((await stranger.get(withQuery(paths.signIn, { next: long }))).status, 200);
  assert.equal(await nextOf(`/orders?${"x".repeat(2_000)}`), null);
});

// Security: gate, ASVS 6.3.3
Deno.test("an account without the required second step is redirected to add one, and doesn't pass the gate", async () => {
  const { here, browser, clock } = await startWithKey({ requiresSecondFactor: true, trustedProxies: [PROXY] });
  const { caddy, nginx } = gatesOf({ browser });

  const [page, script, viaNginx] = [
    await caddy(here, { uri: `${paths.methods}/x` }),
    await caddy(here, { method: "POST" }),
    await nginx(here),
  ];
  assert.deepEqual([page.status, script.status, viaNginx.status], [303, 401, 401]);
  assert.equal(page.headers.get("Location"), viaNginx.headers.get("Location"));
  assert.equal(new URL(page.headers.get("Location")!).pathname, paths.methods);
  for (const { headers } of [page, script, viaNginx]) assert.deepEqual(NAMES.filter((n) => headers.has(n)), []);

  await addAuthenticator(here, clock);
  assert.equal((await caddy(here)).status, 200);
});

Deno.test("the gate refuses other methods, and answers 503 when the database doesn't", async () => {
  const { browser, caddy, here, db } = await startGated();

  const { status, headers } = await browser(PROXY).request(paths.gate, { method: "DELETE" });
  assert.equal(status, 405);
  assert.equal(headers.get("Allow"), "GET, HEAD");
  db.$client.close();
  const broken = await caddy(here);
  assert.ok(broken.status >= 500);
  assert.deepEqual(NAMES.filter((name) => broken.headers.has(name)), []);
});

Deno.test("GET /sign-out is a page with one button that signs out, for a panel's plain link", async () => {
  const { here, db } = await startGated();

  const page = await here.get(paths.signOut);
  assert.equal(page.status, 200);
  assert.match(page.$("main").text(), new RegExp(EMAIL));
  assert.deepEqual(page.$("main form").toArray().map((form) => page.$(form).attr("action")), [paths.signOut]);
  assert.equal(page.$("main form button").length, 1);
  assert.equal(await here.isIn(), true, "looking at it signs nobody out");

  assert.equal((await here.submit(paths.signOut)).status, 303);
  const [row] = await db.select().from(connections);
  assert.equal(row!.endReason, "signed_out");
  const gone = await here.get(paths.signOut);
  assert.deepEqual([gone.status, gone.headers.get("Location")], [303, paths.signIn]);
});

// Security: gate, disabled accounts
Deno.test("neither a disabled nor a removed account passes the gate", async () => {
  const { here, caddy, nginx, db, clock } = await startGated();
  const user = (await findUser(db, EMAIL))!;
  await disableUser(db, user, clock.now);
  assert.deepEqual([(await caddy(here)).status, (await nginx(here)).status], [303, 401]);

  await removeUser(db, EMAIL);
  assert.deepEqual([(await caddy(here)).status, (await nginx(here)).status], [303, 401]);
});

Deno.test("below a base the gate answers at the root too, and redirects to sign-in below the base", async () => {
  const { browser } = await startApp({ base: "/account", trustedProxies: [PROXY] });
  const headers = {
    "X-Forwarded-Method": "GET",
    "X-Forwarded-Uri": "/sign-in-help",
    "X-Forwarded-Host": "127.0.0.1:8000",
  };

  for (const path of ["/authz/forward", "/account/authz/forward"]) {
    const answer = await browser(PROXY).get(path, { ...headers, Accept: "text/html" });
    assert.equal(answer.headers.get("Location"), `${ORIGIN}/account/sign-in?next=%2Fsign-in-help`);
    assert.equal((await browser().get(path, headers)).status, 403);
  }
});
