import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { MINUTE, PASSWORD } from "../app.ts";
import {
  inChromium,
  lookAgain,
  openDialog,
  openSite,
  PARIS,
  SANTIAGO,
  signIn,
  waitForClosedDialog,
  waitForFocus,
} from "./chromium.ts";
import { addOpen, useUpTries } from "./history.ts";

// A screen reader tells what comes into a live region, and nothing of a region that comes with its text.
Deno.test("what happens is told in regions that were in the page before", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const regions = here.locator("main").locator("[role=status], [role=alert]");
  assert.equal(await regions.count(), 3);
  assert.equal((await regions.allTextContents()).join(""), "");
  const before = await regions.elementHandles();
  const told = () => Promise.all(before.map((region) => region.evaluate((r) => r.isConnected && r.textContent)));

  await here.getByRole("row", { name: PARIS }).getByRole("link").click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
  await waitForClosedDialog(here);
  const [closed] = await told();
  assert.match(String(closed), /^The connection was closed: Safari on iPhone \(France\)\./);

  site.clock.now += MINUTE;
  await signIn(await site.visit({ ip: SANTIAGO }));
  await lookAgain(here);
  await here.getByRole("row", { name: SANTIAGO }).waitFor();
  const [, opened] = await told();
  assert.match(String(opened), /connection was opened: Firefox on Linux, Spain\.$/);

  await here.getByLabel("IP address").fill("next door");
  await here.keyboard.press("Enter");
  await here.getByText("It was left out.").waitFor();
  assert.deepEqual(await told(), [
    "3 rows",
    opened,
    '"IP address" must be an address, or how a network begins: 46.16. It was left out.',
  ]);
  site.assertUntroubled();
});

Deno.test("each wrong field says what is wrong with it, and the first of them has the focus", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit();
  await signIn(here);
  await here.goto(paths.password);
  const wrong = (name: string, description: RegExp) =>
    here.getByRole("textbox", { name, description, exact: true }).and(here.locator("[aria-invalid=true]"));

  // By hand, since the browser itself sends no form with empty fields.
  await here.locator("main form").evaluate((form: HTMLFormElement) => form.noValidate = true);
  await here.getByLabel("Current password").fill(PASSWORD);
  await here.getByRole("button", { name: "Change password" }).click();

  await waitForFocus(wrong("New password", / Type a new password\.$/));
  await wrong("New password again", /^Type the new password once more\.$/).waitFor();
  assert.equal(await here.locator("[aria-invalid]").count(), 2);
  site.assertUntroubled();
});

Deno.test("what is wrong with a form as a whole is said with the field to go on in", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit();
  await signIn(here);
  await useUpTries(site.db, true, site.clock.now);
  await here.goto(paths.password);
  await here.getByLabel("Current password").fill(PASSWORD);
  await here.getByLabel("New password", { exact: true }).fill("a much better password than before");
  await here.getByLabel("New password again").fill("a much better password than before");
  await here.keyboard.press("Enter");
  await waitForFocus(
    here.getByRole("textbox", { name: "Current password", description: "There were too many tries." }),
  );

  await here.goto(paths.preferences);
  await here.locator("main [name=csrf]").evaluateAll((fields: HTMLInputElement[]) =>
    fields.forEach((field) => field.value = "of another session")
  );
  await here.getByLabel("Time zone").fill("Tokyo");
  await here.keyboard.press("Enter");
  const zone = here.getByRole("combobox", { name: "Time zone", description: "This page was open for too long" });
  await waitForFocus(zone);
  assert.equal(await zone.inputValue(), "Tokyo");
  site.assertUntroubled();
});
