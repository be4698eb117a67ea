import { type Configuration, ConfigurationError } from "./configuration.ts";
import { openConfigured } from "./database.ts";
import { rotate } from "./secret_key.ts";

/** `deno task rotate-key`: encrypts the secrets in the database with a new key, while the server runs. */
export async function rotateKey(configuration: Configuration, args: string[]): Promise<number> {
  if (args.length > 0) throw new ConfigurationError("Usage: deno task rotate-key");
  const db = await openConfigured(configuration);
  const count = await rotate(db, configuration);
  db.$client.close();
  console.error(`Encrypted ${count} ${count === 1 ? "secret" : "secrets"} with the new key`);
  if (configuration.secretKeys) console.error("Now remove the old key from SECRET_KEY, and restart the service");
  return 0;
}
