import { paths } from "../../http/paths.ts";
import { HOUR, MINUTE } from "../app.ts";
import { codeAt } from "../second_factor.ts";
import { assertAccessible, STILL } from "./accessibility.ts";
import { fillSignIn, inBrowser, PARIS, SAFARI, signIn, type Site, waitForFocus } from "./chromium.ts";
import { addAuthenticator, addBrowser, WITH_KEY } from "./methods.ts";

const REQUIRED = { ...WITH_KEY, requiresSecondFactor: true };

inBrowser("the sign-in methods of a new account are accessible, and a required second step", REQUIRED, async (site) => {
  const here = await site.visit(STILL);
  await here.goto(paths.signIn);
  await fillSignIn(here);
  await here.getByText("requires a second step").waitFor();

  await assertAccessible(here, "methods-required");
});

inBrowser("the sign-in methods of an account with all of them are accessible", WITH_KEY, async (site) => {
  await addBrowser(site, { ip: PARIS, userAgent: SAFARI });
  const here = await site.visit(STILL);
  await signIn(here);
  await addAuthenticator(here, site);
  await here.getByText("The authenticator app is on.").waitFor();
  await assertAccessible(here, "methods");

  await here.getByRole("link", { name: "Make recovery codes" }).click();
  await assertAccessible(here, "recovery-codes");
  await here.getByRole("button", { name: "Make codes" }).click();
  await here.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  await assertAccessible(here, "recovery-codes-made");

  await here.goto(paths.removeAuthenticator);
  await assertAccessible(here, "authenticator-remove");
  await here.goto(paths.forgetBrowser("all"));
  await assertAccessible(here, "browsers-forget");
});

inBrowser(
  "adding an authenticator app is accessible, with a password that is due and wrong",
  WITH_KEY,
  async (site) => {
    const here = await site.visit(STILL);
    await signIn(here);
    site.clock.now += HOUR;
    await here.goto(paths.authenticator);
    await assertAccessible(here, "authenticator");

    await here.getByLabel("Your password").fill("not the password at all");
    await here.getByLabel("Code from the app").fill("000000");
    await here.getByRole("button", { name: "Turn on" }).click();
    await waitForFocus(here.locator("[aria-invalid]").first());
    await assertAccessible(here, "authenticator-wrong");
  },
);

inBrowser("the second step is accessible, with a wrong code too", WITH_KEY, async (site) => {
  const here = await site.visit(STILL);
  await startSecondStep(site, here);
  await assertAccessible(here, "code");

  await here.getByLabel("Code").fill("000000");
  await here.getByRole("button", { name: "Continue" }).click();
  await waitForFocus(here.getByRole("textbox", { name: "Code", description: "This code is wrong" }));
  await assertAccessible(here, "code-wrong");
  site.clock.now += 6 * MINUTE;
  await here.getByLabel("Code").fill(codeAt("A".repeat(32), site.clock.now));
  await here.getByRole("button", { name: "Continue" }).click();
  await here.getByText("Please sign in again.").waitFor();
  await assertAccessible(here, "sign-in-again");
});

async function startSecondStep(site: Site, here: Awaited<ReturnType<Site["visit"]>>): Promise<void> {
  const there = await site.visit();
  await signIn(there);
  await addAuthenticator(there, site);
  await here.goto(paths.signIn);
  await fillSignIn(here);
  await here.getByRole("heading", { name: "Confirm that it's you" }).waitFor();
}
