import assert from "node:assert/strict";
import { CspEvaluator } from "csp_evaluator";
import { CspParser } from "csp_evaluator/dist/parser.js";
import { eq, sql } from "drizzle-orm";
import type { Db } from "../db/database.ts";
import { connections } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { addAccount, type Answer, type Browser, DAY, EMAIL, HTMX, MINUTE, ORIGIN, PASSWORD, startApp } from "./app.ts";
import { crawl, pathsOf } from "./crawl.ts";

const FORM = "application/x-www-form-urlencoded";

// Security: CSP, headers
Deno.test("every answer carries the policy and the other security headers, errors and pieces too", async () => {
  for (const answer of await crawl(await startApp())) {
    assertSecured(answer);
    assert.equal(answer.headers.get("Strict-Transport-Security"), null);
  }
});

// Security: CSP
Deno.test("csp_evaluator finds nothing in the policy", async () => {
  const { browser } = await startApp();
  const policy = (await browser().get(paths.signIn)).headers.get("Content-Security-Policy") ?? "";

  const findings = new CspEvaluator(new CspParser(policy).csp).evaluate();

  // It asks of every 'self' whether uploads or JSONP are served there: nothing here is (routes/static.ts has four fixed files).
  assert.deepEqual(findings.filter(({ directive, value }) => directive !== "script-src" || value !== "'self'"), []);
});

// Security: headers
Deno.test("over HTTPS every answer keeps browsers to HTTPS for two years", async () => {
  for (const answer of await crawl(await startApp({ origin: new URL("https://panel.example") }))) {
    assertSecured(answer);
    assert.equal(answer.headers.get("Strict-Transport-Security"), "max-age=63072000", answer.what);
  }
});

// ASVS 3.3
Deno.test("every cookie of every answer is HttpOnly, SameSite=Lax, for the whole site and without a Domain", async () => {
  const cookies = cookiesOf(await crawl(await startApp()));

  assert.deepEqual(new Set(cookies.map(nameOf)), new Set(["form", "session", "notice"]));
  for (const cookie of cookies) {
    assert.match(cookie, /^\w+=[^;]*;( Max-Age=\d+;)? Path=\/; HttpOnly; SameSite=Lax$/);
  }
});

