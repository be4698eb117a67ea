import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { EMAIL, FIREFOX, PASSWORD } from "../app.ts";
import { executablePath, launchChromium } from "./executable.ts";
import { MADRID, serveSite, type SiteOptions } from "./site.ts";

export { LAGOS, MADRID, PARIS, SAFARI, SANTIAGO } from "./site.ts";

const isIgnored = executablePath === undefined && Deno.env.get("REQUIRE_BROWSER") !== "1";

// Each test file has its own copy of this module, but they share the environment: only the first one reports it.
if (isIgnored && !Deno.env.has("CHROMIUM_IS_MISSING")) {
  Deno.env.set("CHROMIUM_IS_MISSING", "1");
  console.error(
    "Browser tests are ignored, because there is no Chromium: apt-get install chromium, or set CHROMIUM to its path",
  );
}

/** One for each test file, because starting it takes longer than most tests. Each test has its own contexts. */
let browserOfFile: Browser | undefined;

Deno.test.beforeAll(async () => {
  if (executablePath !== undefined) browserOfFile = await launchChromium();
});
Deno.test.afterAll(async () => {
  await browserOfFile?.close();
});

/** Chromium with its back/forward cache, which Playwright switches off. */
export const WITH_BACK_CACHE = { without: ["--disable-back-forward-cache"] };

type Visitor = BrowserContextOptions & { ip?: string };

/** `without`: Playwright's default switches to leave out, in a Chromium of the test's own. */
type TestOptions = { without?: string[] } & SiteOptions;

export type Site = Awaited<ReturnType<typeof openSite>>;

/**
 * Registers a test of the running app in Chromium. It fails if a page had an error, a blocked resource or a warning of htmx. Without
 * Chromium it is ignored, or fails if `REQUIRE_BROWSER=1`.
 */
export function inBrowser(
  sentence: string,
  ...[first, second]: [test: (site: Site) => Promise<void>] | [
    options: TestOptions,
    test: (site: Site) => Promise<void>,
  ]
): void {
  const [options, test] = typeof first === "function" ? [{}, first] : [first, second!];
  Deno.test(sentence, { ignore: isIgnored }, async () => {
    await using site = await openSite(options);
    await test(site);
    site.assertNoErrors();
  });
}

/** The served app, to visit in Chromium. */
async function openSite({ without, ...options }: TestOptions = {}) {
  const browser = executablePath && without ? await launchChromium(without) : browserOfFile;
  if (!browser) throw new Error("Cannot run browser tests: there is no Chromium (apt-get install chromium)");

  const site = await serveSite(options);
  const contexts: BrowserContext[] = [];
  const errors: string[] = [];

  return {
    ...site,
    /** A new browser without cookies, on an empty page. */
    async visit(visitor?: Visitor): Promise<Page> {
      const context = await openContext(browser, site.origin, errors, visitor);
      contexts.push(context);
      return await context.newPage();
    },
    /** Fails if any page had an error, a blocked resource or a warning of htmx. */
    assertNoErrors() {
      assert.deepEqual(errors, []);
    },
    /** Returns the errors so far and forgets them, for a test that provokes some. */
    takeErrors: () => errors.splice(0),
    async [Symbol.asyncDispose]() {
      await Promise.all(contexts.map((context) => context.close()));
      if (browser !== browserOfFile) await browser.close();
      await site[Symbol.asyncDispose]();
    },
  };
}

async function openContext(
  browser: Browser,
  origin: string,
  errors: string[],
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
  context.on("weberror", (error) => errors.push(String(error.error())));
  context.on("console", (message) => {
    // Chromium logs a 401 or 422 as an error too.
    if (!["error", "warning"].includes(message.type()) || message.text().startsWith("Failed to load resource")) return;
    errors.push(message.text());
  });
  return context;
}

export async function signIn(page: Page, password = PASSWORD): Promise<void> {
  await page.goto(paths.signIn);
  await fillSignIn(page, password);
  await page.waitForURL((url) => url.pathname === paths.connections);
}

/** Fills in and submits the sign-in form on `page`. */
export async function fillSignIn(page: Page, password = PASSWORD): Promise<void> {
  await page.getByLabel("Email address").fill(EMAIL);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Marks the document, to tell whether it is still the same: a page load removes the mark. */
export async function mark(page: Page): Promise<void> {
  await page.evaluate(() => void Object.assign(globalThis, { marker: true }));
}

/** Whether `page` is still the marked document. */
export async function isMarked(page: Page): Promise<boolean> {
  return await page.evaluate(() => "marker" in globalThis);
}

export async function waitForFocus(locator: Locator): Promise<void> {
  await locator.and(locator.page().locator(":focus")).waitFor({ state: "attached" });
}

/** Unfolds the filter form, unless it is. */
export async function openFilters(page: Page): Promise<void> {
  if (!await page.getByLabel("State").isVisible()) await page.locator("#filters summary").click();
}

/** Waits until the area's dialog is open, and returns it. */
export async function openDialog(page: Page): Promise<Locator> {
  const dialog = page.locator("#dialog:modal");
  await dialog.waitFor();
  return dialog;
}

export async function waitForClosedDialog(page: Page): Promise<void> {
  await page.locator("#dialog[open]").waitFor({ state: "detached" });
}

/** What elements show, with single spaces. */
export async function texts(locator: Locator): Promise<string[]> {
  return (await locator.allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
}

/** Saves a picture of the window in `screenshots/`, or of the whole page, for people to look at. */
export async function saveScreenshot(page: Page, name: string, { fullPage = false } = {}): Promise<void> {
  await page.screenshot({ path: fileURLToPath(new URL(`screenshots/${name}.png`, import.meta.url)), fullPage });
}
