import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { CELL, DAY, FIREFOX, MINUTE, START } from "../app.ts";
import {
  inChromium,
  isMarked,
  mark,
  openDialog,
  openSite,
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
Deno.test(
  "closing the open connections from the dialog closes the others, keeps this one and says so",
  inChromium,
  async () => {
    await using site = await openSite();
    const phone = await site.visit({ ip: PARIS, userAgent: SAFARI });
    const laptop = await site.visit({ ip: SANTIAGO, userAgent: FIREFOX });
    const here = await site.visit();
    await signIn(phone);
    site.clock.now += MINUTE;
    await signIn(laptop);
    site.clock.now += MINUTE;
    await signIn(here);
    await mark(here);

    await here.getByRole("link", { name: "Close open connections" }).click();

    const dialog = await openDialog(here);
    assert.equal(await dialog.getByRole("heading").innerText(), "Close 2 open connections?");
    assert.deepEqual(await texts(dialog.getByRole("listitem")), [
      "Firefox on Linux 🇪🇸 Spain, 2a0c:5a80:1b08:c00::4 Since 23 Nov 2026, 15:05 (Europe/Madrid)",
      "Safari on iPhone 🇫🇷 France, 193.51.208.14 Since 23 Nov 2026, 15:04 (Europe/Madrid)",
    ]);
    await dialog.getByText("This browser stays signed in.").waitFor();

    const asked: string[] = [];
    here.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await dialog.getByRole("button", { name: "Close all 2" }).click();

    await here.getByText(
      "2 open connections were closed: Firefox on Linux (Spain), Safari on iPhone (France). This can't be undone: " +
        "if one of them was yours, sign in there again. You are still signed in here.",
    ).waitFor();
    await waitForClosedDialog(here);
    await waitForFocus(here.getByRole("heading", { name: "Connection history" }));
    assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Open", "Closed", "Closed"]);
    await here.getByText("Only this connection is open.").waitFor();
    assert.equal(await here.getByRole("button", { name: "Close open connections" }).isDisabled(), true);
    assert.deepEqual(asked, [`POST ${paths.closeAll}`]);
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
    site.assertUntroubled();
  },
);

Deno.test("a notification says in bold what happened, and in plain type what comes after it", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.getByRole("link", { name: "Close open connections" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
  await here.getByText("1 open connection was closed").waitFor();

  const said = await here.locator("#notifications p").evaluate((sentences) =>
    [...sentences.childNodes].map((node) => {
      const element = node instanceof Element ? node : sentences;
      return [node.textContent?.trim(), Number(getComputedStyle(element).fontWeight) > 500];
    })
  );

  assert.deepEqual(said, [
    ["1 open connection was closed: Safari on iPhone (France).", true],
    ["This can't be undone: if it was yours, sign in there again. You are still signed in here.", false],
  ]);
  site.assertUntroubled();
});

Deno.test("one connection is closed from its row, which changes where it stands", inChromium, async () => {
  await using site = await openSite();
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
  await row.getByRole("link", { name: `Close the connection of Safari on iPhone, ${PARIS}` }).click();
  const dialog = await openDialog(here);
  assert.equal(await dialog.getByRole("heading").innerText(), "Close this connection?");
  assert.equal(await dialog.getByRole("listitem").count(), 1);
  await dialog.getByRole("button", { name: "Close it" }).click();

  await here.getByText("The connection was closed").waitFor();
  await waitForClosedDialog(here);
  await waitForFocus(row);
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Open", "Closed", "Open"]);
  assert.match((await texts(row))[0]!, /Closed From this browser, 15:06 · lasted 1 minute$/);
  await here.getByText("2 connections are open").waitFor();
  assert.equal(await isMarked(here), true);

  await phone.reload();
  await laptop.reload();
  await phone.getByText("This connection was closed from another one").waitFor();
  assert.equal(new URL(laptop.url()).pathname, paths.connections);
  site.assertUntroubled();
});

Deno.test("closing a connection among older rows leaves them where they are", inChromium, async () => {
  await using site = await openSite();
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
  const before = await here.locator("tbody tr").evaluateAll((rows) => rows.map(({ id }) => id));

  await row.getByRole("link", { name: "Close the connection" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();

  await here.getByText("The connection was closed").waitFor();
  await waitForClosedDialog(here);
  await waitForFocus(row);
  assert.match((await texts(row))[0]!, /Closed From this browser/);
  assert.equal(before.length, 32);
  assert.deepEqual(await here.locator("tbody tr").evaluateAll((rows) => rows.map(({ id }) => id)), before);
  assert.equal(await isMarked(here), true);
  site.assertUntroubled();
});

Deno.test("Esc closes the dialog with nothing closed, and focus is back on what opened it", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const opener = here.getByRole("link", { name: "Close open connections" });
  await opener.click();
  await openDialog(here);

  await here.keyboard.press("Escape");

  await waitForClosedDialog(here);
  await waitForFocus(opener);
  await here.reload();
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Open", "Open"]);
  site.assertUntroubled();
});

Deno.test("Cancel closes the dialog with nothing closed, and focus is back on what opened it", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await mark(here);
  const opener = here.getByRole("row", { name: PARIS }).getByRole("link");
  await opener.click();
  const dialog = await openDialog(here);

  await dialog.getByRole("link", { name: "Cancel" }).click();

  await waitForClosedDialog(here);
  await waitForFocus(opener);
  assert.equal(await isMarked(here), true);
  await here.reload();
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Open", "Open"]);
  site.assertUntroubled();
});

Deno.test("a click beside the dialog closes it", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const opener = here.getByRole("link", { name: "Close open connections" });
  await opener.click();
  await openDialog(here);

  await here.mouse.click(5, 5);

  await waitForClosedDialog(here);
  await waitForFocus(opener);
  site.assertUntroubled();
});

Deno.test("a click on the dialog's own edge leaves it open", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.getByRole("link", { name: "Close open connections" }).click();
  const dialog = await openDialog(here);

  await dialog.click({ position: { x: 8, y: 8 } });

  assert.equal(await dialog.count(), 1);
  site.assertUntroubled();
});