// ASVS 3.3
Deno.test("over HTTPS every cookie of every answer is __Host- and Secure too", async () => {
  const cookies = cookiesOf(await crawl(await startApp({ origin: new URL("https://panel.example") })));

  assert.deepEqual(new Set(cookies.map(nameOf)), new Set(["__Host-form", "__Host-session", "__Host-notice"]));
  for (const cookie of cookies) {
    assert.match(cookie, /^[\w-]+=[^;]*;( Max-Age=\d+;)? Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  }
});

// ASVS 14.3, Security: BREACH
Deno.test("no answer but a static file is stored by a cache or compressed, the CSV and errors included", async () => {
  const answers = (await crawl(await startApp())).filter(({ what, status }) =>
    !(what.includes("/static/") && status === 200)
  );

  assert.ok(answers.some(({ what, status }) => what === `GET ${paths.csv}` && status === 200));
  for (const { headers, what } of answers) {
    assert.equal(headers.get("Cache-Control"), "no-store, no-transform", what);
    assert.equal(headers.get("Content-Encoding"), null, what);
  }
});

// Security: Host
Deno.test("no answer leads to another site, or says the name that a request came under", async () => {
  const answers = await crawl(await startApp());
  const evil = (await startApp()).browser();
  const spoofed = {
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "host=evil.example",
    "X-Forwarded-Proto": "https",
  };
  const asked = [await evil.get(paths.signIn, spoofed), await evil.get(paths.home, spoofed)];

  for (const { $, headers, text } of [...answers, ...asked]) {
    const links = $("[href], [src], [action], [hx-get], [hx-post]").toArray().flatMap((element) =>
      ["href", "src", "action", "hx-get", "hx-post"].map((name) => $(element).attr(name) ?? "/")
    );
    const headed = ["Location", "HX-Redirect", "HX-Push-Url"].map((name) => headers.get(name) ?? "/");
    const outside = [...links, ...headed].filter((link) => !/^(\?|[/#](?!\/))/.test(link));
    // Where the name is wrong, the page leads to the right one.
    assert.deepEqual(outside.filter((link) => !["https://www.maxmind.com", `${ORIGIN}/`].includes(link)), []);
    assert.doesNotMatch(text, /evil\.example/);
  }
});

// Security: Host
Deno.test("another Host gets 421, and the names of the loopback are one", async () => {
  const { browser } = await startApp();
  const status = async (Host: string) => (await browser().get(paths.signIn, { Host })).status;

  assert.equal(await status("127.0.0.1:8000"), 200);
  assert.equal(await status("localhost:8000"), 200);
  assert.equal(await status("[::1]:8000"), 200);
  assert.equal(await status("127.0.0.1"), 421);
  assert.equal(await status("127.0.0.1:8001"), 421);
  assert.equal(await status("evil.example:8000"), 421);
  assert.equal(await status("127.0.0.1:8000@evil.example"), 421);
  assert.equal(await status("127.0.0.1:8000/x"), 421);
  assert.equal(await status(""), 421);
});

// Security: Host
Deno.test("GET /health answers any Host, without a session", async () => {
  const { browser } = await startApp();

  const { status, text } = await browser().get(paths.health, { Host: "10.0.0.7" });

  assert.equal(status, 200);
  assert.equal(text, '{"status":"ok"}');
});

Deno.test("GET /health answers 503 when the database doesn't", async () => {
  const { browser, db } = await startApp();
  db.$client.close();

  const { status, text, headers } = await browser().get(paths.health);

  assert.equal(status, 503);
  assert.equal(text, '{"status":"unavailable"}');
  assert.equal(headers.get("Retry-After"), "5");
});

// Security: bodies
Deno.test("a method that a path doesn't know gets 405 with Allow, before any other guard of POST", async () => {
  const { browser } = await startApp();
  const allow = async (method: string, path: string) => {
    const { status, headers } = await browser().request(path, { method });
    assert.equal(status, 405);
    return headers.get("Allow");
  };

  assert.equal(await allow("POST", paths.connections), "GET, HEAD");
  assert.equal(await allow("DELETE", paths.closeAll), "GET, HEAD, POST");
  assert.equal(await allow("PUT", paths.closeOne("x")), "GET, HEAD, POST");
  assert.equal(await allow("GET", paths.signOut), "POST");
  assert.equal(await allow("OPTIONS", paths.signIn), "GET, HEAD, POST");
  assert.equal(await allow("POST", "/static/app.css"), "GET, HEAD");
  assert.equal(await allow("POST", paths.health), "GET, HEAD");
  assert.equal(await allow("BREW", "/nowhere"), "GET, HEAD, POST");
});

// Security: bodies
Deno.test("a query over 8 KB gets 414", async () => {
  const { browser } = await startApp();

  assert.equal((await browser().get(`${paths.signIn}?next=${"x".repeat(8_192)}`)).status, 414);
  assert.equal((await browser().get(`${paths.signIn}?next=${"x".repeat(8_000)}`)).status, 200);
});

// Security: bodies
Deno.test("a body over 16 KiB gets 413, announced or not", async () => {
  const { browser } = await startApp();
  const large = `email=${"x".repeat(16_384)}`;
  const send = (body: BodyInit, headers: Record<string, string> = {}) =>
    browser().request(paths.signIn, {
      method: "POST",
      body,
      headers: { Origin: ORIGIN, "Content-Type": FORM, ...headers },
    });
  const chunks = new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode("x".repeat(1_000)));
    },
  });

  assert.equal((await send(large)).status, 413);
  assert.equal((await send(chunks)).status, 413);
  assert.equal((await send("email=x", { "Content-Length": "99999" })).status, 413);
  assert.equal((await send(`email=${"x".repeat(16_000)}`)).status, 403);
});

