import assert from "node:assert/strict";
import fc from "fast-check";
import { isCsrf, maskCsrf } from "../http/csrf.ts";
import { newCsrf } from "../db/sessions.ts";
import { connections, sessions } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, HTMX, MINUTE, PASSWORD, type Reply, signedIn, startApp } from "./app.ts";
import { crawl } from "./crawl.ts";
import { startWithMethods } from "./crawl_methods.ts";

// Security: BREACH
Deno.test("two answers have two csrf values, and a form is accepted with either", async () => {
  const { here } = await signedIn();
  const first = csrfIn(await here.get(paths.connections));
  const second = csrfIn(await here.get(paths.connections));

  assert.notEqual(first, second);
  assert.equal((await here.post(paths.preferences, { csrf: first, theme: "dark" })).status, 303);
  assert.equal((await here.post(paths.preferences, { csrf: second, theme: "light" })).status, 303);
  assert.equal((await here.post(paths.preferences, { csrf: first, theme: "dark" })).status, 303, "again");
});

// Security: BREACH
Deno.test("the sign-in form has another csrf value each time, and is accepted with any of them", async () => {
  const { browser } = await startApp();
  const here = browser();
  const first = csrfIn(await here.get(paths.signIn));
  const second = csrfIn(await here.get(paths.signIn));

  assert.notEqual(first, second);
  const fields = { email: EMAIL, password: PASSWORD };
  assert.equal((await here.post(paths.signIn, { ...fields, csrf: first })).status, 303);
  assert.equal((await here.post(paths.signIn, { ...fields, csrf: second })).status, 303);
});

// Security: BREACH
Deno.test("each form of each answer has a csrf value that no other has, so that none was cached", async () => {
  const answers = await crawl(await startWithMethods());

  const values = answers.flatMap(({ $ }) => $("[name=csrf]").toArray().map((field) => $(field).attr("value") ?? ""));

  assert.ok(values.length > 50, `${values.length} forms`);
  assert.deepEqual(values.filter((value) => !/^[\w-]{43}$/.test(value)), []);
  assert.equal(new Set(values).size, values.length);
});

// Security: BREACH
Deno.test("no page or fragment contains the session's csrf value or the form cookie's unmasked", async () => {
  const { here, db, browser, clock } = await signedIn();
  await browser().signIn();
  const secrets = (await db.select().from(sessions)).map(({ csrf }) => csrf);
  secrets.push(here.cookies.get("form")!);
  const ids = (await db.select().from(connections)).map(({ id }) => id);
  clock.now += 6 * MINUTE;

  const urls = [paths.connections, paths.closeAll, paths.password, paths.preferences, paths.signIn, "/nowhere"];
  for (const url of [...urls, ...ids.map(paths.closeOne), ...ids.map(paths.details)]) {
    for (const headers of [{}, HTMX]) {
      const { text } = await here.get(url, headers);
      assert.equal(secrets.some((secret) => text.includes(secret)), false, url);
    }
  }
});

// Security: BREACH
Deno.test("a csrf value that isn't masked, from a page of the version before, is accepted", async () => {
  const { here, db, browser } = await signedIn();
  const [{ csrf }] = await db.select().from(sessions) as [typeof sessions.$inferSelect];
  const stranger = browser();
  await stranger.get(paths.signIn);

  const saved = await here.post(paths.preferences, { csrf, theme: "dark" });
  const fields = { csrf: stranger.cookies.get("form") ?? "", email: EMAIL, password: PASSWORD };
  const entered = await stranger.post(paths.signIn, fields);

  assert.deepEqual([saved.status, entered.status], [303, 303]);
});

// Security: CSRF
Deno.test("isCsrf accepts exactly the masks of the expected value, and the value itself", () => {
  const text = fc.string({ unit: fc.constantFrom(..."AZaz09-_+/= é"), maxLength: 50 });
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), text, fc.nat({ max: 42 }), (bytes, other, at) => {
      const value = bytes.toBase64({ alphabet: "base64url", omitPadding: true });
      const masked = maskCsrf(value);

      assert.equal(isCsrf(masked, value), true);
      assert.equal(isCsrf(value, value), true);
      assert.equal(isCsrf(maskCsrf(newCsrf()), value), false);
      assert.equal(isCsrf(changeAt(masked, at), value), false);
      assert.equal(isCsrf(other, value), false);
      for (const wrong of [masked.slice(0, -2), `${masked}A`, `${masked} `, masked.slice(0, 22), masked.slice(21)]) {
        assert.equal(isCsrf(wrong, value), false, wrong);
      }
    }),
    { numRuns: 500 },
  );
});

// Security: CSRF
Deno.test("isCsrf accepts nothing where no value is expected", () => {
  for (const expected of [undefined, "", "="]) {
    for (const sent of [undefined, "", "A", "AA", maskCsrf("")]) {
      assert.equal(isCsrf(sent, expected), false, `${sent} for ${expected}`);
    }
  }
});

function csrfIn({ $ }: Reply): string {
  return $("[name=csrf]").first().attr("value") ?? "";
}

/** Changes a character of base64url that carries six bits, or the upper four of the last one. */
function changeAt(text: string, at: number): string {
  const other = text[at] === "A" ? "Q" : "A";
  return text.slice(0, at) + other + text.slice(at + 1);
}
