import assert from "node:assert/strict";
import { Hono } from "hono";
import { createPasswords } from "../credentials/passwords.ts";
import { openDatabase } from "../db/database.ts";
import { assetPath } from "../http/assets.ts";
import { pathsBelow, within } from "../http/paths.ts";
import { createArea } from "../routes/area.ts";
import { UserMenu } from "../views/layout.tsx";
import { addAccount, Browser, CHEAP, EMAIL, HTMX, ORIGIN, PASSWORD, type Reply, startApp } from "./app.ts";
import { crawl } from "./crawl.ts";
import { addMail } from "../db/mail/outbox.ts";
import { findUser } from "../db/users.ts";
import { startWithMail } from "./mail.ts";
import { startWithMethods } from "./crawl_methods.ts";
import { SITE } from "./passkeys.ts";

const BASE = "/panel/account";
const at = pathsBelow(BASE);
const root = pathsBelow("");
const LINKS = ["href", "action", "formaction", "src", "hx-get", "hx-post"];

// Security: base
Deno.test("below a base every link, form, script and redirect stays below it", async () => {
  const site = await startWithMethods({ base: BASE });
  // The app has to find its own base: the crawl's is another one's.
  const app = Object.assign(Object.create(site.app), {
    fetch: (request: Request, env: object) => within("/elsewhere", () => site.app.fetch(request, env)),
  });
  const browser = (ip?: string, userAgent?: string) => new Browser(app, new Set(), ip, userAgent, SITE);

  const answers = await within(BASE, () => crawl({ ...site, app, browser }));

  const urls = answers.flatMap(urlsOf);
  assert.ok(urls.length > 1_000, String(urls.length));
  const isOut = (url: string) => url.startsWith("/") && url !== BASE && !url.startsWith(`${BASE}/`);
  assert.deepEqual([...new Set(urls.filter(isOut))], []);
  const whole = urls.filter((url) => /^https?:/.test(url));
  assert.deepEqual([...new Set(whole)].sort(), [`${SITE}${BASE}`, "https://www.maxmind.com"]);
});

