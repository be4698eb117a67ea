import type { Context, MiddlewareHandler } from "hono";
import type { Child } from "hono/jsx";
import { argon2id, OWASP_COST } from "../credentials/argon2id.ts";
import type { OtherHashes } from "../credentials/other_hashes.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { createSecrets, KEY_LENGTH } from "../credentials/secrets.ts";
import { assetPath } from "../http/assets.ts";
import type { Owner, Section } from "../http/env.ts";
import { createLog, type LogFields } from "../http/log.ts";
import { type Paths, pathsBelow, within } from "../http/paths.ts";
import { createSender } from "../mail/sender.ts";
import type { MailServer } from "../mail/transport.ts";
import { type Area, type AreaUsers, createArea as createAreaOver } from "../routes/area.ts";
import type { Wording } from "../words/texts/en.ts";
import { type Database, dbOf } from "./database.ts";

/** What {@linkcode createArea} takes. Only `db` and `origin` are required. */
export interface AreaOptions {
  /** What {@linkcode openDatabase} returned. */
  db: Database;
  /** Your site's public scheme, host and port: links, accepted forms and `Secure` cookies follow from it. */
  origin: URL;
  /** The path below which the area is, like `/account`. By default it is at the root of your site. */
  base?: string;
  /** The path of your own start page, to which the area's header leads. By default it is the area's. */
  home?: string;
  /** Your panel's name, in titles and in the area's header. By default "Control panel". */
  brand?: string;
  /** Your header in the place of the area's. `owner` is `null` before sign-in. No inline styles or scripts: the area's policy forbids them. */
  header?: (owner: Owner | null, language: string) => Child;
  /**
   * The sections in their order, and links of your own between them. By default all four, and with `signIn` the history and the preferences. One
   * that is left out answers 404.
   */
  sections?: Section[];
  /** More languages than English, Spanish and Catalan, by their tag: `{ de }`. They are added for the whole process. */
  languages?: Record<string, Wording>;
  /**
   * The path of your own sign-in page. It calls `area.open` once it knows who it is, and then redirects to `area.next(c)`. The area then has
   * no sign-in page.
   */
  signIn?: string;
  /**
   * Confirms in your way, and not by the password, who the owner is before something is closed or changed. Return `true` if you are sure, and
   * otherwise what the form shows: a link to your page, or a field, which you read by `c.req.parseBody()` when the form comes. Without it an
   * owner without a password has to sign in again.
   */
  confirm?: (c: Context, owner: Owner) => Child | Promise<Child>;
  /**
   * Returns the client's address, if neither the runtime's server nor `trustedProxies` tells it. By default it is the peer's, as `Deno.serve`,
   * `@hono/node-server` and `Bun.serve` hand it to Hono.
   */
  clientAddress?: "peer" | "deno-deploy" | ((c: Context) => string | undefined);
  /** Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is trusted. */
  trustedProxies?: string[];
  /**
   * Keys of 32 bytes, yours, kept beside the database: authenticator apps' secrets are encrypted with the first one, and those of the others can
   * still be read. Without one nobody can add an authenticator app or a passkey.
   */
  keys?: Uint8Array[];
  /** Whether each owner has to add a second step before anything else. */
  requiresSecondFactor?: boolean;
  /** Verifies passwords that your own table has in a format other than bcrypt or Argon2; the next sign-in replaces the hash. */
  otherHashes?: OtherHashes;
  /** After how many milliseconds a connection expires unused (7 days), and in any case (30 days). */
  lifetime?: { idle: number; max: number };
  /** For how many milliseconds closed connections and refused sign-ins are kept (365 days); 0 keeps them all. */
  retention?: number;
  /** Whether browsers require HTTPS of your host's subdomains too, which is the default. */
  hstsSubdomains?: boolean;
  /** The mail server, and from whom mail comes. Without it nobody is told anything by mail, and a forgotten password is yours to reset. */
  mail?: MailServer;
  /** Whether owners can change their address where mail is set up, which is the default. */
  canChangeEmail?: boolean;
  /** Receives what happened, one event at a time. By default it is written to standard output as JSON lines. */
  log?: (event: string, fields?: LogFields) => void;
  /** Receives work that no answer waits for and that never rejects, to finish before the process ends. */
  waitUntil?: (work: Promise<void>) => void;
}

/** What {@linkcode createArea} returns. */
export interface MountedArea {
  /** The middleware for your app, after your own routes. */
  area: Area;
  /** Returns who is signed in, or `null`. Counts as use of the account. */
  findOwner: (c: Context) => Promise<Owner | null>;
  /** Middleware for a page of yours: redirects to sign-in and back, and sets the variable `owner`. Forbids caching. */
  requireOwner: MiddlewareHandler<{ Variables: { owner: Owner } }>;
  /** Changes the area's accounts. */
  users: AreaUsers;
  /** The area's URLs, below its base. */
  paths: Paths;
  /** The URL of the area's style sheet, for pages of yours that show the menu. */
  styleSheet: string;
}

/**
 * Makes the account-security area for your Hono app: sign-in, the history of an account's connections, and the owner's settings.
 *
 * @example
 * ```ts
 * const { area, requireOwner } = createArea({ db, origin: new URL("https://panel.example"), brand: "Acme" });
 * app.get("/", requireOwner, (c) => c.text(`Hello ${c.var.owner.email}`));
 * app.use(area);
 * ```
 */
export function createArea({ db, keys, mail, otherHashes, ...options }: AreaOptions): MountedArea {
  const { base = "", origin, log = createLog(console.log, Date.now), waitUntil = () => {}, brand } = options;
  const own = { db: dbOf(db), origin, base, log, waitUntil, ...(brand !== undefined && { brand }) };
  const sender = mail && createSender({ ...own, server: mail, now: Date.now });
  sender?.start();
  const area = createAreaOver({
    ...options,
    ...own,
    ...(sender && { mail: sender }),
    ...(keys && { secrets: readSecrets(keys) }),
    ...(otherHashes && {
      passwords: createPasswords(OWASP_COST, argon2id, navigator.hardwareConcurrency, otherHashes),
    }),
  });
  return { ...area, paths: pathsBelow(base), styleSheet: within(base, () => assetPath("css")) };
}

function readSecrets(keys: Uint8Array[]): () => ReturnType<typeof createSecrets> {
  if (keys.length === 0 || keys.some(({ length }) => length !== KEY_LENGTH)) {
    throw new TypeError(`Cannot use these keys: each must have ${KEY_LENGTH} bytes`);
  }
  let secrets: ReturnType<typeof createSecrets> | undefined;
  return () => secrets ??= createSecrets(keys);
}
