import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { CELL, EMAIL, MINUTE, PASSWORD } from "../app.ts";
import { codeAt } from "../second_factor.ts";
import { inBrowser, openDialog, signIn, texts, waitForClosedDialog, waitForFocus } from "./chromium.ts";
import { addClosed, addOpen, addUnusual } from "./history.ts";
import { WITH_KEY } from "./methods.ts";

inBrowser(
  "the steps of docs/keyboard.md work with the keyboard alone, from sign-in to sign-out",
  WITH_KEY,
  async (site) => {
    await addOpen(site.db);
    await addUnusual(site.db);
    await addClosed(site.db, 60);
    const here = await site.visit();
    const { keyboard } = here;
    const menu = here.locator("summary", { hasText: "User management" });
    const closeAll = here.getByRole("button", { name: "Close open connections" });
    const steps: string[] = [];
    const follow = async (step: string, walk: () => Promise<void>) => {
      await walk();
      steps.push(step);
    };

    await follow("Sign in", async () => {
      await here.goto(paths.home);
      await waitForFocus(here.getByLabel("Email address"));
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
      await waitForFocus(closeAll);
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
      await tabTo(closeAll, "Shift+Tab");
      await keyboard.press("Enter");
      await waitForFocus((await openDialog(here)).getByRole("button", { name: "Close all 3" }));
      await keyboard.press("Tab");
      assert.equal(await isOutside(here), false);
      await keyboard.press("Escape");
      await waitForClosedDialog(here);
      await waitForFocus(closeAll);
    });
    await follow("Skip the chart, or choose a day", async () => {
      await tabTo(here.getByRole("link", { name: "Skip the chart" }));
      await keyboard.press("Enter");
      await keyboard.press("Tab");
      await waitForFocus(here.locator("#rows a").first());
      const day = here.getByRole("link", { name: "23 Nov: " });
      await tabTo(day, "Shift+Tab");
      assert.equal(await day.locator("b").evaluate((counts) => getComputedStyle(counts).clipPath), "none");
      await keyboard.press("Enter");
      await here.waitForURL(/from=2026-11-23&to=2026-11-23/);
    });
    await follow("Filter", async () => {
      await tabTo(here.locator("#filters summary"), "Shift+Tab");
      await keyboard.press("Enter");
      const ip = here.getByLabel("IP address");
      await tabTo(ip);
      await keyboard.type("193.51");
      await keyboard.press("Enter");
      await here.getByRole("status").filter({ hasText: "results" }).waitFor({ state: "attached" });
      await waitForFocus(ip);
    });
    await follow("Remove a filter", async () => {
      await tabTo(here.getByRole("link", { name: "Remove the filter Day: 23 Nov 2026" }));
      await keyboard.press("Enter");
      await here.waitForURL((url) => !url.searchParams.has("from"));
      await tabTo(here.getByRole("link", { name: "Show all" }));
      await keyboard.press("Enter");
      await here.waitForURL(paths.connections);
    });
    await follow("Read a connection's details", async () => {
      const opener = here.getByRole("row", { name: "Was this you? Safari" }).getByRole("link", { name: "23 Nov" });
      await tabTo(opener);
      await keyboard.press("Enter");
      const dialog = await openDialog(here);
      await waitForFocus(dialog.getByRole("heading", { name: "Connection from Safari on iPhone" }));
      await keyboard.press("Tab");
      await waitForFocus(dialog.getByRole("button", { name: "Back to the history" }));
      await keyboard.press("Enter");
      await waitForClosedDialog(here);
      await waitForFocus(opener);
    });
    await follow("Review an unusual connection", async () => {
      const opener = here.getByRole("button", { name: "Was this you? Safari" });
      const row = here.locator("tr").filter({ has: opener });
      const id = await row.getAttribute("id");
      await tabTo(opener);
      await keyboard.press("Enter");
      const dialog = await openDialog(here);
      await waitForFocus(dialog.getByRole("heading", { name: "Was this you?" }));
      await tabTo(dialog.getByRole("button", { name: "This was me" }));
      await keyboard.press("Enter");
      await here.getByRole("status").filter({ hasText: "marked as yours" }).waitFor();
      await waitForFocus(here.locator(`tr[id="${id}"]`));
    });
    await follow("Close one connection", async () => {
      const id = await here.locator("tr:focus").getAttribute("id");
      const row = here.locator(`tr[id="${id}"]`);
      await tabTo(row.getByRole("button", { name: "Close the connection" }));
      await keyboard.press("Enter");
      await waitForFocus((await openDialog(here)).getByRole("button", { name: "Close it" }));
      await keyboard.press("Enter");
      await here.getByRole("status").filter({ hasText: "The connection was closed" }).waitFor();
      await waitForFocus(row);
      await keyboard.press("Tab");
      await waitForFocus(row.getByRole("link", { name: "23 Nov" }));
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
    await follow("Dismiss a message, or stop the updates", async () => {
      await tabTo(here.getByRole("button", { name: "Dismiss" }), "Shift+Tab");
      await keyboard.press("Enter");
      await waitForFocus(here.getByRole("heading", { name: "Connection history" }));
      const pause = here.getByLabel("Pause live updates");
      await tabTo(pause);
      await keyboard.press("Space");
      assert.equal(await pause.isChecked(), true);
    });
    await follow("Read older rows", async () => {
      await tabTo(here.getByRole("link", { name: "Older connections" }), "Shift+Tab");
      await keyboard.press("Enter");
      await waitForFocus(here.locator("tbody tr[id]").nth(26));
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
      const invalid = here.getByRole("textbox", {
        name: "Current password",
        description: "This isn't your current password",
      });
      await waitForFocus(invalid);
      await keyboard.type(PASSWORD);
      await typeNewPassword(here);
      await here.getByRole("status").filter({ hasText: "Your password was changed" }).waitFor();
    });
    await follow("Add an authenticator app", async () => {
      await tabTo(here.getByRole("link", { name: "Sign-in methods" }));
      await keyboard.press("Enter");
      await here.waitForURL(paths.methods);
      await tabTo(here.getByRole("link", { name: "Add an authenticator app" }));
      await keyboard.press("Enter");
      await here.waitForURL(paths.authenticator);
      const code = here.getByLabel("Code from the app");
      await tabTo(code);
      await keyboard.type("000000");
      await keyboard.press("Enter");
      await waitForFocus(here.getByRole("textbox", { description: "This code is wrong." }));
      await keyboard.type(codeAt(await here.locator("#secret").innerText(), site.clock.now));
      const tick = here.getByLabel("Close all other connections");
      await tabTo(tick);
      await keyboard.press("Space");
      assert.equal(await tick.isChecked(), false);
      await tabTo(code, "Shift+Tab");
      await keyboard.press("Enter");
      await here.getByRole("status").filter({ hasText: "The authenticator app is on" }).waitFor();
    });
    await follow("Sign out", async () => {
      await tabTo(menu);
      await keyboard.press("Enter");
      await tabTo(here.getByRole("button", { name: "Sign out" }));
      await keyboard.press("Enter");
      await here.waitForURL(paths.signIn);
    });

    const document = await Deno.readTextFile(new URL("../../docs/keyboard.md", import.meta.url));
    const documented = [...document.matchAll(/^\d+\. \*\*(.+?)\.\*\*/gm)].map(([, step]) => step);
    assert.deepEqual(steps, documented);
  },
);

inBrowser("the keyboard alone is enough to sign in and close all connections", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await here.goto(paths.home);
  await waitForFocus(here.getByLabel("Email address"));
  await here.keyboard.type(EMAIL);
  await here.keyboard.press("Tab");
  await here.keyboard.type(PASSWORD);
  await here.keyboard.press("Enter");
  await here.waitForURL(paths.connections);
  const opener = here.getByRole("button", { name: "Close open connections" });
  await tabTo(opener);

  await here.keyboard.press("Enter");
  const dialog = await openDialog(here);
  await waitForFocus(dialog.getByRole("button", { name: "Close it" }));
  await here.keyboard.press("Escape");
  await waitForClosedDialog(here);
  await waitForFocus(opener);
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Open", "Open"]);

  await here.keyboard.press("Enter");
  await waitForFocus((await openDialog(here)).getByRole("button", { name: "Close it" }));
  await here.keyboard.press("Enter");

  await here.getByText("1 open connection was closed").waitFor();
  await waitForClosedDialog(here);
  await waitForFocus(here.getByRole("heading", { name: "Connection history" }));
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Open", "Closed"]);
});

inBrowser("Tab stays in the open dialog and reaches Cancel", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const opener = here.getByRole("button", { name: "Close open connections" });
  await opener.press("Enter");
  const dialog = await openDialog(here);
  await waitForFocus(dialog.getByRole("button", { name: "Close it" }));

  await here.keyboard.press("Tab");
  assert.equal(await isOutside(here), false);
  await here.keyboard.press("Tab");
  assert.equal(await isOutside(here), false);
  await here.keyboard.press("Tab");
  assert.equal(await isOutside(here), false);
  await tabTo(dialog.getByRole("button", { name: "Cancel" }));
  await here.keyboard.press("Enter");

  await waitForClosedDialog(here);
  await waitForFocus(opener);
});

