import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { paths } from "../../routes/paths.ts";
import { EMAIL, PASSWORD } from "../app.ts";
import { inChromium, openDialog, openSite, signIn, texts, waitForClosedDialog, waitForFocus } from "./chromium.ts";
import { addOpen } from "./history.ts";

Deno.test("with the keyboard alone a person signs in and closes the open connections", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await here.goto(paths.home);
  await waitForFocus(here.getByLabel("E-mail address"));
  await here.keyboard.type(EMAIL);
  await here.keyboard.press("Tab");
  await here.keyboard.type(PASSWORD);
  await here.keyboard.press("Enter");
  await here.waitForURL(paths.connections);
  const opener = here.getByRole("link", { name: "Close open connections" });
  await tabTo(opener);

  await here.keyboard.press("Enter");
  const dialog = await openDialog(here);
  await waitForFocus(dialog.getByRole("button", { name: "Close it" }));
  await here.keyboard.press("Escape");
  await waitForClosedDialog(here);
  await waitForFocus(opener);
  assert.deepEqual(await texts(here.locator("tbody .state")), ["Open", "Open"]);

  await here.keyboard.press("Enter");
  await waitForFocus((await openDialog(here)).getByRole("button", { name: "Close it" }));
  await here.keyboard.press("Enter");

  await here.getByText("1 open connection was closed").waitFor();
  await waitForClosedDialog(here);
  await waitForFocus(here.getByRole("heading", { name: "Connection history" }));
  assert.deepEqual(await texts(here.locator("tbody .state")), ["Open", "Closed"]);
  site.assertUntroubled();
});

Deno.test("Tab stays in the open dialog, and Cancel is reached by it", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const opener = here.getByRole("link", { name: "Close open connections" });
  await opener.press("Enter");
  const dialog = await openDialog(here);
  await waitForFocus(dialog.getByRole("button", { name: "Close it" }));

  await here.keyboard.press("Tab");
  assert.equal(await isOutside(here), false);
  await here.keyboard.press("Tab");
  assert.equal(await isOutside(here), false);
  await here.keyboard.press("Tab");
  assert.equal(await isOutside(here), false);
  await tabTo(dialog.getByRole("link", { name: "Cancel" }));
  await here.keyboard.press("Enter");

  await waitForClosedDialog(here);
  await waitForFocus(opener);
  site.assertUntroubled();
});

Deno.test("the skip link is the first stop and leads past the header", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit();
  await signIn(here);
  const skip = here.getByRole("link", { name: "Skip to the content" });

  await here.keyboard.press("Tab");
  await waitForFocus(skip);
  const box = await skip.boundingBox();
  assert.ok(box && box.x >= 0 && box.y >= 0, "the skip link is in sight while it has focus");
  await here.keyboard.press("Enter");

  await waitForFocus(here.locator("main"));
  await here.keyboard.press("Tab");
  await waitForFocus(here.getByRole("link", { name: "Download CSV" }));
  site.assertUntroubled();
});

Deno.test("the menu opens with Enter and with Space, and closes with Esc", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit();
  await signIn(here);
  const menu = here.locator("summary", { hasText: "User management" });
  const security = here.getByRole("link", { name: "User and security" });
  await tabTo(menu);

  await here.keyboard.press("Enter");
  await security.waitFor();
  await here.keyboard.press("Escape");
  await security.waitFor({ state: "hidden" });
  await waitForFocus(menu);

  await here.keyboard.press("Space");
  await security.waitFor();
  await here.keyboard.press("Tab");
  await waitForFocus(security);
  await here.keyboard.press("Escape");
  await security.waitFor({ state: "hidden" });
  await waitForFocus(menu);

  await here.keyboard.press("Space");
  await here.keyboard.press("Tab");
  await here.keyboard.press("Tab");
  await waitForFocus(here.getByRole("button", { name: "Sign out" }));
  await here.keyboard.press("Enter");
  await here.waitForURL(paths.signIn);
  site.assertUntroubled();
});

/** Presses Tab until focus is on `locator`'s element. */
async function tabTo(locator: Locator): Promise<void> {
  for (let presses = 0; presses < 30; presses++) {
    await locator.page().keyboard.press("Tab");
    if (await locator.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Cannot reach ${locator} with Tab`);
}

/** Whether focus is on the page behind the dialog. The browser's own controls, which Tab reaches too, leave it on the body. */
async function isOutside(page: Page): Promise<boolean> {
  return await page.evaluate(() => {
    return document.activeElement !== document.body && !document.activeElement?.closest("dialog");
  });
}
