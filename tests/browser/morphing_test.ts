import assert from "node:assert/strict";
import { CELL, MINUTE } from "../app.ts";
import {
  inBrowser,
  openDialog,
  openFilters,
  PARIS,
  SANTIAGO,
  signIn,
  waitForClosedDialog,
  waitForFocus,
} from "./chromium.ts";
import { addClosed, addOpen } from "./history.ts";
import { openElsewhere, poll } from "./polling.ts";

inBrowser("what is typed into the filter form, and the cursor in it, survive an update", async (site) => {
  await addOpen(site.db);
  await addClosed(site.db, 10);
  const here = await site.visit();
  await signIn(here);
  await openFilters(here);
  await here.getByLabel("State").selectOption("Closed");
  await here.getByLabel("Country").selectOption("Spain");
  await here.getByLabel("From").fill("2026-11-01");
  const ip = here.getByLabel("IP address");
  await ip.focus();
  await here.keyboard.type("46.17");
  await here.keyboard.press("ArrowLeft");
  await openElsewhere(site);

  assert.equal(await poll(here), 200);

  assert.equal(await here.locator("tbody tr[id]").count(), 13);
  await waitForFocus(ip);
  await here.keyboard.type("9");
  assert.equal(await ip.inputValue(), "46.197");
  assert.equal(await here.getByLabel("State").inputValue(), "closed");
  assert.equal(await here.getByLabel("Country").inputValue(), "ES");
  assert.equal(await here.getByLabel("From").inputValue(), "2026-11-01");
});

inBrowser("a chosen country stays chosen when an update adds a country before it", async (site) => {
  await addClosed(site.db, 10);
  const here = await site.visit();
  await signIn(here);
  await openFilters(here);
  const country = here.getByLabel("Country");
  assert.deepEqual(await country.locator("option").allInnerTexts(), ["Any", "France", "Spain"]);
  await country.selectOption("Spain");
  await openElsewhere(site, { ip: "46.4.84.10" });

  assert.equal(await poll(here), 200);

  assert.deepEqual(await country.locator("option").allInnerTexts(), ["Any", "France", "Germany", "Spain"]);
  assert.equal(await country.inputValue(), "ES");
});

inBrowser("an open filter form stays open over an update, and a folded one folded", async (site) => {
  await addClosed(site.db, 10);
  const here = await site.visit();
  await signIn(here);
  const state = here.getByLabel("State");
  await here.locator("#filters summary").click();
  await state.waitFor();
  await openElsewhere(site);
  assert.equal(await poll(here), 200);
  assert.equal(await here.locator("tbody tr[id]").count(), 12);
  assert.equal(await state.isVisible(), true);

  await here.locator("#filters summary").click();
  await state.waitFor({ state: "hidden" });
  await openElsewhere(site, { ip: SANTIAGO });
  assert.equal(await poll(here), 200);
  assert.equal(await here.locator("tbody tr[id]").count(), 13);
  assert.equal(await state.isVisible(), false);
});

inBrowser("when an update takes the row that has focus off the page, focus moves to the title", async (site) => {
  await addClosed(site.db, 30);
  const here = await site.visit();
  await signIn(here);
  await here.locator("tbody tr[id]").last().evaluate((row) => {
    row.setAttribute("tabindex", "-1");
    row.focus();
  });
  const there = await openElsewhere(site);
  assert.equal(await poll(here), 200);
  await there.getByText("User management").click();
  await there.getByRole("button", { name: "Sign out" }).click();

  assert.equal(await poll(here), 200);

  await waitForFocus(here.locator("#title"));
});

inBrowser("the open menu and focus in it survive an update", async (site) => {
  const here = await site.visit();
  await signIn(here);
  await here.getByText("User management").click();
  await here.keyboard.press("Tab");
  await openElsewhere(site);

  assert.equal(await poll(here), 200);

  assert.equal(await here.locator("tbody tr[id]").count(), 2);
  await waitForFocus(here.getByRole("link", { name: "User and security" }));
  assert.equal(await here.getByRole("button", { name: "Sign out" }).isVisible(), true);
});

