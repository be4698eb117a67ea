import assert from "node:assert/strict";
import { assetPath } from "../http/assets.ts";
import { startApp } from "./app.ts";
import { ROOT } from "./processes.ts";

Deno.test("the ten custom properties of docs/embedding.md stay in the style sheet, which uses each of them", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/embedding.md`);
  const tokens = [...page.matchAll(/^\| `(--[\w-]+)`/gm)].map(([, name]) => name!);
  const { browser } = await startApp();

  const { text: styles } = await browser().get(assetPath("css"));

  assert.deepEqual(tokens, [
    "--sans",
    "--radius",
    "--ink",
    "--ink-soft",
    "--paper",
    "--surface",
    "--line",
    "--blue",
    "--green",
    "--on-green",
  ]);
  const root = /:root \{(.*?)\n\}/s.exec(styles)?.[1] ?? "";
  for (const token of tokens) {
    assert.match(root, new RegExp(`^  ${token}: `, "m"), `${token} is set at the root`);
    assert.ok(styles.includes(`var(${token})`), `${token} is used`);
  }
});
