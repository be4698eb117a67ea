import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { CELL } from "../app.ts";
import { inBrowser, isMarked, mark, openFilters, signIn, texts, waitForFocus } from "./chromium.ts";
import { addClosed, addEveryState } from "./history.ts";

const MUST_BE = '"IP address" must be an address, h';
const PHONE = { viewport: { width: 390, height: 844 } };

inBrowser(
  "the filter form is folded, and filtering leaves it open with focus where it was",
  async (site) => {
    await addClosed(site.db, 10);
    const here = await site.visit();
    await signIn(here);
    await mark(here);
    const state = here.getByLabel("State");
    await state.waitFor({ state: "hidden" });

    await here.locator("#filters summary").press("Enter");
    await state.selectOption("Closed");
    const button = here.getByRole("button", { name: "Filter" });
    await button.press("Enter");

    await here.getByText("State: closed").waitFor();
    await waitForFocus(button);
    assert.equal(await state.isVisible(), true);
    assert.deepEqual(await texts(here.locator("#filters summary")), ["Filter 1 active"]);
    assert.equal(await here.locator("#notifications").innerText(), "10 results");
    assert.equal(await isMarked(here), true);
  },
);

inBrowser("on a phone a filtered page has the form folded, with the number of filters in its summary", async (site) => {
  await addClosed(site.db, 3);
  const here = await site.visit({ ...PHONE, javaScriptEnabled: false });
  await signIn(here);

  await here.goto(`${paths.connections}?state=closed&country=FR`);

  await here.getByLabel("State").waitFor({ state: "hidden" });
  assert.deepEqual(await texts(here.locator("#filters summary")), ["Filter 2 active"]);
  await here.locator("#filters summary").click();
  await here.getByLabel("State").selectOption("Open");
  await here.getByRole("button", { name: "Filter" }).click();
  await here.waitForURL(/\?state=open&country=FR/);
  await here.getByRole("heading", { name: "No results" }).waitFor();
  await here.getByRole("link", { name: 'Without "Country: France"' }).click();
  await here.waitForURL(/\?state=open#filters$/);
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Open"]);
});

inBrowser(
  "removing a filter updates the page, leaves the form unfolded and moves focus to its summary",
  async (site) => {
    await addClosed(site.db, 10);
    const here = await site.visit();
    await signIn(here);
    await here.goto(`${paths.connections}?state=closed&country=ES&ip=81.40`);
    await openFilters(here);
    await mark(here);

    await here.getByRole("link", { name: "Remove the filter Country: Spain" }).press("Enter");

    await here.waitForURL(/\?state=closed&ip=81\.40$/);
    await waitForFocus(here.locator("#filters summary"));
    assert.equal(await here.locator("[name=country]").inputValue(), "");
    assert.equal(await here.getByLabel("State").isVisible(), true);
    assert.equal(await here.locator("#notifications").innerText(), "0 results");

    await here.getByRole("link", { name: 'Without "IP address: 81.40"' }).press("Enter");

    await here.waitForURL(/\?state=closed$/);
    await waitForFocus(here.locator("#filters summary"));
    assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), Array(10).fill("Closed"));

    await here.getByRole("link", { name: "Show all" }).press("Enter");

    await here.waitForURL((url) => url.search === "");
    await waitForFocus(here.locator("#filters summary"));
    assert.equal(await here.locator("tbody tr[id]").count(), 11);
    assert.equal(await isMarked(here), true);
    await here.goBack();
    await here.waitForURL(/\?state=closed$/);
    await here.getByText("State: closed").waitFor();
  },
);

inBrowser("where removing a filter takes the form away, focus moves to the title", async (site) => {
  await addClosed(site.db, 3);
  const here = await site.visit();
  await signIn(here);
  await here.goto(`${paths.connections}?state=closed`);

  await here.getByRole("link", { name: "Show all" }).press("Enter");

  await here.waitForURL((url) => url.search === "");
  await waitForFocus(here.getByRole("heading", { level: 1 }));
  assert.equal(await here.locator("#filters").count(), 0);
});

inBrowser("a wrong filter stays in its field, which says what is wrong, until it is right", async (site) => {
  await addClosed(site.db, 10);
  const here = await site.visit();
  await signIn(here);
  await mark(here);
  await openFilters(here);
  const ip = here.getByLabel("IP address");

  await ip.fill("193.51.x");
  await ip.press("Enter");

  const wrong = here.locator("#filters [aria-invalid=true]");
  await wrong.waitFor();
  assert.equal(await wrong.evaluate((field) => field.ariaDescribedByElements?.[0]?.textContent?.slice(0, 34)), MUST_BE);
  await waitForFocus(ip);
  assert.equal(await ip.inputValue(), "193.51.x");
  await ip.fill("193.51");
  await ip.press("Enter");

  await here.getByText("IP address: 193.51").waitFor();
  assert.equal(await wrong.count(), 0);
  assert.equal(await ip.isVisible(), true);
  assert.equal(await isMarked(here), true);
});

