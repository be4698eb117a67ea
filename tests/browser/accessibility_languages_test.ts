import assert from "node:assert/strict";
import type { Language } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { textsOf } from "../../words/texts.ts";
import { EMAIL, PASSWORD, UNSENT } from "../app.ts";
import { assertAccessible, STILL } from "./accessibility.ts";
import { inBrowser, openDialog, type Site } from "./chromium.ts";
import { addClosed, addEveryState, addMoved } from "./history.ts";

const WITH_MAIL = { mail: UNSENT };

inBrowser("the pages in Spanish are accessible", WITH_MAIL, (site) => assertAccessibleIn(site, "es", "es-ES"));

inBrowser("the pages in Catalan are accessible", WITH_MAIL, (site) => assertAccessibleIn(site, "ca", "ca-ES"));

/** Asserts it of the pages with long words in a language, in a browser that asks for that language. */
async function assertAccessibleIn(site: Site, language: Language, locale: string): Promise<void> {
  const { layout, history, closing, signIn: { email, password, submit } } = textsOf(language);
  await addEveryState(site.db);
  await addClosed(site.db, 30);
  await addMoved(site.db);
  const here = await site.visit({ ...STILL, locale });
  await here.goto(paths.signIn);
  await assertAccessible(here, `${language}-sign-in`);

  await here.setViewportSize(STILL.viewport);
  await here.getByLabel(email).fill(EMAIL);
  await here.getByLabel(password).fill(PASSWORD);
  await here.getByRole("button", { name: submit }).click();
  await here.getByRole("heading", { name: history.title }).waitFor();
  await assertAccessible(here, `${language}-history`);
  const tooWide = await here.locator("#rows td.when > :is(a, b)").evaluateAll((times) =>
    times.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map((time) => time.textContent)
  );
  assert.deepEqual(tooWide, [], "at 320 pixels no time overlaps the state beside it");

  await here.setViewportSize(STILL.viewport);
  await here.getByText(layout.menu).click();
  await here.getByRole("button", { name: layout.signOut }).waitFor();
  await assertAccessible(here, `${language}-menu`);
  await here.keyboard.press("Escape");

  await here.setViewportSize(STILL.viewport);
  await here.getByRole("button", { name: history.closeAll }).click();
  await (await openDialog(here)).getByRole("button", { name: closing.cancel }).waitFor();
  await assertAccessible(here, `${language}-dialog`);

  const details = await here.locator("tr.unreviewed:not(.current) td.when > a").getAttribute("href") ?? "";
  await assertAccessibleAt(details, `${language}-details`);
  await assertAccessibleAt(`${details}/review`, `${language}-review`);
  await assertAccessibleAt(paths.preferences, `${language}-preferences`);
  await assertAccessibleAt(paths.password, `${language}-password`);
  await assertAccessibleAt(paths.email, `${language}-email`);
  await assertAccessibleAt(paths.forgottenSent, `${language}-forgotten-sent`);
  await assertAccessibleAt(`${paths.connections}?state=refused&ip=300.1`, `${language}-empty`);
  await assertAccessibleAt("/nowhere", `${language}-not-found`);

  async function assertAccessibleAt(path: string, name: string): Promise<void> {
    await here.setViewportSize(STILL.viewport);
    await here.goto(path);
    await assertAccessible(here, name);
  }
}
