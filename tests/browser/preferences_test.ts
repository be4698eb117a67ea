import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { inBrowser, signIn, texts } from "./chromium.ts";

inBrowser("a chosen theme overrides the system's", async (site) => {
  const here = await site.visit({ colorScheme: "light" });
  await signIn(here);
  const light = await backgroundOf(here);

  await choose(here, "Theme", "Dark");
  const dark = await backgroundOf(here);
  await here.emulateMedia({ colorScheme: "dark" });
  await choose(here, "Theme", "Light");
  const lightAgain = await backgroundOf(here);
  await choose(here, "Theme", "Same as system");
  const system = await backgroundOf(here);

  assert.ok(lightness(light) > 0.9 && lightness(dark) < 0.3, `${light}, ${dark}`);
  assert.deepEqual([lightAgain, system], [light, dark]);
  await here.getByText("User management").click();
  await here.getByRole("button", { name: "Sign out" }).click();
  await here.getByText("You signed out").waitFor();
  assert.equal(await backgroundOf(here), dark, "the sign-in page has the system's theme");
});

inBrowser("one click sets the browser's own time zone and saves nothing else", async (site) => {
  const there = await site.visit();
  await signIn(there);
  const here = await site.visit({ timezoneId: "America/New_York" });
  await signIn(here);
  await here.getByText("Times in Europe/Madrid").waitFor();
  await here.getByRole("link", { name: "Preferences" }).click();
  await here.getByLabel("Theme").selectOption("Dark");

  await here.getByRole("button", { name: "Use this browser's time zone: America/New_York" }).click();

  await here.getByText("Your preferences were saved.").waitFor();
  assert.equal(await here.getByLabel("Time zone").inputValue(), "America/New_York");
  assert.equal(await here.getByLabel("Theme").inputValue(), "system", "the theme wasn't saved");
  assert.deepEqual(await texts(here.locator("main").getByRole("button")), ["Dismiss", "Save preferences"]);
  await here.getByRole("link", { name: "Connection history" }).click();
  await here.getByText("Times in America/New York").waitFor();
});

inBrowser("a city in the list is saved as the time zone", async (site) => {
  const here = await site.visit();
  await signIn(here);

  await choose(here, "Time zone", "Tokyo");

  assert.equal(await here.getByLabel("Time zone").inputValue(), "Asia/Tokyo");
});

inBrowser(
  "the browser's time zone isn't offered to an account that has it, by whichever of its names",
  async (site) => {
    // Chromium still calls it Europe/Kiev.
    const here = await site.visit({ timezoneId: "Europe/Kiev" });
    await signIn(here);
    await here.goto(paths.preferences);
    const buttons = () => texts(here.locator("main").getByRole("button"));

    assert.equal(await here.getByLabel("Time zone").inputValue(), "Europe/Kyiv");
    assert.deepEqual(await buttons(), ["Save preferences"]);

    await choose(here, "Time zone", "Warsaw");
    assert.deepEqual(await buttons(), ["Dismiss", "Use this browser's time zone:", "Save preferences"]);
    await here.getByRole("button", { name: "Use this browser's time zone: Europe/Kiev" }).click();
    await here.getByText("Your preferences were saved.").waitFor();
    assert.equal(await here.getByLabel("Time zone").inputValue(), "Europe/Kyiv");
    assert.deepEqual(await buttons(), ["Dismiss", "Save preferences"]);
  },
);

inBrowser("without JavaScript preferences are saved, and the browser's time zone isn't offered", async (site) => {
  const here = await site.visit({ javaScriptEnabled: false, colorScheme: "light" });
  await signIn(here);
  await here.getByRole("link", { name: "Preferences" }).click();
  assert.deepEqual(await texts(here.locator("main").getByRole("button")), ["Save preferences"]);
  assert.equal(await here.getByLabel("Time zone").inputValue(), "");
  assert.ok(await here.locator("#time_zone option").count() > 400);

  await sendInstead(here, "Atlantis");
  await here.getByLabel("Theme").selectOption("Dark");
  await here.getByRole("button", { name: "Save preferences" }).click();
  await here.getByText("There is no time zone with this name.").waitFor();
  assert.equal(await here.getByLabel("Theme").inputValue(), "dark");
  await sendInstead(here, "america/new york");
  await here.getByRole("button", { name: "Save preferences" }).click();

  await here.getByText("Your preferences were saved.").waitFor();
  assert.equal(await here.getByLabel("Time zone").inputValue(), "America/New_York");
  assert.ok(lightness(await backgroundOf(here)) < 0.3);
});

/** Saves one preference. */
async function choose(page: Page, field: string, option: string): Promise<void> {
  await page.goto(paths.preferences);
  await page.getByLabel(field).selectOption(option);
  await page.getByRole("button", { name: "Save preferences" }).click();
  await page.getByText("Your preferences were saved.").waitFor();
}

/** Makes the selected time zone send something else, as an older page or a script would. */
async function sendInstead(page: Page, zone: string): Promise<void> {
  const selected = page.getByLabel("Time zone").locator("option:checked");
  await selected.evaluate((option: HTMLOptionElement, zone) => option.value = zone, zone);
}

/** The page's computed background, like `oklch(0.982 0.004 255)`. */
async function backgroundOf(page: Page): Promise<string> {
  return await page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
}

function lightness(color: string): number {
  return Number(/^oklch\(([\d.]+)/.exec(color)?.[1]);
}
