import type { Context } from "hono";
import type { RequestIdVariables } from "hono/request-id";
import type { Child } from "hono/jsx";
import type { Passwords } from "../credentials/passwords.ts";
import type { Secrets } from "../credentials/secrets.ts";
import type { ReadTicket } from "../credentials/tickets.ts";
import type { Db } from "../db/database.ts";
import type { Lifetime } from "../db/open.ts";
import type { Language } from "../db/schema.ts";
import type { Session } from "../db/sessions.ts";
import type { Address } from "../visitor/addresses.ts";
import type { CountryOf } from "../visitor/countries.ts";
import type { Visitor } from "../visitor/visitor.ts";
import type { Wording } from "../words/texts/en.ts";
import type { Texts } from "../words/texts.ts";
import type { Log } from "./log.ts";
import type { OverLimits } from "./passwords/over_limits.ts";

/** What varies from one installation to another, and in tests. */
export type AppOptions = {
  db: Db;
  /** The public scheme, host and port. */
  origin: URL;
  /** The path below which the area is, like `/account`; by default at the root of the host. */
  base?: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  countryOf: CountryOf;
  passwords: Passwords;
  log: Log;
  lifetime: Lifetime;
  /** How long closed connections and refused sign-ins are kept, in milliseconds; 0 keeps them forever. */
  retention: number;
  /** Addresses and CIDR ranges whose `X-Forwarded-For` is trusted. */
  trustedProxies: string[];
  /** The source of the client's address: by default the peer or what a trusted proxy forwards, Deno Deploy's header, or your function's result. */
  clientAddress?: "peer" | "deno-deploy" | ((c: Context) => string | undefined);
  /** How often refusals over a limit are written, in milliseconds; a second by default. */
  gatherInterval?: number;
  /** The longest delay of mail with a link, in milliseconds; 4 seconds by default. */
  linkDelay?: number;
  /** Whether HTTPS is required of the host's subdomains too, which is the default. */
  hstsSubdomains?: boolean;
  /** How often an open history polls, in milliseconds; 5 seconds by default. */
  pollInterval?: number;
  /** The panel's name; by default "Control panel" in the request's language. */
  brand?: string;
  /** The panel's start page, to which the header links; by default the area's. */
  home?: string;
  /** The panel's sign-in page, which calls `open` and then redirects to the query's `next`; by default the area's. */
  signIn?: string;
  /** Reads the tickets of a panel in another program (docs/gate.md). */
  readTicket?: ReadTicket;
  /** Languages besides English, Spanish and Catalan, by tag. */
  languages?: Record<Language, Wording>;
  /** Replaces the header with the panel's own; `null` means signed out. */
  header?: (owner: Owner | null, language: Language) => Child;
  /** Encrypts what only this program may read; null if it has no key. Without it nobody can add an authenticator app. */
  secrets?: () => Promise<Secrets | null>;
  /** Whether everybody must have a second step; false by default. */
  requiresSecondFactor?: boolean;
  /** The sections in their order, by default all four. One that is left out answers 404; the history is always there. */
  sections?: Section[];
  /** Confirms the owner in place of the password. `true` confirms; anything else is shown in the form. */
  confirm?: (c: Context, owner: Owner) => Child | Promise<Child>;
  /** Whether the area has a sign-in page; by default unless `signIn` is set. */
  hasSignIn?: boolean;
  /** Sends the outbox's mail; without it none is written. `wake` never throws. */
  mail?: { wake: () => void };
  /** Whether owners may change their address, given `mail`; true by default. */
  canChangeEmail?: boolean;
  /** Receives work that no answer waits for, to finish before the process ends. It never rejects. */
  waitUntil: (work: Promise<void>) => void;
};

/** A section of the area by its name, or a link of your own; `name` may depend on the language. */
export type Section =
  | "history"
  | "password"
  | "methods"
  | "preferences"
  | { href: string; name: string | ((language: Language) => string) };

/** The signed-in user. `csrf` is for the area's forms, as in `UserMenu`. */
export type Owner = {
  email: string;
  csrf: string;
  language: Language;
  /** The area's base. */
  base: string;
};

/** A cached session by which a request is answered before the database confirms it. Until then its use and its log lines are held back. */
export type Guess = { session: Session; address: () => Address; isUsed: boolean; log: (() => void)[] };

/** The guess's key in the bindings: a symbol, because a host's bindings can't contain it. */
export const GUESS: unique symbol = Symbol("guess");

/** The runtimes' bindings that contain the peer's address. */
type Peer = {
  /** Deno. */
  remoteAddr?: { hostname?: string };
  /** Node. */
  incoming?: { socket: { remoteAddress?: string | undefined } };
  /** Bun. */
  requestIP?: (request: Request) => { address: string } | null;
};

export type Env = {
  Bindings: Peer & { server?: Peer; [GUESS]?: Guess };
  Variables: RequestIdVariables & {
    options: AppOptions;
    /** In the request's language. */
    texts: Texts;
    /** The client's address; `visitor` has it too, but waits for the country. */
    address: () => Address;
    visitor: () => Promise<Visitor>;
    overLimits: OverLimits;
    /** The session behind the cookie, valid or ended; null if there is none. */
    resumed: Session | null;
    /** Set by `requireSession`: a valid session. */
    session: Session;
    /** Runs work that the answer doesn't wait for; errors are logged. */
    waitUntil: (work: Promise<unknown>) => void;
  };
};

/** `hasPasskey`: the page needs the script for passkeys. */
export type PageProps = { title: string; isError?: boolean; hasPasskey?: boolean };
