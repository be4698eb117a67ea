import about from "./deno.json" with { type: "json" };
import { backup } from "./commands/backup.ts";
import { type Configuration, ConfigurationError, readConfiguration, VARIABLES } from "./commands/configuration.ts";
import { migrate } from "./commands/migrate.ts";
import { rotateKey } from "./commands/rotate_key.ts";
import { serve } from "./commands/serve.ts";
import { transfer } from "./commands/transfer.ts";
import { users } from "./commands/users.ts";
import { describeError } from "./http/log.ts";
import { hideUrls } from "./http/telemetry/spans.ts";

const commands = {
  serve,
  // Imported when it is run: docs/deploy/files.txt leaves it out.
  demo: async (configuration: Configuration) => await (await import("./commands/demo.ts")).demo(configuration),
  users,
  migrate,
  backup,
  transfer,
  "rotate-key": rotateKey,
};
const [name = "serve", ...args] = Deno.args;

if (Deno.args.includes("--version")) {
  console.log(`connection-history ${about.version}`);
  Deno.exit(0);
}
hideUrls();
try {
  if (!Object.hasOwn(commands, name)) {
    throw new ConfigurationError(`Cannot run "${name}": the commands are ${Object.keys(commands).join(", ")}`);
  }
  const configuration = readConfiguration(Object.fromEntries(VARIABLES.map((v) => [v, Deno.env.get(v)])));
  const status = await commands[name as keyof typeof commands](configuration, args);
  if (status !== 0) Deno.exit(status);
} catch (error) {
  // Deno itself would also print a failed query's values, such as a password's hash.
  console.error(error instanceof ConfigurationError ? error.message : describeError(error));
  Deno.exit(1);
}
