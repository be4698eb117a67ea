import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { CELL, EMAIL, MINUTE, PASSWORD } from "../app.ts";
import { inChromium, openDialog, openSite, signIn, texts, waitForClosedDialog, waitForFocus } from "./chromium.ts";
import { addClosed, addOpen, addUnusual } from "./history.ts";

Deno.test("the walk of docs/keyboard.md leads from sign-in to sign-out", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  await addUnusual(site.db);
  await addClosed(site.db, 30);
  const here = await site.visit();
  const { keyboard } = here;
  const menu = here.locator("summary", { hasText: "User management" });
  const closeAll = here.getByRole("link", { name: "Close open connections" });
  const followed: string[] = [];
  const follow = async (step: string, walk: () => Promise<void>) => {
    await walk();
    followed.push(step);
  };

  await follow("Sign in", async () => {
    await here.goto(paths.home);
    await waitForFocus(here.getByLabel("E-mail address"));
    await keyboard.type(EMAIL);
    await keyboard.press("Tab");
    await keyboard.type(PASSWORD);
    await keyboard.press("Enter");
    await here.waitForURL(paths.connections);
  });
  await follow("Skip the header", async () => {
    await keyboard.press("Tab");
    await waitForFocus(here.getByRole("link", { name: "Skip to the content" }));
    await keyboard.press("Enter");
    await waitForFocus(here.locator("main"));
    await keyboard.press("Tab");
    await waitForFocus(here.getByRole("link", { name: "1 unusual connection waits" }));
  });
  await follow("Open the menu", async () => {
    await tabTo(menu, "Shift+Tab");
    await keyboard.press("Enter");
    await keyboard.press("Tab");
    await waitForFocus(here.getByRole("link", { name: "User and security" }));
    await keyboard.press("Escape");
    await waitForFocus(menu);
    await keyboard.press("Enter");
    await tabTo(here.getByRole("link", { name: "Connection history" }));
    assert.equal(await here.getByRole("button", { name: "Sign out" }).isVisible(), false);
  });
  await follow("Download the history", async () => {
    const link = here.getByRole("link", { name: "Download CSV" });
    await tabTo(link);
    const download = here.waitForEvent("download");
    await keyboard.press("Enter");
    assert.match((await download).suggestedFilename(), /^connection-history-.*\.csv$/);
    await waitForFocus(link);
  });
  await follow("Look before closing", async () => {
    await tabTo(closeAll);
    await keyboard.press("Enter");
    await waitForFocus((await openDialog(here)).getByRole("button", { name: "Close all 3" }));
    await keyboard.press("Tab");
    assert.equal(await isOutside(here), false);
    await keyboard.press("Escape");
    await waitForClosedDialog(here);
    await waitForFocus(closeAll);
  });
  await follow("Skip the picture, or choose a day", async () => {
    await tabTo(here.getByRole("link", { name: "Skip the picture" }));
    await keyboard.press("Enter");
    await keyboard.press("Tab");
    await waitForFocus(here.getByLabel("State"));
    const day = here.getByRole("link", { name: "23 Nov: " });
    await tabTo(day, "Shift+Tab");
    assert.equal(await day.locator("b").evaluate((told) => getComputedStyle(told).clipPath), "none");
    await keyboard.press("Enter");
    await here.waitForURL(/day=2026-11-23/);
  });
  await follow("Filter", async () => {
    const address = here.getByLabel("IP address");
    await tabTo(address);
    await keyboard.type("193.51");
    await keyboard.press("Enter");
    await here.getByRole("status").filter({ hasText: "rows" }).waitFor({ state: "attached" });
    await waitForFocus(address);
  });
  await follow("Remove a filter", async () => {
    await tabTo(here.getByRole("link", { name: "Remove the filter Day: 23 Nov 2026" }));
    await keyboard.press("Enter");
    await here.waitForURL((url) => !url.searchParams.has("from"));
    await tabTo(here.getByRole("link", { name: "Show all" }));
    await keyboard.press("Enter");
    await here.waitForURL(paths.connections);
  });
  await follow('Answer "Was this you?"', async () => {
    const question = here.getByRole("link", { name: "Was this you?" });
    const row = here.locator("tr").filter({ has: question });
    const id = await row.getAttribute("id");
    await tabTo(question);
    await keyboard.press("Enter");
    const dialog = await openDialog(here);
    await waitForFocus(dialog.getByRole("link", { name: "Answer later" }));
    await tabTo(dialog.getByRole("button", { name: "This was me" }));
    await keyboard.press("Enter");
    await here.getByRole("status").filter({ hasText: "marked as yours" }).waitFor();
    await waitForFocus(here.locator(`tr[id="${id}"]`));
  });
  await follow("Close one connection", async () => {
    await keyboard.press("Tab");
    const row = here.locator("tr").filter({ has: here.locator(":focus") });
    const id = await row.getAttribute("id");
    await keyboard.press("Enter");
    await waitForFocus((await openDialog(here)).getByRole("button", { name: "Close it" }));
    await keyboard.press("Enter");
    await here.getByRole("status").filter({ hasText: "The connection was closed" }).waitFor();
    await waitForFocus(here.locator(`tr[id="${id}"]`));
    await keyboard.press("Tab");
    await waitForFocus(here.getByRole("link", { name: "Close the connection" }).last());
  });
  await follow("Close the others", async () => {
    site.clock.now += 6 * MINUTE;
    await tabTo(closeAll, "Shift+Tab");
    await keyboard.press("Enter");
    await waitForFocus((await openDialog(here)).getByLabel("Your password"));
    await keyboard.type(PASSWORD);
    await keyboard.press("Enter");
    await here.getByRole("status").filter({ hasText: "2 open connections were closed" }).waitFor();
    await waitForFocus(here.getByRole("heading", { name: "Connection history" }));
  });
  await follow("Read older rows", async () => {
    await tabTo(here.getByRole("link", { name: "Older connections" }));
    await keyboard.press("Enter");
    await waitForFocus(here.locator("tbody tr").nth(25));
  });
  await follow("Set preferences", async () => {
    await tabTo(here.getByRole("link", { name: "Preferences" }), "Shift+Tab");
    await keyboard.press("Enter");
    await here.waitForURL(paths.preferences);
    await tabTo(here.getByLabel("Theme"));
    await keyboard.press("ArrowDown");
    await tabTo(here.getByRole("button", { name: "Save preferences" }));
    await keyboard.press("Enter");
    await here.getByRole("status").filter({ hasText: "Your preferences were saved" }).waitFor();
    assert.equal(await here.locator("html").getAttribute("data-theme"), "light");
  });
  await follow("Change the password", async () => {
    await tabTo(here.getByRole("link", { name: "Password" }));
    await keyboard.press("Enter");
    await here.waitForURL(paths.password);
    await tabTo(here.getByLabel("Current password"));
    await keyboard.type("not the password at all");
    await typeNewPassword(here);
    const wrong = here.getByRole("textbox", {
      name: "Current password",
      description: "This is not your current password",
    });
    await waitForFocus(wrong);
    await keyboard.type(PASSWORD);
    await typeNewPassword(here);
    await here.getByRole("status").filter({ hasText: "Your password was changed" }).waitFor();
  });
  await follow("Sign out", async () => {
    await tabTo(menu);
    await keyboard.press("Enter");
    await tabTo(here.getByRole("button", { name: "Sign out" }));
    await keyboard.press("Enter");
    await here.waitForURL(paths.signIn);
  });

  const page = await Deno.readTextFile(new URL("../../docs/keyboard.md", import.meta.url));
  const written = page.matchAll(
    /^\d+\. \*\*(.+?)\.\*\*/gm,
  );
  assert.deepEqual(followed, [...written].map(([, step]) => step));
  site.assertUntroubled();
});

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
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Open", "Open"]);

  await here.keyboard.press("Enter");
  await waitForFocus((await openDialog(here)).getByRole("button", { name: "Close it" }));
  await here.keyboard.press("Enter");

  await here.getByText("1 open connection was closed").waitFor();
  await waitForClosedDialog(here);
  await waitForFocus(here.getByRole("heading", { name: "Connection history" }));
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Open", "Closed"]);
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

/** Goes on from the field with the old password: the new one twice, and Enter. */
async function typeNewPassword({ keyboard }: Page): Promise<void> {
  await keyboard.press("Tab");
  await keyboard.type("seven bridges over the river");
  await keyboard.press("Tab");
  await keyboard.type("seven bridges over the river");
  await keyboard.press("Enter");
}

/** Presses Tab, or what leads back, until focus is on `locator`'s element. */
async function tabTo(locator: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await locator.page().keyboard.press(key);
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
