import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { connections, limits, users } from "../../db/schema.ts";
import { distinctSentences, readHistoryQuery, writeCursor } from "../../http/history_query.ts";
import { paths, withQuery } from "../../http/paths.ts";
import { textsOf } from "../../words/texts.ts";
import { type Browser, EMAIL, HTMX, MINUTE, ORIGIN, type Reply, signedIn, START } from "../app.ts";
import { crawl, pathsOf } from "../crawl.ts";
import { addMethodsOf, startWithMethods } from "../crawl_methods.ts";
import { assertHarmless, assertOwnPath, shapeOf, tagsOf } from "./page.ts";
import { hostile, inHeader, inUrl, pairs, RUNS } from "./strings.ts";

const FORM = "application/x-www-form-urlencoded";
const FILTERS = ["state", "country", "from", "to", "ip"];
const QUERY = [...FILTERS, "before", "through"];
const FIELDS = [
  "csrf",
  "next",
  "email",
  "password",
  "time_zone",
  "current_password",
  "new_password",
  "new_password_again",
  "language",
  "theme",
  "verdict",
  "ticket",
];
const COOKIES = ["session", "browser", "form", "notice", "__Host-session", "__Host-browser", "__proto__"];
/** Headers that could change how a request is read. */
const HEADERS = [
  "Accept",
  "Accept-Encoding",
  "Content-Type",
  "Forwarded",
  "HX-Boosted",
  "HX-Current-URL",
  "HX-History-Restore-Request",
  "HX-Request",
  "HX-Request-Type",
  "HX-Source",
  "HX-Target",
  "If-None-Match",
  "Origin",
  "Range",
  "Referer",
  "Sec-Fetch-Site",
  "User-Agent",
  "X-Connection",
  "X-Forwarded-For",
  "X-Forwarded-Host",
  "X-Forwarded-Method",
  "X-Forwarded-Uri",
  "X-Original-Method",
  "X-Original-URI",
  "X-HTTP-Method-Override",
];

const headers = fc.dictionary(fc.constantFrom(...HEADERS), inHeader, { maxKeys: 3, noNullPrototype: true });
const asFragment = fc.boolean().map((isFragment): Record<string, string> => isFragment ? HTMX : {});
const query = fc.oneof(pairs(...QUERY, "version", "loaded", "next", "ticket", "csrf", "_method"), inUrl);

// Security: escaping, no 5xx, Host
Deno.test("any path, query, cookie, header or body gets one of our answers, without a server error, injected markup or another site", async () => {
  const site = await startWithMethods({ trustedProxies: ["10.0.0.1"] });
  const [here, other] = [site.browser("10.0.0.1"), site.browser("203.0.113.1")];
  await other.signIn();
  await here.signIn();
  const id = (await site.db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!.id;
  // Closing requires the password, so none of the inputs closes anything.
  site.clock.now += 6 * MINUTE;
  const known = await tagsOfTemplates();
  const own = [...pathsOf(site.app, "GET", id), ...pathsOf(site.app, "POST", id)].filter((path) =>
    path !== paths.signOut
  );
  const path = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...own) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...own), inUrl).map(([path, text]) => `${path}/${text}`) },
    { weight: 1, arbitrary: inUrl.map((text) => `/${text}`) },
    { weight: 1, arbitrary: inUrl.map((text) => paths.closeOne("ID").replace("ID", text)) },
    { weight: 1, arbitrary: inUrl.map((text) => paths.static(text)) },
  );
  const cookie = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...COOKIES), inHeader), inHeader), { maxLength: 3 });
  const body = fc.oneof(pairs(...FIELDS), fc.uint8Array({ maxLength: 200 }));

  await fc.assert(
    fc.asyncProperty(
      fc.record({
        isIn: fc.boolean(),
        isOurs: fc.boolean(),
        method: fc.constantFrom("GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT"),
        path,
        query,
        cookie,
        headers,
        asFragment,
        body,
      }),
      async ({ isIn, isOurs, method, path, query, cookie, headers, asFragment, body }) => {
        // Otherwise the wrong passwords among the inputs would close the connection.
        await site.db.delete(limits);
        const csrf = isIn ? await csrfOf(here) : "A".repeat(22);
        assert.equal(csrf.length, isIn ? 43 : 22);
        const cookies = [isIn ? `session=${here.cookies.get("session")}` : `form=${csrf}`];
        for (const [name, value] of cookie) cookies.push(`${name}=${value}`);
        const sent = typeof body === "string" && isOurs ? `csrf=${csrf}&${body.replaceAll("csrf=", "c=")}` : body;
        const hasBody = method === "POST" || method === "PUT";

        const answer = await site.browser("10.0.0.1").request(`${path}?${query}`, {
          method,
          headers: {
            ...asFragment,
            ...(isOurs && { Origin: ORIGIN, "Content-Type": FORM }),
            Cookie: cookies.join("; "),
            ...headers,
          },
          ...(hasBody && { body: typeof sent === "string" ? sent.toWellFormed() : new Uint8Array(sent) }),
        });

        assertHarmless(answer, known);
      },
    ),
    { numRuns: RUNS * 10 },
  );
});