Deno.test("below a base the main flow works, with the same cookies as at the root", async () => {
  const site = await startApp({ base: BASE });
  const [here, there] = [site.browser(), site.browser()];

  assert.equal((await here.get(BASE)).headers.get("Location"), at.signIn);
  assert.equal((await here.get(`${BASE}/`)).headers.get("Location"), at.signIn);
  const asked = await here.get(`${at.connections}?state=open`);
  assert.equal(
    asked.headers.get("Location"),
    `${at.signIn}?next=${encodeURIComponent(`${at.connections}?state=open`)}`,
  );
  await within(BASE, () => there.signIn());
  const signedIn = await within(BASE, () => here.signIn(EMAIL, PASSWORD, { next: `${at.connections}?state=open` }));
  assert.equal(signedIn.headers.get("Location"), `${at.connections}?state=open`);
  assert.match(signedIn.headers.getSetCookie().join(), /Path=\//);

  const closed = await here.submit(at.closeAll);
  assert.equal(closed.headers.get("Location"), at.connections);
  assert.match((await here.get(at.connections)).$("#notifications").text(), /1 open connection was closed/);
  assert.equal((await there.get(at.connections)).status, 303);
  assert.equal((await here.get(at.csv)).status, 200);
  assert.equal((await here.get(within(BASE, () => assetPath("css")))).status, 200);
  await within(BASE, () => here.signOut());
  assert.equal((await here.get(at.live, { ...HTMX, "HX-Current-URL": `${ORIGIN}${at.connections}` })).status, 401);
});

Deno.test("below a base nothing answers at the root but /health and the change of the password", async () => {
  const here = (await startApp({ base: BASE })).browser();
  await within(BASE, () => here.signIn());

  for (const path of ["/", root.signIn, root.connections, root.security, root.csv, root.static("app.js"), "/panel"]) {
    assert.equal((await here.get(path)).status, 404, path);
  }
  assert.deepEqual([(await here.get("/health")).status, (await here.get(at.health)).status], [200, 200]);
  assert.equal((await here.get(root.changePassword)).headers.get("Location"), at.password);
});

Deno.test("below a base a mail's link points below it", async () => {
  await using site = await startWithMail({ base: BASE });
  const { id: userId } = (await findUser(site.db, EMAIL))!;

  await addMail(site.db, { userId, event: "forgotten" }, site.clock.now);
  await site.sendMail();
  const [mail] = site.received;

  assert.match(mail?.text ?? "", new RegExp(`^${ORIGIN}${BASE}/links/[\\w-]{43}$`, "m"));
});

Deno.test("after sign-in, a path that looks like another site or makes a loop falls back to the history", async () => {
  const { browser } = await startApp({ base: BASE });
  const leadsTo = async (next: string) =>
    (await within(BASE, () => browser().signIn(EMAIL, PASSWORD, { next }))).headers.get("Location");

  for (
    const next of ["//evil.example", "/\\evil.example", `${BASE}/../..//evil.example`, at.signIn, `${at.signOut}?x`]
  ) {
    assert.equal(await leadsTo(next), at.connections, next);
  }
  assert.equal(await leadsTo("/elsewhere"), "/elsewhere", "a page of the panel's");
  assert.equal(await leadsTo("/sign-in"), "/sign-in", "the panel's own");
});

// Security: base
Deno.test("two areas with different bases live in one process, each with its own accounts and links", async () => {
  const [first, second] = [await startArea("/first"), await startArea("/second")];
  const panel = new Hono();
  for (const { area, requireOwner, base } of [first, second]) {
    panel.get(`${base}-billing`, requireOwner, (c) => c.html(UserMenu({ owner: c.var.owner })));
    panel.use(area);
  }
  await addAccount(first.db, EMAIL, PASSWORD);
  await addAccount(second.db, "joan@example.com", PASSWORD);
  const [marta, joan] = [new Browser(panel, new Set()), new Browser(panel, new Set())];

  await Promise.all([
    within("/first", () => marta.signIn()),
    within("/second", () => joan.signIn("joan@example.com")),
  ]);
  const pages = await Promise.all(
    Array.from(
      { length: 8 },
      (_, i) => i % 2 ? joan.get("/second/user/security/connections") : marta.get("/first/user/security/connections"),
    ),
  );

  for (const [i, page] of pages.entries()) {
    assert.equal(page.$(".menu-owner").text(), i % 2 ? "joan@example.com" : EMAIL);
    const others = i % 2 ? "/first" : "/second";
    assert.deepEqual(urlsOf(page).filter((url) => url.startsWith(others)), []);
  }
  const menu = await marta.get("/first-billing");
  assert.equal(menu.$("a").attr("href"), "/first/user/security");
  assert.equal(menu.$("form").attr("action"), "/first/sign-out");
  const signIn = (await joan.get("/first-billing")).headers.get("Location");
  assert.equal(signIn, "/first/sign-in?next=%2Ffirst-billing");
  assert.match(String(await first.users.link(EMAIL)), /^http:\/\/127\.0\.0\.1:8000\/first\/links\/[\w-]{43}$/);
});

// Security: base
Deno.test("an area below a base passes on every path that isn't its own, however it is written", async () => {
  const { area } = await startArea("/account");
  const panel = new Hono().use(area).all("*", (c) => c.text(`panel ${c.req.path}`));
  const here = new Browser(panel, new Set());
  const others = [
    "/",
    "/sign-in",
    "/health",
    "/account-billing",
    "/accounts/sign-in",
    "/Account/sign-in",
    "/account/Sign-In",
    "/account/sign-in/",
    "//account/sign-in",
    "/account//sign-in",
    "/account/./../sign-in",
    "/account%2Fsign-in",
    "/account/sign-in%2F",
    "/x/account/sign-in",
    "/account/static/other.css",
    "/account/user/billing",
  ];

  for (const path of others) {
    assert.match((await here.get(path)).text, /^panel /, path);
    assert.match((await here.post(path, { email: EMAIL })).text, /^panel /, path);
  }
  assert.equal((await here.get("/account/sign-in")).$("h1").text(), "Sign in");
  assert.equal((await here.get("/account/x/../sign-in")).$("h1").text(), "Sign in", "as browsers read it");
  assert.equal((await here.request("/account/sign-in", { method: "DELETE" })).status, 405);
  assert.equal((await here.get("/account/user/security/connections")).status, 303);
});

Deno.test("an area below a base may be mounted for the paths below it alone", async () => {
  const { area } = await startArea("/account");
  const panel = new Hono().use("/account/*", area).all("*", (c) => c.text("panel"));
  const here = new Browser(panel, new Set());

  assert.equal((await here.get("/account")).headers.get("Location"), "/account/sign-in");
  assert.equal((await here.get("/account/sign-in")).$("h1").text(), "Sign in");
  assert.equal((await here.get("/account/billing")).text, "panel");
  assert.equal((await here.get(root.changePassword)).text, "panel");
});

Deno.test("an area refuses a base that isn't a path", async () => {
  const given = { db: await openDatabase(":memory:"), origin: new URL(ORIGIN) };

  for (const base of ["account", "/account/", "//", "/:id"]) {
    assert.throws(() => createArea({ ...given, base }), {
      message: `Cannot create the area: base must be a path like /account, is ${JSON.stringify(base)}`,
    });
  }
});

async function startArea(base: string) {
  const db = await openDatabase(":memory:");
  const given = { db, origin: new URL(ORIGIN), log: () => {}, passwords: createPasswords(CHEAP), base };
  return { db, base, ...createArea(given) };
}

/** Every URL in an answer, of its elements and its headers. */
function urlsOf({ $, headers }: Reply): string[] {
  const inPage = LINKS.flatMap((name) => $(`[${name}]`).toArray().map((element) => $(element).attr(name) ?? ""));
  const fields = $("[name=next], [name=back]").toArray().map((field) => $(field).attr("value") ?? "");
  const inHeaders = ["Location", "HX-Redirect", "HX-Replace-Url"].flatMap((name) => headers.get(name) ?? []);
  return [...inPage, ...fields, ...inHeaders].filter((url) => url !== "" && !url.startsWith("#"));
}
