/**
 * `deno task screenshots` starts the demo, signs in as its owner and saves the README's pictures in `docs/images/`. The demo's history is the
 * same each time, apart from the date.
 */
import { fileURLToPath } from "node:url";
import { paths } from "../http/paths.ts";
import { FIREFOX } from "../tests/app.ts";
import { type BrowserContextOptions, executablePath, launchChromium, type Page } from "../tests/browser/executable.ts";
import { makeFolder, startServer } from "../tests/processes.ts";

const HOME = "46.16.60.1";
const DESKTOP = { viewport: { width: 1200, height: 1120 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1.5 };

if (executablePath === undefined) {
  console.error(
    "Cannot make the screenshots: there is no Chromium (apt-get install chromium, or set CHROMIUM to its path)",
  );
  Deno.exit(1);
}

await using folder = await makeFolder();
await using server = await startServer("demo", folder, { TRUSTED_PROXIES: "127.0.0.1" });
const browser = await launchChromium();

const light = await open({ ...DESKTOP, colorScheme: "light" });
await light.getByLabel("Email address").fill(readOutput("E-mail: "));
await light.getByLabel("Password").fill(readOutput("Password: "));
await light.getByRole("button", { name: "Sign in" }).click();
await light.waitForURL((url) => url.pathname === paths.connections);
await saveImage(light, "history-light");
await light.getByRole("button", { name: "Close open connections" }).click();
await light.locator("dialog:modal").waitFor();
await saveImage(light, "confirmation");

const storageState = await light.context().storageState();
await saveImage(await open({ ...DESKTOP, colorScheme: "dark", storageState }), "history-dark");
const phone = await open({ ...PHONE, colorScheme: "light", storageState });
await phone.locator("#filters").evaluate((filters) => filters.scrollIntoView());
await saveImage(phone, "phone");

await browser.close();

/** Opens the history in a new browser, which `storageState` can sign in. */
async function open(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({
    baseURL: server.address,
    userAgent: FIREFOX,
    extraHTTPHeaders: { "X-Forwarded-For": HOME },
    timezoneId: "Europe/Madrid",
    locale: "en-GB",
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  await page.goto(paths.connections);
  return page;
}

/** Reads the rest of the line that starts with `label` from the demo's output. */
function readOutput(label: string): string {
  return server.output.find((line) => line.startsWith(label))?.slice(label.length) ?? "";
}

async function saveImage(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: fileURLToPath(new URL(`images/${name}.png`, import.meta.url)) });
}
