import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import type { Locator } from "playwright-core";
import { createPasswords } from "../../credentials/passwords.ts";
import { connections } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { CELL, CHEAP, MINUTE, PASSWORD } from "../app.ts";
import {
  inChromium,
  lookAgain,
  openDialog,
  openSite,
  PARIS,
  signIn,
  texts,
  waitForClosedDialog,
  waitForFocus,
} from "./chromium.ts";
import { addClosed, addOpen, addUnusual } from "./history.ts";

Deno.test("Esc and the way out lead back from each dialog to the link that opened it", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  await addUnusual(site.db);
  const here = await site.visit();
  await signIn(here);

  await assertLeadsBack(here.getByRole("link", { name: "Close open connections" }), "Cancel");
  await assertLeadsBack(here.getByRole("link", { name: "Close the connection" }).first(), "Cancel");
  await assertLeadsBack(here.getByRole("link", { name: "Was this you?" }), "Answer later");
  assert.deepEqual(await texts(here.locator(CELL.state)), ["Open", "Open", "Open", "Closed", "Open"]);
  site.assertUntroubled();
});

Deno.test(
  "where the link that opened the dialog has gone meanwhile, Esc leads to its row, or to the title",
  inChromium,
  async () => {
    await using site = await openSite();
    await addOpen(site.db);
    const here = await site.visit();
    await signIn(here);
    const row = here.getByRole("row", { name: PARIS });
    const open = { closedAt: null, endReason: null };
    const closed = { closedAt: site.clock.now, endReason: "closed_by_operator" } as const;
    const make = (state: typeof open | typeof closed) =>
      site.db.update(connections).set(state).where(eq(connections.ip, PARIS));

    await row.getByRole("link", { name: "Close the connection" }).press("Enter");
    await openDialog(here);
    await make(closed);
    await lookAgain(here);
    await row.getByText("By the operator").waitFor();
    await here.keyboard.press("Escape");
    await waitForFocus(row);

    await make(open);
    await lookAgain(here);
    await here.getByRole("link", { name: "Close open connections" }).press("Enter");
    await openDialog(here);
    await make(closed);
    await lookAgain(here);
    await row.getByText("By the operator").waitFor();
    await here.keyboard.press("Escape");
    await waitForFocus(here.getByRole("heading", { name: "Connection history" }));
    site.assertUntroubled();
  },
);

Deno.test("a dialog that can't be opened leaves the focus on its link, and the page says why", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await site.db.delete(connections).where(eq(connections.ip, PARIS));

  const opener = here.getByRole("link", { name: "Close the connection" });
  await opener.press("Enter");

  await here.getByRole("status").filter({ hasText: "Nothing is here" }).waitFor();
  await waitForFocus(opener);
  assert.equal(await here.locator("dialog[open]").count(), 0);
  site.assertUntroubled();
});

Deno.test(
  "while the server is busy or out of reach the dialog says so, with the focus and what was typed where they were",
  inChromium,
  async () => {
    const passwords = createPasswords(CHEAP);
    let isBusy = false;
    await using site = await openSite({ passwords: { ...passwords, isBusy: () => isBusy } });
    await addOpen(site.db);
    const here = await site.visit();
    await signIn(here);
    site.clock.now += 6 * MINUTE;
    await here.getByRole("link", { name: "Close open connections" }).press("Enter");
    const dialog = await openDialog(here);
    const field = dialog.getByLabel("Your password");
    const button = dialog.getByRole("button", { name: "Close it" });
    const said = async (text: string) => {
      await dialog.getByRole("alert").filter({ hasText: text }).waitFor();
      // Before it is over, another one is dropped.
      await here.locator(".htmx-request").waitFor({ state: "detached" });
    };
    await waitForFocus(field);
    await here.keyboard.type(PASSWORD);

    isBusy = true;
    await here.keyboard.press("Enter");
    await said("Many passwords are being checked right now.");
    await waitForFocus(field);

    await here.route(`**${paths.closeAll}`, (route) => route.abort("internetdisconnected"));
    await button.press("Enter");
    await said("There was no answer. Check your network, then try again.");
    await waitForFocus(button);

    await here.unroute(`**${paths.closeAll}`);
    await here.route(`**${paths.closeAll}`, (route) => route.fulfill({ status: 502, body: "<p>Bad gateway</p>" }));
    isBusy = false;
    await Promise.all([here.waitForResponse((response) => response.status() === 502), button.press("Enter")]);
    await said("There was no answer.");
    await waitForFocus(button);
    assert.equal(await field.inputValue(), PASSWORD);

    await here.unroute(`**${paths.closeAll}`);
    await button.press("Enter");
    await here.getByRole("status").filter({ hasText: "1 open connection was closed" }).waitFor();
    await waitForClosedDialog(here);
    await waitForFocus(here.getByRole("heading", { name: "Connection history" }));
    assert.deepEqual(site.troubles.filter((trouble) => !trouble.startsWith("htmx: htmx:error: Failed to fetch")), []);
  },
);