inBrowser("the skip link is the first tab stop and moves past the header", async (site) => {
  const here = await site.visit();
  await signIn(here);
  const skip = here.getByRole("link", { name: "Skip to the content" });

  await here.keyboard.press("Tab");
  await waitForFocus(skip);
  const box = await skip.boundingBox();
  assert.ok(box && box.x >= 0 && box.y >= 0, "the skip link is visible while it has focus");
  await here.keyboard.press("Enter");

  await waitForFocus(here.locator("main"));
  await here.keyboard.press("Tab");
  await waitForFocus(here.getByRole("link", { name: "Download CSV" }));
});

inBrowser("the menu opens with Enter and with Space, and closes with Esc", async (site) => {
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
});

/** From the field for the current password, fills in the two others and submits. */
async function typeNewPassword(page: Page): Promise<void> {
  for (const field of ["New password", "New password again"]) {
    await tabTo(page.getByLabel(field, { exact: true }));
    await page.keyboard.type("seven bridges over the river");
  }
  await page.keyboard.press("Enter");
}

/** Presses the key until `locator` has focus. */
async function tabTo(locator: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await locator.page().keyboard.press(key);
    if (await locator.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Cannot reach ${locator} with Tab`);
}

/** Whether focus is on the page behind the dialog. While it is on the browser's own controls, the body is active. */
async function isOutside(page: Page): Promise<boolean> {
  return await page.evaluate(() => {
    return document.activeElement !== document.body && !document.activeElement?.closest("dialog");
  });
}
