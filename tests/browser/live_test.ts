import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import type { Locator } from "playwright-core";
import { connections } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { CELL, MINUTE } from "../app.ts";
import {
  inBrowser,
  isMarked,
  MADRID,
  mark,
  openDialog,
  openFilters,
  PARIS,
  SAFARI,
  SANTIAGO,
  signIn,
  texts,
  waitForClosedDialog,
  waitForFocus,
} from "./chromium.ts";
import { addClosed, addOpen } from "./history.ts";
import { openElsewhere, poll, recordPolls, setVisibility } from "./polling.ts";

// ASVS 7.4.1
inBrowser(
  "a connection that opens elsewhere appears without a reload, and its browser learns by itself that it was closed",
  { pollInterval: 200 },
  async (site) => {
    const here = await site.visit();
    await signIn(here);
    await mark(here);

    site.clock.now += 1_000;
    const phone = await site.visit({ ip: PARIS, userAgent: SAFARI });
    await signIn(phone);
    await mark(phone);

    const row = here.getByRole("row", { name: PARIS });
    await row.waitFor();
    await here.getByText("2 connections are open now").waitFor();
    await here.locator(".banner").getByText("1 unusual connection needs your review.").waitFor();
    assert.equal(await isMarked(here), true);
    assert.equal(await isMarked(phone), true);

    site.clock.now += 1_000;
    await row.getByRole("button", { name: "Close the connection" }).click();
    await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();

    await phone.waitForURL((url) => url.pathname === paths.signIn);
    await phone.getByText("This connection was closed from another one").waitFor();
    await here.getByText("The connection was closed: Safari on iPhone (France).").waitFor();
  },
);

inBrowser(
  "the live region's text changes with the connections, at most once a minute, and not when only a minute passed",
  async (site) => {
    await addOpen(site.db);
    const here = await site.visit();
    await signIn(here);
    const status = here.locator("#status");
    assert.equal(await status.innerText(), "2 connections are open. 1 unusual connection needs your review.");
    const changes = await recordChanges(status);

    site.clock.now += MINUTE;
    assert.equal(await poll(here), 200);
    await here.getByText("2 minutes ago").waitFor();
    assert.deepEqual(await changes(), []);

    await openElsewhere(site, { ip: SANTIAGO });
    assert.equal(await poll(here), 200);
    await here.getByText("3 connections are open now").waitFor();
    assert.deepEqual(await changes(), []);

    site.clock.now += MINUTE;
    assert.equal(await poll(here), 200);
    assert.deepEqual(await changes(), ["3 connections are open. 2 unusual connections need your review."]);
  },
);

