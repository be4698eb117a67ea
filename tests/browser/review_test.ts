import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
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
