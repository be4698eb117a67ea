import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { addAccount, PASSWORD } from "../app.ts";
import { inBrowser, isMarked, mark, PARIS, signIn, type Site } from "./chromium.ts";
import { addOpen } from "./history.ts";
import { poll, startPoll } from "./polling.ts";

const NEIGHBOUR = "joan@example.com";

inBrowser("a page of the account before reloads as the new account's at its next poll", async (site) => {
  const { first } = await signInTwice(site);

  await startPoll(first);

  await waitForOwner(first, NEIGHBOUR);
  assert.equal(await first.getByRole("row", { name: PARIS }).count(), 0);
  assert.equal(await isMarked(first), false);
});

inBrowser("a page of the account before reloads when its button is pressed, and opens no dialog", async (site) => {
  const { first } = await signInTwice(site);

  await first.getByRole("button", { name: "Close open connections" }).click();

  await waitForOwner(first, NEIGHBOUR);
  await first.getByText("Nobody else has signed in to your account.").waitFor();
  assert.equal(await first.locator("#dialog[open]").count(), 0);
});

inBrowser("the page of the new account stays as it is", async (site) => {
  const { second } = await signInTwice(site);
  await mark(second);

  assert.equal(await poll(second), 304);

  assert.equal(await isMarked(second), true);
});

/** Signs in to one account in a tab, then to another in a second tab of the same browser. */
async function signInTwice(site: Site): Promise<{ first: Page; second: Page }> {
  await addAccount(site.db, NEIGHBOUR, PASSWORD);
  await addOpen(site.db);
  const first = await site.visit();
  await signIn(first);
  await first.getByRole("row", { name: PARIS }).waitFor();
  await mark(first);

  const second = await first.context().newPage();
  await second.goto(paths.connections);
  await second.getByText("User management").click();
  await second.getByRole("button", { name: "Sign out" }).click();
  await second.getByLabel("Email address").fill(NEIGHBOUR);
  await second.getByLabel("Password").fill(PASSWORD);
  await second.getByRole("button", { name: "Sign in" }).click();
  await waitForOwner(second, NEIGHBOUR);
  return { first, second };
}

async function waitForOwner(page: Page, email: string): Promise<void> {
  await page.locator(".menu-owner", { hasText: email }).waitFor({ state: "attached" });
}