inBrowser("what the page closed itself is announced once, and not by a later poll", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.getByRole("row", { name: PARIS }).getByRole("button", { name: "Close the connection" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
  const notification = here.getByText("The connection was closed: Safari on iPhone (France).");
  await notification.waitFor();
  await waitForClosedDialog(here);
  const status = here.locator("#status");
  assert.equal(await status.innerText(), "1 connection is open. 1 unusual connection needs your review.");
  const changes = await recordChanges(status);

  assert.equal(await poll(here), 304);
  site.clock.now += MINUTE;
  assert.equal(await poll(here), 200);

  assert.deepEqual(await changes(), []);
  assert.equal(await notification.isVisible(), true);
});

inBrowser("after filtering, and after Back, a poll updates what the page shows then, and only once", async (site) => {
  const phone = await site.visit({ ip: PARIS });
  await signIn(phone);
  site.clock.now += 1_000;
  const here = await site.visit();
  await signIn(here);
  await here.goto(`${paths.connections}?state=open`);
  await openFilters(here);
  await here.getByLabel("State").selectOption("Closed");
  await here.getByRole("button", { name: "Filter" }).click();
  await here.getByRole("heading", { name: "No results" }).waitFor();
  await site.db.update(connections).set({ closedAt: site.clock.now, endReason: "closed_by_operator" })
    .where(eq(connections.ip, PARIS));
  site.clock.now += MINUTE;

  assert.equal(await poll(here), 200);

  assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Closed"]);
  assert.equal(await here.getByRole("heading", { name: "No results" }).count(), 0);
  assert.equal(
    await here.locator("#status").innerText(),
    "1 connection is open. 1 unusual connection needs your review.",
  );

  await here.goBack();
  await here.getByText("State: open").waitFor();
  const polls = recordPolls(here);
  await openElsewhere(site, { ip: SANTIAGO });
  assert.equal(await poll(here), 200);
  assert.equal(await here.locator("tbody tr[id]").count(), 2);
  const [request] = await Promise.all([here.waitForRequest(`**${paths.live}?*`), setVisibility(here, "visible")]);
  await request.response();
  assert.equal(polls.length, 2, "nothing left of the page before Back polls too");
});

inBrowser("appended rows stay, with focus on the first of them, and a link leads to the newest rows", async (site) => {
  await addClosed(site.db, 60);
  const here = await site.visit();
  await signIn(here);
  const rows = here.locator("tbody tr[id]");
  const readIds = () => rows.evaluateAll((all) => all.map(({ id }) => id));
  await here.getByRole("link", { name: "Older connections" }).click();
  await waitForFocus(rows.nth(26));
  const before = await readIds();
  await openElsewhere(site);

  assert.equal(await poll(here), 200);

  assert.deepEqual(await readIds(), before);
  await waitForFocus(rows.nth(26));
  await here.getByText("2 connections are open now").waitFor();
  await here.getByText("The history has changed.").waitFor();

  await here.getByRole("link", { name: "Older connections" }).click();
  await waitForFocus(rows.nth(51));
  assert.equal(await rows.count(), 61);
  assert.equal(new Set(await readIds()).size, 61);

  await here.getByRole("link", { name: "Show the newest connections" }).click();
  await here.getByRole("row", { name: PARIS }).first().waitFor();
  assert.equal(await rows.count(), 27);
});

inBrowser(
  "the link to the newest rows outlives closing a connection, and goes once filtering shows them",
  async (site) => {
    await addOpen(site.db);
    await addClosed(site.db, 30);
    const here = await site.visit();
    await signIn(here);
    await here.getByRole("link", { name: "Older connections" }).click();
    await here.getByText("There is nothing older.").waitFor();
    await openElsewhere(site, { ip: SANTIAGO });
    assert.equal(await poll(here), 200);
    const newest = here.getByRole("link", { name: "Show the newest connections" });
    await newest.waitFor();

    await here.getByRole("row", { name: PARIS }).getByRole("button", { name: "Close the connection" }).click();
    await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
    await here.getByText("The connection was closed").waitFor();
    assert.equal(await newest.isVisible(), true);

    await openFilters(here);
    await here.getByLabel("State").selectOption("Open");
    await here.getByRole("button", { name: "Filter" }).click();
    await here.getByRole("row", { name: SANTIAGO }).waitFor();
    await newest.waitFor({ state: "detached" });
  },
);

inBrowser("a page of older connections keeps its rows and links to the newest", async (site) => {
  await addClosed(site.db, 60);
  const here = await site.visit();
  await signIn(here);
  await here.goto(await here.getByRole("link", { name: "Older connections" }).getAttribute("href") ?? "");
  const rows = here.locator("tbody tr[id]");
  const before = await rows.evaluateAll((all) => all.map(({ id }) => id));
  assert.equal(before.length, 25);
  await openElsewhere(site, { ip: SANTIAGO });

  assert.equal(await poll(here), 200);

  assert.deepEqual(await rows.evaluateAll((all) => all.map(({ id }) => id)), before);
  await here.getByText("The history has changed.").waitFor();
  await here.getByRole("link", { name: "Show the newest connections" }).click();
  await here.getByRole("row", { name: SANTIAGO }).waitFor();
  await here.getByRole("row", { name: MADRID }).waitFor();
});

/** Records every text that a live region changes to. */
async function recordChanges(region: Locator): Promise<() => Promise<string[]>> {
  const changes = await region.evaluateHandle((element) => {
    const changes: string[] = [];
    new MutationObserver(() => changes.push(element.textContent)).observe(element, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    return changes;
  });
  return () => changes.jsonValue();
}
