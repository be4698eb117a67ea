import about from "./deno.json" with { type: "json" };
import { type Configuration, ConfigurationError, readConfiguration, VARIABLES } from "./commands/configuration.ts";
import { serve } from "./commands/serve.ts";
import { describeError } from "./http/log.ts";
import { hideUrls } from "./http/telemetry/spans.ts";

type Command = (configuration: Configuration, args: string[]) => Promise<number>;

/** The server starts without what only the other commands need. */
const commands: Record<string, () => Promise<Command>> = {
  serve: () => Promise.resolve(serve),
  demo: async () => (await import("./commands/demo.ts")).demo,
  users: async () => (await import("./commands/users.ts")).users,
  migrate: async () => (await import("./commands/migrate.ts")).migrate,
  backup: async () => (await import("./commands/backup.ts")).backup,
  transfer: async () => (await import("./commands/transfer.ts")).transfer,
  "rotate-key": async () => (await import("./commands/rotate_key.ts")).rotateKey,
};
const [name = "serve", ...args] = Deno.args;

if (Deno.args.includes("--version")) {
  console.log(`connection-history ${about.version}`);
  Deno.exit(0);
}
hideUrls();
try {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    throw new ConfigurationError(`Cannot run "${name}": the commands are ${Object.keys(commands).join(", ")}`);
  }
  const configuration = readConfiguration(Object.fromEntries(VARIABLES.map((v) => [v, Deno.env.get(v)])));
  const run = await load();
  const status = await run(configuration, args);
  if (status !== 0) Deno.exit(status);
} catch (error) {
  // Deno itself would also print a failed query's values, such as a password's hash.
  console.error(error instanceof ConfigurationError ? error.message : describeError(error));
  Deno.exit(1);
}
