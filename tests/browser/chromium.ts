import assert from "node:assert/strict";
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { openDatabase } from "../../db/database.ts";
import { createCountryLookup } from "../../visitor/countries.ts";
import { paths } from "../../http/paths.ts";
import type { AppOptions } from "../../routes/app.tsx";
import { addAccount, EMAIL, FIREFOX, PASSWORD, startApp } from "../app.ts";
import { executablePath, launchChromium } from "./executable.ts";

/**
 * The options of every test here: without a Chromium it is ignored, and one line on standard error says how to get one.
 * `REQUIRE_BROWSER=1` makes it fail instead, so that nobody takes ignored tests for passed ones.
 */
export const inChromium = { ignore: executablePath === undefined && Deno.env.get("REQUIRE_BROWSER") !== "1" };

// Each test file has its own copy of this module, but all share the environment: only the first one says it.
if (inChromium.ignore && !Deno.env.has("CHROMIUM_IS_MISSING")) {
  Deno.env.set("CHROMIUM_IS_MISSING", "1");
  console.error(
    "Browser tests are ignored, there is no Chromium: apt-get install chromium, or set CHROMIUM to its path",
  );
}

/** One a test file, since starting it takes longer than most tests. What a test does stays in contexts of its own. */
let browserOfFile: Browser | undefined;

Deno.test.beforeAll(async () => {
  if (executablePath !== undefined) browserOfFile = await launchChromium();
});
Deno.test.afterAll(async () => {
  await browserOfFile?.close();
});

/** Where people are in these tests, by public addresses whose country is known. */
export const MADRID = "81.40.12.201";
export const PARIS = "193.51.208.14";
export const SANTIAGO = "2a0c:5a80:1b08:c00::4";

export const SAFARI =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";

/** For a Chromium that keeps whole pages for Back, `no-store` ones too, as people's do: a switch of Playwright's turns it off. */
export const REMEMBERING = { without: ["--disable-back-forward-cache"] };

/** Whose browser it is: where it connects from and what it says it is; the rest is Playwright's. */
type Visitor = BrowserContextOptions & { ip?: string };

/**
 * The real app, listening, over a database file of its own with an account, and the browsers that visit it. `without` names
 * switches that Playwright sets and a Chromium of the test's own shall do without; the rest are options of the app.
 */
export async function openSite({ without, ...options }: { without?: string[] } & Partial<AppOptions> = {}) {
  const browser = executablePath && without ? await launchChromium(without) : browserOfFile;
  if (!browser) throw new Error("Cannot run browser tests: there is no Chromium (apt-get install chromium)");

  const folder = await Deno.makeTempDir({ prefix: "connections-" });
  const db = await openDatabase(`file:${folder}/connections.db`);
  await addAccount(db, EMAIL, PASSWORD);

  let handle: Deno.ServeHandler = () => new Response(null, { status: 503 });
  // The port is free until somebody asks for it, and the app has to know it: so the server comes first.
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request, info) => {
    return handle(request, info);
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const background = new Set<Promise<void>>();
  const { app, clock } = await startApp({
    db,
    origin: new URL(origin),
    countryOf: createCountryLookup((error) => {
      throw error;
    }),
    trustedProxies: ["127.0.0.1"],
    background: (work) => void background.add(work),
    ...options,
  });
  handle = app.fetch;

  const contexts: BrowserContext[] = [];
  const troubles: string[] = [];

  return {
    db,
    clock,
    /** What went wrong in any page: what the policy blocked, errors of scripts, complaints of htmx. */
    troubles,
    /** A browser of its own, as far as anyone can tell: no cookies yet, and an empty page. */
    async visit(visitor?: Visitor): Promise<Page> {
      const context = await openContext(browser, origin, troubles, visitor);
      contexts.push(context);
      return await context.newPage();
    },
    /** What every test ends with. */
    assertUntroubled() {
      assert.deepEqual(troubles, []);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(contexts.map((context) => context.close()));
      if (browser !== browserOfFile) await browser.close();
      await server.shutdown();
      await Promise.all(background);
      db.$client.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function openContext(
  browser: Browser,
  origin: string,
  troubles: string[],
  { ip = MADRID, ...options }: Visitor = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: origin,
    timezoneId: "Europe/Madrid",
    locale: "en-GB",
    userAgent: FIREFOX,
    extraHTTPHeaders: { "X-Forwarded-For": ip },
    ...options,
  });
  context.setDefaultTimeout(10_000);
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) => {
      console.error(`Content Security Policy: ${violatedDirective} blocks ${blockedURI} in ${sourceFile}`);
    });
  });
  context.on("weberror", (error) => troubles.push(String(error.error())));
  context.on("console", (message) => {
    // An answer of 401 or 422 is logged as an error too, and is none.
    if (!["error", "warning"].includes(message.type()) || message.text().startsWith("Failed to load resource")) return;
    troubles.push(message.text());
  });
  return context;
}

/** Signs in as a person does. */
export async function signIn(page: Page, password = PASSWORD): Promise<void> {
  await page.goto(paths.signIn);
  await fillSignIn(page, password);
  await page.waitForURL((url) => url.pathname === paths.connections);
}

/** Fills and sends the sign-in form that `page` shows. */
export async function fillSignIn(page: Page, password = PASSWORD): Promise<void> {
  await page.getByLabel("E-mail address").fill(EMAIL);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Leaves a mark in the page's scripts, which a full page load wipes away. */
export async function mark(page: Page): Promise<void> {
  await page.evaluate(() => void Object.assign(globalThis, { marker: true }));
}

/** Whether `page` is still the document that was marked. */
export async function isMarked(page: Page): Promise<boolean> {
  return await page.evaluate(() => "marker" in globalThis);
}

/** Waits until focus is on `locator`'s element. */
export async function waitForFocus(locator: Locator): Promise<void> {
  await locator.and(locator.page().locator(":focus")).waitFor({ state: "attached" });
}

/** Has the history of `page` ask at once whether something is new, as when somebody looks at it again. */
export async function lookAgain(page: Page): Promise<void> {
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
}

/** Waits until the dialog is open as a modal one, and returns it. */
export async function openDialog(page: Page): Promise<Locator> {
  const dialog = page.locator("dialog:modal");
  await dialog.waitFor();
  return dialog;
}

/** Waits until no dialog is open. */
export async function waitForClosedDialog(page: Page): Promise<void> {
  await page.locator("dialog[open]").waitFor({ state: "detached" });
}

/** The text of each element, in the order of the page. */
export async function texts(locator: Locator): Promise<string[]> {
  return (await locator.allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
}
