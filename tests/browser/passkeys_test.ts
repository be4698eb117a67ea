import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { connections, passkeys } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { MINUTE, PASSWORD } from "../app.ts";
import { inBrowser, isMarked, mark, openDialog, signIn } from "./chromium.ts";
import { addOpen } from "./history.ts";
import { addAuthenticator, addPasskey, WITH_PASSKEYS, withoutList } from "./passkeys.ts";

/** Signs in by the field's own list, in which the authenticator chooses at once. */
async function signInBy(page: Page): Promise<void> {
  await page.context().clearCookies();
  await page.goto(paths.signIn);
  await page.waitForURL((url) => url.pathname === paths.connections);
}

// ASVS 6.3.3
inBrowser("a passkey is added, and signs in by the button", WITH_PASSKEYS, async ({ db, visit }) => {
  const here = await visit();
  await addAuthenticator(here);
  await withoutList(here);
  await signIn(here);
  await addPasskey(here);
  await here.getByText("Laptop", { exact: true }).waitFor();
  await here.getByText("User management").click();
  await here.getByRole("button", { name: "Sign out" }).click();
  const button = here.getByRole("button", { name: "Sign in with a passkey" });
  await button.waitFor();
  await button.click();

  await here.waitForURL((url) => url.pathname === paths.connections);
  const rows = await db.select().from(connections);
  assert.deepEqual(rows.map(({ method }) => method).sort(), ["passkey", "password"]);
  assert.equal((await db.select().from(passkeys))[0]!.name, "Laptop");
});

inBrowser("a field's own list of passkeys signs in", WITH_PASSKEYS, async ({ db, visit }) => {
  const here = await visit();
  await addAuthenticator(here);
  await signIn(here);
  await addPasskey(here);
  await here.getByText("User management").click();
  await here.getByRole("button", { name: "Sign out" }).click();

  // The authenticator chooses the passkey as soon as the browser offers it.
  await here.waitForURL((url) => url.pathname === paths.connections);
  const rows = await db.select().from(connections);
  assert.deepEqual(rows.map(({ method }) => method).sort(), ["passkey", "password"]);
});

// ASVS 7.5.2
inBrowser("a passkey confirms a closing in the dialog in one tap", WITH_PASSKEYS, async (site) => {
  const here = await site.visit();
  await addAuthenticator(here);
  await signIn(here);
  await addPasskey(here);
  await addOpen(site.db);
  await here.goto(paths.connections);
  site.clock.now += 6 * MINUTE;
  await mark(here);

  await here.getByRole("button", { name: "Close open connections" }).click();
  const dialog = await openDialog(here);
  await dialog.getByRole("button", { name: "Use a passkey" }).click();

  await here.getByText("1 open connection was closed").waitFor();
  assert.equal(await isMarked(here), true);
});

inBrowser("a passkey is the second step after the password", WITH_PASSKEYS, async ({ db, visit }) => {
  const here = await visit();
  await addAuthenticator(here);
  await withoutList(here);
  await signIn(here);
  await addPasskey(here);
  await here.getByText("User management").click();
  await here.getByRole("button", { name: "Sign out" }).click();
  await here.waitForURL((url) => url.pathname === paths.signIn);
  await here.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await here.getByLabel("Email address").fill("marta@example.com");
  await here.getByRole("button", { name: "Sign in", exact: true }).click();
  await here.waitForURL((url) => url.pathname === paths.code);
  await here.getByRole("button", { name: "Use a passkey" }).click();

  await here.waitForURL((url) => url.pathname === paths.connections);
  const rows = await db.select().from(connections);
  assert.deepEqual(rows.map(({ method }) => method).sort(), ["passkey", "password"]);
});

// Security: passkeys
inBrowser("a copy of a passkey opens a connection that its row calls unusual", WITH_PASSKEYS, async (site) => {
  const here = await site.visit();
  const { devtools, authenticatorId } = await addAuthenticator(here);
  await signIn(here);
  await addPasskey(here);
  const { credentials: [credential] } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
  await signInBy(here);

  const thief = await site.visit();
  const copy = await addAuthenticator(thief);
  await copy.devtools.send("WebAuthn.addCredential", {
    authenticatorId: copy.authenticatorId,
    credential: { ...credential!, signCount: 0 },
  });
  await signInBy(thief);

  const unusual = (await site.db.select().from(connections)).flatMap(({ unusual }) => unusual ?? []);
  assert.match(unusual.join(" "), /passkey_copied/);
});