// Security: no 5xx
Deno.test("malformed paths and queries cause no server error", async () => {
  const { here } = await signedIn();
  const status = async (path: string) => (await here.get(path)).status;

  assert.equal(await status("/%"), 404);
  assert.equal(await status("/%00"), 404);
  assert.equal(await status("/%E0%A4%A"), 404);
  assert.equal(await status("/__proto__"), 404);
  assert.equal(await status("/static/__proto__"), 404);
  assert.equal(await status("/static/..%2fdeno.json"), 404);
  assert.equal(await status("/static/%2e%2e/deno.json"), 404);
  assert.equal(await status(`${paths.connections}/%00/close`), 404);
  assert.equal(await status(`${paths.connections}?%`), 200);
  assert.equal(await status(`${paths.connections}?state=%00&state[]=x`), 200);
  assert.equal(await status(`${paths.connections}?__proto__=1`), 200);
  assert.equal(await status(`${paths.connections}?before=%F0%9F`), 200);
  assert.equal(await status(`${paths.connections}?through=%F0%9F&before=%F0%9F`), 200);
  assert.equal(await status(`${paths.connections}?from=0000-00-00&to=9999-12-31`), 200);
  assert.equal(await status(`${paths.connections}?from=-271821-04-20`), 200);
  assert.equal(await status(`${paths.signIn}?next=%00&next=/x`), 303);
});

// Security: escaping, no 5xx
Deno.test("a hostile query changes only texts and values of the history, as a page and as a fragment", async () => {
  const { here, browser } = await signedIn();
  await browser("203.0.113.1").signIn();

  await fc.assert(
    fc.asyncProperty(pairs(...QUERY), asFragment, async (query, asFragment) => {
      const [answer, twin] = [await read(query), await read(benign(query))];

      assert.equal(answer.status, 200);
      assertHarmless(answer);
      assert.equal(shapeOf(answer.text), shapeOf(twin.text));

      async function read(query: string): Promise<Reply> {
        return await here.get(`${paths.connections}?${query}`, asFragment);
      }
    }),
    { numRuns: RUNS * 2 },
  );
});

// Security: no 5xx
Deno.test("a hostile query of the CSV filters it, or gets 400 with a sentence for each field", async () => {
  const { here } = await signedIn();

  await fc.assert(
    fc.asyncProperty(pairs(...FILTERS), async (query) => {
      const answer = await here.get(`${paths.csv}?${query}`);

      assertHarmless(answer);
      const sentences = distinctSentences(readHistoryQuery(`${ORIGIN}/?${query}`, textsOf("en")).problems);
      assert.equal(answer.status, sentences.length === 0 ? 200 : 400);
      if (sentences.length > 0) assert.equal(answer.text, `${sentences.join("\n")}\n`);
    }),
    { numRuns: RUNS * 2 },
  );
});

// Security: escaping
Deno.test("a hostile path gets the answer of any unknown path, as a page and as a fragment", async () => {
  const { here, browser } = await signedIn();
  const stranger = browser();

  await fc.assert(
    fc.asyncProperty(hostile, fc.boolean(), asFragment, async (text, isIn, asFragment) => {
      const sender = isIn ? here : stranger;

      const answer = await sender.get(`/nowhere/x${encodeURIComponent(text.toWellFormed())}`, asFragment);

      assert.equal(answer.status, 404);
      assertHarmless(answer);
      assert.equal(shapeOf(answer.text), shapeOf((await sender.get("/nowhere/else", asFragment)).text));
    }),
    { numRuns: RUNS * 2 },
  );
});

