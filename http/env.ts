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
  /**
   * Where a client's address comes from: the peer, or Deno Deploy's header if the peer has none, or what your function returns. The default is
   * the peer, as `Deno.serve`, `@hono/node-server` and `Bun.serve` tell it, or what a trusted proxy forwards.
   */
  clientAddress?: "peer" | "deno-deploy" | ((c: Context) => string | undefined);
  /** How often refusals over a limit are written, in milliseconds; a second by default. */
  gatherInterval?: number;
  /** How long mail with a link waits at most, in milliseconds; 4 seconds by default. */
  linkDelay?: number;
  /** Whether HTTPS is required of the host's subdomains too, which is the default. */
  hstsSubdomains?: boolean;
  /** How often an open history polls, in milliseconds; 5 seconds by default. */
  pollInterval?: number;
  /** The panel's name; by default "Control panel" in the request's language. */
  brand?: string;
  /** The path of the panel's own start page, to which the header leads back; by default the area's. */
  home?: string;
  /** The panel's own sign-in page, which calls `open` and then leads to the path in its query's `next`; by default the area's. */
  signIn?: string;
  /** Reads what a panel in another program sends in place of a call of `open`; without it there are no tickets (docs/gate.md). */
  readTicket?: ReadTicket;
  /** More languages than English, Spanish and Catalan, by their tag; `Wording` says what each has to provide. */
  languages?: Record<Language, Wording>;
  /** Replaces the header with the panel's own; `null` means signed out. */
  header?: (owner: Owner | null, language: Language) => Child;
  /** Encrypts what only this program may read; null if it has no key. Without it nobody can add an authenticator app. */
  secrets?: () => Promise<Secrets | null>;
  /** Whether everybody must have a second step; false by default. */
  requiresSecondFactor?: boolean;
  /** The sections in their order, by default all four. One that is left out answers 404; the history is always there. */
  sections?: Section[];
  /**
   * Confirms who the owner is before something is closed or changed, in place of the password. `true` confirms; anything else is shown in
   * the form, such as a link to a page of yours, or a field, which you read by `c.req.parseBody()`.
   */
  confirm?: (c: Context, owner: Owner) => Child | Promise<Child>;
  /** Whether the area has a sign-in page; by default not if you name one of your own. */
  hasSignIn?: boolean;
  /** Sends what is in the outbox; without it nothing is written there. `wake` looks for new mail soon, and never throws. */
  mail?: { wake: () => void };
  /** Whether owners may change their address where there is mail, which is the default. */
  canChangeEmail?: boolean;
  /** Receives work that no answer waits for and that never rejects, to finish before the process ends. */
  waitUntil: (work: Promise<void>) => void;
};

/** A section of the area by its name, or a link of the panel's own. */
export type Section =
  | "history"
  | "password"
  | "methods"
  | "preferences"
  | { href: string; name: string | ((language: Language) => string) };

/** The signed-in user, for the layout and for the panel around it. */
export type Owner = {
  email: string;
  csrf: string;
  language: Language;
  /** The area's base. */
  base: string;
};

/**
 * What is left until the session by which a request is answered turns out to be the right one: to record that it was used, and to log. Nothing
 * of that happens for a wrong one.
 */
export type Guess = { session: Session; address: () => Address; isUsed: boolean; log: (() => void)[] };

/** Names the guess among the bindings. A symbol, so that nothing that a host passes there is taken for one. */
export const GUESS: unique symbol = Symbol("guess");

/** What a runtime hands on of the peer. */
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

/** `hasPasskey`: the page asks for a passkey, whoever sees it. */
export type PageProps = { title: string; isError?: boolean; hasPasskey?: boolean };