// Security: CSRF
Deno.test("a body that is no form gets 415, whatever else it is", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();
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
Deno.test("a form is taken from a page of this site only, with this session's own csrf value", async () => {
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

  assert.equal(await status({}), 403);
  assert.equal(await status({ Referer: `${ORIGIN}${paths.closeAll}` }), 403);
  assert.equal(await status({ Origin: "null" }), 403);
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
  assert.equal(await status({ Origin: "null", "Sec-Fetch-Site": "same-origin" }), 403);
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
});

// Security: CSRF
Deno.test("each form of the app refuses what a page of another site can send, and nothing is done", async () => {
  const { app, browser, db } = await startApp();
  const [here, other] = [browser(), browser("203.0.113.1")];
  await other.signIn();
  await here.signIn();
  const id = (await db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!.id;
  const csrf = await csrfOf(here);
  const before = await rowsOf(db);
  const forms = pathsOf(app, "POST", id);
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
    assert.equal(await status(path, form, body({ csrf })), 403, path);
    assert.equal(await status(path, { ...form, Origin: ORIGIN }, body({})), 403, path);
    assert.equal(await status(path, { ...form, Origin: ORIGIN }, body({ csrf: "old" })), 403, path);
    const asText = { Origin: ORIGIN, "Content-Type": "text/plain" };
    assert.equal(await status(path, asText, body({ csrf }).toString()), 415, path);
    assert.equal(await status(path, { Origin: ORIGIN }, uploaded), 415, path);
  }

  assert.deepEqual(await rowsOf(db), before);
});

// Security: CSRF
Deno.test("no other method does what POST does, whatever comes with it", async () => {
  const { app, browser, db } = await startApp();
  const here = browser();
  await browser("203.0.113.1").signIn();
  await here.signIn();
  const id = (await db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!.id;
  const csrf = await csrfOf(here);
  const before = await rowsOf(db);

  for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "BREW", "post"]) {
    for (const path of pathsOf(app, "POST", id)) {
      const headers = { Origin: ORIGIN, "Content-Type": FORM, "X-HTTP-Method-Override": "POST" };
      // "post" in small letters is made POST by Request itself, and then only the csrf value is wrong.
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
Deno.test("signing in takes the value of the form cookie, and none without the cookie", async () => {
  const { browser } = await startApp();
  const here = browser();
  const { $ } = await here.get(paths.signIn);
  const fields = { csrf: $("[name=csrf]").attr("value") ?? "", email: EMAIL, password: PASSWORD };

  assert.equal((await browser().post(paths.signIn, fields)).status, 403);
  assert.equal((await browser().post(paths.signIn, { ...fields, csrf: "" })).status, 403);
  assert.equal((await here.post(paths.signIn, fields)).status, 303);
});

// Security: CSRF
Deno.test("a form with an old csrf value comes back filled, with a value that works", async () => {
  const { browser } = await startApp();
  const here = browser();

  const blocked = await here.post(paths.signIn, { csrf: "old", email: "typed@example.com", password: PASSWORD });
  const refused = await here.post(paths.signIn, { csrf: "old", email: "typed@example.com", password: PASSWORD });

  assert.equal(blocked.status, 403);
  assert.match(blocked.$(".notification.problem").text(), /Your browser sent no cookie back/);

  assert.equal(refused.status, 403);
  assert.match(refused.$(".notification.problem").text(), /Nothing was done: please try again/);
  assert.equal(refused.$("[name=email]").attr("value"), "typed@example.com");
  const csrf = refused.$("[name=csrf]").attr("value") ?? "";
  assert.equal((await here.post(paths.signIn, { csrf, email: EMAIL, password: PASSWORD })).status, 303);
});

// Security: CSRF
Deno.test("a confirmation with an old csrf value comes back as itself, and nothing is closed", async () => {
  const { browser, db } = await startApp();
  const [here, other] = [browser(), browser("203.0.113.1")];
  await other.signIn();
  await here.signIn();
  const id = (await db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!.id;

  const all = await here.post(paths.closeAll, { csrf: "old" });
  const one = await here.post(paths.closeOne(id), { csrf: "old" });
  const password = await here.post(paths.password, { csrf: "old" });
  const signOut = await here.post(paths.signOut, { csrf: "old" });

  assert.deepEqual([all, one, password, signOut].map(({ status }) => status), [403, 403, 403, 403]);
  assert.equal(all.$("#dialog-title").text(), "Close 1 open connection?");
  assert.equal(one.$("#dialog-title").text(), "Close this connection?");
  assert.equal(password.$("[name=new_password]").length, 1);
  assert.match(signOut.$("main").text(), /Nothing was done/);
  assert.equal(await other.isIn(), true);
  assert.equal(await here.isIn(), true);
});

Deno.test("a form of a browser that was closed meanwhile leads to the sign-in page", async () => {
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
Deno.test("who is not signed in can't send a private form, and is shown none", async () => {
  const { browser } = await startApp();

  const answer = await browser().post(paths.password, { csrf: "x" });

  assert.equal(answer.status, 403);
  assert.equal(answer.$("[name=new_password]").length, 0);
});

// Security: GET is safe
Deno.test("no GET, HEAD or OPTIONS of any route changes a row, but for when the connection was last seen", async () => {
  const { app, browser, db, clock } = await startApp();
  const [here, other, gone] = [browser(), browser("203.0.113.1"), browser("203.0.113.2")];
  await browser("203.0.113.3").signIn(EMAIL, "not the password at all");
  await gone.signIn();
  await gone.signOut();
  await other.signIn();
  await here.signIn();
  const id = (await db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!.id;
  const routes = [...pathsOf(app, "GET", id), ...pathsOf(app, "POST", id), "/nowhere"];
  const queries = ["", "?state=open&ip=46.16", "?_method=POST&close=1&csrf=x"];
  const before = await rowsOf(db);
  clock.now += 5 * MINUTE;

  assert.ok(routes.includes(paths.closeOne(id)) && routes.includes(paths.signOut));
  for (const each of [here, gone, browser("203.0.113.4")]) {
    for (const path of routes.flatMap((route) => queries.map((query) => route + query))) {
      for (const method of ["GET", "HEAD", "OPTIONS"]) {
        await each.request(path, { method });
        await each.request(path, { method, headers: HTMX });
      }
    }
  }

  assert.deepEqual(await rowsOf(db), before);
  const [current] = await db.select().from(connections).where(eq(connections.ip, "46.16.60.1"));
  assert.equal(current?.lastSeenAt, clock.now);
  assert.equal(current?.expiresAt, clock.now + 7 * DAY);
});

Deno.test("an unexpected fault gets a page without its message, and the log has it under the page's number", async () => {
  const { browser, db, log } = await startApp();
  const here = browser();
  await here.signIn();
  db.$client.close();

  const { status, $, text } = await here.get(paths.connections);

  assert.equal(status, 500);
  assert.match($("h1").text(), /Something went wrong here/);
  assert.doesNotMatch(text, /CLIENT_CLOSED|at .*\.ts|LibsqlError/);
  const [number] = /[\da-f-]{36}/.exec($("main").text()) ?? [];
  assert.match(log.at(-1) ?? "", new RegExp(`"sys_crash","request_id":"${number}".*The client is closed`));
});

Deno.test("htmx gets an error as a notification, and the page stays as it is", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();

  const { status, headers, text } = await here.get(paths.closeOne(crypto.randomUUID()), HTMX);

  assert.equal(status, 404);
  assert.equal(headers.get("HX-Reswap"), "none");
  assert.match(text, /^<hx-partial hx-target="#notifications"/);
});

function assertSecured({ headers }: Answer): void {
  assert.equal(
    headers.get("Content-Security-Policy"),
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
      "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
  assert.equal(headers.get("Referrer-Policy"), "same-origin");
  assert.equal(headers.get("Cross-Origin-Opener-Policy"), "same-origin");
  assert.equal(headers.get("Cross-Origin-Resource-Policy"), "same-origin");
  assert.equal(headers.get("Access-Control-Allow-Origin"), null);
  assert.equal(headers.get("Access-Control-Allow-Credentials"), null);
}

function cookiesOf(answers: Answer[]): string[] {
  return answers.flatMap(({ headers }) => headers.getSetCookie());
}

function nameOf(cookie: string): string | undefined {
  return cookie.split("=")[0];
}

/** Every row of every table there is, but for what reading a page may change: when its connection was last seen and expires. */
async function rowsOf(db: Db) {
  const tables = await db.all<{ name: string }>(sql`select name from sqlite_master where type = 'table'`);
  return await Promise.all(tables.map(async ({ name }) => {
    const rows = await db.all<Record<string, unknown>>(sql`select * from ${sql.identifier(name)}`);
    return [name, rows.map(({ last_seen_at: _, expires_at: __, ...row }) => row)];
  }));
}

async function csrfOf(browser: Browser): Promise<string> {
  const { $ } = await browser.get(paths.connections);
  return $("form[action='/sign-out'] [name=csrf]").attr("value") ?? "";
}
