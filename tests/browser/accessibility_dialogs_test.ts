import { NO_PASSWORD, users } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { MINUTE, PASSWORD } from "../app.ts";
import { assertAccessible, STILL } from "./accessibility.ts";
import { inBrowser, LAGOS, openDialog, PARIS, signIn, waitForClosedDialog, waitForFocus } from "./chromium.ts";
import { addEveryState, addMoved, addOpen, addUnusual } from "./history.ts";

inBrowser("the dialog for closing all connections is accessible", async (site) => {
  await addEveryState(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByRole("button", { name: "Close open connections" }).click();
  await openDialog(here);

  await assertAccessible(here, "dialog");
});

inBrowser("the dialog with a wrong password is accessible", async (site) => {
  await addEveryState(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  site.clock.now += 6 * MINUTE;
  await here.getByRole("button", { name: "Close open connections" }).click();
  await (await openDialog(here)).getByLabel("Your password").fill("not the password at all");
  await here.keyboard.press("Enter");
  await here.getByText("This isn't your password.").waitFor();

  await assertAccessible(here, "dialog-password");
});

inBrowser("the dialog that asks for another sign-in is accessible", async (site) => {
  await addEveryState(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await site.db.update(users).set({ passwordHash: NO_PASSWORD });
  site.clock.now += 6 * MINUTE;
  await here.getByRole("button", { name: "Close open connections" }).click();
  await waitForFocus((await openDialog(here)).getByRole("link", { name: "Sign in again" }));
  await here.getByRole("button", { name: /^Close all/ }).click();
  await here.getByText("Nothing was done. Sign in again first.").waitFor();

  await assertAccessible(here, "dialog-sign-in-again");
});

inBrowser("the details of a connection are accessible, in the dialog and as a page", async (site) => {
  await addMoved(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  const date = here.getByRole("row", { name: LAGOS }).getByRole("link", { name: "23 Nov" });
  const page = await date.getAttribute("href") ?? "";
  await date.click();
  await openDialog(here);
  await assertAccessible(here, "dialog-details");

  await here.goto(page);
  await assertAccessible(here, "details");
});

inBrowser("the review of a connection whose cookie moved is accessible", async (site) => {
  await addMoved(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByRole("button", { name: "Was this you? Safari" }).click();
  await openDialog(here);

  await assertAccessible(here, "dialog-review-moved");
});

inBrowser("the review of an unusual connection is accessible", async (site) => {
  await addUnusual(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByRole("button", { name: "Was this you? Safari" }).click();
  await openDialog(here);

  await assertAccessible(here, "dialog-review");
});

inBrowser("a review with a wrong password, and the history after This was me, are accessible", async (site) => {
  await addUnusual(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  site.clock.now += 6 * MINUTE;
  await here.getByRole("button", { name: "Was this you? Safari" }).click();
  const dialog = await openDialog(here);
  await dialog.getByLabel("Your password").fill("not the password at all");
  await dialog.getByRole("button", { name: "This was me" }).click();
  await waitForFocus(
    dialog.getByRole("textbox", { name: "Your password", description: "This isn't your password." }),
  );
  await assertAccessible(here, "dialog-review-password");

  await dialog.getByLabel("Your password").fill(PASSWORD);
  await dialog.getByRole("button", { name: "This was me" }).click();
  await here.getByRole("status").filter({ hasText: "marked as yours" }).waitFor();
  await waitForClosedDialog(here);
  await assertAccessible(here, "history-recognized");
});

inBrowser("the confirmation page for closing all connections is accessible", async (site) => {
  await addEveryState(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(paths.closeAll);

  await assertAccessible(here, "confirmation");
});

inBrowser("the confirmation page for closing one connection is accessible", async (site) => {
  await addOpen(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(
    await here.getByRole("row", { name: PARIS }).getByRole("button", { name: "Close the connection" }).getAttribute(
      "href",
    ) ?? "",
  );

  await assertAccessible(here, "confirmation-one");
});
