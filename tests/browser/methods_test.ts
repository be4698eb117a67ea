import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { MINUTE } from "../app.ts";
import { codeAt } from "../second_factor.ts";
import { fillSignIn, inBrowser, PARIS, SAFARI, signIn, texts, waitForFocus } from "./chromium.ts";
import { addAuthenticator, WITH_KEY } from "./methods.ts";

// ASVS 6.3.3
inBrowser(
  "an authenticator app is added, asked for at the next sign-in, and named in the details",
  WITH_KEY,
  async (site) => {
    const [here, other] = [await site.visit(), await site.visit({ ip: PARIS, userAgent: SAFARI })];
    await signIn(other);
    await signIn(here);
    const secret = await addAuthenticator(here, site);
    await here.getByText("The authenticator app is on.").waitFor();
    await other.reload();
    await other.getByText("This connection was closed from another one").waitFor();

    await signOut(here);
    await fillSignIn(here);
    await here.waitForURL((url) => url.pathname === paths.code);
    await waitForFocus(here.getByLabel("Code"));
    await here.keyboard.type("000000");
    await here.keyboard.press("Enter");
    await waitForFocus(here.getByRole("textbox", { name: "Code", description: "This code is wrong" }));
    await here.keyboard.type(codeAt(secret, site.clock.now));
    await here.keyboard.press("Enter");
    await here.waitForURL(paths.connections);

    await here.locator("tr.current td.when a").click();
    await here.locator("#dialog").getByText("Password and authenticator app").waitFor();
    await here.keyboard.press("Escape");
    assert.match((await texts(here.locator("tr.refused"))).join(), /Wrong code \(1\)/);
  },
);

inBrowser(
  "the page for the code takes a whole sign-in's way back to the page that was asked for",
  WITH_KEY,
  async (site) => {
    const here = await site.visit();
    await signIn(here);
    const secret = await addAuthenticator(here, site);
    await signOut(here);

    await here.goto(paths.preferences);
    await fillSignIn(here);
    await here.getByLabel("Code").fill(codeAt(secret, site.clock.now));
    await here.getByRole("button", { name: "Continue" }).click();

    await here.waitForURL(paths.preferences);
  },
);

inBrowser(
  "without JavaScript an app is added, recovery codes made and used, and the app removed",
  WITH_KEY,
  async (site) => {
    const here = await site.visit({ javaScriptEnabled: false });
    await signIn(here);
    await addAuthenticator(here, site);
    await here.getByRole("link", { name: "Make recovery codes" }).click();
    await here.getByRole("button", { name: "Make codes" }).click();
    const [code] = await texts(here.locator(".recovery-code"));
    assert.equal(await here.locator(".recovery-code").count(), 10);
    await here.getByRole("button", { name: "I have kept them" }).click();
    await here.getByText("10 left").waitFor();
    await here.goto(paths.connections);
    await here.getByText("User management").click();
    await here.getByRole("button", { name: "Sign out" }).click();

    site.clock.now += MINUTE;
    await fillSignIn(here);
    await here.getByLabel("Code").fill(code!);
    await here.getByRole("button", { name: "Continue" }).click();
    await here.waitForURL(paths.connections);
    assert.match((await texts(here.locator("tr.current"))).join(), /Opened with a recovery code/);

    await here.goto(paths.methods);
    await here.getByText("9 left").waitFor();
    await here.getByRole("link", { name: "Remove" }).click();
    await here.getByRole("button", { name: "Remove" }).click();
    await here.getByText("The authenticator app was removed.").waitFor();
    assert.equal(await here.getByRole("link", { name: "Add an authenticator app" }).count(), 1);
  },
);

inBrowser("the QR code is what an app reads, in the light and the dark theme", WITH_KEY, async (site) => {
  for (const colorScheme of ["light", "dark"] as const) {
    const here = await site.visit({ colorScheme });
    await signIn(here);
    await here.goto(paths.authenticator);
    const secret = await here.locator("#secret").innerText();
    const picture = here.locator(".qr");

    const colours = await picture.evaluate((svg) =>
      [svg.querySelector("rect")!, svg.querySelector("path")!].map((part) => getComputedStyle(part).fill)
    );
    assert.deepEqual(colours, ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]);
    assert.equal(await picture.evaluate((svg) => getComputedStyle(svg).stroke), "none");
    const read = await scan(here);
    if (read !== null) assert.match(read, new RegExp(`^otpauth://totp/.*[?&]secret=${secret}&`));
  }
});

async function signOut(page: Page): Promise<void> {
  await page.goto(paths.connections);
  await page.getByText("User management").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(paths.signIn);
}

/** Reads the QR code on the page with Debian's `zbarimg`; null where that isn't installed. */
async function scan(page: Page): Promise<string | null> {
  const picture = await Deno.makeTempFile({ suffix: ".png" });
  try {
    await page.screenshot({ path: picture, fullPage: true });
    const { stdout } = new Deno.Command("zbarimg", { args: ["-q", "--raw", picture], stderr: "null" }).outputSync();
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  } finally {
    await Deno.remove(picture);
  }
}