inBrowser("without JavaScript a wrong filter unfolds the form, with what was typed in its fields", async (site) => {
  await addClosed(site.db, 3);
  const here = await site.visit({ ...PHONE, javaScriptEnabled: false });
  await signIn(here);

  await here.goto(`${paths.connections}?from=yesterday&ip=abc&state=closed`);

  await waitForFocus(here.getByLabel("From"));
  assert.equal(await here.getByLabel("From").inputValue(), "yesterday");
  assert.equal(await here.getByLabel("IP address").inputValue(), "abc");
  await here.locator("#filter-ip-problem").getByText(MUST_BE).waitFor();
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Closed", "Closed", "Closed"]);
});

inBrowser("filtering announces the number of results each time", async (site) => {
  await addClosed(site.db, 30);
  const here = await site.visit();
  await signIn(here);
  const announcement = here.locator("#notifications");
  assert.equal(await announcement.innerText(), "");
  await openFilters(here);

  await here.getByLabel("State").selectOption("Closed");
  await here.getByRole("button", { name: "Filter" }).click();
  await announcement.getByText("30 results").waitFor({ state: "attached" });
  await here.getByLabel("State").selectOption("Refused");
  await here.getByRole("button", { name: "Filter" }).click();
  await announcement.getByText("0 results").waitFor({ state: "attached" });

  assert.equal(await isVisuallyHidden(announcement.locator("p")), true);
});

inBrowser("older rows that arrive after filtering are not appended to what it found", async (site) => {
  await addClosed(site.db, 60);
  await addEveryState(site.db);
  const here = await site.visit();
  await signIn(here);
  await openFilters(here);
  const response = Promise.withResolvers<void>();
  await here.route("**/connections?before=*", async (route) => {
    await response.promise;
    await route.continue().catch(() => {});
  });
  const [request] = await Promise.all([
    here.waitForRequest("**/connections?before=*"),
    here.getByRole("link", { name: "Older connections" }).click(),
  ]);
  const isOver = Promise.race([
    here.waitForEvent("requestfailed", (failed) => failed === request),
    here.waitForEvent("requestfinished", (finished) => finished === request),
  ]);

  await here.getByLabel("State").selectOption("Refused");
  await here.getByRole("button", { name: "Filter" }).click();
  await here.getByRole("link", { name: "Show all" }).waitFor();
  response.resolve();
  await isOver;

  assert.deepEqual([...new Set(await texts(here.locator(`tbody ${CELL.badge}`)))], ["Refused"]);
  assert.equal(new URL(here.url()).search, "?state=refused");
});

inBrowser("Tab reaches a day of the chart and shows its counts, and Enter filters by it", async (site) => {
  await addEveryState(site.db);
  const here = await site.visit();
  await signIn(here);
  const day = here.getByRole("link", { name: "23 Nov: 9 opened, 4,212 refused" });
  await here.getByText("Day by day").click();
  assert.equal(await isVisuallyHidden(day.locator("b")), true);

  await here.getByRole("link", { name: "Skip the chart" }).focus();
  await here.keyboard.press("Tab");

  await waitForFocus(day);
  assert.equal(await isVisuallyHidden(day.locator("b")), false);
  await here.keyboard.press("Enter");
  await here.waitForURL(/\?from=2026-11-23&to=2026-11-23#filters$/);
  await here.getByRole("link", { name: "Remove the filter Day: 23 Nov 2026" }).waitFor();
});

inBrowser("Skip the chart moves to the rows below it", async (site) => {
  await addClosed(site.db, 60);
  const here = await site.visit();
  await signIn(here);

  await here.getByRole("link", { name: "Skip the chart" }).press("Enter");
  await here.keyboard.press("Tab");

  await waitForFocus(here.locator("#rows a").first());
});

inBrowser(
  "the chart is shown where there is room, and folded on a phone or with next to nothing to draw",
  async (site) => {
    await addEveryState(site.db);
    const here = await site.visit();
    await signIn(here);
    const isShown = () => here.locator("#chart svg").first().isVisible();

    const ofOneDay = await isShown();
    await addClosed(site.db, 60);
    await here.reload();
    const ofThreeDays = await isShown();
    await here.setViewportSize(PHONE.viewport);
    const onPhone = await isShown();

    assert.deepEqual({ ofOneDay, ofThreeDays, onPhone }, { ofOneDay: false, ofThreeDays: true, onPhone: false });
    await here.getByText("Day by day").click();
    assert.equal(await isShown(), true);
  },
);

/** Whether an element is for screen readers only. */
async function isVisuallyHidden(element: Locator): Promise<boolean> {
  return await element.evaluate((element) => getComputedStyle(element).clipPath !== "none");
}
