import { dirname, resolve } from "node:path";
import { beginOpening, type Db, tryToWrite } from "../db/database.ts";
import { pathOf } from "../db/driver/embedded.ts";
import type { OnMigration } from "../db/driver/migrations.ts";
import { hasDatabase } from "../db/driver/presence.ts";
import { AccessRefused, causesOf, findUnavailable } from "../db/driver/unavailable.ts";
import { type Configuration, ConfigurationError } from "./configuration.ts";

const WHOSE = "Does the file belong to the user that runs this?";

type Opening = {
  /** Whether the command may make a database where there is none. */
  mayCreate?: boolean;
  onMigration?: OnMigration;
};

/**
 * Opens and migrates the configured database, and says on standard error which one that is. Creates an embedded one's folder if the process
 * may: the tasks only allow `data/`. Throws a `ConfigurationError` if it can't be opened, or isn't there and the command may not make it.
 */
export async function openConfigured(configuration: Configuration, opening: Opening = {}): Promise<Db> {
  const { db, migrated } = await beginOpeningConfigured(configuration, opening);
  await migrated;
  return db;
}

/** The same without waiting until its tables are up to date: `migrated` says whether they weren't. */
export async function beginOpeningConfigured(
  configuration: Configuration,
  { mayCreate = false, onMigration }: Opening,
): Promise<{ db: Db; migrated: Promise<boolean> }> {
  const { databaseUrl, databaseAuthToken, isDatabaseSet } = configuration;
  const isFile = databaseUrl.startsWith("file:");
  const explain = (error: unknown) => {
    if (error instanceof ConfigurationError) throw error;
    const which = isFile ? ` ${databaseUrl}` : "";
    const cause = rootCause(error);
    const question = isFile && /permission denied|unable to open/i.test(cause) ? `. ${WHOSE}` : "";
    throw new ConfigurationError(`Cannot open the database${which} of DATABASE_URL: ${cause}${question}`);
  };
  console.error(`Database: ${describe(databaseUrl)}${isDatabaseSet ? "" : " (DATABASE_URL is not set)"}`);
  try {
    if (!mayCreate && !await hasDatabase(databaseUrl, databaseAuthToken)) throw missing(configuration);
    if (mayCreate && isFile) {
      await Deno.mkdir(dirname(pathOf(databaseUrl)), { recursive: true, mode: 0o700 }).catch((error) => {
        if (!(error instanceof Deno.errors.NotCapable)) throw error;
      });
    }
    let isNewDatabase = false;
    const { db, migrated } = await beginOpening(databaseUrl, databaseAuthToken, (name, isNew) => {
      isNewDatabase = isNew;
      onMigration?.(name, isNew);
    });
    const said = migrated.then((hasMigrated) => {
      if (isNewDatabase) console.error("It is new: there was none");
      return hasMigrated;
    }).catch(explain);
    return { db, migrated: said };
  } catch (error) {
    return explain(error);
  }
}

/** Writes once. Throws a `ConfigurationError` if that fails, unless another process is writing meanwhile. */
export async function requireWritable(db: Db, { databaseUrl }: Configuration): Promise<void> {
  try {
    await tryToWrite(db);
  } catch (error) {
    if (isBusy(error)) return;
    throw new ConfigurationError(
      `Cannot write to the database at ${describe(databaseUrl)}: ${rootCause(error)}` +
        (databaseUrl.startsWith("file:") ? `. ${WHOSE}` : ""),
    );
  }
}

/** What to do without an account. The command alone would make it in another database than a service's. */
export function askForAccount({ isDatabaseSet }: Configuration): string {
  const how = isDatabaseSet ? "With the same DATABASE_URL, make the first one by" : "Make the first one by";
  return `There is no account yet. ${how}: deno task users add you@example.com`;
}

function isBusy(error: unknown): boolean {
  const outage = findUnavailable(error);
  return outage !== null && !(outage instanceof AccessRefused) && (outage.cause === undefined || !outage.mayBeDone);
}

function missing({ databaseUrl, isDatabaseSet }: Configuration): ConfigurationError {
  const where = databaseUrl.startsWith("file:") ? pathOf(databaseUrl) : describe(databaseUrl);
  const question = isDatabaseSet
    ? "Is DATABASE_URL what the service has?"
    : "DATABASE_URL is not set: is it what the service has?";
  return new ConfigurationError(`There is no database at ${where}. ${question}`);
}

/** Where the database is, without the credentials that a URL may contain. */
export function describe(databaseUrl: string): string {
  if (!databaseUrl.startsWith("file:")) {
    const { protocol, host } = new URL(databaseUrl);
    return `${protocol}//${host}`;
  }
  const path = pathOf(databaseUrl);
  try {
    return resolve(path);
  } catch {
    // Without permission to ask for the current folder.
    return path;
  }
}

function rootCause(error: unknown): string {
  const cause = causesOf(error).at(-1);
  return cause instanceof Error ? cause.message : String(cause);
}
