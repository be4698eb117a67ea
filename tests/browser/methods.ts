import { randomBytes } from "node:crypto";
import type { Page } from "playwright-core";
import { createSecrets } from "../../credentials/secrets.ts";
import { paths } from "../../http/paths.ts";
import { MINUTE } from "../app.ts";
import { codeAt } from "../second_factor.ts";
import { signIn, type Site } from "./chromium.ts";

const secrets = createSecrets([randomBytes(32)]);

/** For a site where authenticator apps can be added. */
export const WITH_KEY = { secrets: () => secrets };

/** Adds an authenticator app to the signed-in account, and waits until the code it took is over. Returns its secret. */
export async function addAuthenticator(page: Page, { clock }: Site): Promise<string> {
  await page.goto(paths.authenticator);
  const secret = await page.locator("#secret").innerText();
  await page.getByLabel("Code from the app").fill(codeAt(secret, clock.now));
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.waitForURL((url) => url.pathname === paths.methods);
  clock.now += MINUTE;
  return secret;
}

/** Signs in from another browser, which the account knows from then on. */
export async function addBrowser(site: Site, visitor: { ip: string; userAgent: string }): Promise<void> {
  await signIn(await site.visit(visitor));
}
