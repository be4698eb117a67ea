import assert from "node:assert/strict";
import fc from "fast-check";
import { connections, limits } from "../../db/schema.ts";
import { paths, safeNext } from "../../http/paths.ts";
import { type Browser, EMAIL, HTMX, MINUTE, ORIGIN, PASSWORD, type Reply, signedIn, startApp, UNSENT } from "../app.ts";
import { assertHarmless, assertOwnPath, shapeOf } from "./page.ts";
import { hostile, inUrl, pairs, RUNS } from "./strings.ts";

const CSRF = "A".repeat(22);
const FORM = "application/x-www-form-urlencoded";

// Security: escaping, no 5xx
Deno.test("a refused sign-in form contains the same elements and exactly the address that was typed", async () => {
  const { browser, db } = await startApp();
  const fields = fc.record({ email: hostile, password: hostile, time_zone: hostile, next: hostile });

  await fc.assert(
    fc.asyncProperty(fields, fc.boolean(), async ({ email, ...others }, isOurs) => {
      await db.delete(limits);
      const typed = email.toWellFormed().slice(0, 5_000);
      const answer = await send(typed, others);
      const plain = typed === "" ? "" : typed.trim() === "" ? " " : typed.trim().length > 254 ? "x".repeat(300) : "x";
      const twin = await send(plain, others);

      assertHarmless(answer);
      assert.equal(answer.status, isOurs ? 422 : 403);
      assert.equal(answer.status, twin.status);
      assert.equal(shapeOf(answer.text), shapeOf(twin.text));
      assert.equal(answer.$("[name=email]").attr("value")?.trim(), asParsed(typed).trim());

      async function send(email: string, others: Record<string, string>) {
        const here = browser("203.0.113.1");
        here.cookies.set("form", CSRF);
        const sent = Object.entries(others).map(([name, value]) => [name, value.toWellFormed().slice(0, 500)]);
        return await here.post(paths.signIn, { ...Object.fromEntries(sent), csrf: isOurs ? CSRF : "old", email });
      }
    }),
    { numRuns: RUNS * 2 },
  );
});

// Security: escaping, no 5xx
Deno.test("the forms for a forgotten password and another address keep exactly what was typed, or accept it", async () => {
  const { here, db } = await signedIn({ mail: UNSENT });
  const csrf = (await here.get(paths.email)).$("main [name=csrf]").attr("value") ?? "";
  here.cookies.set("form", CSRF);
  const path = fc.constantFrom(paths.forgotten, paths.email);

  await fc.assert(
    fc.asyncProperty(path, hostile, async (path, text) => {
      await db.delete(limits);
      const email = text.toWellFormed().slice(0, 5_000);

      const answer = await here.post(path, { csrf: path === paths.email ? csrf : CSRF, email });

      assertHarmless(answer);
      assert.ok(answer.status === 422 || answer.status === 303, `${answer.status}`);
      if (answer.status === 303) return;
      assert.equal(answer.$("[name=email]").attr("value")?.trim(), asParsed(email).trim());
    }),
    { numRuns: RUNS * 2 },
  );
});

