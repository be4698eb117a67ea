import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import type { Locator } from "playwright-core";
import { connections } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { MINUTE } from "../app.ts";
import {
  inBrowser,
  isMarked,
  mark,
  openDialog,
  PARIS,
  SAFARI,
  signIn,
  type Site,
  waitForClosedDialog,
  waitForFocus,
} from "./chromium.ts";
import { addOpen } from "./history.ts";

inBrowser(
  "This was me in the dialog updates the row and the head without a reload",
  async (site) => {
    const { here } = await signInAbroad(site);
    await mark(here);
    await here.getByText("1 unusual connection needs your review.", { exact: true }).waitFor();

    await here.getByRole("button", { name: `Was this you? Safari on iPhone, ${PARIS}` }).click();
    const dialog = await openDialog(here);
    await dialog.getByText("It was the first connection to your account from this country: France.").waitFor();
    await dialog.getByRole("button", { name: "This was me" }).click();

    await here.getByText("The connection is marked as yours").waitFor();
    await waitForClosedDialog(here);
    await waitForFocus(here.getByRole("row", { name: PARIS }));
    await here.getByText("You said: this was me").waitFor();
    assert.equal(await here.getByText("needs your review").count(), 0);
    assert.equal(await isMarked(here), true);
  },
);

inBrowser("Not me in the dialog closes the other connection and redirects to the password page", async (site) => {
  const { here, stranger } = await signInAbroad(site);

  await here.getByRole("button", { name: "Was this you? Safari" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Not me" }).click();

  await here.waitForURL((url) => url.pathname === paths.password);
  await here.getByText("1 other connection was closed. Somebody else may know your password").waitFor();
  await stranger.reload();
  await stranger.getByText("This connection was closed from another one").waitFor();
});

inBrowser("without JavaScript This was me on the review's page returns to the history", async (site) => {
  const { here } = await signInAbroad(site, { javaScriptEnabled: false });

  await here.getByRole("button", { name: "Was this you? Safari" }).click();
  await here.waitForURL((url) => url.pathname.endsWith("/review"));
  await here.getByRole("button", { name: "This was me" }).click();

  await here.waitForURL(paths.connections);
  await here.getByText("The connection is marked as yours").waitFor();
  assert.equal(await site.db.$count(connections, eq(connections.verdict, "me")), 1);
});

inBrowser("without JavaScript Not me on the review's page redirects to the password page", async (site) => {
  const { here, stranger } = await signInAbroad(site, { javaScriptEnabled: false });

  await here.getByRole("button", { name: "Was this you? Safari" }).click();
  await here.waitForURL((url) => url.pathname.endsWith("/review"));
  await here.getByRole("button", { name: "Not me" }).click();

  await here.waitForURL(paths.password);
  await here.getByText("1 other connection was closed. Somebody else may know your password").waitFor();
  await stranger.reload();
  await stranger.getByText("This connection was closed from another one").waitFor();
});

inBrowser("a review on a small phone begins at its title, and nothing covers what it explains", async (site) => {
  const { here } = await signInAbroad(site, { viewport: { width: 320, height: 640 } });
  site.clock.now += 6 * MINUTE;
  await here.getByRole("button", { name: "Was this you? Safari" }).click();
  const dialog = await openDialog(here);
  await waitForFocus(dialog.getByRole("heading", { name: "Was this you?" }));
  const field = dialog.getByLabel("Your password");
  const isAbove = async (lower: Locator, upper: Locator) => {
    const [below, above] = [(await lower.boundingBox())!, (await upper.boundingBox())!];
    return above.y + above.height <= below.y;
  };
  assert.equal(await dialog.evaluate((element) => element.scrollTop), 0);
  assert.equal(await isAbove(dialog.locator(".dialog-end"), dialog.locator(".verdicts")), true);

  await field.focus();
  assert.equal(await isAbove(dialog.locator(".dialog-end"), field), true);
  await dialog.getByRole("button", { name: "Decide later" }).click();
  await waitForClosedDialog(here);
  await here.getByRole("button", { name: "Was this you? Safari" }).click();
  await openDialog(here);
  assert.equal(await dialog.evaluate((element) => element.scrollTop), 0);
});

inBrowser("a field in a dialog that has focus is above the buttons, on a small phone too", async (site) => {
  const { here } = await signInAbroad(site, { viewport: { width: 320, height: 480 } });
  for (let i = 0; i < 6; i++) await addOpen(site.db);
  site.clock.now += 6 * MINUTE;
  await here.getByRole("button", { name: "Close open connections" }).click();
  const dialog = await openDialog(here);
  const field = dialog.getByLabel("Your password");
  await waitForFocus(field);

  const [{ y, height }, buttons] = [(await field.boundingBox())!, (await dialog.locator(".dialog-end").boundingBox())!];

  assert.ok(y + height <= buttons.y, `${y} + ${height} is below ${buttons.y}`);
});

inBrowser("the review of the connection in use offers to sign out, with JavaScript and without", async (site) => {
  const { stranger } = await signInAbroad(site);
  const other = await site.visit({ ip: PARIS, userAgent: SAFARI, javaScriptEnabled: false });
  await signIn(other);

  await stranger.getByRole("button", { name: "Was this you? Safari" }).first().click();
  await (await openDialog(stranger)).getByRole("button", { name: "Sign out" }).click();
  await stranger.waitForURL((url) => url.pathname === paths.signIn);
  await other.locator("tr.current").getByRole("button", { name: "Was this you?" }).click();
  await other.locator("main").getByRole("button", { name: "Sign out" }).click();
  await other.waitForURL((url) => url.pathname === paths.signIn);

  assert.equal(await site.db.$count(connections, eq(connections.endReason, "signed_out")), 2);
});

/** Signs the owner in from Madrid, and a stranger from Paris. */
async function signInAbroad(site: Site, options = {}) {
  const here = await site.visit(options);
  await signIn(here);
  site.clock.now += MINUTE;
  const stranger = await site.visit({ ip: PARIS, userAgent: SAFARI });
  await signIn(stranger);
  await here.reload();
  return { here, stranger };
}
