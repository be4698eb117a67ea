import assert from "node:assert/strict";
import { generate } from "../package/generate.ts";
import { ROOT } from "./processes.ts";

Deno.test("the generated modules are what `deno task generate` makes", async () => {
  const generated = await generate();
  const folder = await Array.fromAsync(Deno.readDir(`${ROOT}generated`));

  assert.deepEqual(folder.map(({ name }) => `generated/${name}`).sort(), Object.keys(generated).sort());
  for (const [path, text] of Object.entries(generated)) {
    assert.ok(await Deno.readTextFile(`${ROOT}${path}`) === text, `${path} is out of date`);
  }
});
