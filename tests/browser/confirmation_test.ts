import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { CELL, MINUTE, PASSWORD } from "../app.ts";
import {
  inChromium,
  isMarked,
  mark,
  openDialog,
  openSite,
  signIn,
  texts,
  waitForClosedDialog,
  waitForFocus,
} from "./chromium.ts";
import { addOpen } from "./history.ts";

// ASVS 7.5.2
Deno.test(
  "the dialog asks for the password, says what is wrong with it, and closes with the right one",
  inChromium,
  async () => {
    await using site = await openSite();
    await addOpen(site.db);
    const here = await site.visit();
    await signIn(here);
    site.clock.now += 6 * MINUTE;
    await mark(here);

    await here.getByRole("link", { name: "Close open connections" }).click();
    const dialog = await openDialog(here);
    const field = dialog.getByLabel("Your password");
    await waitForFocus(field);
    await here.keyboard.type("not the password at all");
    await here.keyboard.press("Enter");

    await dialog.getByText("This is not your password. Check it and try again.").waitFor();
    await waitForFocus(field);
    assert.equal(await field.inputValue(), "");
    await here.keyboard.type(PASSWORD);
    await here.keyboard.press("Enter");

    await here.getByText("1 open connection was closed").waitFor();
    await waitForClosedDialog(here);
    assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Open", "Closed"]);
    assert.equal(await isMarked(here), true);
    site.assertUntroubled();
  },
);

// ASVS 7.2.4
Deno.test("another tab goes on working after the password was given in the first", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const otherTab = await here.context().newPage();
  await otherTab.goto(paths.password);
  site.clock.now += 6 * MINUTE;

  await here.getByRole("link", { name: "Close open connections" }).click();
  const dialog = await openDialog(here);
  await dialog.getByLabel("Your password").fill(PASSWORD);
  await dialog.getByRole("button", { name: "Close it" }).click();
  await here.getByText("1 open connection was closed").waitFor();
  site.clock.now += MINUTE;
  await otherTab.getByLabel("Current password").fill(PASSWORD);
  await otherTab.getByLabel("New password", { exact: true }).fill("a much better password than before");
  await otherTab.getByLabel("New password again").fill("a much better password than before");
  await otherTab.getByRole("button", { name: "Change password" }).click();

  await otherTab.getByText("Your password was changed. No other connection was open.").waitFor();
  await here.reload();
  assert.equal(new URL(here.url()).pathname, paths.connections);
  site.assertUntroubled();
});

// ASVS 7.5.2
Deno.test("without JavaScript the page asks for the password too", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit({ javaScriptEnabled: false });
  await signIn(here);
  site.clock.now += 6 * MINUTE;

  await here.getByRole("link", { name: "Close open connections" }).click();
  await here.waitForURL(paths.closeAll);
  await here.getByLabel("Your password").fill("not the password at all");
  await here.getByRole("button", { name: "Close it" }).click();
  await here.getByText("This is not your password. Check it and try again.").waitFor();
  await here.getByLabel("Your password").fill(PASSWORD);
  await here.getByRole("button", { name: "Close it" }).click();

  await here.waitForURL(paths.connections);
  await here.getByText("1 open connection was closed").waitFor();
  site.assertUntroubled();
});
