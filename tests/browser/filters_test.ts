import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { CELL } from "../app.ts";
import { inChromium, isMarked, mark, openSite, signIn, texts, waitForFocus } from "./chromium.ts";
import { addClosed, addEveryState } from "./history.ts";

const PHONE = { viewport: { width: 390, height: 844 } };

Deno.test("on a phone the filters are folded; used, they stay open with focus where it was", inChromium, async () => {
  await using site = await openSite();
  await addClosed(site.db, 3);
  const here = await site.visit(PHONE);
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
  assert.equal(await here.locator("#notifications").innerText(), "3 rows");
  assert.equal(await isMarked(here), true);
  site.assertUntroubled();
});

Deno.test("on a phone a filter in the address leaves the form folded, and says what is in it", inChromium, async () => {
  await using site = await openSite();
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
  await here.getByRole("heading", { name: "Nothing matches this filter" }).waitFor();
  await here.getByRole("link", { name: 'Without "Country: France"' }).click();
  await here.waitForURL(/\?state=open#filters$/);
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Open"]);
  site.assertUntroubled();
});

Deno.test("on a wide window the filters are open, without a summary", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit({ javaScriptEnabled: false });
  await signIn(here);

  assert.equal(await here.getByLabel("State").isVisible(), true);
  assert.equal(await here.locator("#filters summary").isVisible(), false);
  assert.equal(await here.locator("#filters").getAttribute("open"), null);
  site.assertUntroubled();
});

Deno.test("a filter is removed with the keyboard, and Tab goes on from the filters", inChromium, async () => {
  await using site = await openSite();
  await addClosed(site.db, 3);
  const here = await site.visit();
  await signIn(here);
  await here.goto(`${paths.connections}?state=closed&country=ES`);
  await here.getByRole("heading", { name: "Nothing matches this filter" }).waitFor();

  await here.getByRole("link", { name: "Remove the filter Country: Spain" }).press("Enter");

  await here.waitForURL(/\?state=closed#filters$/);
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Closed", "Closed", "Closed"]);
  assert.equal(await here.getByLabel("Country").inputValue(), "");
  await here.keyboard.press("Tab");
  await waitForFocus(here.getByLabel("State"));
  site.assertUntroubled();
});

Deno.test("after filtering the live region says how many rows there are, each time anew", inChromium, async () => {
  await using site = await openSite();
  await addClosed(site.db, 30);
  const here = await site.visit();
  await signIn(here);
  const said = here.locator("#notifications");
  assert.equal(await said.innerText(), "");

  await here.getByLabel("State").selectOption("Closed");
  await here.getByRole("button", { name: "Filter" }).click();
  await said.getByText("30 rows").waitFor({ state: "attached" });
  await here.getByLabel("State").selectOption("Refused");
  await here.getByRole("button", { name: "Filter" }).click();
  await said.getByText("0 rows").waitFor({ state: "attached" });

  assert.equal(await isForEyes(here, "#notifications p"), false);
  site.assertUntroubled();
});

Deno.test(
  "a day of the picture is reached with the keyboard, says what it has, and leads to it",
  inChromium,
  async () => {
    await using site = await openSite();
    await addEveryState(site.db);
    const here = await site.visit();
    await signIn(here);
    const day = here.getByRole("link", { name: "23 Nov: 9 connections, 4,212 refused" });
    assert.equal(await isForEyes(here, "#days a b"), false);

    await here.getByRole("link", { name: "Skip the picture" }).focus();
    await here.keyboard.press("Tab");

    await waitForFocus(day);
    assert.equal(await isForEyes(here, "#days a b"), true);
    await here.keyboard.press("Enter");
    await here.waitForURL(/\?day=2026-11-23$/);
    await here.getByRole("link", { name: "Remove the filter Day: 23 Nov 2026" }).waitFor();
    site.assertUntroubled();
  },
);

Deno.test("who skips the picture goes on with the filters", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit();
  await signIn(here);

  await here.getByRole("link", { name: "Skip the picture" }).press("Enter");
  await here.keyboard.press("Tab");

  await waitForFocus(here.getByLabel("State"));
  site.assertUntroubled();
});

/** Whether the element is shown to who sees, and not just to who listens. */
async function isForEyes(page: Page, selector: string): Promise<boolean> {
  return await page.locator(selector).first().evaluate((element) => getComputedStyle(element).clipPath === "none");
}