Deno.test("the dialog says nothing of what fails beside it", inChromium, async () => {
  await using site = await openSite();
  await addClosed(site.db, 30);
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  let fail = () => {};
  const held = new Promise<void>((resolve) => fail = resolve);
  await here.route("**/connections?before=*", async (route) => {
    await held;
    await route.abort("internetdisconnected");
  });
  await here.getByRole("link", { name: "Older connections" }).press("Enter");
  await here.getByRole("link", { name: "Close open connections" }).press("Enter");
  const dialog = await openDialog(here);

  fail();
  await here.locator(".htmx-request").waitFor({ state: "detached" });

  assert.equal(await dialog.getByRole("alert").textContent(), "");
});

Deno.test(
  "a button of the dialog that is pressed twice sends once, and keeps the focus meanwhile",
  inChromium,
  async () => {
    await using site = await openSite();
    await addOpen(site.db);
    const here = await site.visit();
    await signIn(here);
    let release = () => {};
    const held = new Promise<void>((resolve) => release = resolve);
    const sent: string[] = [];
    await here.route(`**${paths.closeAll}`, async (route) => {
      sent.push(route.request().method());
      if (route.request().method() === "POST") await held;
      await route.continue();
    });
    await here.getByRole("link", { name: "Close open connections" }).press("Enter");
    const button = (await openDialog(here)).getByRole("button", { name: "Close it" });

    await button.press("Enter");
    await button.press("Enter");
    await waitForFocus(button);
    release();

    await here.getByRole("status").filter({ hasText: "1 open connection was closed" }).waitFor();
    await waitForClosedDialog(here);
    assert.deepEqual(sent, ["GET", "POST"]);
    site.assertUntroubled();
  },
);

Deno.test("Enter in the password's field gives no answer to Was this you?, and says so", inChromium, async () => {
  await using site = await openSite();
  await addUnusual(site.db);
  const here = await site.visit();
  await signIn(here);
  site.clock.now += 6 * MINUTE;
  await here.getByRole("link", { name: "Was this you?" }).press("Enter");
  const dialog = await openDialog(here);
  await waitForFocus(dialog.getByLabel("Your password"));

  await here.keyboard.type(PASSWORD);
  await here.keyboard.press("Enter");

  await dialog.getByRole("alert").filter({ hasText: "Choose one of the two answers." }).waitFor();
  const field = dialog.getByRole("textbox", { name: "Your password", description: "Choose one of the two answers." });
  await waitForFocus(field);
  assert.deepEqual(await texts(here.locator(CELL.state)), ["Open", "Open", "Closed", "Open"]);
  await here.keyboard.type(PASSWORD);
  await dialog.getByRole("button", { name: "This was me" }).press("Enter");
  await here.getByRole("status").filter({ hasText: "marked as yours" }).waitFor();
  site.assertUntroubled();
});

Deno.test(
  "the menu closes when the focus goes on from it, so that it covers nothing that has it",
  inChromium,
  async () => {
    await using site = await openSite();
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
    site.assertUntroubled();
  },
);

/** Opens the dialog with the keyboard and leaves it: first by Esc, then by the link within it. */
async function assertLeadsBack(opener: Locator, wayOut: string): Promise<void> {
  const page = opener.page();
  await opener.press("Enter");
  await openDialog(page);
  await page.keyboard.press("Escape");
  await waitForClosedDialog(page);
  await waitForFocus(opener);

  await opener.press("Enter");
  await (await openDialog(page)).getByRole("link", { name: wayOut }).press("Enter");
  await waitForClosedDialog(page);
  await waitForFocus(opener);
}
