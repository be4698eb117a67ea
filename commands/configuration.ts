import { z } from "zod";
import { readKeys } from "../credentials/secrets.ts";
import { isEmail } from "../db/users.ts";
import { readTicketKeys } from "../credentials/tickets.ts";
import { isLoopback } from "../http/origins.ts";
import { isBase, isPath } from "../http/paths.ts";
import { readNetworks } from "../visitor/client_address.ts";

/** The environment, read once and validated as a whole. */
export type Configuration = {
  port: number;
  host: string;
  origin: URL;
  databaseUrl: string;
  /** Whether `DATABASE_URL` is set: otherwise it is the default. */
  isDatabaseSet: boolean;
  databaseAuthToken: string | undefined;
  trustedProxies: string[];
  clientAddress: "peer" | "deno-deploy";
  sessionIdleDays: number;
  sessionMaxDays: number;
  retentionDays: number;
  hstsSubdomains: boolean;
  brand: string | undefined;
  home: string | undefined;
  /** The URL of the panel's own sign-in, which sends tickets. */
  signIn: string | undefined;
  ticketKeys: string[] | null;
  base: string;
  /** Overrides the package's country data; geoip-lite's updater reads the same variable. */
  geoDataFolder: string | undefined;
  /** Null: no mail is sent. */
  mail: { url: URL; from: { name: string; address: string } } | null;
  /** The current one first. Null: they are in a file beside an embedded database. */
  secretKeys: Uint8Array[] | null;
  secondFactor: "optional" | "required";
  /** The user who runs a command through `sudo`, for the log. */
  sudoUser: string | undefined;
};

/** A problem that the operator has to solve; the message says which. */
export class ConfigurationError extends Error {
  override name = "ConfigurationError";
}

const wholeNumber = (what: string, from: number, to: number) => {
  const rule = `must be ${what} from ${from} to ${to}`;
  return z.string().regex(/^\d{1,7}$/, rule).transform(Number).refine((n) => n >= from && n <= to, rule);
};
const days = (from: number) => wholeNumber("a whole number of days", from, 36_500);

const Environment = z.object({
  PORT: wholeNumber("a whole number", 1, 65_535).default(8000),
  HOST: z.string().regex(/^[\w.:-]+$/, "must be an address or a host name").default("127.0.0.1"),
  PUBLIC_ORIGIN: z.string().refine(isOrigin, "must be an origin like https://panel.example, without a path").optional(),
  DATABASE_URL: z.string().refine(
    isDatabaseUrl,
    "must be file:…, libsql:… or https:… (http:… and tls=0 only to this machine)",
  ).default("file:data/connections.db"),
  DATABASE_AUTH_TOKEN: z.string().optional(),
  TRUSTED_PROXIES: z.string().default("").transform((list) => list.split(/[\s,]+/).filter((item) => item !== ""))
    .refine((list) => readNetworks(list) !== null, "must be addresses and CIDR ranges with commas between them"),
  CLIENT_ADDRESS: z.enum(["peer", "deno-deploy"], "must be peer or deno-deploy").default("peer"),
  SESSION_IDLE_DAYS: days(1).optional(),
  SESSION_MAX_DAYS: days(1).default(30),
  RETENTION_DAYS: days(0).default(365),
  HSTS_SUBDOMAINS: z.enum(["yes", "no"], "must be yes or no").default("yes"),
  BRAND: z.string().regex(/^[^\p{C}]{1,60}$/u, "must be a name of at most 60 characters on one line").optional(),
  HOME_PATH: z.string().refine(isPath, "must be a path of this host, like /panel").optional(),
  TICKET_KEY: z.string().refine(
    (text) => readTicketKeys(text) !== null,
    "must be at least 32 characters without spaces, or two separated by a comma",
  )
    .transform(readTicketKeys).optional(),
  SIGN_IN_URL: z.string().refine(isSignIn, "must be a path of this host, like /login, or an https: URL, without a #")
    .optional(),
  BASE_PATH: z.string().refine(
    isBase,
    "must be a path like /account, without a slash at its end, and not /authz or /health",
  ).default(""),
  SECRET_KEY: z.string().refine(
    (text) => readKeys(text) !== null,
    "must be 32 bytes as base64, or two separated by a comma",
  )
    .transform(readKeys).optional(),
  SECOND_FACTOR: z.enum(["optional", "required"], "must be optional or required").default("optional"),
  SMTP_URL: z.string().refine(isMailServer, "must be smtp://… or smtps://…, with a host, and nothing after it")
    .transform((
      text,
    ) => new URL(text))
    .optional(),
  MAIL_FROM: z.string().refine(
    (text) => readSender(text) !== null,
    "must be an email address, or a name with one like Control panel <panel@example.com>",
  ).transform(readSender).optional(),
  GEODATADIR: z.string().optional(),
  /** Set by `sudo`. */
  SUDO_USER: z.string().max(64).optional().catch(undefined),
  /** "true" on Deno Deploy, which sets it. */
  DENO_DEPLOY: z.string().optional(),
});

/** The names of the variables. */
export const VARIABLES = Object.keys(Environment.shape);

