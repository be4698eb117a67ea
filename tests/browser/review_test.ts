import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { connections } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { MINUTE } from "../app.ts";
import {
  inChromium,
  isMarked,
  mark,
  openDialog,
  openSite,
  PARIS,
  SAFARI,
  signIn,
  waitForClosedDialog,
  waitForFocus,
} from "./chromium.ts";

Deno.test(
  "This was me is said in the dialog, and the row and the sentence above say it without a reload",
  inChromium,
  async () => {
    await using site = await openSite();
    const { here } = await travel(site);
    await mark(here);
    await here.getByText("1 unusual connection waits for your answer").waitFor();

    await here.getByRole("link", { name: `Was this you? Safari on iPhone, ${PARIS}` }).click();
    const dialog = await openDialog(here);
    await dialog.getByText("It was the first connection to your account from this country: France.").waitFor();
    await dialog.getByRole("button", { name: "This was me" }).click();

    await here.getByText("The connection is marked as yours").waitFor();
    await waitForClosedDialog(here);
    await waitForFocus(here.getByRole("row", { name: PARIS }));
    await here.getByText("You said: this was me").waitFor();
    assert.equal(await here.getByText("waits for your answer").count(), 0);
    assert.equal(await isMarked(here), true);
    site.assertUntroubled();
  },
);

Deno.test("Not me in the dialog puts the other one out and leads to a new password", inChromium, async () => {
  await using site = await openSite();
  const { here, stranger } = await travel(site);

  await here.getByRole("link", { name: "Was this you?" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Not me" }).click();

  await here.waitForURL((url) => url.pathname === paths.password);
  await here.getByText("1 other connection was closed. Somebody else may know your password").waitFor();
  await stranger.reload();
  await stranger.getByText("This connection was closed from another one").waitFor();
  site.assertUntroubled();
});

Deno.test("without JavaScript the question is a page, and both answers lead on", inChromium, async () => {
  await using site = await openSite();
  const { here } = await travel(site, { javaScriptEnabled: false });

  await here.getByRole("link", { name: "Was this you?" }).click();
  await here.waitForURL(/\/answer$/);
  await here.getByRole("button", { name: "This was me" }).click();

  await here.waitForURL(paths.connections);
  await here.getByText("The connection is marked as yours").waitFor();
  assert.equal(await site.db.$count(connections, eq(connections.answer, "me")), 1);
  site.assertUntroubled();
});

/** An owner in Madrid, and somebody in Paris who signed in to their account on a telephone. */
async function travel(site: Awaited<ReturnType<typeof openSite>>, options = {}) {
  const here = await site.visit(options);
  await signIn(here);
  site.clock.now += MINUTE;
  const stranger = await site.visit({ ip: PARIS, userAgent: SAFARI });
  await signIn(stranger);
  await here.reload();
  return { here, stranger };
}
