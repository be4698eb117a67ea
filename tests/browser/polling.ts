import type { Page, Request } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { PARIS, SAFARI, signIn, type Site } from "./chromium.ts";

/** Signs in on a phone, a second later. Returns its page. */
export async function openElsewhere(site: Site, { ip = PARIS } = {}): Promise<Page> {
  site.clock.now += 1_000;
  const phone = await site.visit({ ip, userAgent: SAFARI });
  await signIn(phone);
  return phone;
}

/** Makes the page poll at once. Returns the response's status; undefined if the page sent nothing or got no response. */
export async function poll(page: Page): Promise<number | undefined> {
  return await page.evaluate(() =>
    new Promise<number | undefined>((resolve) => {
      const live = document.querySelector("#live");
      live?.addEventListener("htmx:finally:request", (event) => {
        if (event instanceof CustomEvent) resolve(event.detail.ctx.response?.status);
      }, { once: true });
      live?.dispatchEvent(new CustomEvent("every"));
    })
  );
}

/** Makes the page poll, without waiting for the response. */
export async function startPoll(page: Page): Promise<void> {
  await page.evaluate(() => void document.querySelector("#live")?.dispatchEvent(new CustomEvent("every")));
}

/** The page's polls from now on. */
export function recordPolls(page: Page): Request[] {
  const polls: Request[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === paths.live) polls.push(request);
  });
  return polls;
}

/** Pretends that the reader changes tabs: a headless browser's page is always visible. */
export async function setVisibility(page: Page, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate((isHidden) => {
    Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state === "hidden");
}
