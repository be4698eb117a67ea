import { type Browser, chromium } from "playwright-core";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Where a Chromium is: what the variable `CHROMIUM` says, else a Debian package's; undefined where there is none. */
export const executablePath = findChromium();

/** Starts it; `without` names switches that Playwright sets and it shall do without. */
export async function launchChromium(without: string[] = []): Promise<Browser> {
  return await chromium.launch({ executablePath: executablePath ?? "", args: ARGS, ignoreDefaultArgs: without });
}

function findChromium(): string | undefined {
  const places = [Deno.env.get("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return places.find((place) => place && isFile(place));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
