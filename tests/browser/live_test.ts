import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import type { Page, Request } from "playwright-core";
import { connections } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { CELL, MINUTE } from "../app.ts";
import {
  inChromium,
  isMarked,
  MADRID,
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
  "a connection that opens elsewhere shows without a reload, and its browser learns by itself that it was closed",
  inChromium,
  async () => {
    await using site = await openSite({ pollEvery: 200 });
    const here = await site.visit();
    await signIn(here);
    await mark(here);
    assert.equal(await here.getByRole("status").nth(1).innerText(), "");

    site.clock.now += 1_000;
    const phone = await site.visit({ ip: PARIS, userAgent: SAFARI });
    await signIn(phone);
    await mark(phone);

    const row = here.getByRole("row", { name: PARIS });
    await row.waitFor();
    await here.getByText("2 connections are open now").waitFor();
    await here.getByText("An unusual connection was opened: Safari on iPhone, France.").waitFor();
    assert.equal(await isMarked(here), true);
    assert.equal(await isMarked(phone), true);

    site.clock.now += 1_000;
    await row.getByRole("link", { name: "Close the connection" }).click();
    await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();

    await phone.waitForURL((url) => url.pathname === paths.signIn);
    await phone.getByText("This connection was closed from another one").waitFor();
    await here.getByText("The connection was closed: Safari on iPhone (France).").waitFor();
    site.assertUntroubled();
  },
);

Deno.test("what is typed and open in the page outlives an update", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.getByLabel("State").selectOption("Closed");
  const field = here.getByLabel("IP address");
  await field.focus();
  await here.keyboard.type("46.17");
  await here.keyboard.press("ArrowLeft");
  await openElsewhere(site);

  assert.equal(await ask(here), 200);

  assert.equal(await here.locator("tbody tr").count(), 3);
  await waitForFocus(field);
  await here.keyboard.type("9");
  assert.equal(await field.inputValue(), "46.197");
  assert.equal(await here.getByLabel("State").inputValue(), "closed");

  await here.getByText("User management").click();
  await here.keyboard.press("Tab");
  await openElsewhere(site, { ip: SANTIAGO });
  assert.equal(await ask(here), 200);
  assert.equal(await here.locator("tbody tr").count(), 4);
  await waitForFocus(here.getByRole("link", { name: "User and security" }));
  site.assertUntroubled();
});

Deno.test("what is selected in the table stays selected, where its text is the same", inChromium, async () => {
  await using site = await openSite();
  await addClosed(site.db, 3);
  const here = await site.visit();
  await signIn(here);
  const [first, last] = [here.locator(CELL.device).nth(1), here.locator(CELL.device).nth(3)];
  await first.evaluate((cell) => getSelection()?.setPosition(cell.firstChild, 2));
  await last.evaluate((cell) => getSelection()?.extend(cell.firstChild ?? cell, 6));
  const selected = await here.evaluate(() => getSelection()?.toString());
  assert.match(selected ?? "", /^fari on iPhone[^]*Safari$/);
  await openElsewhere(site, { ip: SANTIAGO });

  assert.equal(await ask(here), 200);

  assert.equal(await here.locator("tbody tr").count(), 5);
  assert.equal(await here.evaluate(() => getSelection()?.toString()), selected);
  site.assertUntroubled();
});

Deno.test("focus stays on a row's link, and the row stays where it is in the window", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  await addClosed(site.db, 24);
  const here = await site.visit({ viewport: { width: 1280, height: 400 } });
  await signIn(here);
  const link = here.getByRole("row", { name: "Close the connection" }).getByRole("link");
  await link.focus();
  await link.evaluate((element) => element.scrollIntoView({ block: "start" }));
  const before = await link.boundingBox();
  await openElsewhere(site, { ip: SANTIAGO });

  assert.equal(await ask(here), 200);

  await here.getByRole("row", { name: SANTIAGO }).waitFor();
  await waitForFocus(here.getByRole("link", { name: PARIS }));
  await here.waitForFunction(
    (y) => Math.abs((document.activeElement?.getBoundingClientRect().y ?? 0) - y) < 2,
    before?.y ?? 0,
  );
  await here.keyboard.press("Enter");
  await (await openDialog(here)).getByText("Close this connection?").waitFor();
  site.assertUntroubled();
});

