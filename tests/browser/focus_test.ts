import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import type { Locator } from "playwright-core";
import { connections } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { CELL, MINUTE, PASSWORD } from "../app.ts";
import { inBrowser, openDialog, PARIS, signIn, texts, waitForClosedDialog, waitForFocus } from "./chromium.ts";
import { busyWhile } from "../passwords.ts";
import { addClosed, addOpen, addUnusual } from "./history.ts";
import { poll } from "./polling.ts";

inBrowser("Esc and the dismiss link return focus from every dialog to the link that opened it", async (site) => {
  await addOpen(site.db);
  await addUnusual(site.db);
  const here = await site.visit();
  await signIn(here);

  await assertReturnsFocus(here.getByRole("button", { name: "Close open connections" }), "Cancel");
  await assertReturnsFocus(here.getByRole("button", { name: "Close the connection" }).first(), "Cancel");
  await assertReturnsFocus(here.getByRole("button", { name: "Was this you? Safari" }), "Decide later");
  assert.deepEqual(await texts(here.locator(CELL.badge)), ["Open", "Open", "Open", "Open", "Closed"]);
});

inBrowser(
  "if the link that opened the dialog is gone, Esc moves focus to its row, or to the title",
  async (site) => {
    await addOpen(site.db);
    const here = await site.visit();
    await signIn(here);
    const row = here.getByRole("row", { name: PARIS });
    const open = { closedAt: null, endReason: null };
    const closed = { closedAt: site.clock.now, endReason: "closed_by_operator" } as const;
    const setState = (state: typeof open | typeof closed) =>
      site.db.update(connections).set(state).where(eq(connections.ip, PARIS));

    await row.getByRole("button", { name: "Close the connection" }).press("Enter");
    await openDialog(here);
    await setState(closed);
    assert.equal(await poll(here), 200);
    await row.getByText("Closed by the administrator").waitFor();
    await here.keyboard.press("Escape");
    await waitForFocus(row);

    await setState(open);
    assert.equal(await poll(here), 200);
    await here.getByRole("button", { name: "Close open connections" }).press("Enter");
    await openDialog(here);
    await setState(closed);
    assert.equal(await poll(here), 200);
    await row.getByText("Closed by the administrator").waitFor();
    await here.keyboard.press("Escape");
    await waitForFocus(here.getByRole("heading", { name: "Connection history" }));
  },
);

inBrowser("a dialog that can't open leaves focus on its link, and the page says why", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await site.db.delete(connections).where(eq(connections.ip, PARIS));

  const opener = here.getByRole("button", { name: "Close the connection" });
  await opener.press("Enter");

  await here.getByRole("status").filter({ hasText: "Page not found" }).waitFor();
  await waitForFocus(opener);
  assert.equal(await here.locator("dialog[open]").count(), 0);
});

let isBusy = false;
const busy = { passwords: busyWhile(() => isBusy) };

inBrowser(
  "while the server is busy or unreachable, the dialog says so and keeps focus and the typed password",
  busy,
  async (site) => {
    await addOpen(site.db);
    const here = await site.visit();
    await signIn(here);
    site.clock.now += 6 * MINUTE;
    await here.getByRole("button", { name: "Close open connections" }).press("Enter");
    const dialog = await openDialog(here);
    const field = dialog.getByLabel("Your password");
    const button = dialog.getByRole("button", { name: "Close it" });
    const waitForProblem = async (text: string) => {
      await dialog.getByRole("alert").filter({ hasText: text }).waitFor();
      // Until the request is over, the next one is dropped.
      await here.locator(".htmx-request").waitFor({ state: "detached" });
    };
    await waitForFocus(field);
    await here.keyboard.type(PASSWORD);

    isBusy = true;
    await here.keyboard.press("Enter");
    await waitForProblem("Many passwords are being checked right now.");
    await waitForFocus(field);

    await here.route(`**${paths.closeAll}`, (route) => route.abort("internetdisconnected"));
    await button.press("Enter");
    await waitForProblem("There was no answer. Check your network, then try again.");
    await waitForFocus(button);

    await here.unroute(`**${paths.closeAll}`);
    await here.route(`**${paths.closeAll}`, (route) => route.fulfill({ status: 502, body: "<p>Bad gateway</p>" }));
    isBusy = false;
    await Promise.all([here.waitForResponse((response) => response.status() === 502), button.press("Enter")]);
    await waitForProblem("There was no answer.");
    await waitForFocus(button);
    assert.equal(await field.inputValue(), PASSWORD);

    await here.unroute(`**${paths.closeAll}`);
    await button.press("Enter");
    await here.getByRole("status").filter({ hasText: "1 open connection was closed" }).waitFor();
    await waitForClosedDialog(here);
    await waitForFocus(here.getByRole("heading", { name: "Connection history" }));
    assert.deepEqual(
      site.takeErrors().filter((error) => !error.startsWith("htmx: htmx:error: Failed to fetch")),
      [],
    );
  },
);

