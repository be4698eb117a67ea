import { eq } from "drizzle-orm";
import { type LinkPurpose, users } from "../../db/schema.ts";
import { addUser, findUser } from "../../db/users.ts";
import { paths } from "../../http/paths.ts";
import { EMAIL, HOUR, START, UNSENT } from "../app.ts";
import { addKnownLink, LINK_TOKEN } from "../crawl.ts";
import { assertAccessible, STILL } from "./accessibility.ts";
import { inBrowser, signIn, type Site, waitForFocus } from "./chromium.ts";

const WITH_MAIL = { mail: UNSENT };
const WANTED = "marta.a.rather.long.name.of.somebody@mail.example.org";
const LINK = paths.link(LINK_TOKEN);

inBrowser("the pages for a forgotten password are accessible, over the limit too", WITH_MAIL, async (site) => {
  const here = await site.visit(STILL);
  await here.goto(paths.signIn);
  await assertAccessible(here, "sign-in-mail");
  await here.getByRole("link", { name: "Forgot your password?" }).click();
  await here.getByRole("heading", { name: "Forgotten password" }).waitFor();
  await assertAccessible(here, "forgotten");

  await here.getByLabel("Email address").fill(" ");
  await here.getByRole("button", { name: "Send the link" }).click();
  await waitForFocus(here.getByRole("textbox", { name: "Email address", description: "Type your email address." }));
  await assertAccessible(here, "forgotten-empty");

  for (let i = 0; i < 10; i++) await ask(here, WANTED);
  await assertAccessible(here, "forgotten-sent");
  await ask(here, WANTED, "Too many attempts");
  await assertAccessible(here, "forgotten-limited");
});

inBrowser("the links by mail are accessible, with what is wrong and what follows", WITH_MAIL, async (site) => {
  const here = await site.visit(STILL);
  await addUser(site.db, "joan@example.com", "no hash", START);
  await open(site, "forgotten");
  await here.goto(LINK);
  await assertAccessible(here, "link-forgotten");

  for (const [purpose, name] of [["email", "Confirm this address"], ["undo_email", "Undo the change"]] as const) {
    await open(site, purpose, "joan@example.com");
    await here.goto(LINK);
    await here.getByText("Another account uses joan@example.com now").waitFor();
    await assertAccessible(here, `link-${purpose}-taken`);
    await open(site, purpose, purpose === "email" ? WANTED : EMAIL);
    await here.goto(LINK);
    await here.getByRole("heading", { name }).waitFor();
    await assertAccessible(here, `link-${purpose}`);
  }

  await here.getByLabel("New password", { exact: true }).fill("short");
  await here.getByLabel("New password again").fill("short");
  await here.getByRole("button", { name: "Undo and set password" }).click();
  await waitForFocus(here.locator("[aria-invalid]").first());
  await assertAccessible(here, "link-undo-wrong");
  await here.getByLabel("New password", { exact: true }).fill("a much better password than before");
  await here.getByLabel("New password again").fill("a much better password than before");
  await here.getByRole("button", { name: "Undo and set password" }).click();
  await here.getByText("Your address is back").waitFor();
  await assertAccessible(here, "link-undone");
  await here.goto(LINK);
  await here.getByRole("heading", { name: "This link no longer works" }).waitFor();
  await assertAccessible(here, "link-used");
});

inBrowser(
  "the page of the address is accessible, with a change that waits and a password that is due",
  WITH_MAIL,
  async (site) => {
    const here = await site.visit(STILL);
    await signIn(here);
    await here.goto(paths.methods);
    await here.getByRole("link", { name: "Change email address" }).click();
    await here.getByRole("heading", { name: "Email address" }).waitFor();
    await assertAccessible(here, "email");

    await here.getByLabel("New email address").fill("x");
    await here.getByRole("button", { name: "Send the link" }).click();
    await waitForFocus(here.getByRole("textbox", { name: "New email address", description: "isn't an email address" }));
    await assertAccessible(here, "email-wrong");
    await here.getByLabel("New email address").fill(WANTED);
    await here.getByRole("button", { name: "Send the link" }).click();
    await here.getByText("An email is on its way").waitFor();
    await assertAccessible(here, "email-pending");

    site.clock.now += HOUR;
    await here.goto(paths.email);
    await here.getByRole("button", { name: "Send again" }).click();
    await here.getByLabel("Your password", { exact: true }).fill("wrong");
    await here.getByRole("button", { name: "Send again" }).click();
    await waitForFocus(here.getByRole("textbox", { name: "Your password", description: "This isn't your password" }));
    await assertAccessible(here, "email-password");
    await here.getByRole("button", { name: "Cancel the change" }).click();
    await here.getByText("The change was cancelled").waitFor();
  },
);

type Page = Awaited<ReturnType<Site["visit"]>>;

/** Asks for a link, and waits until the page says something. */
async function ask(here: Page, email: string, answer = "an email is on its way"): Promise<void> {
  await here.goto(paths.forgotten);
  await here.getByLabel("Email address").fill(email);
  await here.getByRole("button", { name: "Send the link" }).click();
  await here.getByText(answer).waitFor();
}

/** Makes the link lead to something that can be done. */
async function open({ db }: Site, purpose: LinkPurpose, email: string | null = null): Promise<void> {
  const user = (await findUser(db, EMAIL))!;
  await db.update(users).set({ pendingEmail: email }).where(eq(users.id, user.id));
  await addKnownLink(db, purpose, email);
}