Deno.test(
  "an open dialog and the password in it outlive an update, and lead back to the table",
  inChromium,
  async () => {
    await using site = await openSite();
    await addOpen(site.db);
    const here = await site.visit();
    await signIn(here);
    site.clock.now += 6 * MINUTE;
    const opener = here.getByRole("link", { name: "Close open connections" });
    await opener.click();
    const dialog = await openDialog(here);
    const field = dialog.getByLabel("Your password");
    await field.pressSequentially("half of it");
    await openElsewhere(site);

    assert.equal(await ask(here), 200);

    assert.equal(await here.locator("tbody tr").count(), 3);
    assert.equal(await field.inputValue(), "half of it");
    await waitForFocus(field);
    await here.keyboard.press("Escape");
    await waitForClosedDialog(here);
    await waitForFocus(opener);
    assert.equal(await ask(here), 304);
    assert.equal(await here.locator("dialog[open]").count(), 0);
    site.assertUntroubled();
  },
);

Deno.test("older rows that were added stay under newer ones, with focus on the first of them", inChromium, async () => {
  await using site = await openSite();
  await addClosed(site.db, 60);
  const here = await site.visit();
  await signIn(here);
  const rows = here.locator("tbody tr");
  await here.getByRole("link", { name: "Older connections" }).click();
  await waitForFocus(rows.nth(25));
  const before = await rows.evaluateAll((all) => all.map(({ id }) => id));
  await openElsewhere(site);

  assert.equal(await ask(here), 200);

  assert.deepEqual((await rows.evaluateAll((all) => all.map(({ id }) => id))).toSpliced(1, 1), before);
  await waitForFocus(rows.nth(26));

  await here.getByRole("link", { name: "Older connections" }).click();
  await waitForFocus(rows.nth(51));
  assert.equal(await rows.count(), 62);
  assert.equal(new Set(await rows.evaluateAll((all) => all.map(({ id }) => id))).size, 62);
  site.assertUntroubled();
});

Deno.test("after a filter and after Back the page renews what it shows then, and asks once", inChromium, async () => {
  await using site = await openSite();
  const phone = await site.visit({ ip: PARIS });
  await signIn(phone);
  site.clock.now += 1_000;
  const here = await site.visit();
  await signIn(here);
  await here.getByLabel("State").selectOption("Closed");
  await here.getByRole("button", { name: "Filter" }).click();
  await here.getByText("Nothing matches this filter").waitFor();
  await site.db.update(connections).set({ closedAt: site.clock.now, endReason: "closed_by_operator" })
    .where(eq(connections.ip, PARIS));

  assert.equal(await ask(here), 200);

  assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Closed"]);
  assert.equal(await here.getByText("Nothing matches this filter").count(), 0);
  assert.equal(await here.getByText("A connection was closed.").count(), 1);

  await here.goBack();
  await here.locator("tbody tr").nth(1).waitFor();
  const asked = requestsOf(here);
  await openElsewhere(site, { ip: SANTIAGO });
  assert.equal(await ask(here), 200);
  assert.equal(await here.locator("tbody tr").count(), 3);
  await look(here, "visible");
  assert.equal(asked.length, 2, "an update, and one look: nobody of the page before asks too");
  site.assertUntroubled();
});

Deno.test("what the page closed itself is not told again", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.getByRole("row", { name: PARIS }).getByRole("link").click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
  await here.getByText("The connection was closed: Safari on iPhone (France).").waitFor();
  await waitForClosedDialog(here);

  assert.equal(await ask(here), 200);

  assert.equal(await here.locator("#news").innerText(), "");
  await here.getByText("The connection was closed: Safari on iPhone (France).").waitFor();
  assert.equal(await ask(here), 304);
  site.assertUntroubled();
});

Deno.test("a tab that nobody looks at asks nothing, and asks at once when somebody does", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit();
  await signIn(here);
  const asked = requestsOf(here);

  await look(here, "hidden");
  assert.equal(await ask(here), undefined);
  assert.equal(asked.length, 0);

  await openElsewhere(site, { ip: SANTIAGO });
  await look(here, "visible");

  await here.getByRole("row", { name: SANTIAGO }).waitFor();
  assert.equal(asked.length, 1);
  site.assertUntroubled();
});

Deno.test(
  "a question that is under way gives way to a filter, and its answer changes nothing",
  inChromium,
  async () => {
    await using site = await openSite();
    await addClosed(site.db, 3);
    const here = await site.visit();
    await signIn(here);
    let release = () => {};
    const held = new Promise<void>((resolve) => release = resolve);
    await here.route(`**${paths.live}*`, async (route) => {
      await held;
      await route.continue().catch(() => {});
    });
    const [poll] = await Promise.all([here.waitForRequest(`**${paths.live}*`), startToAsk(here)]);
    const given = here.waitForEvent("requestfailed", (request) => request === poll);

    await here.getByLabel("State").selectOption("Open");
    await here.getByRole("button", { name: "Filter" }).click();

    await given;
    await here.waitForURL(/state=open/);
    release();
    await here.getByRole("link", { name: "Show all" }).waitFor();
    assert.deepEqual(await texts(here.locator(`tbody ${CELL.state}`)), ["Open"]);
    assert.equal(await ask(here), 304);
    site.assertUntroubled();
  },
);

