import assert from "node:assert/strict";
import { addLink } from "../../db/accounts/links.ts";
import { createTicketReader } from "../../credentials/tickets.ts";
import { Unavailable } from "../../db/driver/unavailable.ts";
import { users } from "../../db/schema.ts";
import { findUser, removeUser } from "../../db/users.ts";
import { paths, withQuery } from "../../http/paths.ts";
import { EMAIL } from "../app.ts";
import { TICKET_KEY, ticketOf, ticketPath } from "../tickets.ts";
import { assertAccessible, findCutOff, findViolations, shoot, STILL } from "./accessibility.ts";
import { fillSignIn, inBrowser, openDialog, signIn, waitForFocus } from "./chromium.ts";
import { addUnusual, useUpAttempts } from "./history.ts";

inBrowser("the sign-in page is accessible", async (site) => {
  const here = await site.visit(STILL);
  await here.goto(paths.signIn);

  await assertAccessible(here, "sign-in");
});

inBrowser("the sign-in page with an error is accessible", async (site) => {
  const here = await site.visit(STILL);
  await here.goto(paths.signIn);
  await fillSignIn(here, "not the password at all");
  await waitForFocus(
    here.getByRole("textbox", { name: "Password", description: "The email address or the password is wrong." }),
  );

  await assertAccessible(here, "sign-in-wrong");
});

inBrowser("the sign-in page that says why a connection ended is accessible", async (site) => {
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByText("User management").click();
  await here.getByRole("button", { name: "Sign out" }).click();
  await here.getByText("You signed out on").waitFor();

  await assertAccessible(here, "sign-in-ended");
});

inBrowser("the sign-in page is accessible after too many attempts", async (site) => {
  const here = await site.visit(STILL);
  await useUpAttempts(site.db, site.clock.now);
  await here.goto(paths.signIn);
  await fillSignIn(here);
  await waitForFocus(here.getByRole("textbox", { name: "Password", description: "Too many attempts. Wait" }));
  await assertAccessible(here, "sign-in-limited");
});

inBrowser("the sign-in page is accessible without any account", async (site) => {
  const here = await site.visit(STILL);
  await removeUser(site.db, EMAIL);
  await here.goto(paths.signIn);
  await here.getByText("deno task users add").waitFor();
  await assertAccessible(here, "sign-in-nobody");
});

inBrowser("the page for signing out is accessible", async (site) => {
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(paths.signOut);
  await assertAccessible(here, "sign-out");
});

inBrowser(
  "the page that asks before another site's ticket is used is accessible",
  { readTicket: createTicketReader([TICKET_KEY]) },
  async (site) => {
    const here = await site.visit(STILL);
    const path = ticketPath(ticketOf({ exp: site.clock.now / 1000 + 30 }));
    await using other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
      const link = `<a href="${site.origin}${path.replaceAll("&", "&amp;")}">Go</a>`;
      return new Response(`<!doctype html>${link}`, { headers: { "Content-Type": "text/html" } });
    });
    await here.goto(`http://localhost:${other.addr.port}/`);
    await here.getByRole("link", { name: "Go" }).click();
    await here.getByRole("button", { name: "Continue" }).waitFor();
    await assertAccessible(here, "ticket");
  },
);

inBrowser("the page of a one-time link, its errors and what follows are accessible", async (site) => {
  const here = await site.visit(STILL);
  const user = (await findUser(site.db, EMAIL))!;
  await here.goto(paths.link(await addLink(site.db, user, "password", site.clock.now)));
  await assertAccessible(here, "link");

  const fill = async (password: string) => {
    await here.getByLabel("New password", { exact: true }).fill(password);
    await here.getByLabel("New password again").fill(password);
    await here.getByRole("button", { name: "Set password" }).click();
  };
  await fill("short");
  await waitForFocus(here.locator("[aria-invalid]").first());
  await assertAccessible(here, "link-wrong");
  await fill("a much better password than before");
  await here.getByText("Your password was set.").waitFor();
  await assertAccessible(here, "sign-in-after-link");
});

inBrowser("the password page is accessible", async (site) => {
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(paths.password);

  await assertAccessible(here, "password");
});

inBrowser("the password page with errors is accessible", async (site) => {
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(paths.password);
  await here.getByLabel("Current password").fill("not the password at all");
  await here.getByLabel("New password", { exact: true }).fill("short");
  await here.getByLabel("New password again").fill("another one");
  await here.getByRole("button", { name: "Change password" }).click();
  await waitForFocus(here.locator("[aria-invalid]").first());

  await assertAccessible(here, "password-wrong");
});

