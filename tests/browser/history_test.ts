import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import type { Locator, Page } from "playwright-core";
import type { Language } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { CELL } from "../app.ts";
import {
  fillSignIn,
  inBrowser,
  isMarked,
  MADRID,
  mark,
  openDialog,
  openFilters,
  signIn,
  texts,
  waitForFocus,
} from "./chromium.ts";
import { addClosed, addEveryState, addOpen } from "./history.ts";

const CLOSED = Array.from({ length: 10 }, () => "Closed");

inBrowser(
  "signing in shows the history in the browser's time zone, with the current connection marked",
  async (site) => {
    await addOpen(site.db);
    const here = await site.visit({ ip: MADRID });

    await here.goto(paths.home);
    await waitForFocus(here.getByLabel("Email address"));
    await fillSignIn(here);

    await here.waitForURL(paths.connections);
    await here.getByText("Times in Europe/Madrid").waitFor();
    await here.getByText("2 connections are open now, including this one.").waitFor();
    assert.deepEqual(await texts(here.locator("tbody tr[id]")), [
      "23 Nov, 15:04 just now · last seen 15:04 New country: Spain New network and device 81.40.12.201 Spain " +
      "Firefox on Linux Open This connection Was this you? Firefox on Linux, 81.40.12.201, 23 Nov, 15:04",
      "23 Nov, 15:03 1 minute ago · last seen 15:03 193.51.208.14 France Safari on iPhone Open " +
      "Close the connection from Safari on iPhone, 193.51.208.14, 23 Nov, 15:03",
    ]);
  },
);

inBrowser("Older connections appends the next 25 rows and moves focus to the first of them", async (site) => {
  await addClosed(site.db, 60);
  const here = await site.visit();
  await signIn(here);
  await mark(here);
  const rows = here.locator("tbody tr[id]");
  assert.equal(await rows.count(), 26);

  await here.getByRole("link", { name: "Older connections" }).click();

  await waitForFocus(rows.nth(26));
  assert.equal(await rows.count(), 51);
  assert.match(new URL(here.url()).search, /^\?through=[\d.a-f-]+$/);

  await here.getByRole("link", { name: "Older connections" }).click();

  await waitForFocus(rows.nth(51));
  assert.equal(await rows.count(), 61);
  assert.equal(new Set(await rows.evaluateAll((all) => all.map(({ id }) => id))).size, 61);
  await here.getByText("There is nothing older.").waitFor();
  assert.equal(await here.getByRole("link", { name: "Older connections" }).count(), 0);
  assert.equal(await isMarked(here), true);
});

inBrowser("filtering changes the URL, and Back restores the rows and the form", async (site) => {
  await addClosed(site.db, 10);
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await mark(here);
  const states = here.locator(`tbody ${CELL.badge}`);
  assert.deepEqual(await texts(states), ["Open", "Open", ...CLOSED]);

  await filter(here, "Closed", "France");

  await here.waitForURL(`${paths.connections}?state=closed&country=FR`);
  await here.getByRole("link", { name: "Show all" }).waitFor();
  assert.deepEqual(await texts(states), CLOSED);
  await waitForTitle(here, "Closed, France · Connection history · Control panel");

  await filter(here, "Open", "France");

  await here.waitForURL(`${paths.connections}?state=open&country=FR`);
  await states.getByText("Open").waitFor();
  assert.deepEqual(await texts(states), ["Open"]);
  assert.equal(await isMarked(here), true);

  await here.goBack();

  await states.nth(9).waitFor();
  assert.equal(new URL(here.url()).search, "?state=closed&country=FR");
  assert.deepEqual(await texts(states), CLOSED);
  assert.equal(await here.locator("[name=state]").inputValue(), "closed");
  assert.equal(await here.locator("[name=country]").inputValue(), "FR");

  await here.goBack();

  await states.nth(11).waitFor();
  assert.equal(new URL(here.url()).search, "");
  await waitForTitle(here, "Connection history · Control panel");
  assert.equal(await here.locator("[name=state]").inputValue(), "");
  assert.equal(await here.locator("[name=country]").inputValue(), "");
});

inBrowser("reloading a filtered history shows the same rows and form", async (site) => {
  await addClosed(site.db, 10);
  const here = await site.visit();
  await signIn(here);
  await filter(here, "Closed", "France");
  await here.waitForURL(`${paths.connections}?state=closed&country=FR`);

  await here.reload();

  assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), CLOSED);
  assert.equal(await here.locator("[name=state]").inputValue(), "closed");
});

inBrowser("after Back the dialog still opens", async (site) => {
  await addClosed(site.db, 10);
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await filter(here, "Open", "Any");
  await here.waitForURL(`${paths.connections}?state=open`);
  await here.goBack();
  await here.getByRole("link", { name: "Show all" }).waitFor({ state: "detached" });

  await here.getByRole("button", { name: "Close open connections" }).click();

  const dialog = await openDialog(here);
  await dialog.getByRole("button", { name: "Close it" }).click();
  await here.getByText("1 open connection was closed").waitFor();
});

