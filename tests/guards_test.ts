import assert from "node:assert/strict";
import { connections, limits, refusals, sessions, users } from "../db/schema.ts";
import { paths } from "../routes/paths.ts";
import { type Answer, type Browser, EMAIL, HTMX, MINUTE, ORIGIN, PASSWORD, startApp } from "./app.ts";

const FORM = "application/x-www-form-urlencoded";

Deno.test("every answer carries the policy and the other security headers, errors and pieces too", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();

  for (const path of [paths.connections, paths.signIn, paths.csv, paths.health, "/nowhere", "/static/nothing.css"]) {
    assertSecured(await here.get(path));
  }
  assertSecured(await here.get(paths.connections, HTMX));
  assertSecured(await here.post(paths.closeAll, {}));
  assertSecured(await here.get(paths.connections, { Host: "evil.example" }));
  assertSecured(await here.request(paths.connections, { method: "DELETE" }));
});

Deno.test("over HTTPS the cookies are __Host- and Secure, and browsers keep to HTTPS for two years", async () => {
  const { app } = await startApp({ origin: new URL("https://panel.example") });

  const answer = await app.request("https://panel.example/sign-in");

  assert.match(answer.headers.get("Strict-Transport-Security") ?? "", /^max-age=63072000/);
  assert.match(
    answer.headers.getSetCookie()[0] ?? "",
    /^__Host-form=[\w-]{22}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
});

// ASVS 3.3
Deno.test("every cookie is HttpOnly, SameSite=Lax, for the whole site and without a Domain", async () => {
  const { browser } = await startApp();
  const here = browser();
  await browser().signIn();

  const cookies = [
    await here.get(paths.signIn),
    await here.signIn(),
    await here.submit(paths.closeAll),
    await here.get(paths.connections),
  ].flatMap(({ headers }) => headers.getSetCookie());

  assert.deepEqual(cookies.map((cookie) => cookie.split("=")[0]), ["form", "session", "notice", "notice"]);
  for (const cookie of cookies) {
    assert.match(cookie, /; Path=\/; HttpOnly; SameSite=Lax$/);
    assert.doesNotMatch(cookie, /Domain|Secure/);
  }
});

// ASVS 14.3
Deno.test("nothing private is stored by a cache, nor compressed with its csrf value in it", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();

  for (const path of [paths.connections, paths.csv, paths.closeAll, paths.password, paths.signIn, "/nowhere"]) {
    const { headers } = await here.get(path, { "Accept-Encoding": "gzip, br" });
    assert.equal(headers.get("Cache-Control"), "no-store, no-transform");
    assert.equal(headers.get("Content-Encoding"), null);
  }
});