Deno.test("while an answer is late nothing more is asked", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit();
  await signIn(here);
  const asked = requestsOf(here);
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  await here.route(`**${paths.live}*`, async (route) => {
    await held;
    await route.continue();
  });
  await openElsewhere(site, { ip: SANTIAGO });
  await startToAsk(here);
  await startToAsk(here);
  release();
  await here.getByRole("row", { name: SANTIAGO }).waitFor();

  assert.equal(await ask(here), 304);
  assert.equal(asked.length, 2);
  site.assertUntroubled();
});

Deno.test("a lost network stops nothing: the page says nothing of it, rests and asks again", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit();
  await here.clock.install();
  await signIn(here);
  const asked = requestsOf(here);
  await here.route(`**${paths.live}*`, (route) => route.abort("internetdisconnected"));

  assert.equal(await ask(here), undefined);
  assert.equal(asked.length, 1);
  await here.unroute(`**${paths.live}*`);
  assert.equal(await ask(here), undefined, "it rests");
  assert.equal(asked.length, 1);

  await here.clock.fastForward(30_000);
  await openElsewhere(site, { ip: SANTIAGO });
  assert.equal(await ask(here), 200);

  await here.getByRole("row", { name: SANTIAGO }).waitFor();
  assert.equal(await here.locator("#notifications").innerText(), "");
  assert.deepEqual(site.troubles.filter((trouble) => !trouble.startsWith("htmx: htmx:error: Failed to fetch")), []);
});

Deno.test("a server in trouble is left alone for a while, and the page stays as it is", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit();
  await here.clock.install();
  await signIn(here);
  const asked = requestsOf(here);
  const before = await here.locator("main").innerHTML();
  await here.route(`**${paths.live}*`, (route) => route.fulfill({ status: 503, body: "<p>Bad gateway</p>" }));

  assert.equal(await ask(here), 503);
  assert.equal(await ask(here), undefined);

  assert.equal(asked.length, 1);
  assert.equal(await here.locator("main").innerHTML(), before);
  await here.unroute(`**${paths.live}*`);
  await here.clock.fastForward(30_000);
  assert.equal(await ask(here), 304);
  site.assertUntroubled();
});

Deno.test("an older page tells what is new where everybody sees it, and leads there", inChromium, async () => {
  await using site = await openSite();
  await addClosed(site.db, 60);
  const here = await site.visit();
  await signIn(here);
  await here.goto(await here.getByRole("link", { name: "Older connections" }).getAttribute("href") ?? "");
  await openElsewhere(site, { ip: SANTIAGO });

  assert.equal(await ask(here), 200);

  assert.equal(await here.locator("tbody tr").count(), 25);
  await here.getByText("connection was opened: Safari on iPhone, Spain.").waitFor();
  await here.getByRole("link", { name: "Show the newest connections" }).click();
  await here.getByRole("row", { name: SANTIAGO }).waitFor();
  await here.getByRole("row", { name: MADRID }).waitFor();
  site.assertUntroubled();
});

type Site = Awaited<ReturnType<typeof openSite>>;

/** A telephone signs in a second later, from Paris where nothing else is said. */
async function openElsewhere(site: Site, { ip = PARIS } = {}): Promise<void> {
  site.clock.now += 1_000;
  await signIn(await site.visit({ ip, userAgent: SAFARI }));
}

/** What happens at each of the page's ticks, and at which status it ended; undefined when it asked nothing or got no answer. */
async function ask(page: Page): Promise<number | undefined> {
  return await page.evaluate(() =>
    new Promise<number | undefined>((resolve) => {
      const live = document.getElementById("live");
      live?.addEventListener("htmx:finally:request", (event) => {
        if (event instanceof CustomEvent) resolve(event.detail.ctx.response?.status);
      }, { once: true });
      live?.dispatchEvent(new CustomEvent("every"));
    })
  );
}

/** The same without waiting for how it ends. */
async function startToAsk(page: Page): Promise<void> {
  await page.evaluate(() => void document.getElementById("live")?.dispatchEvent(new CustomEvent("every")));
}

/** The page's own questions, as they are sent. */
function requestsOf(page: Page): Request[] {
  const asked: Request[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === paths.live) asked.push(request);
  });
  return asked;
}

/** The browser says that somebody looks at the page again, or that nobody does; a headless one never does by itself. */
async function look(page: Page, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate((isHidden) => {
    Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state === "hidden");
}
