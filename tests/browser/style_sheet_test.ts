import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { inBrowser } from "./chromium.ts";

const FOLDER = new URL("../../static/css/", import.meta.url);

inBrowser("the style sheet has the rules of every file in static/css, and no others", async (site) => {
  const here = await site.visit();
  await here.goto(paths.signIn);
  const files = await Array.fromAsync(Deno.readDir(FOLDER), ({ name }) => Deno.readTextFile(new URL(name, FOLDER)));

  const { served, parts } = await here.evaluate((files) => {
    const readRules = ({ cssRules }: CSSStyleSheet) => Array.from(cssRules, ({ cssText }) => cssText);
    const parts = files.map((css) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      return readRules(sheet);
    });
    return { served: readRules(document.styleSheets[0]!), parts };
  }, files);

  assert.ok(served.join("").length > 10_000);
  assert.deepEqual(served.toSorted(), parts.flat().sort());
});
