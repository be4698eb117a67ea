import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { CELL, DAY, FIREFOX, MINUTE, START } from "../app.ts";
import {
  inBrowser,
  isMarked,
  mark,
  openDialog,
  PARIS,
  SAFARI,
  SANTIAGO,
  signIn,
  texts,
  waitForClosedDialog,
  waitForFocus,
} from "./chromium.ts";
import { addClosed, addOpen } from "./history.ts";

// ASVS 7.4.1
inBrowser(
  "closing all connections from the dialog leaves this one open and names the others",
  async (site) => {
    const phone = await site.visit({ ip: PARIS, userAgent: SAFARI });
    const laptop = await site.visit({ ip: SANTIAGO, userAgent: FIREFOX });
    const here = await site.visit();
    await signIn(phone);
    site.clock.now += MINUTE;
    await signIn(laptop);
    site.clock.now += MINUTE;
    await signIn(here);
    await mark(here);

    await here.getByRole("button", { name: "Close open connections" }).click();

    const dialog = await openDialog(here);
    assert.equal(await dialog.getByRole("heading").innerText(), "Close 2 open connections?");
    assert.deepEqual(await texts(dialog.getByRole("listitem")), [
      "Firefox on Linux Unusual 🇪🇸 Spain, 2a0c:5a80:1b08:c00::4 Since 23 Nov 2026, 15:05 (Europe/Madrid)",
      "Safari on iPhone 🇫🇷 France, 193.51.208.14 Since 23 Nov 2026, 15:04 (Europe/Madrid)",
    ]);
    await dialog.getByText("This browser stays signed in.").waitFor();

    const requests: string[] = [];
    here.on("request", (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await dialog.getByRole("button", { name: "Close all 2" }).click();

    await here.getByText(
      "2 open connections were closed: Firefox on Linux (Spain), Safari on iPhone (France). This can't be undone: " +
        "if one of them was yours, sign in there again. You are still signed in here.",
    ).waitFor();
    await waitForClosedDialog(here);
    await waitForFocus(here.getByRole("heading", { name: "Connection history" }));
    assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Open", "Closed", "Closed"]);
    await here.getByText("This is the only open connection.").waitFor();
    assert.equal(await here.getByRole("button", { name: "Close open connections" }).isDisabled(), true);
    assert.deepEqual(requests, [`POST ${paths.closeAll}`]);
    assert.equal(await isMarked(here), true);

    await phone.reload();
    await laptop.reload();
    await here.reload();
    assert.equal(new URL(phone.url()).pathname, paths.signIn);
    assert.equal(new URL(laptop.url()).pathname, paths.signIn);
    assert.equal(new URL(here.url()).pathname, paths.connections);
    const reason = "This connection was closed from another one on 23 Nov 2026, 15:06 (Europe/Madrid).";
    await phone.getByText(reason).waitFor();
    await laptop.getByText(reason).waitFor();
  },
);

inBrowser("a notification has its first sentence in bold and the rest in regular weight", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.getByRole("button", { name: "Close open connections" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
  await here.getByText("1 open connection was closed").waitFor();

  const parts = await here.locator("#notifications p").evaluate((paragraph) =>
    [...paragraph.childNodes].filter((node) => node.textContent?.trim()).map((node) => {
      const element = node instanceof Element ? node : paragraph;
      return [node.textContent?.trim(), Number(getComputedStyle(element).fontWeight) > 500];
    })
  );

  assert.deepEqual(parts, [
    ["1 open connection was closed: Safari on iPhone (France).", true],
    ["This can't be undone: if it was yours, sign in there again. You are still signed in here.", false],
  ]);
});

inBrowser("closing one connection from its row moves the row to the earlier ones, and focus with it", async (site) => {
  const phone = await site.visit({ ip: PARIS, userAgent: SAFARI });
  const laptop = await site.visit({ ip: SANTIAGO });
  const here = await site.visit();
  await signIn(laptop);
  site.clock.now += MINUTE;
  await signIn(phone);
  site.clock.now += MINUTE;
  await signIn(here);
  await mark(here);

  const row = here.getByRole("row", { name: PARIS });
  await row.getByRole("button", { name: `Close the connection from Safari on iPhone, ${PARIS}` }).click();
  const dialog = await openDialog(here);
  assert.equal(await dialog.getByRole("heading").innerText(), "Close this connection?");
  assert.equal(await dialog.getByRole("listitem").count(), 1);
  await dialog.getByRole("button", { name: "Close it" }).click();

  await here.getByText("The connection was closed").waitFor();
  await waitForClosedDialog(here);
  await waitForFocus(row);
  assert.deepEqual(await texts(here.locator(`#open ${CELL.badge}`)), ["Open", "Open"]);
  assert.deepEqual(await texts(here.locator(`#rows ${CELL.badge}`)), ["Closed"]);
  assert.match((await texts(row))[0]!, /Closed Closed from this browser, 15:06 Was this you/);
  await here.getByText("2 connections are open now").waitFor();
  assert.equal(await isMarked(here), true);

  await phone.reload();
  await laptop.reload();
  await phone.getByText("This connection was closed from another one").waitFor();
  assert.equal(new URL(laptop.url()).pathname, paths.connections);
});

inBrowser("closing a connection among older rows leaves the others in place", async (site) => {
  const phone = await site.visit({ ip: SANTIAGO, userAgent: SAFARI });
  site.clock.now = START - 3 * DAY;
  await signIn(phone);
  site.clock.now = START;
  await addClosed(site.db, 30);
  const here = await site.visit();
  await signIn(here);
  await mark(here);
  await here.getByRole("link", { name: "Older connections" }).click();
  const row = here.getByRole("row", { name: SANTIAGO });
  await row.waitFor();
  const before = await here.locator("tbody tr[id]").evaluateAll((rows) => rows.map(({ id }) => id));

  await row.getByRole("button", { name: "Close the connection" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();

  await here.getByText("The connection was closed").waitFor();
  await waitForClosedDialog(here);
  await waitForFocus(row);
  assert.match((await texts(row))[0]!, /Closed Closed from this browser/);
  assert.equal(before.length, 32);
  assert.deepEqual(await here.locator("tbody tr[id]").evaluateAll((rows) => rows.map(({ id }) => id)), before);
  assert.equal(await isMarked(here), true);
});

inBrowser(
  "Esc dismisses the dialog without closing anything, and focus returns to the button that opened it",
  async (site) => {
    await addOpen(site.db);
    const here = await site.visit();
    await signIn(here);
    const opener = here.getByRole("button", { name: "Close open connections" });
    await opener.click();
    await openDialog(here);

    await here.keyboard.press("Escape");

    await waitForClosedDialog(here);
    await waitForFocus(opener);
    await here.reload();
    assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Open", "Open"]);
  },
);

inBrowser(
  "Cancel dismisses the dialog without closing anything, and focus returns to the button that opened it",
  async (site) => {
    await addOpen(site.db);
    const here = await site.visit();
    await signIn(here);
    await mark(here);
    const opener = here.getByRole("row", { name: PARIS }).getByRole("button", { name: "Close the connection" });
    await opener.click();
    const dialog = await openDialog(here);

    await dialog.getByRole("button", { name: "Cancel" }).click();

    await waitForClosedDialog(here);
    await waitForFocus(opener);
    assert.equal(await isMarked(here), true);
    await here.reload();
    assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Open", "Open"]);
  },
);

inBrowser("a click outside the dialog dismisses it", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const opener = here.getByRole("button", { name: "Close open connections" });
  await opener.click();
  await openDialog(here);

  await here.mouse.click(5, 5);

  await waitForClosedDialog(here);
  await waitForFocus(opener);
});

inBrowser("a click on the dialog's padding leaves it open", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.getByRole("button", { name: "Close open connections" }).click();
  const dialog = await openDialog(here);

  await dialog.click({ position: { x: 8, y: 8 } });

  assert.equal(await dialog.count(), 1);
});

inBrowser("confirming what was already closed says so and updates the table", async (site) => {
  const phone = await site.visit({ ip: PARIS });
  const here = await site.visit();
  await signIn(phone);
  await signIn(here);
  await here.getByRole("button", { name: "Close open connections" }).click();
  const dialog = await openDialog(here);
  await phone.getByText("User management").click();
  await phone.getByRole("button", { name: "Sign out" }).click();
  await phone.waitForURL(paths.signIn);

  await dialog.getByRole("button", { name: "Close it" }).click();

  await here.getByText("Nothing was open: the other connections were already closed.").waitFor();
  await waitForClosedDialog(here);
  assert.deepEqual((await texts(here.locator(`tbody ${CELL.badge}`))).sort(), ["Closed", "Open"]);
  await here.getByText("Signed out, 15:04").waitFor();
});

inBrowser("the confirmation page closes all connections and returns to the history", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.goto(paths.closeAll);

  await here.getByRole("button", { name: "Close it" }).click();

  await here.waitForURL(paths.connections);
  await here.getByText("1 open connection was closed").waitFor();
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Open", "Closed"]);
});

inBrowser("the confirmation page closes one connection and returns to the history", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const form = here.getByRole("row", { name: PARIS }).locator("form");
  await here.goto(await form.getAttribute("action") ?? "");

  await here.getByRole("button", { name: "Close it" }).click();

  await here.waitForURL(paths.connections);
  await here.getByText("The connection was closed").waitFor();
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Open", "Closed"]);
});

inBrowser("under prefers-reduced-motion the dialog opens without animation", async (site) => {
  await addOpen(site.db);
  const here = await site.visit({ reducedMotion: "reduce" });
  await signIn(here);

  await here.getByRole("button", { name: "Close open connections" }).click();

  const dialog = await openDialog(here);
  assert.equal(await dialog.evaluate((element) => getComputedStyle(element).animationName), "none");
  assert.equal(await here.evaluate(() => document.getAnimations().length), 0);
});

inBrowser("without prefers-reduced-motion the dialog opens with an animation", async (site) => {
  await addOpen(site.db);
  const here = await site.visit({ reducedMotion: "no-preference" });
  await signIn(here);

  await here.getByRole("button", { name: "Close open connections" }).click();

  const dialog = await openDialog(here);
  assert.equal(await dialog.evaluate((element) => getComputedStyle(element).animationName), "rise");
});
