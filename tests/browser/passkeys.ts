import type { Page } from "playwright-core";
import { paths } from "../../http/paths.ts";
import { WITH_KEY } from "./methods.ts";

/** For a site where passkeys can be added. */
export const WITH_PASSKEYS = { host: "localhost", ...WITH_KEY } as const;

/** Gives the page's browser an authenticator with resident keys, whose user touches it at once. */
export async function addAuthenticator(page: Page, { isVerified = true } = {}) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: isVerified,
      automaticPresenceSimulation: true,
    },
  });
  return { devtools, authenticatorId };
}

/** Takes away the field's own list, in which the authenticator would choose before anybody presses the button. */
export async function withoutList(page: Page): Promise<void> {
  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });
}

export async function addPasskey(page: Page): Promise<void> {
  await page.goto(paths.methods);
  await page.getByRole("link", { name: "Add a passkey" }).click();
  await page.getByLabel("Name").fill("Laptop");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByText("The passkey was added.").waitFor();
}
