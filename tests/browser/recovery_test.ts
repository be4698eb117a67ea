import assert from "node:assert/strict";
import { users } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { EMAIL, PASSWORD, UNSENT } from "../app.ts";
import { addKnownLink, LINK_TOKEN } from "../crawl.ts";
import { fillSignIn, inBrowser, PARIS, signIn, type Site } from "./chromium.ts";

const WITH_MAIL = { mail: UNSENT };
const NEW = "a much better password than before";
const WANTED = "marta@new.example";
const LINK = paths.link(LINK_TOKEN);

// Security: forgotten password
inBrowser("a forgotten password: from sign-in to a new one by a link", WITH_MAIL, async (site) => {
  await recover(site, await site.visit());
});

// Security: forgotten password
inBrowser("the same without JavaScript", WITH_MAIL, async (site) => {
  await recover(site, await site.visit({ javaScriptEnabled: false }));
});

// Security: change of address
inBrowser(
  "another address: asked for here, confirmed on a second device, and taken back at the first",
  WITH_MAIL,
  async (site) => {
    await changeAndUndo(site, await site.visit(), await site.visit({ ip: PARIS }));
  },
);

// Security: change of address
inBrowser("that too without JavaScript", WITH_MAIL, async (site) => {
  const visitor = { javaScriptEnabled: false };
  await changeAndUndo(site, await site.visit(visitor), await site.visit({ ...visitor, ip: PARIS }));
});

type Page = Awaited<ReturnType<Site["visit"]>>;

async function recover(site: Site, here: Page): Promise<void> {
  await here.goto(paths.signIn);
  await here.getByRole("link", { name: "Forgot your password?" }).click();
  await here.getByLabel("Email address").fill(EMAIL);
  await here.getByLabel("Email address").press("Enter");
  await here.getByRole("heading", { name: "Check your email" }).waitFor();

  await addKnownLink(site.db, "forgotten");
  await here.goto(LINK);
  await setPassword(here, "Set password");
  await here.getByText("Your password was set.").waitFor();
  await fillSignIn(here, NEW);
  await here.waitForURL((url) => url.pathname === paths.connections);
  assert.equal(await here.getByText("Password set with a one-time link").count(), 1);
}

async function changeAndUndo(site: Site, here: Page, phone: Page): Promise<void> {
  await signIn(here);
  await here.goto(paths.email);
  await here.getByLabel("New email address").fill(WANTED);
  await here.getByLabel("New email address").press("Enter");
  await here.getByText("An email is on its way to the new address.").waitFor();

  await addKnownLink(site.db, "email", WANTED);
  await phone.goto(LINK);
  await phone.getByRole("button", { name: "Use this address" }).click();
  await phone.getByText("Your email address was changed.").waitFor();
  await here.goto(paths.email);
  await here.getByText(`Your address is ${WANTED}.`).waitFor();
  await phone.getByLabel("Email address").fill(WANTED);
  await phone.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await phone.getByRole("button", { name: "Sign in", exact: true }).click();
  await phone.waitForURL((url) => url.pathname === paths.connections);

  await addKnownLink(site.db, "undo_email", EMAIL);
  await here.goto(LINK);
  await setPassword(here, "Undo and set password");
  await here.getByText("Your address is back").waitFor();
  await phone.goto(paths.connections);
  await phone.getByText("when the password was changed").waitFor();
  assert.deepEqual(await site.db.select({ email: users.email }).from(users), [{ email: EMAIL }]);
}

async function setPassword(here: Page, button: string): Promise<void> {
  await here.getByLabel("New password", { exact: true }).fill(NEW);
  await here.getByLabel("New password again").fill(NEW);
  await here.getByRole("button", { name: button }).click();
}
