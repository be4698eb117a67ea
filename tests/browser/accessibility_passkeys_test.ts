import { paths } from "../../http/paths.ts";
import { HOUR } from "../app.ts";
import { assertAccessible, STILL } from "./accessibility.ts";
import { fillSignIn, inBrowser, signIn } from "./chromium.ts";
import { addAuthenticator, addPasskey, WITH_PASSKEYS, withoutList } from "./passkeys.ts";

inBrowser("adding, listing, renaming and removing passkeys is accessible", WITH_PASSKEYS, async (site) => {
  const here = await site.visit(STILL);
  await addAuthenticator(here);
  await signIn(here);
  await here.goto(paths.passkeys);
  await assertAccessible(here, "passkey-add");
  await addPasskey(here);
  await assertAccessible(here, "passkeys");

  site.clock.now += HOUR;
  await here.getByRole("link", { name: "Rename the passkey Laptop" }).click();
  await here.getByRole("button", { name: "Use a passkey" }).waitFor();
  await assertAccessible(here, "passkey-rename");
  await here.goto(paths.methods);
  await here.getByRole("link", { name: "Remove the passkey Laptop" }).click();
  await here.getByRole("button", { name: "Use a passkey" }).waitFor();
  await assertAccessible(here, "passkey-remove");
});

inBrowser("signing in with a passkey is accessible, and one that isn't used", WITH_PASSKEYS, async (site) => {
  const here = await site.visit(STILL);
  await withoutList(here);
  const { devtools, authenticatorId } = await addAuthenticator(here);
  await signIn(here);
  await addPasskey(here);
  await here.context().clearCookies();
  await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await here.goto(paths.signIn);
  await here.getByRole("button", { name: "Sign in with a passkey" }).click();
  await here.getByText("No passkey was used.").waitFor();
  await assertAccessible(here, "sign-in-passkey");

  await fillSignIn(here);
  await here.getByRole("button", { name: "Use a passkey" }).waitFor();
  await assertAccessible(here, "code-passkey");
});
