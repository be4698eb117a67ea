/**
 * `deno task pack [FILE]` makes the package's tarball for npm with `deno pack`, and makes Hono a peer dependency: the types of two copies
 * would not match.
 */
import { fileURLToPath } from "node:url";

/** The first version without known vulnerabilities in what the area uses. */
const HONO = "^4.13.7";
const ENGINES = { deno: ">=2.5.0", node: ">=24.0.0", bun: ">=1.3.0" };

const [target = "connection-history-area.tgz"] = Deno.args;
const root = fileURLToPath(new URL("../", import.meta.url));
const folder = await Deno.makeTempDir();
try {
  const tarball = `${folder}/packed.tgz`;
  await run(Deno.execPath(), ["pack", "--quiet", "--allow-dirty", "--no-source-maps", "-o", tarball]);
  await run("tar", ["-xzf", tarball, "-C", folder]);
  const manifest = `${folder}/package/package.json`;
  const { dependencies: { hono: _, ...dependencies }, ...rest } = JSON.parse(await Deno.readTextFile(manifest));
  const changed = { ...rest, engines: ENGINES, peerDependencies: { hono: HONO }, dependencies };
  await Deno.writeTextFile(manifest, `${JSON.stringify(changed, null, 2)}\n`);
  await nameTypes(`${folder}/package`);
  await run("tar", ["-czf", target, "-C", folder, "package"]);
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** Names a module's types for Deno, which doesn't look for them in a workspace's package. */
async function nameTypes(path: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory) await nameTypes(`${path}/${name}`);
    if (!name.endsWith(".d.ts")) continue;
    const script = `${path}/${name.replace(/\.d\.ts$/, ".js")}`;
    await Deno.writeTextFile(script, `/* @ts-self-types="./${name}" */\n${await Deno.readTextFile(script)}`);
  }
}

async function run(command: string, args: string[]): Promise<void> {
  const { code } = await new Deno.Command(command, { args, cwd: root, stdout: "inherit", stderr: "inherit" }).output();
  if (code !== 0) throw new Error(`Cannot make the package: ${command} ${args.join(" ")} ended with ${code}`);
}
