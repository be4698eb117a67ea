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

/** Options of {@linkcode createArea}. Only `db` and `origin` are required. */
export interface AreaOptions {
  /** A database from {@linkcode openDatabase}. */
  db: Database;
  /** Your site's public scheme, host and port. Requests to any other host are refused, and so are forms from any other origin. */
  origin: URL;
  /** The path below which the area's pages are, like `/account`. By default they are at the root of your site. */
  base?: string;
  /** The path of your own start page, to which the area's header links. By default it is the area's. */
  home?: string;
  /** Your panel's name, in titles and in the area's header. By default "Control panel". */
  brand?: string;
  /** Renders your header in place of the area's; `owner` is `null` before sign-in. The content security policy forbids inline styles and scripts. */
  header?: (owner: Owner | null, language: string) => Child;
  /**
   * The sections in order: `"history"`, `"password"`, `"methods"`, `"preferences"`, and links of your own. By default all four; with `signIn`,
   * the history and the preferences. The others answer 404, except for the history.
   */
  sections?: Section[];
  /** Languages besides English, Spanish and Catalan, by BCP 47 tag: `{ de }`. They are added for the whole process. */
  languages?: Record<string, Wording>;
  /**
   * The path of your own sign-in page, in place of the area's. Once it has authenticated somebody it calls `area.open`, and redirects to
   * `area.next(c)`.
   */
  signIn?: string;
  /**
   * Confirms the owner's identity in place of the password, before something is closed or changed. Return `true` to confirm; anything else is
   * shown in the form, such as a link to your page, or a field, which you read with `c.req.parseBody()` when the form is sent. Without this
   * option, an owner without a password has to sign in again.
   */
  confirm?: (c: Context, owner: Owner) => Child | Promise<Child>;
  /**
   * Where the client's address comes from. `"peer"`, the default: the socket, as `Deno.serve`, `@hono/node-server` and `Bun.serve` give it to
   * Hono, or a proxy in `trustedProxies`. `"deno-deploy"`: the header that Deno Deploy sets. Or your own function.
   */
  clientAddress?: "peer" | "deno-deploy" | ((c: Context) => string | undefined);
  /** Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is trusted. */
  trustedProxies?: string[];
  /**
   * Your secret keys, 32 bytes each; keep them as long as the database. Authenticator apps' secrets are encrypted with the first; the others only decrypt.
   * Without a key nobody can add an authenticator app or a passkey.
   */
  keys?: Uint8Array[];
  /** Whether every owner must have a second step, and has to add one before anything else. False by default. */
  requiresSecondFactor?: boolean;
  /** Verifies hashes that are neither bcrypt nor Argon2, from your own table. The next sign-in replaces them. */
  otherHashes?: OtherHashes;
  /** After how many milliseconds a connection expires unused (`idle`, 7 days by default) and in any case (`max`, 30 days). */
  lifetime?: { idle: number; max: number };
  /** For how many milliseconds closed connections and refused sign-ins are stored, 365 days by default; 0 stores them forever. */
  retention?: number;
  /** Whether browsers are told to require HTTPS for your host's subdomains too. True by default. */
  hstsSubdomains?: boolean;
  /** The mail server and the sender. Without it owners get no mail, and you have to reset forgotten passwords yourself. */
  mail?: MailServer;
  /** Whether owners can change their address themselves; this needs `mail`. True by default. */
  canChangeEmail?: boolean;
  /** Receives log events, one at a time. By default they are written to standard output as JSON lines. */
  log?: (event: string, fields?: LogFields) => void;
  /** Receives work that no answer waits for, to finish before the process ends, as in Workers and Hono's `executionCtx`. It never rejects. */
  waitUntil?: (work: Promise<void>) => void;
}

/** The result of {@linkcode createArea}. */
export interface MountedArea {
  /** Middleware with the area's pages: `app.use(area)`, after your own routes. It passes on every other request. */
  area: Area;
  /** Returns the signed-in owner, or `null`. Counts as use of the account. */
  findOwner: (c: Context) => Promise<Owner | null>;
  /** Middleware for your own pages: redirects signed-out users to sign-in and back, sets `c.var.owner`, and forbids caching. */
  requireOwner: MiddlewareHandler<{ Variables: { owner: Owner } }>;
  /** Functions that change the area's accounts. */
  users: AreaUsers;
  /** The area's URLs, below its base. */
  paths: Paths;
  /** The URL of the area's style sheet, for your own pages that show `UserMenu`. */
  styleSheet: string;
}

/**
 * Creates the account-security area for your Hono app: sign-in, the history of an account's connections, and the owner's settings.
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
