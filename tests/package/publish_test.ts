import assert from "node:assert/strict";
import { ROOT } from "../processes.ts";

const text = new TextDecoder();

Deno.test("deno publish accepts the package: no slow types, nothing missing", async () => {
  const { code, stderr } = await deno(["publish", "--dry-run", "--allow-dirty"]);

  assert.equal(code, 0, stderr);
  assert.match(stderr, /Dry run complete/);
  assert.doesNotMatch(stderr, /Warning|warning\[/);
});

Deno.test("the package exports what a host needs and no more, each with a doc comment", async () => {
  const { stderr } = await deno(["doc", "--lint", "mod.ts"]);

  assert.doesNotMatch(stderr, /missing-jsdoc/);
  assert.deepEqual(Object.keys(await import("../../mod.ts")).sort(), [
    "UserMenu",
    "countingIn",
    "createArea",
    "hideUrls",
    "openDatabase",
    "passwordProblem",
    "paths",
  ]);
});

async function deno(args: string[]) {
  const env = { NO_COLOR: "1" };
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env }).output();
  return { code, stderr: text.decode(stderr) };
}
