import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { CELL } from "../app.ts";
import {
  inBrowser,
  isMarked,
  LAGOS,
  mark,
  openDialog,
  PARIS,
  signIn,
  texts,
  waitForClosedDialog,
  waitForFocus,
} from "./chromium.ts";
import { addMoved, addOpen } from "./history.ts";

inBrowser("a row's date opens the connection's details in the dialog, and the page stays", async (site) => {
  await addMoved(site.db);
  const here = await site.visit();
  await signIn(here);
  await mark(here);
  const before = await here.evaluate(() => history.length);

  await dateOf(here, LAGOS).click();

  const dialog = await openDialog(here);
  await waitForFocus(dialog.getByRole("heading", { name: "Connection from Safari on iPhone" }));
  await dialog.getByText("Not reviewed yet").waitFor();
  const [first, second, opened, moved] = await texts(dialog.getByRole("listitem"));
  assert.match(first ?? "", /^It was used from a country that was new to your account/);
  assert.match(second ?? "", /^It was used on a different device/);
  assert.match(opened ?? "", /^Safari on iPhone 🇫🇷 France, 193\.51\.208\.14 23 Nov 2026, 14:50 Mozilla/);
  assert.match(moved ?? "", /^curl 🇳🇬 Nigeria, 102\.89\.23\.4 23 Nov 2026, 14:55 – 23 Nov 2026, 15:00 curl\/8\.14\.1$/);
  assert.equal(new URL(here.url()).pathname, paths.connections);
  assert.equal(await here.evaluate(() => history.length), before);
  assert.equal(await isMarked(here), true);
});

inBrowser("Esc and Back to the history close the details, and focus returns to the date", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const date = dateOf(here, PARIS);

  await date.press("Enter");
  await openDialog(here);
  await here.keyboard.press("Escape");
  await waitForClosedDialog(here);
  await waitForFocus(date);

  await date.press("Enter");
  await (await openDialog(here)).getByRole("button", { name: "Back to the history" }).press("Enter");
  await waitForClosedDialog(here);
  await waitForFocus(date);
});

inBrowser("the dialog is described by the content that it has now, also after a button in it", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await dateOf(here, PARIS).press("Enter");
  await openDialog(here);
  await here.getByRole("dialog", { name: "Connection from Safari on iPhone", description: "State Open" }).waitFor();

  await here.getByRole("dialog").getByRole("button", { name: "Close this connection" }).click();

  const description = /^Safari on iPhone.*193\.51\.208\.14.*This can't be undone\..*This browser stays signed in\.$/;
  await here.getByRole("dialog", { name: "Close this connection?", description }).waitFor();
  assert.equal(await here.getByRole("dialog").count(), 1);
});

inBrowser("the connection that closed another one opens in the same dialog", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await mark(here);
  await here.getByRole("button", { name: "Close open connections" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
  await waitForClosedDialog(here);
  await dateOf(here, PARIS).press("Enter");
  const dialog = await openDialog(here);

  await dialog.getByRole("link", { name: "Firefox on Linux" }).press("Enter");

  await waitForFocus(dialog.getByRole("heading", { name: "Connection from Firefox on Linux" }));
  assert.equal(await isMarked(here), true);
});

inBrowser("Tab stays in the details", async (site) => {
  await addMoved(site.db);
  const here = await site.visit();
  await signIn(here);
  await dateOf(here, LAGOS).press("Enter");
  const dialog = await openDialog(here);

  await here.keyboard.press("Tab");
  await waitForFocus(dialog.getByRole("button", { name: "Back to the history" }));
  await here.keyboard.press("Tab");
  await waitForFocus(dialog.getByRole("button", { name: "Was this you?" }));
  await here.keyboard.press("Tab");
  await waitForFocus(dialog.getByRole("button", { name: "Close this connection" }));
  await here.keyboard.press("Tab");
  assert.equal(await here.locator("main :focus, header :focus").count(), 0);
});

inBrowser("Was this you? in the details opens the review in the same dialog", async (site) => {
  await addMoved(site.db);
  const here = await site.visit();
  await signIn(here);
  await mark(here);
  await dateOf(here, LAGOS).press("Enter");
  const dialog = await openDialog(here);

  await dialog.getByRole("button", { name: "Was this you?" }).press("Enter");
  await waitForFocus(dialog.getByRole("heading", { name: "Was this you?" }));
  await dialog.getByText(/^last: curl, 🇳🇬\sNigeria, 102\.89\.23\.4$/).waitFor();
  await dialog.getByText(/we'll recognise France, Nigeria, these networks, Safari on iPhone and curl,/).waitFor();
  await dialog.getByRole("button", { name: "This was me" }).press("Enter");

  await here.getByText("The connection is marked as yours").waitFor();
  await waitForClosedDialog(here);
  await waitForFocus(dateOf(here, LAGOS));
  await here.getByText("You said: this was me").waitFor();
  assert.equal(await isMarked(here), true);
});

inBrowser("Close in the details asks in the same dialog, and closes the connection", async (site) => {
  await addMoved(site.db);
  const here = await site.visit();
  await signIn(here);
  await dateOf(here, LAGOS).press("Enter");
  const dialog = await openDialog(here);

  await dialog.getByRole("button", { name: "Close this connection" }).press("Enter");
  const button = dialog.getByRole("button", { name: "Close it" });
  await waitForFocus(button);
  await dialog.getByText(/^last: curl,/).waitFor();
  await button.press("Enter");

  await here.getByText("The connection was closed: Safari on iPhone (France).").waitFor();
  await waitForClosedDialog(here);
  await waitForFocus(dateOf(here, LAGOS));
  assert.deepEqual(await texts(here.locator(CELL.badge)), ["Open", "Closed"]);
});

inBrowser("Ctrl+click and a middle click on the date open the details in a new tab, and no dialog", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const date = dateOf(here, PARIS);

  const [first] = await Promise.all([
    here.context().waitForEvent("page"),
    date.click({ modifiers: ["Control"] }),
  ]);
  const [second] = await Promise.all([here.context().waitForEvent("page"), date.click({ button: "middle" })]);

  await first.getByRole("heading", { name: "Connection from Safari on iPhone" }).waitFor();
  await second.getByRole("heading", { name: "Connection from Safari on iPhone" }).waitFor();
  assert.equal(await here.locator("#dialog[open]").count(), 0);
  assert.equal(new URL(here.url()).pathname, paths.connections);
});

inBrowser("without JavaScript the date leads to a page of details, and on to the review", async (site) => {
  await addMoved(site.db);
  const here = await site.visit({ javaScriptEnabled: false });
  await signIn(here);

  await dateOf(here, LAGOS).click();
  await here.getByRole("heading", { name: "Connection from Safari on iPhone" }).waitFor();
  assert.equal(await here.title(), "Connection from Safari on iPhone · Control panel");
  await here.getByRole("button", { name: "Was this you?" }).click();
  await here.getByRole("button", { name: "This was me" }).click();
  await here.waitForURL(paths.connections);
  await here.getByText("The connection is marked as yours").waitFor();

  await dateOf(here, LAGOS).click();
  await here.getByText("You said: this was me").waitFor();
  await here.getByRole("button", { name: "Back to the history" }).click();
  await here.waitForURL((url) => url.pathname === paths.connections);
});

function dateOf(page: Page, ip: string): Locator {
  return page.getByRole("row", { name: ip }).getByRole("link", { name: "23 Nov" });
}
