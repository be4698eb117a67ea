import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { EMAIL } from "../app.ts";
import { inBrowser, saveScreenshot, signIn, texts } from "./chromium.ts";
import { addClosed, addEveryState, addMoved } from "./history.ts";

/** A sheet of A4 without its margins, in CSS pixels. */
const SHEET = { width: 688, height: 1017 };

inBrowser(
  "a printed history is the table with its account, dates and time zone, in the light theme and without controls",
  async (site) => {
    await addEveryState(site.db);
    await addClosed(site.db, 30);
    await addMoved(site.db);
    const here = await site.visit({ colorScheme: "dark" });
    await signIn(here);
    await here.getByRole("link", { name: "Preferences" }).click();
    await here.getByLabel("Theme").selectOption("Dark");
    await here.getByRole("button", { name: "Save preferences" }).click();
    await here.getByRole("link", { name: "Connection history" }).click();
    await here.getByText("Times in Europe/Madrid").waitFor();

    await here.setViewportSize(SHEET);
    await here.emulateMedia({ media: "print" });

    assert.deepEqual(await texts(here.locator(":is(a, button, input, select, summary):not(td.when > a):visible")), [
      "Control panel",
    ]);
    assert.deepEqual(await texts(here.getByRole("columnheader")), ["Date", "IP address", "Country", "Device", "State"]);
    assert.equal(await here.locator("tbody tr[id]:visible").count(), 29);
    await here.getByText("Times in Europe/Madrid").waitFor();
    await here.getByText(EMAIL).waitFor();
    const look = await here.evaluate(() => {
      const style = (selector: string) => getComputedStyle(document.querySelector(selector)!);
      return {
        scheme: style(":root").colorScheme,
        head: style("thead").display,
        row: style("tbody tr[id]").display,
        isTooWide: document.documentElement.scrollWidth > innerWidth,
      };
    });
    assert.deepEqual(look, { scheme: "light", head: "table-header-group", row: "table-row", isTooWide: false });
    await saveScreenshot(here, "history-print", { fullPage: true });
    const pdf = await here.pdf({ format: "A4", preferCSSPageSize: true });
    assert.match(Buffer.from(pdf).toString("latin1"), /^%PDF/);
  },
);
