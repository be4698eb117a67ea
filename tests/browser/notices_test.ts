import assert from "node:assert/strict";
import { users } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { inBrowser, openDialog, PARIS, signIn, texts, waitForFocus } from "./chromium.ts";
import { addClosed, addOpen } from "./history.ts";
import { openElsewhere, poll, recordPolls } from "./polling.ts";

const OFFLINE = "internetdisconnected";

inBrowser("the message of a closing far down the page is in sight, until it is dismissed", async (site) => {
  await addClosed(site.db, 60);
  const here = await site.visit({ viewport: { width: 390, height: 844 } });
  await signIn(here);
  await openElsewhere(site);
  await here.goto(paths.connections);
  await here.getByRole("link", { name: "Older connections" }).click();
  await here.locator("tbody tr[id]").nth(40).waitFor();
  await here.getByRole("button", { name: "Close the connection from" }).evaluate((button) => {
    // As if the row were the last of a long page.
    document.querySelector("#rows")?.append(button.closest("tr")!);
    button.scrollIntoView({ block: "end" });
  });
  await here.getByRole("button", { name: "Close the connection from" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();

  const message = here.getByText("The connection was closed", { exact: false });
  await message.waitFor();
  const { y } = (await message.boundingBox())!;
  assert.ok(y >= 0 && y < 844, `at ${y}`);
  await here.getByRole("button", { name: "Dismiss" }).click();
  await message.waitFor({ state: "detached" });
  await waitForFocus(here.getByRole("heading", { level: 1 }));
});

inBrowser(
  "on a phone the message of closing all covers less than a third of the screen, in every language",
  async (site) => {
    await addClosed(site.db, 60);
    const here = await site.visit({ viewport: { width: 320, height: 640 } });
    await signIn(here);
    const heights: number[] = [];
    for (const language of ["en", "es", "ca"] as const) {
      await site.db.update(users).set({ language });
      for (let i = 0; i < 5; i++) await addOpen(site.db);
      await here.goto(paths.connections);
      await here.locator("#head .primary").click();
      await (await openDialog(here)).locator(".primary").click();
      const message = here.locator("#notifications .notification");
      await message.waitFor();
      assert.match(await message.innerText(), /5 .*Safari .*2 .*\. \p{Lu}.*\.$/su);
      heights.push((await message.boundingBox())!.height);
      await here.locator(".dismiss").click();
    }

    assert.ok(Math.max(...heights) < 640 / 3, heights.join(", "));
  },
);

inBrowser("without network every control says that there was no answer", async (site) => {
  await addOpen(site.db);
  await addClosed(site.db, 30);
  const here = await site.visit();
  await signIn(here);
  const message = here.locator("#notifications").getByText("There was no answer. Check your network, then try again.");
  await here.route("**/user/**", (route) => route.abort(OFFLINE));

  for (
    const control of [
      here.getByRole("button", { name: "Close open connections" }),
      here.getByRole("button", { name: "Close the connection from" }),
      here.getByRole("link", { name: "Older connections" }),
    ]
  ) {
    await control.click();
    await message.waitFor();
    await here.getByRole("button", { name: "Dismiss" }).click();
    await message.waitFor({ state: "detached" });
  }
  await here.unroute("**/user/**");
  await here.getByRole("button", { name: "Close open connections" }).click();
  await (await openDialog(here)).getByText(PARIS).waitFor();
  site.takeErrors();
});

inBrowser("without network the buttons of the details say so in the dialog, and focus stays", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.getByRole("row", { name: PARIS }).getByRole("link", { name: "23 Nov" }).click();
  const dialog = await openDialog(here);
  await here.route("**/close", (route) => route.abort(OFFLINE));

  await dialog.getByRole("button", { name: "Close" }).press("Enter");

  await dialog.getByRole("alert").getByText("There was no answer.", { exact: false }).waitFor();
  await waitForFocus(dialog.getByRole("button", { name: "Close" }));
  assert.deepEqual(await texts(here.locator("#notifications")), [""]);
  site.takeErrors();
});

inBrowser("a page that can't be updated says since when, until it is again", async (site) => {
  const here = await site.visit();
  await signIn(here);
  await here.clock.install();
  await here.route(`**${paths.live}*`, (route) => route.abort(OFFLINE));
  await poll(here);
  const stale = here.locator("#status").getByText(/^This page hasn't been updated since \d\d:\d\d/);
  await stale.waitFor();
  const [said] = await texts(stale);

  await here.route(`**${paths.live}*`, (route) => route.fulfill({ status: 503 }));
  await here.clock.fastForward(61_000);
  assert.equal(await poll(here), 503);
  assert.deepEqual(await texts(stale), [said]);

  await here.unroute(`**${paths.live}*`);
  await here.clock.fastForward(31_000);
  await poll(here);

  await stale.waitFor({ state: "detached" });
  site.takeErrors();
});

inBrowser("a paused page doesn't poll, and polls again when it isn't", async (site) => {
  const here = await site.visit();
  await signIn(here);
  const polls = recordPolls(here);

  await here.getByLabel("Pause live updates").check();
  assert.equal(await poll(here), undefined);
  assert.equal(polls.length, 0);

  await here.getByLabel("Pause live updates").uncheck();
  assert.equal(await poll(here), 304);
});

inBrowser("a message of the page itself has focus, so that a screen reader reads it", async (site) => {
  const here = await site.visit();
  await signIn(here);
  await here.goto(paths.preferences);
  await here.getByRole("button", { name: "Save preferences" }).click();

  await waitForFocus(here.locator("#notifications"));
  assert.deepEqual(await texts(here.locator("#notifications")), ["Your preferences were saved."]);
});

inBrowser("Space presses what looks like a button, and doesn't scroll", async (site) => {
  await addOpen(site.db);
  const here = await site.visit({ viewport: { width: 1280, height: 400 } });
  await signIn(here);
  await here.getByRole("button", { name: "Close open connections" }).focus();

  await here.keyboard.press("Space");

  const dialog = await openDialog(here);
  assert.equal(await here.evaluate(() => scrollY), 0);
  await dialog.getByRole("button", { name: "Cancel" }).focus();
  await here.keyboard.press("Space");
  await waitForFocus(here.getByRole("button", { name: "Close open connections" }));
});

inBrowser(
  "on a small phone a dialog shows its question and its buttons, wherever its middle is scrolled",
  async (site) => {
    for (let i = 0; i < 6; i++) await addOpen(site.db);
    const here = await site.visit({ viewport: { width: 320, height: 480 } });
    await signIn(here);

    await here.getByRole("button", { name: "Close open connections" }).click();

    const dialog = await openDialog(here);
    const inSight = async () => {
      const boxes = [dialog.getByRole("heading"), dialog.getByRole("button", { name: "Close all" })];
      return await Promise.all(boxes.map(async (box) => {
        const { y, height } = (await box.boundingBox())!;
        return y >= 0 && y + height <= 480;
      }));
    };
    assert.deepEqual(await inSight(), [true, true]);
    await dialog.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    assert.deepEqual(await inSight(), [true, true]);
  },
);
