import { type Browser, chromium } from "playwright-core";

/** For scripts elsewhere, which don't see the packages of the tests. */
export type { BrowserContextOptions, Page } from "playwright-core";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The path of Chromium, from the variable `CHROMIUM` or a system package; undefined if there is none. */
export const executablePath = findFile(
  Deno.env.get("CHROMIUM"),
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
);

/** Starts Chromium, without the given ones of Playwright's default switches. */
export async function launchChromium(without: string[] = []): Promise<Browser> {
  return await chromium.launch({ executablePath: executablePath ?? "", args: ARGS, ignoreDefaultArgs: without });
}

/** Returns the first of the paths at which there is a file. */
export function findFile(...paths: (string | undefined)[]): string | undefined {
  return paths.find((path) => path && isFile(path));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
