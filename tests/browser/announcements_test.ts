import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { MINUTE, PASSWORD } from "../app.ts";
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
import { busyWhile } from "../passwords.ts";
import { addClosed, addOpen } from "./history.ts";
import { openElsewhere, poll } from "./polling.ts";

// Screen readers announce what changes in a live region, but not a region that arrives with its text.
inBrowser("every change is announced in a live region that the page already had", async (site) => {
  await addOpen(site.db);
  await addClosed(site.db, 10);
  const here = await site.visit();
  await signIn(here);
  const regions = here.locator("main").locator("[role=status], [role=alert]");
  const before = await regions.elementHandles();
  const readRegions = () => Promise.all(before.map((region) => region.evaluate((r) => r.isConnected && r.textContent)));
  assert.deepEqual(await readRegions(), ["", "2 connections are open. 1 unusual connection needs your review.", ""]);

  await here.getByRole("row", { name: PARIS }).getByRole("button", { name: "Close the connection" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
  await waitForClosedDialog(here);
  const [closed] = await readRegions();
  assert.match(String(closed), /^The connection was closed: Safari on iPhone \(France\)\./);

  await openElsewhere(site, { ip: SANTIAGO });
  site.clock.now += MINUTE;
  assert.equal(await poll(here), 200);
  const [_, status] = await readRegions();
  assert.equal(status, "2 connections are open. 2 unusual connections need your review.");

  await openFilters(here);
  await here.getByLabel("IP address").fill("next door");
  await here.keyboard.press("Enter");
  await here.getByText("It was left out.").waitFor();
  assert.deepEqual(await readRegions(), [
    "13 results",
    status,
    '"IP address" must be an address, how one begins (81.40.12), or a range like 81.40.12.0/24. It was left out.',
  ]);
});

inBrowser("each invalid field has its own message, and the first one has focus", async (site) => {
  const here = await site.visit();
  await signIn(here);
  await here.goto(paths.password);
  const invalid = (name: string, description: RegExp) =>
    here.getByRole("textbox", { name, description, exact: true }).and(here.locator("[aria-invalid=true]"));

  // Otherwise the browser doesn't send a form with empty fields.
  await here.locator("main form").evaluate((form: HTMLFormElement) => form.noValidate = true);
  await here.getByLabel("Current password").fill(PASSWORD);
  await here.getByRole("button", { name: "Change password" }).click();

  await waitForFocus(invalid("New password", / Type a new password\.$/));
  await invalid("New password again", /^Type the new password once more\.$/).waitFor();
  assert.equal(await here.locator("[aria-invalid]").count(), 2);
});

let isBusy = false;
const busy = { passwords: busyWhile(() => isBusy) };

inBrowser("a problem with a whole form describes the field that has focus", busy, async (site) => {
  const here = await site.visit();
  await signIn(here);
  isBusy = true;
  await here.goto(paths.password);
  await here.getByLabel("Current password").fill(PASSWORD);
  await here.getByLabel("New password", { exact: true }).fill("a much better password than before");
  await here.getByLabel("New password again").fill("a much better password than before");
  await here.keyboard.press("Enter");
  await waitForFocus(here.getByRole("textbox", { name: "Current password", description: "Many passwords" }));

  await here.goto(paths.preferences);
  await here.locator("main [name=csrf]").evaluateAll((fields: HTMLInputElement[]) =>
    fields.forEach((field) => field.value = "another session's")
  );
  await here.getByLabel("Time zone").selectOption("Tokyo");
  await here.getByRole("button", { name: "Save preferences" }).click();
  const zone = here.getByRole("combobox", { name: "Time zone", description: "This page was open for too long" });
  await waitForFocus(zone);
  assert.equal(await zone.inputValue(), "Asia/Tokyo");
});