// Security: escaping
Deno.test("a forged notice cookie shows nothing", async () => {
  const { here } = await signedIn();
  const key = fc.constantFrom("all_closed", "one_closed", "password_changed", "constructor", "__proto__", "<script>");
  const count = fc.constantFrom("1", "-1", "1e3", "99999", "0x1", "<b>", "\u0661", "1 ", "1\n", "");
  const notice = fc.tuple(fc.oneof(key, hostile), fc.constantFrom(".", "", "..", ".\0"), fc.oneof(count, hostile))
    .map((parts) => parts.join("").toWellFormed())
    .filter((notice) => !/^(all_closed|one_closed|password_changed)\.\d{1,4}$/.test(notice) || /\s/.test(notice));

  const examples = ["constructor.1", "all_closed.<b>", "__proto__.3", "all_closed.99999", "<script>.1", "all_closed"];

  await fc.assert(
    fc.asyncProperty(notice, async (notice) => {
      here.cookies.set("notice", encodeURIComponent(notice));

      const { status, $, headers } = await here.get(paths.connections);

      assert.equal(status, 200);
      assert.equal($("#notifications").html(), "");
      assert.match(headers.getSetCookie().join(), /^notice-8000=; Max-Age=0;/);
    }),
    { numRuns: RUNS * 2, examples: examples.map((notice): [string] => [notice]) },
  );
});

// Security: escaping, Host
Deno.test("a forged HX-Current-URL never leads to another site, signed in or out", async () => {
  const { here, browser } = await signedIn();
  const stranger = browser();
  const csrf = await csrfOf(here);
  const older = withQuery(paths.connections, { before: writeCursor({ openedAt: START + 1, id: crypto.randomUUID() }) });
  const currentUrl = fc.oneof(
    inHeader,
    inUrl.map((text) => `${ORIGIN}/${text}`),
    pairs(...QUERY).map((query) => `${ORIGIN}${paths.connections}?${query}`),
    inUrl.map((text) => `https://evil.example/${text}`),
  ).map((url) => url.replace(/[^\x20-\xff]/g, ""));

  await fc.assert(
    fc.asyncProperty(
      currentUrl,
      fc.constantFrom(paths.connections, paths.closeAll, paths.password),
      async (url, path) => {
        const headers = { ...HTMX, "HX-Current-URL": url };

        const redirected = await stranger.get(path, headers);
        assertHarmless(await here.get(older, headers));
        const closed = await here.post(paths.closeAll, { csrf }, headers);
        const twin = await here.post(paths.closeAll, { csrf }, { ...headers, "HX-Current-URL": benignPage(url) });

        assert.equal(redirected.status, 401);
        assertHarmless(redirected);
        const next = new URL(redirected.headers.get("HX-Redirect") ?? "", ORIGIN).searchParams.get("next");
        assertOwnPath(next ?? "");
        assert.equal(closed.status, 200);
        assertHarmless(closed);
        assert.equal(shapeOf(closed.text), shapeOf(twin.text));
      },
    ),
    { numRuns: RUNS * 2 },
  );
});

