import assert from "node:assert/strict";
import fc from "fast-check";
import { connections, limits } from "../../db/schema.ts";
import { paths, safeNext } from "../../http/paths.ts";
import { type Answer, type Browser, EMAIL, HTMX, MINUTE, ORIGIN, PASSWORD, startApp } from "../app.ts";
import { assertHarmless, assertOwnPath, shapeOf } from "./page.ts";
import { hostile, inUrl, pairs, RUNS } from "./strings.ts";

const CSRF = "A".repeat(22);
const FORM = "application/x-www-form-urlencoded";

// Security: escaping, no 5xx
Deno.test("the sign-in form comes back with the very text that was typed as address, and with the same elements", async () => {
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
Deno.test("the forms of who is signed in come back with the same elements, and with nothing that was typed", async () => {
  const { browser, db, clock } = await startApp();
  const [here, other] = [browser(), browser("203.0.113.1")];
  await other.signIn();
  await here.signIn();
  const id = (await db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!.id;
  const csrf = (await here.get(paths.password)).$("[name=csrf]").attr("value") ?? "";
  const send = async (path: string, asPiece: Record<string, string>, typed: string, again = typed) => {
    await db.delete(limits);
    const fields = { current_password: "not it", new_password: typed, new_password_again: again };
    return await here.post(path, { csrf, password: `not it${typed}`, ...fields }, asPiece);
  };
  const form = fc.constantFrom(paths.closeAll, paths.closeOne(id), paths.password);
  const asPiece = fc.boolean().map((isPiece): Record<string, string> => isPiece ? HTMX : {});
  const good = "long enough for a password";
  clock.now += 6 * MINUTE;

  await fc.assert(
    fc.asyncProperty(form, hostile, hostile, fc.boolean(), asPiece, async (path, text, other, isTwice, asPiece) => {
      const [typed, again] = [text, isTwice ? text : other].map((text) => text.toWellFormed().slice(0, 500));
      const answer = await send(path, asPiece, typed!, again);

      const twins = [["x"], ["", ""], [good], [good, "x"]].map(([typed, again]) => send(path, asPiece, typed!, again));
      assertHarmless(answer);
      assert.equal(answer.status, 422);
      assert.ok((await Promise.all(twins)).some((twin) => shapeOf(twin.text) === shapeOf(answer.text)));
      if (path === paths.password) assert.deepEqual(valuesOf(answer), [csrf, EMAIL]);
    }),
    { numRuns: RUNS },
  );
});

// Security: no 5xx
Deno.test("any bytes as a form are answered as a form that lacks something", async () => {
  const { browser, clock } = await startApp();
  const here = browser();
  await here.signIn();
  const csrf = (await here.get(paths.password)).$("[name=csrf]").attr("value") ?? "";
  const rest = fc.oneof(
    fc.uint8Array({ maxLength: 500 }),
    pairs("csrf", "email", "password", "current_password", "next").map((text) => new TextEncoder().encode(text)),
  );

  await fc.assert(
    fc.asyncProperty(fc.constantFrom(paths.signIn, paths.password, paths.closeAll), rest, async (path, rest) => {
      clock.now += 1;
      const who = path === paths.signIn ? browser("203.0.113.1") : here;
      who.cookies.set("form", CSRF);
      const head = new TextEncoder().encode(`csrf=${path === paths.signIn ? CSRF : csrf}&`);

      const answer = await who.request(path, {
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
Deno.test("where next leads is a path of this site for every browser and for servers that decode it once more", () => {
  fc.assert(
    fc.property(next, (next) => {
      const leads = safeNext(next);

      assertOwnPath(leads);
      assert.doesNotMatch(leads, /^\/sign-/);
      assert.equal(safeNext(leads), leads);
    }),
    { numRuns: RUNS * 40 },
  );
});

// ASVS 3.7.2
Deno.test("from the link to the page after signing in, nobody leaves this site, whatever next says", async () => {
  const { browser, clock } = await startApp();
  const here = browser();
  await here.signIn();

  await fc.assert(
    fc.asyncProperty(next, inUrl, async (next, path) => {
      clock.now += 1;
      const link = `${paths.signIn}?next=${encodeURIComponent(next.toWellFormed().slice(0, 800))}`;
      const arriving = browser();

      const asked = await arriving.get(`/user/${path.slice(0, 1_000)}`);
      const form = await arriving.get(link);
      const given = await arriving.signIn(EMAIL, PASSWORD, { next: next.toWellFormed().slice(0, 3_000) });
      const already = await here.get(link);

      for (const answer of [asked, form, given, already]) assertHarmless(answer);
      assertOwnPath(form.$("[name=next]").attr("value") ?? "");
      assert.equal(given.status, 303);
      assert.equal(already.status, 303);
      assertOwnPath(await endOf(arriving, given.headers.get("Location")));
      await arriving.signOut();
    }),
    { numRuns: RUNS },
  );
});

/** Where a browser is after following every redirection. */
async function endOf(browser: Browser, path: string | null): Promise<string> {
  for (let hops = 0; hops < 5; hops++) {
    const answer = await browser.get(path ?? "");
    assertHarmless(answer);
    if (answer.status !== 303) return path ?? "";
    path = answer.headers.get("Location");
  }
  return assert.fail("It leads in a circle");
}

/** What an HTML parser reads where a template wrote this text into an attribute. */
function asParsed(text: string): string {
  return text.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd");
}

function valuesOf({ $ }: Answer): string[] {
  return $("main input[value]").toArray().map((input) => $(input).attr("value") ?? "");
}
