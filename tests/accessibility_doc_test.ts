import assert from "node:assert/strict";
import { ROOT } from "./processes.ts";

Deno.test("every test that docs/accessibility.md names exists", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/accessibility.md`);
  const named = [...page.matchAll(/`(tests\/[\w/]+_test\.ts)`: ("[^"]+"(?:, "[^"]+")*)/g)].flatMap((
    [_, file, titles],
  ) => [...titles!.matchAll(/"([^"]+)"/g)].map(([_, part]) => ({ file: file!, part: part! })));

  assert.ok(named.length >= 20);
  for (const { file, part } of named) {
    const code = await Deno.readTextFile(`${ROOT}${file}`);
    const titles = [...code.matchAll(/(?:Deno\.test|inBrowser|inEngine)\(\s*(["'])(.+?)\1,/g)].map(([_, __, title]) =>
      title!
    );
    assert.ok(titles.some((title) => title.includes(part)), `"${part}" is in no title of ${file}`);
  }
});