// Security: escaping, no 5xx
Deno.test("refused forms of a signed-in user contain the same elements and nothing that was typed", async () => {
  const { here, browser, db, clock } = await signedIn();
  await browser("203.0.113.1").signIn();
  const id = (await db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!.id;
  const csrf = (await here.get(paths.password)).$("[name=csrf]").attr("value") ?? "";
  const send = async (path: string, asFragment: Record<string, string>, typed: string, again = typed) => {
    await db.delete(limits);
    const fields = { current_password: "not it", new_password: typed, new_password_again: again };
    return await here.post(path, { csrf, password: `not it${typed}`, ...fields }, asFragment);
  };
  const form = fc.constantFrom(paths.closeAll, paths.closeOne(id), paths.password);
  const asFragment = fc.boolean().map((isFragment): Record<string, string> => isFragment ? HTMX : {});
  const good = "long enough for a password";
  clock.now += 6 * MINUTE;

  await fc.assert(
    fc.asyncProperty(
      form,
      hostile,
      hostile,
      fc.boolean(),
      asFragment,
      async (path, text, other, isTwice, asFragment) => {
        const [typed, again] = [text, isTwice ? text : other].map((text) => text.toWellFormed().slice(0, 500));
        const answer = await send(path, asFragment, typed!, again);

        const twins = [["x"], ["", ""], [good], [good, "x"]].map(([typed, again]) =>
          send(path, asFragment, typed!, again)
        );
        assertHarmless(answer);
        assert.equal(answer.status, 422);
        assert.ok((await Promise.all(twins)).some((twin) => shapeOf(twin.text) === shapeOf(answer.text)));
        if (path === paths.password) {
          const [masked = "", ...others] = valuesOf(answer);
          assert.match(masked, /^[\w-]{43}$/);
          assert.deepEqual(others, [EMAIL]);
        }
      },
    ),
    { numRuns: RUNS },
  );
});

// Security: no 5xx
Deno.test("any bytes sent as a form are answered like an incomplete form", async () => {
  const { here, browser, clock } = await signedIn();
  const csrf = (await here.get(paths.password)).$("[name=csrf]").attr("value") ?? "";
  const rest = fc.oneof(
    fc.uint8Array({ maxLength: 500 }),
    pairs("csrf", "email", "password", "current_password", "next").map((text) => new TextEncoder().encode(text)),
  );

  await fc.assert(
    fc.asyncProperty(fc.constantFrom(paths.signIn, paths.password, paths.closeAll), rest, async (path, rest) => {
      clock.now += 1;
      const sender = path === paths.signIn ? browser("203.0.113.1") : here;
      sender.cookies.set("form", CSRF);
      const head = new TextEncoder().encode(`csrf=${path === paths.signIn ? CSRF : csrf}&`);

      const answer = await sender.request(path, {
        method: "POST",
        body: new Uint8Array([...head, ...rest]),
        headers: { Origin: ORIGIN, "Content-Type": FORM },
      });

      assertHarmless(answer);
      assert.ok([200, 303, 403, 413, 422, 429].includes(answer.status), `answered ${answer.status}`);
    }),
    { numRuns: RUNS * 2 },
  );
});

const start = fc.constantFrom(
  "/",
  "//",
  "/\\",
  "/./",
  "/../",
  "/%2e%2e/",
  "/x/..//",
  "/x/../sign-",
  "https:",
  "",
  " /",
  "\t/",
);
const host = fc.constantFrom(
  "/evil.example",
  "\\evil.example",
  "%2fevil.example",
  "%5Cevil.example",
  "@evil.example",
  "",
);
const next = fc.oneof(
  hostile,
  inUrl,
  fc.tuple(start, host, hostile).map((parts) => parts.join("")),
  fc.webUrl(),
  fc.webPath({ size: "small" }),
  fc.array(fc.constantFrom("/", "\\", ".", "%2f", "%5c", "%2e", "%", "\t", "?", "#", "@", ":", "evil.example"), {
    maxLength: 8,
  })
    .map((parts) => parts.join("")),
);

// ASVS 3.7.2
Deno.test("safeNext returns a path of this site for every browser, even if a server decodes it once more", () => {
  fc.assert(
    fc.property(next, (next) => {
      const path = safeNext(next);

      assertOwnPath(path);
      assert.doesNotMatch(path, /^\/sign-/);
      assert.equal(safeNext(path), path);
    }),
    { numRuns: RUNS * 40 },
  );
});

// ASVS 3.7.2
Deno.test("signing in never leaves this site, whatever next says", async () => {
  const { here, browser, clock } = await signedIn();

  await fc.assert(
    fc.asyncProperty(next, inUrl, async (next, path) => {
      clock.now += 1;
      const link = `${paths.signIn}?next=${encodeURIComponent(next.toWellFormed().slice(0, 800))}`;
      const arriving = browser();

      const redirected = await arriving.get(`/user/${path.slice(0, 1_000)}`);
      const form = await arriving.get(link);
      const submitted = await arriving.signIn(EMAIL, PASSWORD, { next: next.toWellFormed().slice(0, 3_000) });
      const already = await here.get(link);

      for (const answer of [redirected, form, submitted, already]) assertHarmless(answer);
      assertOwnPath(form.$("[name=next]").attr("value") ?? "");
      assert.equal(submitted.status, 303);
      assert.equal(already.status, 303);
      assertOwnPath(await follow(arriving, submitted.headers.get("Location")));
      await arriving.signOut();
    }),
    { numRuns: RUNS },
  );
});

/** Follows redirects to the last path. */
async function follow(browser: Browser, path: string | null): Promise<string> {
  for (let hops = 0; hops < 5; hops++) {
    const answer = await browser.get(path ?? "");
    assertHarmless(answer);
    if (answer.status !== 303) return path ?? "";
    path = answer.headers.get("Location");
  }
  return assert.fail("The redirects form a loop");
}

/** A text as an HTML parser reads it from an attribute. */
function asParsed(text: string): string {
  return text.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd");
}

function valuesOf({ $ }: Reply): string[] {
  return $("main input[value]").toArray().map((input) => $(input).attr("value") ?? "");
}