/** Reads the configuration; empty variables count as unset. Throws a `ConfigurationError` that names variable, value and what is allowed. */
export function readConfiguration(variables: Record<string, string | undefined>): Configuration {
  const set = Object.fromEntries(VARIABLES.map((name) => [name, variables[name] || undefined]));
  const read = Environment.safeParse(set);
  if (!read.success) {
    const [{ path, message }] = read.error.issues as [z.core.$ZodIssue];
    throw refusal(String(path[0]), message, set[String(path[0])]);
  }
  const { PORT, HOST, ...rest } = read.data;
  if (rest.DENO_DEPLOY === "true" && rest.DATABASE_URL.startsWith("file:")) {
    const value = set.DATABASE_URL === undefined ? "is not set" : `is ${JSON.stringify(set.DATABASE_URL)}`;
    throw refusal("DATABASE_URL", `must be libsql:… or https:… on Deno Deploy, where files don't last, ${value}`);
  }
  if (rest.PUBLIC_ORIGIN === undefined && !isLoopbackHost(HOST)) {
    throw refusal(
      "PUBLIC_ORIGIN",
      `must be set, since HOST is ${HOST}: the origin that people type, like https://panel.example`,
    );
  }
  const origin = new URL(rest.PUBLIC_ORIGIN ?? `http://${HOST.includes(":") ? `[${HOST}]` : HOST}:${PORT}`);
  if (origin.protocol === "http:" && !isLoopback(origin.hostname)) {
    throw refusal("PUBLIC_ORIGIN", "must be https:, since http: is for this machine only", rest.PUBLIC_ORIGIN);
  }
  const sessionIdleDays = rest.SESSION_IDLE_DAYS ?? Math.min(7, rest.SESSION_MAX_DAYS);
  if (sessionIdleDays > rest.SESSION_MAX_DAYS) {
    throw refusal(
      "SESSION_IDLE_DAYS",
      `must be at most SESSION_MAX_DAYS, which is ${rest.SESSION_MAX_DAYS}`,
      String(sessionIdleDays),
    );
  }
  const { SMTP_URL: url, MAIL_FROM: from } = rest;
  if (!url !== !from) {
    const [missing, other] = url ? ["MAIL_FROM", "SMTP_URL"] : ["SMTP_URL", "MAIL_FROM"];
    throw refusal(missing, `must be set, since ${other} is`);
  }
  if (rest.SIGN_IN_URL && !rest.TICKET_KEY) throw refusal("TICKET_KEY", "must be set, since SIGN_IN_URL is");
  return {
    port: PORT,
    host: HOST,
    origin,
    databaseUrl: rest.DATABASE_URL,
    isDatabaseSet: set.DATABASE_URL !== undefined,
    databaseAuthToken: rest.DATABASE_AUTH_TOKEN,
    trustedProxies: rest.TRUSTED_PROXIES,
    clientAddress: rest.CLIENT_ADDRESS,
    sessionIdleDays,
    sessionMaxDays: rest.SESSION_MAX_DAYS,
    retentionDays: rest.RETENTION_DAYS,
    hstsSubdomains: rest.HSTS_SUBDOMAINS === "yes",
    mail: url && from ? { url, from } : null,
    brand: rest.BRAND,
    home: rest.HOME_PATH,
    signIn: rest.SIGN_IN_URL,
    ticketKeys: rest.TICKET_KEY ?? null,
    base: rest.BASE_PATH,
    secretKeys: rest.SECRET_KEY ?? null,
    secondFactor: rest.SECOND_FACTOR,
    geoDataFolder: rest.GEODATADIR,
    sudoUser: rest.SUDO_USER,
  };
}

function refusal(name: string, rule: string, value?: string): ConfigurationError {
  // A URL may contain credentials, and this ends up in a terminal or a log.
  const said = value === undefined || /^(DATABASE|SECRET|SMTP|TICKET)/.test(name)
    ? ""
    : `, is ${JSON.stringify(value)}`;
  return new ConfigurationError(`Cannot read the configuration: ${name} ${rule}${said}`);
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, origin, href } = new URL(text);
  return /^https?:$/.test(protocol) && href === `${origin}/`;
}

function isSignIn(text: string): boolean {
  // A fragment would swallow the `next` that is appended.
  if (text.includes("#")) return false;
  const url = URL.parse(text);
  return url ? url.protocol === "https:" || url.protocol === "http:" && isLoopback(url.hostname) : isPath(text);
}

/** Whether a text is the URL of a database that may be opened: a file, or a server reached over TLS or on this machine. */
export function isDatabaseUrl(text: string): boolean {
  if (/^file:.+/.test(text)) return true;
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, searchParams } = new URL(text);
  const isEncrypted = protocol === "https:" ||
    protocol === "libsql:" && searchParams.getAll("tls").every((tls) => tls === "1");
  return isEncrypted || ["libsql:", "http:"].includes(protocol) && isLoopback(hostname);
}

function isMailServer(text: string): boolean {
  const url = URL.parse(text);
  if (!url || !["smtp:", "smtps:"].includes(url.protocol) || url.hostname === "") return false;
  const isBare = ["", "/"].includes(url.pathname) && url.search === "" && url.hash === "";
  return isBare && [url.username, url.password].every(isDecodable);
}

function isDecodable(text: string): boolean {
  try {
    return typeof decodeURIComponent(text) === "string";
  } catch {
    return false;
  }
}

/** Reads `panel@example.com` or `Control panel <panel@example.com>`. */
function readSender(text: string): { name: string; address: string } | null {
  const [, name = "", bracketed, bare] = /^(?:([^<>\p{C}]*)<([^<>]*)>|([^<>]*))$/u.exec(text.trim()) ?? [];
  const address = bracketed ?? bare ?? "";
  return isEmail(address) ? { name: name.trim(), address } : null;
}

function isLoopbackHost(host: string): boolean {
  return isLoopback(host) || host === "::1";
}
