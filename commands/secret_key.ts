import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { createSecrets, KEY_LENGTH, readKeys, type Secrets } from "../credentials/secrets.ts";
import type { Db } from "../db/database.ts";
import { pathOf } from "../db/driver/embedded.ts";
import { listAuthenticators, rewriteSecret } from "../db/methods/authenticators.ts";
import { describeError, type Log } from "../http/log.ts";
import { type Configuration, ConfigurationError } from "./configuration.ts";

/** The current key first; then one that is being replaced. */
type Keys = Uint8Array[];

/**
 * Returns what reads the keys of `SECRET_KEY`, or of the file beside an embedded database, which it makes at the first need. It gives `null`,
 * and logs once why, if there is no key and none can be made. It notices when the file changes.
 */
export function createSecretReader(configuration: Configuration, log: Log): () => Promise<Secrets | null> {
  const { secretKeys } = configuration;
  let known: { text: string; secrets: Promise<Secrets> } | undefined;
  let hasLogged = false;

  return async () => {
    try {
      const keys = secretKeys ?? await readOrMakeFile(keyFileOf(configuration));
      const text = keys.map(write).join();
      if (known?.text !== text) known = { text, secrets: createSecrets(keys) };
      return await known.secrets;
    } catch (error) {
      if (!hasLogged) log("secret_key_missing", { error: describeError(error) });
      hasLogged = true;
      return null;
    }
  };
}

/** Throws a `ConfigurationError` if there are secrets in the database that the key doesn't open. */
export async function requireReadable(db: Db, configuration: Configuration): Promise<void> {
  const [stored] = await listAuthenticators(db, 1);
  if (!stored) return;
  const keys = configuration.secretKeys ?? await readFile(keyFileOf(configuration)).catch(() => null);
  const use = { purpose: "authenticator", of: stored.userId };
  if (keys && await (await createSecrets(keys)).decrypt(stored.secret, use) !== null) return;
  const where = configuration.secretKeys ? "SECRET_KEY" : keyFileOf(configuration) ?? "SECRET_KEY, which is not set,";
  throw new ConfigurationError(
    `Cannot read the authenticator apps' secrets in the database: ${where} is not the key they were encrypted with`,
  );
}

/** `deno task rotate-key`: encrypts every secret with a new key. */
export async function rotate(db: Db, configuration: Configuration): Promise<number> {
  const file = keyFileOf(configuration);
  const keys = configuration.secretKeys ?? await readFile(file);
  // Two in the file are those of a rotation that was cut off, which is finished: a third would lose the first.
  const isBegun = keys.length === 2;
  if (configuration.secretKeys && !isBegun) {
    throw new ConfigurationError(
      'SECRET_KEY must be two keys, "new,old", while the secrets are encrypted with the new one',
    );
  }
  const next = isBegun ? keys : [randomBytes(KEY_LENGTH), ...keys];
  // The running server reads the file again, and from now on knows both.
  if (!isBegun) await writeFile(file!, next);
  const secrets = await createSecrets(next);
  let [count, found] = [0, 0];
  // Until there is none left: a form that was under way may have added one.
  do {
    found = await encryptAnew(db, secrets);
    count += found;
  } while (found > 0);
  if (!configuration.secretKeys) await writeFile(file!, next.slice(0, 1));
  return count;
}

/** Encrypts the secrets of another key with the current one. Returns how many there were. */
async function encryptAnew(db: Db, secrets: Secrets): Promise<number> {
  let count = 0;
  for (const each of await listAuthenticators(db)) {
    const use = { purpose: "authenticator", of: each.userId };
    if (secrets.isCurrent(each.secret)) continue;
    const secret = await secrets.decrypt(each.secret, use);
    if (secret === null) {
      throw new ConfigurationError("Cannot read a secret: neither key is the one it was encrypted with");
    }
    await rewriteSecret(db, each, await secrets.encrypt(secret, use));
    count++;
  }
  return count;
}

/** Null for a remote database: its instances have no file in common. */
function keyFileOf({ databaseUrl }: Configuration): string | null {
  return databaseUrl.startsWith("file:") ? `${dirname(pathOf(databaseUrl))}/secret.key` : null;
}

async function readOrMakeFile(file: string | null): Promise<Keys> {
  try {
    return await readFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) || file === null) throw error;
  }
  await makeFile(file);
  return await readFile(file);
}

/** By a link, so that of two processes one makes it, and neither ever reads half of it. */
async function makeFile(file: string): Promise<void> {
  const whole = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await Deno.writeTextFile(whole, `${write(randomBytes(KEY_LENGTH))}\n`, { createNew: true, mode: 0o600 });
    await Deno.link(whole, file).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    });
  } catch (error) {
    throw new Error(`Cannot make ${file}: the process can't write there`, { cause: error });
  } finally {
    await Deno.remove(whole).catch(() => {});
  }
}

async function readFile(file: string | null): Promise<Keys> {
  if (file === null) throw new Error("SECRET_KEY is not set, and a remote database has no file beside it");
  const keys = readKeys((await Deno.readTextFile(file)).trim());
  if (!keys) throw new ConfigurationError(`Cannot read ${file}: it must contain a key of 32 bytes as base64`);
  return keys;
}

async function writeFile(file: string, keys: Keys): Promise<void> {
  await Deno.writeTextFile(`${file}.new`, `${keys.map(write).join(",")}\n`, { mode: 0o600 });
  await Deno.rename(`${file}.new`, file);
}

function write(key: Uint8Array): string {
  return Buffer.from(key).toString("base64");
}