inBrowser("a page that was open for long asks with a new challenge", WITH_PASSKEYS, async (site) => {
  const here = await site.visit();
  await addAuthenticator(here);
  await withoutList(here);
  await signIn(here);
  await addPasskey(here);
  await here.context().clearCookies();
  await here.goto(paths.signIn);
  const button = here.getByRole("button", { name: "Sign in with a passkey" });
  await button.waitFor();
  site.clock.now += 10 * MINUTE;
  await here.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 10 * 60_000;
  });
  await button.click();

  await here.waitForURL((url) => url.pathname === paths.connections);
});

// ASVS 6.5.7
inBrowser("a passkey whose user isn't verified is not used, and the page says so", WITH_PASSKEYS, async (site) => {
  const here = await site.visit();
  const { devtools, authenticatorId } = await addAuthenticator(here);
  await signIn(here);
  await addPasskey(here);
  await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  site.clock.now += 6 * MINUTE;
  await here.getByRole("link", { name: "Remove the passkey Laptop" }).click();
  await here.getByRole("button", { name: "Use a passkey" }).click();

  await here.getByText("No passkey was used. Try again, or do it without one.").waitFor();
  await here.getByLabel("Your password").fill(PASSWORD);
  await here.getByRole("button", { name: "Remove" }).click();
  await here.getByText("The passkey was removed.").waitFor();
});

inBrowser("a passkey confirms that another one is added", WITH_PASSKEYS, async (site) => {
  const here = await site.visit();
  const first = await addAuthenticator(here);
  await signIn(here);
  await addPasskey(here);
  site.clock.now += 6 * MINUTE;
  // Each authenticator has one passkey of the account.
  await first.devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      ...{ protocol: "ctap2", transport: "usb", hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
      automaticPresenceSimulation: true,
    },
  });
  await here.goto(paths.passkeys);
  await here.getByLabel("Name").fill("Security key");
  await here.getByRole("button", { name: "Use a passkey" }).click();

  await here.getByText("The passkey was added.").waitFor();
  assert.deepEqual((await site.db.select().from(passkeys)).map(({ name }) => name), ["Laptop", "Security key"]);
});

inBrowser("a browser that was given the passkey before says so", WITH_PASSKEYS, async ({ visit }) => {
  const here = await visit();
  await addAuthenticator(here);
  await signIn(here);
  await addPasskey(here);
  await here.goto(paths.passkeys);
  await here.getByRole("button", { name: "Add a passkey" }).click();

  await here.getByText("This passkey was added before.").waitFor();
});

inBrowser("at another name of the host no button is shown", WITH_PASSKEYS, async ({ origin, visit }) => {
  const here = await visit();
  await addAuthenticator(here);
  await here.goto(`${origin.replace("localhost", "127.0.0.1")}${paths.signIn}`);
  await here.getByRole("button", { name: "Sign in", exact: true }).waitFor();

  assert.equal(await here.locator("[data-passkey]").count(), 1);
  assert.equal(await here.getByRole("button", { name: "Sign in with a passkey" }).isVisible(), false);
});

inBrowser(
  "without JavaScript no button is shown, and the page to add one says why",
  WITH_PASSKEYS,
  async ({ visit }) => {
    const here = await visit({ javaScriptEnabled: false });
    await here.goto(paths.signIn);
    assert.equal(await here.getByRole("button", { name: "Sign in with a passkey" }).isVisible(), false);
    await signIn(here);
    await here.goto(paths.passkeys);

    assert.equal(await here.locator("noscript p").isVisible(), true);
    await here.getByRole("button", { name: "Add a passkey" }).click();
    await here.locator("#dialog-problem").getByText("Adding a passkey needs JavaScript.").waitFor();
  },
);