inBrowser("after Back Esc still closes the menu", async (site) => {
  await addClosed(site.db, 10);
  const here = await site.visit();
  await signIn(here);
  await filter(here, "Open", "Any");
  await here.waitForURL(`${paths.connections}?state=open`);
  await here.goBack();
  await here.getByRole("link", { name: "Show all" }).waitFor({ state: "detached" });

  await here.getByText("User management").click();
  await here.getByRole("button", { name: "Sign out" }).waitFor();
  await here.keyboard.press("Escape");

  await here.getByRole("button", { name: "Sign out" }).waitFor({ state: "hidden" });
});

inBrowser("Download CSV saves the whole history in a file named after the day", async (site) => {
  await addClosed(site.db, 30);
  const here = await site.visit();
  await signIn(here);
  await mark(here);

  const { name, records } = await download(here);

  assert.equal(name, "connection-history-2026-11-23.csv");
  assert.equal(records.length, 31);
  // The browser adds no address to a download's request, which is another place then.
  const { addresses: _, last_ip_address: __, ...record } = records[0] ?? {};
  assert.deepEqual(record, {
    opened_at: "2026-11-23T14:04:00.000Z",
    last_seen_at: "2026-11-23T14:04:00.000Z",
    closed_at: "",
    state: "open",
    end_reason: "",
    ip_address: MADRID,
    country_code: "ES",
    country: "Spain",
    device: "Firefox on Linux",
    user_agent: await here.evaluate(() => navigator.userAgent),
    attempts: "",
    unusual: "new_country new_network_and_device",
    verdict: "",
    closed_from: "",
    last_country_code: "ES",
    method: "password",
  });
  assert.equal(await isMarked(here), true);
});

inBrowser("Download CSV after filtering saves only the matching rows", async (site) => {
  await addClosed(site.db, 10);
  const here = await site.visit();
  await signIn(here);
  await filter(here, "Closed", "Any");
  await here.waitForURL(`${paths.connections}?state=closed`);
  await here.getByRole("link", { name: "Show all" }).waitFor();

  const { records } = await download(here);

  assert.deepEqual(records.map(({ state }) => state), Array.from({ length: 10 }, () => "closed"));
});

inBrowser("on a phone each row is a card whose values need no headings, in every language", async (site) => {
  await addEveryState(site.db);
  const here = await site.visit({ viewport: { width: 320, height: 900 } });
  await signIn(here);

  const english = await readUnknown(here);
  await chooseLanguage(here, "es");
  const spanish = await readUnknown(here);
  await chooseLanguage(here, "ca");
  const catalan = await readUnknown(here);

  assert.deepEqual(english, ["Unknown device", "Unknown address", "Unknown country"]);
  assert.deepEqual(spanish, ["Dispositivo desconocido", "Dirección desconocida", "País desconocido"]);
  assert.deepEqual(catalan, ["Dispositiu desconegut", "Adreça desconeguda", "País desconegut"]);
  const row = here.locator("tbody tr[id]").first();
  assert.equal(await row.evaluate((row) => getComputedStyle(row).display), "grid");
});

inBrowser("on a phone the section links are side by side in every language", async (site) => {
  const here = await site.visit({ viewport: { width: 360, height: 900 } });
  await signIn(here);

  const english = await countRows(here.locator(".sections a"));
  await chooseLanguage(here, "es");
  const spanish = await countRows(here.locator(".sections a"));
  await chooseLanguage(here, "ca");
  const catalan = await countRows(here.locator(".sections a"));

  assert.deepEqual({ english, spanish, catalan }, { english: 1, spanish: 1, catalan: 1 });
});

async function filter(page: Page, state: string, country: string): Promise<void> {
  await openFilters(page);
  await page.getByLabel("State").selectOption(state);
  await page.getByLabel("Country").selectOption(country);
  await page.getByRole("button", { name: "Filter" }).click();
}

/** Clicks the link and reads the downloaded file. */
async function download(page: Page): Promise<{ name: string; records: Record<string, string>[] }> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download CSV" }).click(),
  ]);
  const records: Record<string, string>[] = parse(await Deno.readTextFile(await file.path()), { columns: true });
  return { name: file.suggestedFilename(), records };
}

async function waitForTitle(page: Page, title: string): Promise<void> {
  await page.waitForFunction((expected) => document.title === expected, title);
}

/** The number of rows that elements are in. */
async function countRows(elements: Locator): Promise<number> {
  return new Set(await elements.evaluateAll((all) => all.map((element) => element.getBoundingClientRect().top))).size;
}

/** What the cards show in place of a device, an address and a country. */
async function readUnknown(page: Page): Promise<string[]> {
  const noAddress = page.locator("tbody tr[id]").filter({ hasText: "curl" });
  const noDevice = page.locator("tbody tr[id]").filter({ has: page.locator(".device.unknown") });
  return await texts(noAddress.locator(`${CELL.ip}, ${CELL.country}`).or(noDevice.locator(CELL.device)));
}

async function chooseLanguage(page: Page, language: Language): Promise<void> {
  await page.goto(paths.preferences);
  await page.locator("[name=language]").selectOption(language);
  await page.locator("main .primary").click();
  await page.locator("#notifications .notification").waitFor();
  await page.goto(paths.connections);
}