// Security: escaping
Deno.test("markup in an account's address appears as text on every private page", async () => {
  const { here, browser, db } = await signedIn();
  await browser("203.0.113.1").signIn();
  const id = (await db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!.id;
  const pages = [paths.connections, paths.closeAll, paths.closeOne(id), paths.password, "/nowhere"];
  const shapes = await Promise.all(pages.map(async (path) => shapeOf((await here.get(path)).text)));

  await fc.assert(
    fc.asyncProperty(hostile, fc.nat({ max: pages.length - 1 }), async (email, which) => {
      await db.update(users).set({ email: email.toWellFormed() });

      const answer = await here.get(pages[which]!);

      assertHarmless(answer);
      assert.equal(shapeOf(answer.text), shapes[which]);
    }),
    { numRuns: RUNS * 2 },
  );
});

/** Every tag in its parent, from harmless answers of every kind. */
async function tagsOfTemplates(): Promise<Set<string>> {
  const answers: Reply[] = await crawl(await startWithMethods());
  const { app, browser, db, clock } = await startWithMethods();
  const [here, other] = [browser(), browser("203.0.113.1")];
  await browser("203.0.113.2").signIn(EMAIL, "not the password at all");
  await other.signIn();
  await here.signIn();
  const ids = (await db.select().from(connections)).map(({ id }) => id);
  clock.now += 6 * MINUTE;
  const read = async (path: string) => {
    for (const headers of [{}, HTMX]) answers.push(await here.get(path, headers));
  };

  await read(paths.closeAll);
  await other.signOut();
  for (const path of [paths.closeAll, ...ids.map(paths.closeOne)]) await read(path);
  for (
    const [unusual, verdict] of [[null, null], ["new_country", "me"], ["new_country after_refusals", null]] as const
  ) {
    await db.update(connections).set({ unusual, verdict });
    for (const id of ids) await read(paths.review(id));
    await read(paths.connections);
  }
  const [unreviewed] = await db.select().from(connections).where(eq(connections.ip, "203.0.113.1"));
  for (const headers of [{}, HTMX]) answers.push(await here.submit(paths.review(unreviewed!.id), {}, headers));
  for (const query of ["", "?loaded=older"]) await read(`${paths.live}${query}`);
  const filters = ["", "state=open", "state=refused", "country=ES", "country=none", "country=private", "ip=192.0.2.1"];
  filters.push(
    "country=QQ&from=x",
    `before=${writeCursor({ openedAt: 0, id: ids[0]! })}`,
    `through=${writeCursor({ openedAt: 0, id: ids[0]! })}`,
    "state=open&state=closed&to=x",
  );
  const wrong = ["state", "country", "from", "to", "ip"].map((name) => `${name}=%00`);
  // Focus is in the first wrong field.
  filters.push(...wrong, wrong.join("&"));
  for (const filter of filters) await read(`${paths.connections}?${filter}`);
  await browser("203.0.113.3").signIn();
  await here.get(paths.connections, { "User-Agent": "" });
  for (const headers of [{}, HTMX]) answers.push(await here.get(paths.live, headers));
  const short = { current_password: "x", new_password: "x", new_password_again: "x" };
  const unlike = { ...short, new_password: "long enough for a password" };
  for (const fields of [{}, short, unlike]) answers.push(await here.submit(paths.password, fields));
  for (const field of ["time_zone", "language", "theme"]) {
    answers.push(await here.submit(paths.preferences, { [field]: "x" }));
  }
  const changes = pathsOf(app, "POST", ids[0]!).filter((path) => path.startsWith(paths.methods));
  for (const addMethods of [() => {}, () => addMethodsOf(db, ids[0]!)]) {
    await addMethods();
    for (const path of [paths.closeAll, ...changes]) {
      const csrf = await csrfOf(here);
      for (const fields of [{}, { csrf }, { csrf, password: "" }, { csrf, password: "wrong" }]) {
        for (const headers of [{}, HTMX]) answers.push(await here.post(path, fields, headers));
      }
      await db.delete(limits);
    }
  }
  for (const email of ["", "x", "x".repeat(300)]) {
    for (const password of ["", "x"]) answers.push(await browser().submit(paths.signIn, { email, password }));
  }
  return new Set(answers.flatMap(({ text }) => /^<(!doctype|hx-|[a-z]+[ >])/.test(text) ? tagsOf(text) : []));
}

/** A query with the same answer, and harmless words for the hostile ones. */
function benign(query: string): string {
  const { query: taken } = readHistoryQuery(`${ORIGIN}/?${query}`, textsOf("en"));
  const sent = new URLSearchParams(new URL(`${ORIGIN}/?${query}`).search);
  return new URLSearchParams([...sent].flatMap(([name, value]): [string, string][] => {
    if (!QUERY.includes(name)) return [];
    return [[name, name in taken || value === "" ? value : "nonsense"]];
  })).toString();
}

function benignPage(url: string): string {
  if (!URL.canParse(url)) return ORIGIN;
  const { pathname, search } = new URL(url);
  return pathname === paths.connections ? `${ORIGIN}${pathname}?${benign(search.slice(1))}` : ORIGIN;
}

async function csrfOf(browser: Browser): Promise<string> {
  const { $ } = await browser.get(paths.connections);
  return $("form[action='/sign-out'] [name=csrf]").attr("value") ?? "";
}
