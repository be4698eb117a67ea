import { fileURLToPath } from "node:url";
import { createPasswords } from "../credentials/passwords.ts";
import { createTicketReader } from "../credentials/tickets.ts";
import type { Db } from "../db/database.ts";
import { hasUsers } from "../db/users.ts";
import { createLog, describeError } from "../http/log.ts";
import { createSender } from "../mail/sender.ts";
import { createApp } from "../routes/app.tsx";
import { createCountryLookup } from "../visitor/countries.ts";
import { type Configuration, ConfigurationError } from "./configuration.ts";
import { askForAccount, beginOpeningConfigured, requireWritable } from "./database.ts";
import { createSecretReader, requireReadable } from "./secret_key.ts";

const DAY = 86_400_000;
/** geoip-lite's data, which its updater renews. */
export const GEO_DATA = fileURLToPath(new URL(".", import.meta.resolve("geoip-lite/data/geoip-country.dat")));
/** How long running requests may take after a signal to stop, in milliseconds. */
const SHUTDOWN_TIMEOUT = 3_000;
/** How long a request waits for the database's tables, in milliseconds. */
const MIGRATION_WAIT = 5_000;
const RETRY = { "Retry-After": "5" };

/** `deno task start`: serves the app on the configured database until SIGINT or SIGTERM. */
export async function serve(configuration: Configuration): Promise<number> {
  const { db, migrated } = await beginOpeningConfigured(configuration, {
    mayCreate: true,
    onMigration: (name, isNew) => isNew || console.error(`Migrating the database: ${name}`),
  });
  const isFile = configuration.databaseUrl.startsWith("file:");
  if (isFile) {
    await migrated;
    await requireWritable(db, configuration);
    await requireReadable(db, configuration);
  }
  return await listen(configuration, db, migrated, async () => {
    // A remote database is asked meanwhile: a first page doesn't wait.
    if (!isFile) await requireReadable(db, configuration);
    console.log(`Address: ${configuration.origin.origin}${configuration.base}`);
    if (!await hasUsers(db)) console.log(askForAccount(configuration));
  });
}

/**
 * Serves the app, and ends the process at a signal, or with status 1 if the listener ends, as it does without free file descriptors.
 * `announce` runs once it listens, `cleanUp` before the end.
 */
export async function listen(
  configuration: Configuration,
  db: Db,
  migrated: Promise<boolean>,
  announce: () => Promise<void>,
  cleanUp: () => Promise<void> = () => Promise.resolve(),
): Promise<never> {
  const { origin, host, port } = configuration;
  const log = createLog(console.log, Date.now);
  const countryOf = createCountryLookup(
    (error) => log("sys_crash", { part: "country data", error: describeError(error) }),
    configuration.geoDataFolder ?? GEO_DATA,
  );
  const pending = new Set<Promise<void>>();
  const waitUntil = (work: Promise<void>) => {
    pending.add(work);
    work.finally(() => pending.delete(work));
  };
  const brand = configuration.brand !== undefined && { brand: configuration.brand };
  const mail = configuration.mail &&
    createSender({
      db,
      server: configuration.mail,
      origin,
      base: configuration.base,
      now: Date.now,
      log,
      waitUntil,
      ...brand,
    });
  const app = createApp({
    db,
    origin,
    now: Date.now,
    countryOf,
    passwords: createPasswords(),
    secrets: createSecretReader(configuration, log),
    requiresSecondFactor: configuration.secondFactor === "required",
    log,
    lifetime: { idle: configuration.sessionIdleDays * DAY, max: configuration.sessionMaxDays * DAY },
    retention: configuration.retentionDays * DAY,
    hstsSubdomains: configuration.hstsSubdomains,
    ...brand,
    base: configuration.base,
    ...(configuration.home !== undefined && { home: configuration.home }),
    ...(configuration.signIn !== undefined && { signIn: configuration.signIn }),
    ...(configuration.ticketKeys && { readTicket: createTicketReader(configuration.ticketKeys, origin.origin) }),
    trustedProxies: configuration.trustedProxies,
    clientAddress: configuration.clientAddress,
    waitUntil,
    ...(mail && { mail }),
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log("sys_crash", { error: describeError(event.reason) });
  });

  const server = tryToServe(host, port, answerMeanwhile(migrated, app.fetch));
  await migrated;
  await announce();
  log("sys_startup", { origin: origin.origin });
  countryOf.warmUp();
  mail?.start();

  const end = await Promise.race([
    firstSignal("SIGINT", "SIGTERM").then((signal) => ({ signal })),
    server.finished.then(() => ({ error: "the server stopped listening" }), (e) => ({ error: describeError(e) })),
  ]);
  if ("signal" in end) log("sys_shutdown", end);
  else log("sys_crash", { part: "listener", ...end });
  const ended = server.shutdown().catch(() => {}).then(() => Promise.all(pending));
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, SHUTDOWN_TIMEOUT))]);
  db.$client.close();
  await cleanUp();
  // Cuts off requests that are still running.
  Deno.exit("signal" in end ? 0 : 1);
}

/**
 * Answers while a remote database says whether its tables are up to date. What only reads is asked for meanwhile, so that a start costs no
 * round trip more, and once more if it wasn't.
 */
function answerMeanwhile(migrated: Promise<boolean>, fetch: Deno.ServeHandler): Deno.ServeHandler {
  let isReady = false;
  migrated.then(() => isReady = true, () => {});
  return async (request, info) => {
    if (isReady) return await fetch(request, info);
    const early = request.method === "GET" ? fetch(request, info) : null;
    const wait = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), MIGRATION_WAIT));
    const hasMigrated = await Promise.race([migrated, wait]);
    if (hasMigrated === "late") return new Response("Not available right now", { status: 503, headers: RETRY });
    return early && !hasMigrated ? await early : await fetch(request, info);
  };
}

function tryToServe(hostname: string, port: number, handler: Deno.ServeHandler): Deno.HttpServer {
  try {
    // Compressing here would delay all other requests, even where the environment asks for it.
    return Deno.serve({ hostname, port, automaticCompression: false, onListen: () => {} }, handler);
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse
      ? "something listens there already; choose another PORT"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new ConfigurationError(`Cannot listen on ${hostname}:${port}: ${reason}`);
  }
}

function firstSignal(...signals: Deno.Signal[]): Promise<Deno.Signal> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      // Windows knows no SIGTERM.
      if (Deno.build.os !== "windows" || signal === "SIGINT") Deno.addSignalListener(signal, () => resolve(signal));
    }
  });
}
