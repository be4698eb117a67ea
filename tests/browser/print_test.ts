import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { EMAIL } from "../app.ts";
import { inChromium, openSite, signIn, texts } from "./chromium.ts";
import { addClosed, addEveryState } from "./history.ts";

/** What is left of the width of a sheet of A4 between its margins, in pixels of CSS. */
const SHEET = { width: 688, height: 1017 };

Deno.test(
  "a printed history is the whole table with its account, dates and zone, in light, and nothing to click",
  inChromium,
  async () => {
    await using site = await openSite();
    await addEveryState(site.db);
    await addClosed(site.db, 30);
    const here = await site.visit({ colorScheme: "dark" });
    await signIn(here);
    await here.getByRole("link", { name: "Preferences" }).click();
    await here.getByLabel("Theme").selectOption("Dark");
    await here.getByRole("button", { name: "Save preferences" }).click();
    await here.getByRole("link", { name: "Connection history" }).click();
    await here.getByText("Times in Europe/Madrid").waitFor();

    await here.setViewportSize(SHEET);
    await here.emulateMedia({ media: "print" });

    assert.deepEqual(await texts(here.locator(":is(a, button, input, select, summary):visible")), ["Control panel"]);
    assert.deepEqual(await texts(here.getByRole("columnheader")), ["Date", "IP address", "Country", "Device", "State"]);
    assert.equal(await here.locator("tbody tr:visible").count(), 25);
    await here.getByText("Times in Europe/Madrid").waitFor();
    await here.getByText(EMAIL).waitFor();
    const look = await here.evaluate(() => {
      const style = (selector: string) => getComputedStyle(document.querySelector(selector)!);
      return {
        scheme: style(":root").colorScheme,
        head: style("thead").display,
        row: style("tbody tr").display,
        isTooWide: document.documentElement.scrollWidth > innerWidth,
      };
    });
    assert.deepEqual(look, { scheme: "light", head: "table-header-group", row: "table-row", isTooWide: false });
    await here.screenshot({
      path: fileURLToPath(new URL("screenshots/history-print.png", import.meta.url)),
      fullPage: true,
    });
    const pdf = await here.pdf({ format: "A4", preferCSSPageSize: true });
    assert.match(Buffer.from(pdf).toString("latin1"), /^%PDF/);
    site.assertUntroubled();
  },
);
