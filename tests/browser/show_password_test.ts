import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { MINUTE, PASSWORD } from "../app.ts";
import { inBrowser, openDialog, saveScreenshot, signIn, texts, waitForFocus } from "./chromium.ts";
import { addOpen } from "./history.ts";

// ASVS 6.2.6
inBrowser("Show password shows one password, Hide password hides it, and focus stays on the button", async (site) => {
  const here = await site.visit();
  await signIn(here);
  await here.goto(paths.password);
  await here.getByLabel("New password", { exact: true }).fill("seven bridges over the river");

  await here.keyboard.press("Tab");
  await waitForFocus(here.getByRole("button", { name: "Show password" }).nth(1));
  await here.keyboard.press("Enter");

  await waitForFocus(here.getByRole("button", { name: "Hide password" }));
  assert.deepEqual(await typesIn(here), ["password", "text", "password"]);
  assert.equal(await here.getByLabel("New password", { exact: true }).inputValue(), "seven bridges over the river");
  await saveScreenshot(here, "show-password");

  await here.keyboard.press("Space");
  assert.deepEqual(await typesIn(here), ["password", "password", "password"]);
  assert.deepEqual(await texts(here.locator(".reveal")), ["Show password", "Show password", "Show password"]);
});

// ASVS 6.2.6
inBrowser("a shown password is hidden before its form is sent", async (site) => {
  const here = await site.visit();
  await here.goto(paths.signIn);
  await noteTypes(here);
  await here.getByLabel("Email address").fill("nobody@example.com");
  await here.getByLabel("Password").fill(PASSWORD);
  await here.getByRole("button", { name: "Show password" }).click();
  assert.deepEqual(await typesIn(here), ["text"]);

  await here.getByRole("button", { name: "Sign in" }).click();

  await here.getByText("The email address or the password is wrong.").waitFor();
  assert.equal(await here.evaluate(() => sessionStorage.getItem("types")), "password");
});

// ASVS 6.2.6
inBrowser("a password that is shown in the dialog is hidden before htmx sends it", async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  await noteTypes(here);
  site.clock.now += 6 * MINUTE;
  await here.getByRole("button", { name: "Close open connections" }).click();
  const dialog = await openDialog(here);
  await dialog.getByLabel("Your password").fill("not the password at all");
  await dialog.getByRole("button", { name: "Show password" }).click();
  assert.deepEqual(await typesIn(here), ["text"]);

  await dialog.getByRole("button", { name: "Close it" }).click();

  await dialog.getByText("This isn't your password.").waitFor();
  assert.equal(await here.evaluate(() => sessionStorage.getItem("types")), "password");
  assert.deepEqual(await texts(dialog.locator(".reveal")), ["Show password"]);
});

inBrowser("a field keeps its size while its password is shown, in every language", async (site) => {
  for (const locale of ["en", "es", "ca"]) {
    const here = await site.visit({ locale });
    await here.goto(paths.signIn);
    const width = async () => (await here.locator("#password").boundingBox())?.width;
    const before = await width();

    await here.locator(".reveal").click();

    assert.deepEqual(await typesIn(here), ["text"]);
    assert.equal(await width(), before, locale);
  }
});

// WCAG 2.5.8
inBrowser("at 320 pixels the button is below its field, whole, and as high as a finger needs", async (site) => {
  const here = await site.visit({ viewport: { width: 320, height: 900 }, locale: "ca" });
  await here.goto(paths.signIn);

  const button = await here.getByRole("button", { name: "Mostra la contrasenya" }).boundingBox();
  const field = await here.getByLabel("Contrasenya").boundingBox();

  assert.ok(button && field);
  assert.ok(button.height >= 24 && button.x + button.width <= 320, JSON.stringify(button));
  assert.ok(button.y >= field.y + field.height, JSON.stringify([field, button]));
  await saveScreenshot(here, "show-password-320");
});

inBrowser("without JavaScript no button offers to show a password", async (site) => {
  const here = await site.visit({ javaScriptEnabled: false });

  await here.goto(paths.signIn);

  assert.deepEqual(await texts(here.locator("main").getByRole("button")), ["Sign in"]);
});

async function typesIn(page: Page): Promise<string[]> {
  return await page.locator("[autocomplete$=password]").evaluateAll((fields: HTMLInputElement[]) =>
    fields.map(({ type }) => type)
  );
}

/** Notes the types of a form's passwords when it is sent, after the page's own listeners. */
async function noteTypes(page: Page): Promise<void> {
  await page.evaluate(() => {
    addEventListener("submit", ({ target }) => {
      const fields = (target as HTMLFormElement).querySelectorAll<HTMLInputElement>("[autocomplete$=password]");
      sessionStorage.setItem("types", [...fields].map(({ type }) => type).join());
    });
  });
}
