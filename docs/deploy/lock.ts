/**
 * `deno task lock` renews the lock file of an installation: `deno.lock` without the packages of the tests, and otherwise the same. Deno installs
 * all that its lock file lists, and `--frozen` refuses one that lists more than the manifests need.
 */
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(import.meta.resolve("../../"));
const folder = await Deno.makeTempDir();
try {
  for (const file of ["deno.json", "deno.lock"]) await Deno.copyFile(`${ROOT}${file}`, `${folder}/${file}`);
  const { code } = await new Deno.Command(Deno.execPath(), { args: ["install", "--lockfile-only"], cwd: folder })
    .output();
  if (code !== 0) throw new Error("Cannot renew docs/deploy/deno.lock: deno install failed");
  await Deno.copyFile(`${folder}/deno.lock`, `${ROOT}docs/deploy/deno.lock`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
