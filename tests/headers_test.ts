import assert from "node:assert/strict";
import { CspEvaluator } from "csp_evaluator";
import { CspParser } from "csp_evaluator/dist/parser.js";
import { paths } from "../http/paths.ts";
import { type Reply, startApp } from "./app.ts";
import { crawl, type Crawled } from "./crawl.ts";
import { startWithMethods } from "./crawl_methods.ts";

// Security: CSP, headers
Deno.test("every answer carries the policy and the other security headers, errors and fragments included", async () => {
  for (const answer of await crawl(await startWithMethods())) {
    assertSecured(answer);
    assert.equal(answer.headers.get("Strict-Transport-Security"), null);
  }
});

// Security: CSP
Deno.test("csp_evaluator finds no fault with the policy", async () => {
  const { browser } = await startApp();
  const policy = (await browser().get(paths.signIn)).headers.get("Content-Security-Policy") ?? "";

  const findings = new CspEvaluator(new CspParser(policy).csp).evaluate();

  // For every 'self' it asks whether uploads or JSONP are served from there: only five fixed files are (routes/static.ts).
  assert.deepEqual(findings.filter(({ directive, value }) => directive !== "script-src" || value !== "'self'"), []);
});

// ASVS 3.4.1, Security: headers
Deno.test("over HTTPS every answer keeps browsers to HTTPS for two years, on subdomains too", async () => {
  for (const answer of await crawl(await startWithMethods({ origin: new URL("https://panel.example") }))) {
    assertSecured(answer);
    const hsts = answer.headers.get("Strict-Transport-Security");
    assert.equal(hsts, "max-age=63072000; includeSubDomains", answer.what);
  }
});

// ASVS 3.4.1, Security: headers
Deno.test("where subdomains can't have HTTPS, only the host itself is kept to it", async () => {
  const { browser } = await startApp({ origin: new URL("https://panel.example"), hstsSubdomains: false });

  const { headers } = await browser().get(paths.signIn);

  assert.equal(headers.get("Strict-Transport-Security"), "max-age=63072000");
});

// ASVS 3.3
Deno.test("every cookie of every answer is HttpOnly, SameSite=Lax, for the whole site and without a Domain", async () => {
  const cookies = cookiesOf(await crawl(await startWithMethods()));

  assert.deepEqual(
    new Set(cookies.map(nameOf)),
    new Set(["form-8000", "session-8000", "browser-8000", "notice-8000", "pending-8000"]),
  );
  for (const cookie of cookies) {
    assert.match(cookie, /^\w+-8000=[^;]*;( Max-Age=\d+;)? Path=\/; HttpOnly; SameSite=Lax$/);
  }
});

// ASVS 3.3
Deno.test("over HTTPS every cookie of every answer is __Host- and Secure too", async () => {
  const cookies = cookiesOf(await crawl(await startWithMethods({ origin: new URL("https://panel.example") })));

  assert.deepEqual(
    new Set(cookies.map(nameOf)),
    new Set(["__Host-form", "__Host-session", "__Host-browser", "__Host-notice", "__Host-pending"]),
  );
  for (const cookie of cookies) {
    assert.match(cookie, /^[\w-]+=[^;]*;( Max-Age=\d+;)? Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  }
});

// ASVS 14.3
Deno.test("no answer but a static file may be cached, not even the CSV or an error", async () => {
  const answers = (await crawl(await startWithMethods())).filter(({ what, status }) =>
    !(what.includes("/static/") && status === 200)
  );

  assert.ok(answers.some(({ what, status }) => what === `GET ${paths.csv}` && status === 200));
  for (const { headers, what, status } of answers) {
    const isDownload = what.endsWith(paths.csv) && status === 200;
    assert.equal(headers.get("Cache-Control"), isDownload ? "no-store, no-transform" : "no-store", what);
    assert.equal(headers.get("Content-Encoding"), null, what);
  }
});

function assertSecured({ what, headers }: Crawled): void {
  assert.equal(
    headers.get("Content-Security-Policy"),
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
      "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
  assert.equal(
    headers.get("Referrer-Policy"),
    / \/(links\/|sign-in\/ticket)/.test(what) ? "no-referrer" : "same-origin",
  );
  assert.equal(headers.get("Cross-Origin-Opener-Policy"), "same-origin");
  assert.equal(headers.get("Cross-Origin-Resource-Policy"), "same-origin");
  assert.equal(headers.get("Access-Control-Allow-Origin"), null);
  assert.equal(headers.get("Access-Control-Allow-Credentials"), null);
}

function cookiesOf(answers: Reply[]): string[] {
  return answers.flatMap(({ headers }) => headers.getSetCookie());
}

function nameOf(cookie: string): string | undefined {
  return cookie.split("=")[0];
}
