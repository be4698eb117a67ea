import assert from "node:assert/strict";
import { ROOT } from "./processes.ts";

Deno.test("docs/accessibility.md names tests that there are", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/accessibility.md`);
  const named = [...page.matchAll(/`(tests\/[\w/]+_test\.ts)`: ("[^"]+"(?:, "[^"]+")*)/g)].flatMap((
    [_, file, titles],
  ) => [...titles!.matchAll(/"([^"]+)"/g)].map(([_, part]) => ({ file: file!, part: part! })));

  assert.ok(named.length >= 20);
  for (const { file, part } of named) {
    const titles = (await Deno.readTextFile(`${ROOT}${file}`)).match(/Deno\.test\(\s*"[^"]+"/g) ?? [];
    assert.ok(titles.some((title) => title.includes(part)), `"${part}" is in no title of ${file}`);
  }
});
