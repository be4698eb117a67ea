/**
 * `deno task test:floor`: tests on the oldest supported Deno, installed from npm into a temporary folder. Tests of the commands start it as
 * their processes; tests of computations run in it. The fake database server and the type check need the current Deno.
 */
const FLOOR = "2.5.7";
const AS_PROCESSES = [
  "deploy",
  "commands",
  "backup_command",
  "demo_command",
  "serve_command",
  "users_command",
  "users_life_command",
  "mail_command",
  "migrate_command",
];
const INSIDE = [
  "passwords",
  "other_hashes",
  "password",
  "sign_in",
  "refusals",
  "connections",
  "closing",
  "confirmation",
  "renewal",
  "csv",
  "compression",
  "sessions",
  "time",
];

const folder = await Deno.makeTempDir({ prefix: "deno-floor-" });
try {
  await succeed("npm", ["install", "--no-fund", "--no-audit", "--loglevel=error", "--prefix", folder, `deno@${FLOOR}`]);
  // npm's script in .bin doesn't forward signals: find the program behind it.
  const floor = await outputOf(`${folder}/node_modules/.bin/deno`, ["eval", "--quiet", "console.log(Deno.execPath())"]);
  await succeed(floor, ["--version"]);
  await succeed(Deno.execPath(), ["test", "--allow-all", ...testsOf(AS_PROCESSES)], { TEST_DENO: floor });
  await succeed(floor, ["test", "--allow-all", "--no-check", ...testsOf(INSIDE)]);
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