Deno.test("another Host gets 421, the names of the loopback are one, and no link is made from it", async () => {
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

Deno.test("a query over 8 KB gets 414", async () => {
  const { browser } = await startApp();

  assert.equal((await browser().get(`${paths.signIn}?next=${"x".repeat(8_192)}`)).status, 414);
  assert.equal((await browser().get(`${paths.signIn}?next=${"x".repeat(8_000)}`)).status, 200);
});

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

// security.md, CSRF
Deno.test("a form is taken from a page of this site only", async () => {
  const { browser } = await startApp();
  const here = browser();
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

  assert.equal(await status({ Origin: ORIGIN }), 303);
  assert.equal(await status({ Origin: "http://localhost:8000" }), 303);
  assert.equal(await status({ "Sec-Fetch-Site": "same-origin" }), 303);
  assert.equal(await status({ Origin: ORIGIN, "Sec-Fetch-Site": "same-origin" }), 303);
  assert.equal(await status({}), 403);
  assert.equal(await status({ Origin: "null" }), 403);
  assert.equal(await status({ Origin: "" }), 403);
  assert.equal(await status({ Origin: "https://evil.example" }), 403);
  assert.equal(await status({ Origin: "https://127.0.0.1:8000" }), 403);
  assert.equal(await status({ Origin: "http://127.0.0.1:8001" }), 403);
  assert.equal(await status({ Origin: "http://127.0.0.1:8000.evil.example" }), 403);
  assert.equal(await status({ Origin: ORIGIN, "Sec-Fetch-Site": "cross-site" }), 403);
  assert.equal(await status({ Origin: ORIGIN, "Sec-Fetch-Site": "same-site" }), 403);
  assert.equal(await status({ Origin: ORIGIN, "Sec-Fetch-Site": "none" }), 403);
  assert.equal(await status({ Origin: "https://evil.example", "Sec-Fetch-Site": "same-origin" }), 403);
  assert.equal(await status({ Origin: ORIGIN }, {}), 403);
  assert.equal(await status({ Origin: ORIGIN }, { csrf: "" }), 403);
  assert.equal(await status({ Origin: ORIGIN }, { csrf: "A".repeat(22) }), 403);
  assert.equal(await status({ Origin: ORIGIN }, { csrf: here.cookies.get("form") ?? "" }), 403);
  assert.equal(await status({ Origin: ORIGIN }, { csrf: csrf.slice(0, -1) }), 403);
});

// security.md, CSRF
Deno.test("signing in takes the value of the form cookie, and none without the cookie", async () => {
  const { browser } = await startApp();
  const here = browser();
  const { $ } = await here.get(paths.signIn);
  const fields = { csrf: $("[name=csrf]").attr("value") ?? "", email: EMAIL, password: PASSWORD };

  assert.equal((await browser().post(paths.signIn, fields)).status, 403);
  assert.equal((await browser().post(paths.signIn, { ...fields, csrf: "" })).status, 403);
  assert.equal((await here.post(paths.signIn, fields)).status, 303);
});

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

Deno.test("who is not signed in can't send a private form, and is shown none", async () => {
  const { browser } = await startApp();

  const answer = await browser().post(paths.password, { csrf: "x" });

  assert.equal(answer.status, 403);
  assert.equal(answer.$("[name=new_password]").length, 0);
});

// security.md, "GET is safe"
Deno.test("no GET or HEAD changes a row, but for when the connection was last seen", async () => {
  const { browser, db, clock } = await startApp();
  const [here, other] = [browser(), browser("203.0.113.1")];
  await other.signIn();
  await here.signIn();
  const id = (await db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!.id;
  clock.now += 5 * MINUTE;
  const snapshot = async () => ({
    users: await db.select().from(users),
    connections: (await db.select().from(connections)).map(({ lastSeenAt: _, expiresAt: __, ...row }) => row),
    sessions: await db.select().from(sessions),
    refusals: await db.select().from(refusals),
    limits: await db.select().from(limits),
  });
  const before = await snapshot();

  for (const method of ["GET", "HEAD"]) {
    for (
      const path of [
        ...[paths.home, paths.health, paths.signIn, paths.signOut, paths.security, paths.connections, paths.csv],
        ...[paths.closeAll, paths.closeOne(id), paths.password, `${paths.connections}?state=open`, "/nowhere"],
      ]
    ) {
      await here.request(path, { method });
      await here.request(path, { method, headers: HTMX });
    }
  }

  assert.deepEqual(await snapshot(), before);
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

Deno.test("odd paths and queries are no server error", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();

  for (
    const path of [
      ...[
        "/%",
        "/%00",
        "/%E0%A4%A",
        "/__proto__",
        "/static/__proto__",
        "/static/..%2fdeno.json",
        "/static/%2e%2e/deno.json",
      ],
      ...[
        "/user/security/connections?%",
        "/user/security/connections?state=%00&state[]=x",
        "/user/security/connections?__proto__=1",
      ],
      ...["/user/security/connections?before=%F0%9F", "/user/security/connections?from=0000-00-00&to=9999-12-31"],
      ...[
        "/user/security/connections?from=-271821-04-20",
        "/user/security/connections/%00/close",
        "/sign-in?next=%00&next=/x",
      ],
    ]
  ) {
    const { status } = await here.get(path);
    assert.ok(status < 500, `${path} answered ${status}`);
  }
});

Deno.test("a hostile cookie notice says nothing and makes no markup", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();
  for (
    const notice of ["constructor.1", "all_closed.<b>", "__proto__.3", "all_closed.99999", "<script>.1", "all_closed"]
  ) {
    here.cookies.set("notice", encodeURIComponent(notice));

    const { status, $ } = await here.get(paths.connections);

    assert.equal(status, 200);
    assert.equal($("#notifications").html(), "");
  }
});

Deno.test("what people type or send shows as text, never as markup", async () => {
  const { browser } = await startApp();
  const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>'`;
  const here = browser("46.16.60.1", `evil/1 ${hostile}`);

  const wrong = await here.signIn(hostile, PASSWORD);
  await here.signIn();
  const page = await here.get(
    `${paths.connections}?ip=${encodeURIComponent(hostile)}&state=${encodeURIComponent(hostile)}`,
  );

  assert.equal(wrong.$("[name=email]").attr("value"), hostile);
  for (const { $ } of [wrong, page]) {
    assert.equal($("img, script:not([src]), [onerror]").length, 0);
  }
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
  assert.equal(headers.get("Strict-Transport-Security"), null);
}

async function csrfOf(browser: Browser): Promise<string> {
  const { $ } = await browser.get(paths.connections);
  return $("form[action='/sign-out'] [name=csrf]").attr("value") ?? "";
}
