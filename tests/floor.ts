/**
 * `deno task test:floor`: the oldest Deno that is promised, from npm in a folder of its own, and what has to pass on it. The main
 * flow over both databases and the commands are its processes; what computes by itself is tested in it. The remote database
 * of the tests needs the newer one, and so do the types.
 */
const FLOOR = "2.5.7";
const IN_PROCESSES = ["deploy", "commands"];
const IN_ITSELF = ["passwords", "password", "sign_in", "connections", "confirmation", "csv", "sessions", "time"];

const folder = await Deno.makeTempDir({ prefix: "deno-floor-" });
try {
  await succeed("npm", ["install", "--no-fund", "--no-audit", "--loglevel=error", "--prefix", folder, `deno@${FLOOR}`]);
  // What npm puts into .bin hands no signals on; this is the program behind it.
  const floor = await outputOf(`${folder}/node_modules/.bin/deno`, ["eval", "--quiet", "console.log(Deno.execPath())"]);
  await succeed(floor, ["--version"]);
  await succeed(Deno.execPath(), ["test", "--allow-all", ...testsOf(IN_PROCESSES)], { TEST_DENO: floor });
  await succeed(floor, ["test", "--allow-all", "--no-check", ...testsOf(IN_ITSELF)]);
} finally {
  await Deno.remove(folder, { recursive: true });
}

function testsOf(names: string[]): string[] {
  return names.map((name) => `tests/${name}_test.ts`);
}

async function succeed(command: string, args: string[], env: Record<string, string> = {}): Promise<void> {
  const { code } = await new Deno.Command(command, { args, env, stdout: "inherit", stderr: "inherit" }).output();
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with status ${code}`);
}

async function outputOf(command: string, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args, stderr: "inherit" }).output();
  return new TextDecoder().decode(stdout).trim();
}
