import assert from "node:assert/strict";
import { Hono } from "hono";
import { html } from "hono/html";
import { secureHeaders } from "hono/secure-headers";
import { openDatabase } from "../../db/database.ts";
import { createPanel } from "../../examples/panel/panel.ts";
import { openDatabase as openHosted } from "../../host/database.ts";
import { createArea } from "../../routes/area.ts";
import { DAY, EMAIL, PASSWORD } from "../app.ts";
import { freePort } from "../processes.ts";
import { inBrowser, openDialog, saveScreenshot, signIn, waitForClosedDialog, waitForFocus } from "./chromium.ts";
import { addOpen } from "./history.ts";

// Security: CSP
inBrowser("in a panel with its own header and style sheet, the policy blocks nothing of the area", async (site) => {
  const origin = new URL(`http://127.0.0.1:${freePort()}`);
  const db = await openHosted(":memory:");
  const quiet = { log: () => {}, pollInterval: DAY };
  const { panel, accounts } = createPanel({ ...quiet, db, origin });
  await accounts.add(EMAIL, PASSWORD, "Small");
  await using _server = serve(origin, panel);
  const [other, here] = [await site.visit({ baseURL: origin.origin }), await site.visit({ baseURL: origin.origin })];

  await signIn(other);
  await signIn(here);
  const border = await here.locator("header.acme").evaluate((header) => getComputedStyle(header).borderTopColor);
  await here.getByRole("button", { name: "Close open connections" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
  await here.getByText("1 open connection was closed").waitFor();
  await saveScreenshot(here, "panel-area");
  await here.getByRole("link", { name: "Acme Hosting" }).click();
  await here.getByRole("heading", { name: "Your plan: Small" }).waitFor();
  await saveScreenshot(here, "panel-own");
  await other.goto("/");
  await other.getByText("This connection was closed from another one").waitFor();
  await saveScreenshot(other, "panel-sign-in");

  assert.equal(border, "rgb(109, 63, 192)");
  db.close();
});

// Its "Referrer-Policy: no-referrer" replaces the area's.
inBrowser(
  "behind Hono's secureHeaders, which hides the origin of forms, one signs in and closes others",
  async (site) => {
    const origin = new URL(`http://127.0.0.1:${freePort()}`);
    const db = await openDatabase(":memory:");
    const { area, users } = createArea({ db, origin, log: () => {}, pollInterval: DAY });
    await users.add(EMAIL, PASSWORD);
    const origins = new Set<string | undefined>();
    const host = new Hono();
    host.use(secureHeaders());
    host.post("*", async (c, next) => {
      origins.add(c.req.header("Origin"));
      await next();
    });
    host.use(area);
    await using _server = serve(origin, host);

    for (const javaScriptEnabled of [true, false]) {
      const visit = { baseURL: origin.origin, javaScriptEnabled };
      const [other, here] = [await site.visit(visit), await site.visit(visit)];
      await signIn(other);
      await signIn(here);
      await here.getByRole("button", { name: "Close open connections" }).click();
      await here.getByRole("button", { name: /^Close (it|all \d)$/ }).click();
      await here.getByText(/open connections? (was|were) closed/).waitFor();
      await other.reload();
      await other.getByText("This connection was closed from another one").waitFor();
    }

    assert.ok(origins.has("null"));
    db.$client.close();
  },
);

inBrowser(
  "below a base, with the panel's own sign-in and colours, one closes others and signs in again first",
  async (site) => {
    const origin = new URL(`http://127.0.0.1:${freePort()}`);
    const db = await openDatabase(":memory:");
    let now = Date.now();
    const { area } = createArea({
      ...{ db, origin, log: () => {}, now: () => now, base: "/account", signIn: "/sign-in", pollInterval: 200 },
      header: () => html`<header><link rel="stylesheet" href="/acme.css"><a href="/">Acme</a></header>`,
    });
    const host = new Hono();
    host.get("/acme.css", (c) => c.body(":root { --green: rgb(91 47 176) }", 200, { "Content-Type": "text/css" }));
    host.get("/sign-in", (c) => c.html("<title>Acme</title><form method=post><button>Sign in to Acme</button></form>"));
    host.post("/sign-in", async (c) => {
      await area.open(c, { email: EMAIL });
      return c.redirect(area.next(c), 303);
    });
    host.use(area);
    await using _server = serve(origin, host);
    const [other, here] = [await site.visit({ baseURL: origin.origin }), await site.visit({ baseURL: origin.origin })];

    await here.goto("/account");
    await here.getByRole("button", { name: "Sign in to Acme" }).click();
    await here.waitForURL("**/account/user/security/connections");
    await other.goto("/account/user/security");
    await other.getByRole("button", { name: "Sign in to Acme" }).click();
    await here.getByText("2 connections are open").waitFor();
    const button = here.getByRole("button", { name: "Close open connections" });
    assert.equal(await button.evaluate((element) => getComputedStyle(element).backgroundColor), "rgb(91, 47, 176)");

    now += 6 * 60_000;
    await button.click();
    const dialog = await openDialog(here);
    await waitForFocus(dialog.getByRole("link", { name: "Sign in again" }));
    await dialog.getByRole("button", { name: "Close it" }).click();
    await dialog.getByText("Nothing was done. Sign in again first.").waitFor();
    await saveScreenshot(here, "panel-sign-in-again");
    await dialog.getByRole("link", { name: "Sign in again" }).click();
    await here.getByRole("button", { name: "Sign in to Acme" }).click();
    await here.waitForURL("**/account/user/security/connections");
    await here.getByRole("button", { name: "Close open connections" }).click();
    await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
    await here.getByText("1 open connection was closed").waitFor();
    await other.waitForURL("**/sign-in?next=**");
    db.$client.close();
  },
);

const withDialog = {
  header: () =>
    html`
      <header>
        <dialog id="news"><p>Maintenance on Sunday</p><button data-dismiss>Thanks</button></dialog>
      </header>
    `,
};

inBrowser("a dialog of the surrounding panel is neither closed nor emptied by the area", withDialog, async (site) => {
  await addOpen(site.db);
  const here = await site.visit();
  await signIn(here);
  const news = here.locator("#news");
  const opener = here.getByRole("button", { name: "Close open connections" });

  await opener.focus();
  await news.evaluate((dialog: HTMLDialogElement) => dialog.showModal());
  await news.getByRole("button", { name: "Thanks" }).click();
  await here.mouse.click(5, 5);
  assert.equal(await news.getByText("Maintenance on Sunday").isVisible(), true);
  await here.keyboard.press("Escape");
  await news.waitFor({ state: "hidden" });
  await waitForFocus(opener);

  await news.evaluate((dialog: HTMLDialogElement) => dialog.show());
  await opener.press("Enter");
  const dialog = await openDialog(here);
  await here.keyboard.press("Escape");
  await waitForClosedDialog(here);
  assert.equal(await news.getByText("Maintenance on Sunday").isVisible(), true);

  await news.evaluate((dialog: HTMLDialogElement) => dialog.close());
  await opener.press("Enter");
  await dialog.getByRole("button", { name: "Close it" }).waitFor();
  await news.evaluate((dialog: HTMLDialogElement) => dialog.showModal());
  await news.evaluate((dialog: HTMLDialogElement) => dialog.close());
  assert.equal(await dialog.getByRole("heading").innerText(), "Close 1 open connection?");

  await news.evaluate((dialog: HTMLDialogElement) => dialog.show());
  await dialog.getByRole("button", { name: "Close it" }).press("Enter");
  await here.getByText("1 open connection was closed").waitFor();
  await waitForClosedDialog(here);
  assert.equal(await news.getByText("Maintenance on Sunday").isVisible(), true);
});

function serve({ port }: URL, app: Hono): Deno.HttpServer {
  return Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen() {} }, app.fetch);
}
