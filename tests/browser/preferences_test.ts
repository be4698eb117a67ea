import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { inChromium, openSite, signIn, texts } from "./chromium.ts";

Deno.test("the chosen theme changes the page in a browser whose system says the opposite", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit({ colorScheme: "light" });
  await signIn(here);
  const light = await backgroundOf(here);

  await choose(here, "Theme", "Dark");
  const dark = await backgroundOf(here);
  await here.emulateMedia({ colorScheme: "dark" });
  await choose(here, "Theme", "Light");
  const lightAgain = await backgroundOf(here);
  await choose(here, "Theme", "As in the system");
  const system = await backgroundOf(here);

  assert.ok(lightness(light) > 0.9 && lightness(dark) < 0.3, `${light}, ${dark}`);
  assert.deepEqual([lightAgain, system], [light, dark]);
  await here.getByText("User management").click();
  await here.getByRole("button", { name: "Sign out" }).click();
  await here.getByText("You signed out").waitFor();
  assert.equal(await backgroundOf(here), dark, "the sign-in page has the system's theme");
  site.assertUntroubled();
});

Deno.test("the browser's own time zone is offered, and taken with one click", inChromium, async () => {
  await using site = await openSite();
  const there = await site.visit();
  await signIn(there);
  const here = await site.visit({ timezoneId: "America/New_York" });
  await signIn(here);
  await here.getByText("Times in Europe/Madrid").waitFor();
  await here.getByRole("link", { name: "Preferences" }).click();
  await here.getByLabel("Theme").selectOption("Dark");

  await here.getByRole("button", { name: "Use this browser's: America/New_York" }).click();

  await here.getByText("Your preferences were saved.").waitFor();
  assert.equal(await here.getByLabel("Time zone").inputValue(), "America/New York");
  assert.equal(await here.getByLabel("Theme").inputValue(), "system", "what was not saved is as it was");
  await here.getByRole("link", { name: "Connection history" }).click();
  await here.getByText("Times in America/New York").waitFor();
  site.assertUntroubled();
});

Deno.test("Enter in the time zone's field saves what is typed there", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit();
  await signIn(here);
  await here.goto(paths.preferences);

  await here.getByLabel("Time zone").fill("tokyo");
  await here.keyboard.press("Enter");

  await here.getByText("Your preferences were saved.").waitFor();
  assert.equal(await here.getByLabel("Time zone").inputValue(), "Asia/Tokyo");
  site.assertUntroubled();
});

Deno.test(
  "without JavaScript the preferences are saved, and no browser's time zone is offered",
  inChromium,
  async () => {
    await using site = await openSite();
    const here = await site.visit({ javaScriptEnabled: false, colorScheme: "light" });
    await signIn(here);
    await here.getByRole("link", { name: "Preferences" }).click();
    assert.deepEqual(await texts(here.locator("main").getByRole("button")), ["Save preferences"]);
    assert.equal(await here.getByLabel("Time zone").inputValue(), "");
    assert.ok(await here.locator("#time-zones option").count() > 400);

    await here.getByLabel("Time zone").fill("Atlantis");
    await here.getByLabel("Theme").selectOption("Dark");
    await here.getByRole("button", { name: "Save preferences" }).click();
    await here.getByText("There is no time zone of this name.").waitFor();
    assert.equal(await here.getByLabel("Theme").inputValue(), "dark");
    await here.getByLabel("Time zone").fill("america/new york");
    await here.getByRole("button", { name: "Save preferences" }).click();

    await here.getByText("Your preferences were saved.").waitFor();
    assert.equal(await here.getByLabel("Time zone").inputValue(), "America/New York");
    assert.ok(lightness(await backgroundOf(here)) < 0.3);
    site.assertUntroubled();
  },
);

/** Chooses on the preferences' page, and waits until it is saved. */
async function choose(page: Page, field: string, answer: string): Promise<void> {
  await page.goto(paths.preferences);
  await page.getByLabel(field).selectOption(answer);
  await page.getByRole("button", { name: "Save preferences" }).click();
  await page.getByText("Your preferences were saved.").waitFor();
}

/** The page's background as the browser computed it, like `oklch(0.982 0.004 255)`. */
async function backgroundOf(page: Page): Promise<string> {
  return await page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
}

function lightness(color: string): number {
  return Number(/^oklch\(([\d.]+)/.exec(color)?.[1]);
}