inBrowser("a selection in the table survives an update", async (site) => {
  await addClosed(site.db, 3);
  const here = await site.visit();
  await signIn(here);
  const [first, last] = [here.locator(CELL.device).nth(1), here.locator(CELL.device).nth(3)];
  await first.evaluate((cell) => getSelection()?.setPosition(cell.firstChild, 2));
  await last.evaluate((cell) => getSelection()?.extend(cell.firstChild ?? cell, 6));
  const selected = await here.evaluate(() => getSelection()?.toString());
  assert.match(selected ?? "", /^fari on iPhone[^]*Safari$/);
  await openElsewhere(site, { ip: SANTIAGO });

  assert.equal(await poll(here), 200);

  assert.equal(await here.locator("tbody tr[id]").count(), 5);
  assert.equal(await here.evaluate(() => getSelection()?.toString()), selected);
});

inBrowser("focus stays on a row's button over an update, and the row where it is in the window", async (site) => {
  await addOpen(site.db);
  await addClosed(site.db, 24);
  const here = await site.visit({ viewport: { width: 1280, height: 400 } });
  await signIn(here);
  const button = here.getByRole("row", { name: PARIS }).getByRole("button", { name: "Close the connection" });
  await button.focus();
  await button.evaluate((element) => element.scrollIntoView({ block: "start" }));
  const before = await button.boundingBox();
  await openElsewhere(site, { ip: SANTIAGO });

  assert.equal(await poll(here), 200);

  await here.getByRole("row", { name: SANTIAGO }).waitFor();
  await waitForFocus(button);
  await here.waitForFunction(
    (y) => Math.abs((document.activeElement?.getBoundingClientRect().y ?? 0) - y) < 2,
    before?.y ?? 0,
  );
  await here.keyboard.press("Enter");
  await (await openDialog(here)).getByText("Close this connection?").waitFor();
});

inBrowser("focus stays on a day of the chart over an update that changes its counts", async (site) => {
  await addClosed(site.db, 60);
  const here = await site.visit();
  await signIn(here);
  await here.getByRole("link", { name: "23 Nov: 16 opened" }).focus();
  await openElsewhere(site);

  assert.equal(await poll(here), 200);

  await waitForFocus(here.getByRole("link", { name: "23 Nov: 17 opened" }));
});

inBrowser("focus stays on Older connections over an update, and it appends the rows that follow", async (site) => {
  await addClosed(site.db, 60);
  const here = await site.visit();
  await signIn(here);
  const older = here.getByRole("link", { name: "Older connections" });
  const rows = here.locator("tbody tr[id]");
  await older.focus();
  await openElsewhere(site);

  assert.equal(await poll(here), 200);

  await here.getByText("2 connections are open now").waitFor();
  assert.equal(await rows.count(), 27);
  await waitForFocus(older);
  await here.keyboard.press("Enter");
  await waitForFocus(rows.nth(27));
  await older.press("Enter");
  await waitForFocus(rows.nth(52));
  assert.equal(await rows.count(), 62);
  assert.equal(new Set(await rows.evaluateAll((all) => all.map(({ id }) => id))).size, 62);
});

inBrowser("an open dialog and the password typed into it survive an update", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  site.clock.now += 6 * MINUTE;
  const opener = here.getByRole("button", { name: "Close open connections" });
  await opener.click();
  const dialog = await openDialog(here);
  const field = dialog.getByLabel("Your password");
  await field.pressSequentially("half of it");
  await openElsewhere(site);

  assert.equal(await poll(here), 200);

  assert.equal(await here.locator("tbody tr[id]").count(), 3);
  assert.equal(await field.inputValue(), "half of it");
  await waitForFocus(field);
  await here.keyboard.press("Escape");
  await waitForClosedDialog(here);
  await waitForFocus(opener);
  assert.equal(await poll(here), 304);
  assert.equal(await here.locator("#dialog[open]").count(), 0);
});
