import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { openDatabase } from "../../db/database.ts";
import { createPanel } from "../../examples/panel/panel.ts";
import { EMAIL, PASSWORD } from "../app.ts";
import { freePort } from "../processes.ts";
import { inChromium, openDialog, openSite, signIn } from "./chromium.ts";

// Security: CSP
Deno.test(
  "in a panel with its own header and style sheet the policy blocks nothing of the area",
  inChromium,
  async () => {
    await using site = await openSite();
    const origin = new URL(`http://127.0.0.1:${freePort()}`);
    const db = await openDatabase(":memory:");
    const { panel, accounts } = createPanel({ db, origin, log: () => {} });
    await accounts.add(EMAIL, PASSWORD, "Small");
    await using _server = Deno.serve({ hostname: "127.0.0.1", port: Number(origin.port), onListen() {} }, panel.fetch);
    const [other, here] = [await site.visit({ baseURL: origin.origin }), await site.visit({ baseURL: origin.origin })];

    await signIn(other);
    await signIn(here);
    const border = await here.locator("header.acme").evaluate((header) => getComputedStyle(header).borderTopColor);
    await here.getByRole("link", { name: "Close open connections" }).click();
    await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
    await here.getByText("1 open connection was closed").waitFor();
    await shoot(here, "panel-area");
    await here.getByRole("link", { name: "Acme Hosting" }).click();
    await here.getByRole("heading", { name: "Your plan: Small" }).waitFor();
    await shoot(here, "panel-own");
    await other.goto("/");
    await other.getByText("This connection was closed from another one").waitFor();
    await shoot(other, "panel-sign-in");

    assert.equal(border, "rgb(109, 63, 192)");
    site.assertUntroubled();
    db.$client.close();
  },
);

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: fileURLToPath(new URL(`screenshots/${name}.png`, import.meta.url)) });
}