Deno.test(
  "confirming what was closed meanwhile ends in a truthful sentence and the table as it is",
  inChromium,
  async () => {
    await using site = await openSite();
    const phone = await site.visit({ ip: PARIS });
    const here = await site.visit();
    await signIn(phone);
    await signIn(here);
    await here.getByRole("link", { name: "Close open connections" }).click();
    const dialog = await openDialog(here);
    await phone.getByText("User management").click();
    await phone.getByRole("button", { name: "Sign out" }).click();
    await phone.waitForURL(paths.signIn);

    await dialog.getByRole("button", { name: "Close it" }).click();

    await here.getByText("Nothing was open: the other connections were already closed.").waitFor();
    await waitForClosedDialog(here);
    assert.deepEqual((await texts(here.locator(`tbody ${CELL.state}`))).sort(), ["Closed", "Open"]);
    await here.getByText("Signed out, 15:04").waitFor();
    site.assertUntroubled();
  },
);

Deno.test("the confirmation in a tab of its own closes the others and leads to the history", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.goto(paths.closeAll);

  await here.getByRole("button", { name: "Close it" }).click();

  await here.waitForURL(paths.connections);
  await here.getByText("1 open connection was closed").waitFor();
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Open", "Closed"]);
  site.assertUntroubled();
});

Deno.test("the confirmation of one connection in a tab of its own leads to the history too", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.goto(await here.getByRole("row", { name: PARIS }).getByRole("link").getAttribute("href") ?? "");

  await here.getByRole("button", { name: "Close it" }).click();

  await here.waitForURL(paths.connections);
  await here.getByText("The connection was closed").waitFor();
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Open", "Closed"]);
  site.assertUntroubled();
});

Deno.test("the dialog appears without animation to who wants less motion", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit({ reducedMotion: "reduce" });
  await signIn(here);

  await here.getByRole("link", { name: "Close open connections" }).click();

  const dialog = await openDialog(here);
  assert.equal(await dialog.evaluate((element) => getComputedStyle(element).animationName), "none");
  assert.equal(await here.evaluate(() => document.getAnimations().length), 0);
  site.assertUntroubled();
});

Deno.test("the dialog rises where motion is welcome", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit({ reducedMotion: "no-preference" });
  await signIn(here);

  await here.getByRole("link", { name: "Close open connections" }).click();

  const dialog = await openDialog(here);
  assert.equal(await dialog.evaluate((element) => getComputedStyle(element).animationName), "rise");
  site.assertUntroubled();
});

Deno.test(
  "with Ctrl a link to a confirmation opens it as a page in a tab of its own, and here nothing happens",
  inChromium,
  async () => {
    await using site = await openSite();
    const other = await site.visit({ ip: PARIS, userAgent: SAFARI });
    const here = await site.visit();
    await signIn(other);
    site.clock.now += MINUTE;
    await signIn(here);

    const [all] = await Promise.all([
      here.context().waitForEvent("page"),
      here.getByRole("link", { name: "Close open connections" }).click({ modifiers: ["Control"] }),
    ]);
    const [one] = await Promise.all([
      here.context().waitForEvent("page"),
      here.getByRole("link", { name: /^Close the connection of Safari/ }).click({ modifiers: ["Control"] }),
    ]);

    await all.getByRole("heading", { name: "Close 1 open connection?" }).waitFor();
    await one.getByRole("heading", { name: "Close this connection?" }).waitFor();
    assert.equal(new URL(all.url()).pathname, paths.closeAll);
    assert.equal(await here.locator("dialog").evaluate((dialog: HTMLDialogElement) => dialog.open), false);
    assert.equal(await here.locator("#rows tr").count(), 2);
    site.assertUntroubled();
  },
);
