import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { fillHistory } from "../../commands/demo_history.ts";
import { findUser } from "../../db/users.ts";
import { createCountryLookup } from "../../visitor/countries.ts";
import { EMAIL, START } from "../app.ts";
import { inBrowser, signIn } from "./chromium.ts";
import { addClosed, addUnusual } from "./history.ts";

inBrowser(
  "the first screen shows who is in, below the banner: five rows in a small window, one on a phone",
  async (site) => {
    const { id } = (await findUser(site.db, EMAIL))!;
    const countryOf = createCountryLookup((error) => {
      throw error;
    });
    await fillHistory(site.db, id, { connections: 320, countryOf, now: START });
    const here = await site.visit({ ip: "46.16.60.1", viewport: { width: 1280, height: 720 } });
    await signIn(here);
    await here.locator(".banner", { hasText: "3 unusual connections" }).waitFor();

    const inWindow = await countVisible(here);
    await here.setViewportSize({ width: 390, height: 844 });
    const onPhone = await countVisible(here);

    assert.ok(inWindow >= 5, `${inWindow} in a window of 1280×720`);
    assert.ok(onPhone >= 1, `${onPhone} on a phone`);
  },
);

inBrowser(
  "the button that closes is the largest green one, beside the title or on a phone right below it",
  async (site) => {
    await addUnusual(site.db);
    await addClosed(site.db, 20);
    const here = await site.visit();
    await signIn(here);
    const boxOf = async (selector: string) => (await here.locator(selector).boundingBox())!;

    const [title, button] = [await boxOf("#title"), await boxOf("#head .primary")];
    await here.setViewportSize({ width: 390, height: 844 });
    const [titleOnPhone, onPhone, banner] = [
      await boxOf("#title"),
      await boxOf("#head .primary"),
      await boxOf(".banner"),
    ];

    assert.ok(button.x > title.x + 200 && button.y < title.y + title.height, "beside the title");
    assert.ok(onPhone.y > titleOnPhone.y && onPhone.y < banner.y, "below the title");
    assert.equal(await here.locator(".primary").count(), 1);
  },
);

/** Counts the rows that are wholly in the window, without scrolling. */
async function countVisible(page: Page): Promise<number> {
  return await page.locator("tbody tr[id]").evaluateAll((rows) =>
    rows.filter((row) => row.getBoundingClientRect().bottom <= innerHeight).length
  );
}
