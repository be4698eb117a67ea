import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { EMAIL, PASSWORD } from "../app.ts";
import { type GatedPanel, type Kind, paths, startGatedPanel } from "../gated_panel.ts";
import { isInstalled } from "../proxies.ts";
import { TICKET_KEY, ticketOf, ticketPath } from "../tickets.ts";
import { executablePath, launchChromium } from "./executable.ts";

const canRun = (proxy: Kind, version: string) =>
  executablePath !== undefined && isInstalled(proxy, version) && isInstalled("openssl", "version") &&
  isInstalled("python3", "--version");
const ACME = "the password at Acme";

Deno.test({
  name:
    "in a browser an owner signs in at the gate behind Caddy, uses the panel, and is out once closed from another one",
  ignore: !canRun("caddy", "version"),
  async fn() {
    await using site = await startGatedPanel("caddy");
    await using visits = await openBrowser(site);
    await assertOwnerFlow(await visits.visit(), await visits.visit());
  },
});

Deno.test({
  name:
    "in a browser an owner signs in at the gate behind nginx, uses the panel, and is out once closed from another one",
  ignore: !canRun("nginx", "-v"),
  async fn() {
    await using site = await startGatedPanel("nginx");
    await using visits = await openBrowser(site);
    await assertOwnerFlow(await visits.visit(), await visits.visit());
  },
});

Deno.test({
  name:
    "in a browser the panel's own sign-in opens a connection by a ticket behind Caddy, and another site's ticket asks",
  ignore: !canRun("caddy", "version"),
  async fn() {
    await using site = await startGatedPanel("caddy", own());
    await using visits = await openBrowser(site);
    await assertTicketFlow(site, await visits.visit(), await visits.visit());
  },
});

Deno.test({
  name:
    "in a browser the panel's own sign-in opens a connection by a ticket behind nginx, and another site's ticket asks",
  ignore: !canRun("nginx", "-v"),
  async fn() {
    await using site = await startGatedPanel("nginx", own());
    await using visits = await openBrowser(site);
    await assertTicketFlow(site, await visits.visit(), await visits.visit());
  },
});

/** A panel with its own sign-in, and a program that accepts its tickets. */
function own() {
  return {
    settings: { TICKET_KEY, SIGN_IN_URL: "/login" },
    variables: { TICKET_KEY, PANEL_PASSWORD: ACME },
  };
}

async function assertOwnerFlow(first: Page, second: Page): Promise<void> {
  await signIn(first, "/orders?page=2");
  assert.equal(await first.getByRole("main").innerText(), "Your orders\n\nNothing on page=2.");
  await first.getByRole("link", { name: "Home" }).click();
  assert.equal(await first.locator("#owner").innerText(), EMAIL);
  await first.getByLabel("Note").fill("Renew the domain");
  await first.getByRole("button", { name: "Add" }).click();
  await first.getByText("Renew the domain").waitFor();

  await signIn(second, "/");
  await second.getByText("Renew the domain").waitFor();
  await second.getByRole("link", { name: "Security" }).click();
  await second.getByRole("button", { name: "Close open connections" }).click();
  await second.getByRole("button", { name: "Close it" }).click();
  await second.getByText("1 open connection was closed").waitFor();

  await first.getByRole("link", { name: "Orders" }).click();
  await first.getByText("This connection was closed from another one").waitFor();
  assert.equal(new URL(first.url()).pathname, paths.signIn);

  await second.getByRole("link", { name: "Control panel" }).click();
  await second.getByRole("link", { name: "Sign out" }).click();
  await second.getByRole("main").getByRole("button", { name: "Sign out" }).click();
  await second.getByText("You signed out on").waitFor();
  await second.goto("/");
  assert.equal(new URL(second.url()).pathname, paths.signIn);
}

async function signIn(page: Page, uri: string): Promise<void> {
  await page.goto(uri);
  await page.getByLabel("Email address").fill(EMAIL);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => url.pathname + url.search === uri);
}

async function assertTicketFlow(site: GatedPanel, first: Page, second: Page): Promise<void> {
  for (const page of [first, second]) {
    await page.goto("/orders?page=2");
    assert.equal(new URL(page.url()).pathname, "/login");
    await page.getByLabel("E-mail").fill("joan@example.com");
    await page.getByLabel("Acme password").fill(ACME);
    await page.getByRole("button", { name: "Sign in at Acme" }).click();
    await page.waitForURL((url) => url.pathname + url.search === "/orders?page=2");
  }
  await first.getByRole("link", { name: "Security" }).click();
  await first.getByRole("button", { name: "Close open connections" }).click();
  await first.getByRole("button", { name: "Close it" }).click();
  await first.getByText("1 open connection was closed").waitFor();
  await second.getByRole("link", { name: "Home" }).click();
  await second.getByText("Acme's sign-in").waitFor();

  // Another site's page, with a ticket for its own account.
  await using other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const exp = Math.floor(Date.now() / 1000) + 50;
    const path = ticketPath(ticketOf({ sub: "mallory@example.com", exp }), "/");
    // Where a mail's link leads.
    if (request.url.endsWith("/prize")) {
      return new Response(null, { status: 302, headers: { Location: `${site.origin}/account${path}` } });
    }
    return new Response(`<!doctype html><a href="${site.origin}/account${path.replaceAll("&", "&amp;")}">A prize</a>`, {
      headers: { "Content-Type": "text/html" },
    });
  });
  await first.goto(`http://127.0.0.1:${other.addr.port}/prize`);
  await first.getByRole("heading", { name: "Continue as mallory@example.com?" }).waitFor();
  await first.goto(`http://127.0.0.1:${other.addr.port}/`);
  await first.getByRole("link", { name: "A prize" }).click();
  await first.getByRole("heading", { name: "Continue as mallory@example.com?" }).waitFor();
  await first.goto("/");
  assert.equal(await first.locator("#owner").innerText(), "joan@example.com", "nothing happened unasked");
  await first.goBack();
  await first.getByRole("button", { name: "Continue" }).click();
  await first.locator("#owner").waitFor();
  assert.equal(await first.locator("#owner").innerText(), "mallory@example.com");

  assert.doesNotMatch(await site.readLogs(), /eyJ/, "no ticket is in a log of the proxy");
}

/** Chromium, for pages over the tests' own certificate. */
async function openBrowser(site: GatedPanel) {
  const browser: Browser = await launchChromium();
  return {
    async visit(): Promise<Page> {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, baseURL: site.origin, locale: "en-GB" });
      return await context.newPage();
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
