import assert from "node:assert/strict";
import axeCore from "axe-core";
import { paths } from "../../../http/paths.ts";
import { describe, OPTIONS } from "../axe.ts";
import { addEveryState, addUnusual } from "../history.ts";
import { PARIS } from "../site.ts";
import { signIn } from "./flow.ts";
import type { Scene } from "./in_engine.ts";
import type { Window } from "./window.ts";

/** Asserts that axe-core finds nothing on the main pages, light and dark, and saves pictures of them, also as narrow as the engine can. */
export async function assertPagesAccessible({ db, open, engine }: Scene): Promise<void> {
  await addEveryState(db);
  await addUnusual(db);
  const found = {
    ...await inspectPages(await open(), engine, "light"),
    ...await inspectPages(await open({ theme: "dark" }), engine, "dark"),
  };
  assert.equal(Object.keys(found).length, 12);
  assert.deepEqual(Object.fromEntries(Object.entries(found).filter(([_, list]) => list.length > 0)), {});
}

async function inspectPages(window: Window, engine: string, theme: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const inspect = async (page: string) => {
    const name = `${engine}-${page}-${theme}`;
    found[name] = await findViolations(window);
    await window.saveScreenshot(`${name}-wide`);
    await window.resize(390);
    await window.saveScreenshot(`${name}-narrow`);
    await window.resize(1280);
  };

  await window.goto(paths.signIn);
  await inspect("sign-in");
  await signIn(window);
  await window.waitForPath(paths.connections);
  await inspect("history");
  await window.click("button", "Close open connections");
  await window.waitForText("This browser stays signed in.");
  await inspect("confirmation");
  await window.click("button", "Cancel");
  await window.click("link", "23 Nov", PARIS);
  await window.waitForText("Where it was used");
  await inspect("details");
  await window.goto(paths.password);
  await inspect("password");
  await window.goto(paths.preferences);
  await inspect("preferences");
  return found;
}

async function findViolations(window: Window): Promise<string[]> {
  // In the middle of an animation a colour has neither of its values.
  await window.waitUntil("nothing moves", () => document.getAnimations().length === 0);
  // Past the content security policy, which forbids scripts that aren't the site's.
  if (!await window.evaluate(() => "axe" in globalThis)) await window.run(axeCore.source);
  await window.evaluate((options) => {
    globalThis.violations = undefined;
    globalThis.axe.run(options).then(({ violations }) => globalThis.violations = violations);
  }, OPTIONS);
  const violations = await window.waitUntil("axe-core's verdict", () => globalThis.violations);
  return describe(violations);
}

declare global {
  /** What axe-core found. */
  var violations: axeCore.Result[] | undefined;
}