inBrowser("the password page after Not me is accessible", async (site) => {
  await addUnusual(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByRole("button", { name: "Was this you? Safari" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Not me" }).click();
  await here.getByText("Somebody else may know your password").waitFor();

  await assertAccessible(here, "password-not-me");
});

inBrowser("the preferences are accessible", async (site) => {
  const here = await site.visit(STILL);
  await signIn(here);
  await site.db.update(users).set({ timeZone: "America/Argentina/Buenos_Aires" });
  await here.goto(paths.preferences);
  await here.getByRole("button", { name: "Use this browser's time zone: Europe/Madrid" }).waitFor();

  await assertAccessible(here, "preferences");
});

inBrowser("the preferences are accessible where mail is sent", { mail: { wake: () => {} } }, async (site) => {
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(paths.preferences);
  await here.getByRole("checkbox", { name: "Email about new places", checked: true }).uncheck();
  await here.getByRole("button", { name: "Save preferences" }).click();
  await here.getByRole("checkbox", { name: "Email about new places", checked: false }).waitFor();
  await assertAccessible(here, "preferences-mail");
});

inBrowser("the preferences with errors are accessible, in a chosen theme", async (site) => {
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(paths.preferences);
  await here.getByLabel("Theme").selectOption("Dark");
  await here.getByRole("button", { name: "Save preferences" }).click();
  await here.getByText("Your preferences were saved.").waitFor();
  await here.locator("option:checked").evaluateAll((options: HTMLOptionElement[]) =>
    options.forEach((option) => option.value = "none of them")
  );
  await here.getByRole("button", { name: "Save preferences" }).click();
  const invalid = here.locator("[aria-invalid]");
  const field = (name: string, description: string) => here.getByRole("combobox", { name, description }).and(invalid);
  await waitForFocus(field("Time zone", "There is no time zone with this name."));
  await field("Language", "Choose one of these languages").waitFor();
  await field("Theme", "Choose one of these themes").waitFor();

  await assertAccessible(here, "preferences-wrong");
});

inBrowser("the page for an unknown path is accessible", async (site) => {
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto("/nowhere");
  await here.getByRole("heading", { name: "Page not found" }).waitFor();

  await assertAccessible(here, "not-found");
});

inBrowser("the pages for refused requests are accessible", async (site) => {
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(paths.preferences);
  await here.context().clearCookies();
  await here.getByRole("button", { name: "Save preferences" }).click();
  await here.getByRole("heading", { name: "Not done" }).waitFor();
  await assertAccessible(here, "error-403");
  await signIn(here);

  await here.goto(paths.cancelEmail);
  await here.getByRole("heading", { name: "Not possible here" }).waitFor();
  await assertAccessible(here, "error-405");

  await here.goto(paths.preferences);
  await here.locator("option:checked").first().evaluate((option: HTMLOptionElement) =>
    option.value = "x".repeat(17_000)
  );
  await here.getByRole("button", { name: "Save preferences" }).click();
  await here.getByRole("heading", { name: "This form is too large" }).waitFor();
  await assertAccessible(here, "error-413");

  await here.goto(withQuery(paths.connections, { ip: "x".repeat(9_000) }));
  await here.getByRole("heading", { name: "This address is too long" }).waitFor();
  await assertAccessible(here, "error-414");
});

inBrowser("the page for a wrong host name is accessible, though it has no style sheet", async (site) => {
  const here = await site.visit(STILL);
  await signIn(here);

  await here.goto(`http://panel.localhost:${new URL(here.url()).port}${paths.connections}`);
  await here.getByRole("heading", { name: "Wrong address" }).waitFor();
  // Sizes and colours are the browser's own, and it reports that it got no style sheet.
  assert.deepEqual(await findViolations(here), []);
  await here.setViewportSize({ width: 320, height: 900 });
  assert.deepEqual(await findCutOff(here), []);
  await shoot(here, "error-421-320");
  await here.getByRole("link", { name: "Go to the connection history" }).click();
  await here.waitForURL(paths.connections);
  assert.ok(site.takeErrors().length > 0);
});

let failure: Error;
const failing = { countryOf: () => Promise.reject(failure) };

inBrowser("the error pages of a failing server are accessible", failing, async (site) => {
  failure = new Error("nobody knows what");
  const here = await site.visit(STILL);
  await here.goto(paths.signIn);
  await fillSignIn(here);
  await here.getByRole("heading", { name: "Something went wrong" }).waitFor();
  await assertAccessible(here, "error-500");

  failure = new Unavailable("the database gives no answer", 5);
  await here.goto(paths.signIn);
  await fillSignIn(here);
  await here.getByRole("heading", { name: "Not available right now" }).waitFor();
  await assertAccessible(here, "error-503");
});
