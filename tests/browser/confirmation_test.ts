import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { CELL, MINUTE, PASSWORD } from "../app.ts";
import { inBrowser, isMarked, mark, openDialog, signIn, texts, waitForClosedDialog, waitForFocus } from "./chromium.ts";
import { addOpen } from "./history.ts";

// ASVS 7.5.2
inBrowser(
  "the dialog asks for the password, refuses a wrong one and closes after the right one",
  async (site) => {
    await addOpen(site.db);
    const here = await site.visit();
    await signIn(here);
    site.clock.now += 6 * MINUTE;
    await mark(here);

    await here.getByRole("button", { name: "Close open connections" }).click();
    const dialog = await openDialog(here);
    const field = dialog.getByLabel("Your password");
    await waitForFocus(field);
    await here.keyboard.type("not the password at all");
    await here.keyboard.press("Enter");

    await dialog.getByText("This isn't your password. Check it and try again.").waitFor();
    await waitForFocus(field);
    assert.equal(await field.inputValue(), "");
    await here.keyboard.type(PASSWORD);
    await here.keyboard.press("Enter");

    await here.getByText("1 open connection was closed").waitFor();
    await waitForClosedDialog(here);
    assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Open", "Refused", "Closed"]);
    await here.getByText("Wrong password while signed in (1)").waitFor();
    assert.equal(await isMarked(here), true);
  },
);

// ASVS 7.2.4
inBrowser("another tab keeps working after the password was entered in the first", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const otherTab = await here.context().newPage();
  await otherTab.goto(paths.password);
  site.clock.now += 6 * MINUTE;

  await here.getByRole("button", { name: "Close open connections" }).click();
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
});

// ASVS 7.5.2
inBrowser("without JavaScript the confirmation page asks for the password", async (site) => {
  await addOpen(site.db);
  const here = await site.visit({ javaScriptEnabled: false });
  await signIn(here);
  site.clock.now += 6 * MINUTE;

  await here.getByRole("button", { name: "Close open connections" }).click();
  await here.waitForURL((url) => url.pathname === paths.closeAll);
  await here.getByLabel("Your password").fill("not the password at all");
  await here.getByRole("button", { name: "Close it" }).click();
  await here.getByText("This isn't your password. Check it and try again.").waitFor();
  await here.getByLabel("Your password").fill(PASSWORD);
  await here.getByRole("button", { name: "Close it" }).click();

  await here.waitForURL(paths.connections);
  await here.getByText("1 open connection was closed").waitFor();
});
