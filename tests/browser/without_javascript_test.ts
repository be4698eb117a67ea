import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { paths } from "../../http/paths.ts";
import { CELL, MINUTE, PASSWORD } from "../app.ts";
import {
  fillSignIn,
  inBrowser,
  openFilters,
  PARIS,
  SAFARI,
  SANTIAGO,
  signIn,
  texts,
  WITH_BACK_CACHE,
} from "./chromium.ts";
import { addClosed, addOpen } from "./history.ts";

inBrowser("without JavaScript all connections are closed from a confirmation page", async (site) => {
  const phone = await site.visit({ ip: PARIS, userAgent: SAFARI, javaScriptEnabled: false });
  const laptop = await site.visit({ ip: SANTIAGO, javaScriptEnabled: false });
  const here = await site.visit({ javaScriptEnabled: false });
  await signIn(phone);
  site.clock.now += MINUTE;
  await signIn(laptop);
  await here.goto(paths.home);
  await fillSignIn(here);
  await here.waitForURL(paths.connections);
  await here.getByText("3 connections are open now, including this one.").waitFor();
  await here.getByText("Times in UTC").waitFor();

  await here.getByRole("button", { name: "Close open connections" }).click();

  await here.waitForURL((url) => url.pathname === paths.closeAll);
  assert.equal(await here.getByRole("heading").innerText(), "Close 2 open connections?");
  const listed = (await texts(here.getByRole("listitem"))).sort();
  assert.match(listed[0] ?? "", /^Firefox on Linux Unusual 🇪🇸 Spain, 2a0c:5a80:1b08:c00::4 Since/);
  assert.match(listed[1] ?? "", /^Safari on iPhone 🇫🇷 France, 193\.51\.208\.14 Since/);
  await here.getByText("This browser stays signed in.").waitFor();
  const [response] = await Promise.all([
    here.waitForResponse((response) => response.request().method() === "POST"),
    here.getByRole("button", { name: "Close all 2" }).click(),
  ]);

  assert.equal(response.status(), 303);
  await here.waitForURL(paths.connections);
  await here.getByText("2 open connections were closed").waitFor();
  assert.deepEqual((await texts(here.locator(`tbody ${CELL.badge}`))).sort(), ["Closed", "Closed", "Open"]);
  await Promise.all([phone.reload(), laptop.reload()]);
  await phone.getByText("This connection was closed from another one").waitFor();
  await laptop.getByText("This connection was closed from another one").waitFor();
});

inBrowser("without JavaScript one connection is closed from a confirmation page", async (site) => {
  await addOpen(site.db);
  const here = await site.visit({ javaScriptEnabled: false });
  await signIn(here);

  await here.getByRole("row", { name: PARIS }).getByRole("button", { name: "Close the connection" }).click();
  assert.equal(await here.getByRole("heading").innerText(), "Close this connection?");
  await here.getByRole("button", { name: "Cancel" }).click();
  await here.waitForURL((url) => url.pathname === paths.connections);
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Open", "Open"]);

  await here.getByRole("row", { name: PARIS }).getByRole("button", { name: "Close the connection" }).click();
  await here.getByRole("button", { name: "Close it" }).click();

  await here.waitForURL(paths.connections);
  await here.getByText("The connection was closed").waitFor();
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Open", "Closed"]);
});

inBrowser("without JavaScript the history can be paged, filtered and saved as CSV", async (site) => {
  await addClosed(site.db, 30);
  const here = await site.visit({ javaScriptEnabled: false });
  await signIn(here);
  const rows = here.locator("tbody tr[id]");
  assert.equal(await rows.count(), 26);

  await here.getByRole("link", { name: "Older connections" }).click();
  await here.waitForURL(/\?before=/);
  assert.equal(await rows.count(), 5);
  await here.getByText("There is nothing older.").waitFor();

  await openFilters(here);
  await here.getByLabel("State").selectOption("Closed");
  await here.getByLabel("Country").selectOption("France");
  await here.getByRole("button", { name: "Filter" }).click();
  await here.waitForURL(/\?state=closed&country=FR/);
  assert.equal(await rows.count(), 25);
  assert.deepEqual([...new Set(await texts(here.locator(`tbody ${CELL.badge}`)))], ["Closed"]);

  const [file] = await Promise.all([
    here.waitForEvent("download"),
    here.getByRole("link", { name: "Download CSV" }).click(),
  ]);
  assert.match(file.suggestedFilename(), /^connection-history-2026-11-23\.csv$/);
  const records: Record<string, string>[] = parse(await Deno.readTextFile(await file.path()), { columns: true });
  assert.equal(records.length, 30);
  assert.equal(records[0]?.ip_address, PARIS);

  await here.getByRole("link", { name: "Show all" }).click();
  await here.waitForURL(paths.connections);
  assert.equal(await here.getByText("Open", { exact: true }).and(here.locator(CELL.badge)).count(), 1);
});

inBrowser("without JavaScript the password can be changed, and the user can sign out", async (site) => {
  await addOpen(site.db);
  const here = await site.visit({ javaScriptEnabled: false });
  await signIn(here);
  const newPassword = "another horse, another battery";

  await here.getByRole("link", { name: "Password" }).click();
  await here.getByLabel("Current password").fill(PASSWORD);
  await here.getByLabel("New password", { exact: true }).fill(newPassword);
  await here.getByLabel("New password again").fill(newPassword);
  await here.getByRole("button", { name: "Change password" }).click();
  await here.waitForURL(paths.connections);
  await here.getByText("Your password was changed. 1 other connection was closed.").waitFor();

  await here.getByText("User management").click();
  await here.getByRole("button", { name: "Sign out" }).click();
  await here.waitForURL(paths.signIn);
  await here.getByText("You signed out on 23 Nov 2026").waitFor();
  await fillSignIn(here, newPassword);
  await here.waitForURL(paths.connections);
});

// ASVS 14.3
inBrowser("without JavaScript, Back after signing out shows nothing private", WITH_BACK_CACHE, async (site) => {
  const here = await site.visit({ javaScriptEnabled: false });
  await signIn(here);
  await here.getByText("User management").click();
  await here.getByRole("button", { name: "Sign out" }).click();
  await here.getByText("You signed out").waitFor();

  await here.goBack({ waitUntil: "commit" });

  assert.equal(await here.getByRole("heading").innerText(), "Sign in");
});