inBrowser("the dialog doesn't report the failure of another request", async (site) => {
  await addClosed(site.db, 30);
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const failure = Promise.withResolvers<void>();
  await here.route("**/connections?before=*", async (route) => {
    await failure.promise;
    await route.abort("internetdisconnected");
  });
  await here.getByRole("link", { name: "Older connections" }).press("Enter");
  await here.getByRole("button", { name: "Close open connections" }).press("Enter");
  const dialog = await openDialog(here);

  failure.resolve();
  await here.locator(".htmx-request").waitFor({ state: "detached" });

  assert.equal(await dialog.getByRole("alert").textContent(), "");
  assert.match(site.takeErrors().join(), /^htmx: htmx:error: Failed to fetch/);
});

inBrowser("pressing a button of the dialog twice sends one request, and the button keeps focus", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const response = Promise.withResolvers<void>();
  const methods: string[] = [];
  await here.route(`**${paths.closeAll}`, async (route) => {
    methods.push(route.request().method());
    if (route.request().method() === "POST") await response.promise;
    await route.continue();
  });
  await here.getByRole("button", { name: "Close open connections" }).press("Enter");
  const button = (await openDialog(here)).getByRole("button", { name: "Close it" });

  await button.press("Enter");
  await button.press("Enter");
  await waitForFocus(button);
  response.resolve();

  await here.getByRole("status").filter({ hasText: "1 open connection was closed" }).waitFor();
  await waitForClosedDialog(here);
  assert.deepEqual(methods, ["GET", "POST"]);
});

inBrowser("Enter in the password field of a review gives no verdict and asks for one", async (site) => {
  await addUnusual(site.db);
  const here = await site.visit();
  await signIn(here);
  site.clock.now += 6 * MINUTE;
  await here.getByRole("button", { name: "Was this you? Safari" }).press("Enter");
  const dialog = await openDialog(here);
  await waitForFocus(dialog.getByRole("heading", { name: "Was this you?" }));

  await dialog.getByLabel("Your password").focus();
  await here.keyboard.type(PASSWORD);
  await here.keyboard.press("Enter");

  await dialog.getByRole("alert").filter({ hasText: "Choose one of the two." }).waitFor();
  const field = dialog.getByRole("textbox", { name: "Your password", description: "Choose one of the two." });
  await waitForFocus(field);
  assert.deepEqual(await texts(here.locator(CELL.badge)), ["Open", "Open", "Open", "Closed"]);
  await here.keyboard.type(PASSWORD);
  await dialog.getByRole("button", { name: "This was me" }).press("Enter");
  await here.getByRole("status").filter({ hasText: "marked as yours" }).waitFor();
});

inBrowser("the menu closes when focus leaves it, because it could cover what has focus", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const signOut = here.getByRole("button", { name: "Sign out" });
  await here.locator("summary", { hasText: "User management" }).press("Enter");
  await signOut.focus();
  await signOut.waitFor();

  await here.keyboard.press("Tab");

  await signOut.waitFor({ state: "hidden" });
  await waitForFocus(here.getByRole("link", { name: "Connection history" }));
});

/** Opens the dialog with the keyboard and dismisses it: with Esc, then with its own link. */
async function assertReturnsFocus(opener: Locator, dismiss: string): Promise<void> {
  const page = opener.page();
  await opener.press("Enter");
  await openDialog(page);
  await page.keyboard.press("Escape");
  await waitForClosedDialog(page);
  await waitForFocus(opener);

  await opener.press("Enter");
  await (await openDialog(page)).getByRole("button", { name: dismiss }).press("Enter");
  await waitForClosedDialog(page);
  await waitForFocus(opener);
}
