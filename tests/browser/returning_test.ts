import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { inBrowser, openFilters, signIn, type Site, WITH_BACK_CACHE } from "./chromium.ts";
import { addClosed } from "./history.ts";

inBrowser("Back brings the older rows and the reader's place, and Older connections continues", async (site) => {
  const here = await readOlder(site);
  const left = await placeOf(here);

  await followLink(here);
  await here.goBack();

  await waitForPlace(here, left);
  await here.getByRole("link", { name: "Older connections" }).click();
  await here.getByText("There is nothing older.").waitFor();
  const { rows } = await placeOf(here);
  assert.equal(rows.length, 121);
  assert.equal(new Set(rows).size, 121);
});

inBrowser("Back brings them with the back/forward cache too, each time", WITH_BACK_CACHE, async (site) => {
  const here = await readOlder(site);
  const left = await placeOf(here);

  await followLink(here);
  await here.goBack({ waitUntil: "commit" });
  await waitForPlace(here, left);

  // Now nothing was appended to the page: Chromium caches it.
  await followLink(here);
  await here.goBack({ waitUntil: "commit" });
  await waitForPlace(here, left);
  assert.equal(await here.evaluate(() => performance.getEntriesByType("navigation")[0]?.toJSON().type), "reload");
});

inBrowser("Back after filtering brings the older rows", async (site) => {
  const here = await readOlder(site);
  const { rows } = await placeOf(here);

  await openFilters(here);
  await here.getByLabel("State").selectOption("Open");
  await here.getByRole("button", { name: "Filter" }).click();
  await here.waitForURL(`${paths.connections}?state=open`);
  await here.goBack();

  await here.locator("tbody tr[id]").nth(100).waitFor();
  assert.deepEqual((await placeOf(here)).rows, rows);
});

type Place = { rows: string[]; y: number };

/** Signs in, appends older rows three times, and scrolls to one of the last. */
async function readOlder(site: Site): Promise<Page> {
  await addClosed(site.db, 120);
  const here = await site.visit();
  await signIn(here);
  const rows = here.locator("tbody tr[id]");
  for (const count of [51, 76, 101]) {
    await here.getByRole("link", { name: "Older connections" }).click();
    await rows.nth(count - 1).waitFor();
  }
  await rows.nth(90).evaluate((row) => row.scrollIntoView());
  return here;
}

/** Leaves for another page, without scrolling to the link. */
async function followLink(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Preferences" }).dispatchEvent("click");
  await page.waitForURL(paths.preferences);
}

async function placeOf(page: Page): Promise<Place> {
  return await page.evaluate(() => ({
    rows: [...document.querySelectorAll("tbody tr[id]")].map(({ id }) => id),
    y: scrollY,
  }));
}

/** Waits until the page has these rows, and is scrolled to within a row's height of the place. */
async function waitForPlace(page: Page, { rows, y }: Place): Promise<void> {
  await page.waitForFunction(([ids, top]) => {
    const found = [...document.querySelectorAll("tbody tr[id]")].map(({ id }) => id);
    return found.join() === ids && Math.abs(scrollY - top) < 40;
  }, [rows.join(), y] as const);
}
