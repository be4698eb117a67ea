import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { connections } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { MINUTE, PASSWORD } from "../app.ts";
import {
  fillSignIn,
  inBrowser,
  MADRID,
  openDialog,
  openFilters,
  PARIS,
  SAFARI,
  SANTIAGO,
  signIn,
  WITH_BACK_CACHE,
} from "./chromium.ts";

// ASVS 7.4.1
inBrowser("a closed browser that uses its old page is told why, and can sign in again", async (site) => {
  const phone = await site.visit({ ip: PARIS, userAgent: SAFARI });
  const here = await site.visit();
  await signIn(here);
  await signIn(phone);
  site.clock.now += MINUTE;
  await here.reload();
  await here.getByRole("button", { name: "Close open connections" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
  await here.getByText("1 open connection was closed").waitFor();

  const [refused] = await Promise.all([
    phone.waitForResponse((response) => new URL(response.url()).pathname === paths.closeAll),
    phone.getByRole("button", { name: "Close open connections" }).click(),
  ]);

  assert.equal(refused.status(), 401);
  await phone.waitForURL((url) => url.pathname === paths.signIn);
  await phone.getByText("This connection was closed from another one on 23 Nov 2026, 15:05 (Europe/Madrid).")
    .waitFor();
  assert.doesNotMatch(await phone.locator("body").innerText(), new RegExp(MADRID));
  await fillSignIn(phone);
  await phone.waitForURL(paths.connections);
  await phone.getByRole("heading", { name: "Connection history" }).waitFor();
});

inBrowser("a closed browser that filters in its old page returns there after signing in", async (site) => {
  const phone = await site.visit({ ip: PARIS, userAgent: SAFARI });
  await signIn(phone);
  await phone.goto(`${paths.connections}?state=open`);
  const here = await site.visit();
  await signIn(here);
  await here.getByRole("row", { name: PARIS }).getByRole("button", { name: "Close the connection" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
  await here.getByText("The connection was closed").waitFor();

  await openFilters(phone);
  await phone.getByRole("button", { name: "Filter" }).click();

  await phone.waitForURL((url) => url.pathname === paths.signIn);
  await fillSignIn(phone);
  await phone.waitForURL(`${paths.connections}?state=open`);
});

// ASVS 14.3
inBrowser("after signing out, Back shows nothing private", async (site) => {
  const here = await site.visit();
  await signIn(here);
  await signOut(here);
  await here.getByText("You signed out on 23 Nov 2026, 15:04 (Europe/Madrid).").waitFor();

  await here.goBack();

  await here.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(new URL(here.url()).pathname, paths.signIn);
  assert.doesNotMatch(await here.content(), new RegExp(MADRID));
});

// ASVS 14.3
inBrowser(
  "after signing out, Back shows nothing private, even with the back/forward cache",
  WITH_BACK_CACHE,
  async (site) => {
    const here = await site.visit();
    await signIn(here);
    await signOut(here);
    await here.getByText("You signed out").waitFor();

    await here.goBack({ waitUntil: "commit" });

    assert.equal(await here.getByRole("heading").innerText(), "Sign in");
    assert.doesNotMatch(await here.content(), new RegExp(MADRID));
  },
);

// ASVS 14.3
inBrowser(
  "after its connection was closed, Back shows nothing private, even with the back/forward cache",
  WITH_BACK_CACHE,
  async (site) => {
    const here = await site.visit();
    await signIn(here);
    await site.db.update(connections).set({ closedAt: site.clock.now, endReason: "closed" });
    await here.getByRole("link", { name: "Password" }).click();
    await here.getByText("This connection was closed from another one").waitFor();

    await here.goBack({ waitUntil: "commit" });

    assert.equal(await here.getByRole("heading").innerText(), "Sign in");
    assert.doesNotMatch(await here.content(), new RegExp(MADRID));
  },
);

// ASVS 7.4.3
inBrowser("changing the password closes the other connections and leaves this one open", async (site) => {
  const phone = await site.visit({ ip: PARIS });
  const laptop = await site.visit({ ip: SANTIAGO });
  const here = await site.visit();
  await Promise.all([phone, laptop, here].map((page) => signIn(page)));
  const newPassword = "another horse, another battery";

  await here.getByRole("link", { name: "Password" }).click();
  await here.getByLabel("Current password").fill(PASSWORD);
  await here.getByLabel("New password", { exact: true }).fill(newPassword);
  await here.getByLabel("New password again").fill(newPassword);
  await here.getByRole("button", { name: "Change password" }).click();

  await here.waitForURL(paths.connections);
  await here.getByText("Your password was changed. 2 other connections were closed.").waitFor();
  await here.reload();
  assert.equal(new URL(here.url()).pathname, paths.connections);
  await phone.reload();
  await phone.getByText(
    "This connection was closed on 23 Nov 2026, 15:04 (Europe/Madrid), when the password was changed.",
  )
    .waitFor();
  await laptop.reload();
  assert.equal(new URL(laptop.url()).pathname, paths.signIn);
  await fillSignIn(laptop, newPassword);
  await laptop.waitForURL(paths.connections);
});

async function signOut(page: Page): Promise<void> {
  await page.getByText("User management").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(paths.signIn);
}
