import type { Activity } from "../db/activity.ts";
import type { CountryOf } from "../visitor/countries.ts";
import type { Db } from "../db/database.ts";
import type { Visitor } from "../db/connections.ts";
import type { Lifetime } from "../db/open.ts";
import type { Passwords } from "../credentials/passwords.ts";
import type { Session } from "../db/sessions.ts";
import type { Child } from "hono/jsx";
import type { Language } from "../db/schema.ts";
import type { Owner } from "../views/layout.tsx";
import type { Texts } from "../words/texts.ts";
import type { Log } from "./log.ts";

/** What varies between one place where the area runs and another; all of it is handed to `createApp`. */
export type AppOptions = {
  db: Db;
  /** What people type: scheme, host and port. */
  origin: URL;
  /** Milliseconds since the epoch. */
  now: () => number;
  countryOf: CountryOf;
  passwords: Passwords;
  log: Log;
  lifetime: Lifetime;
  /** How long closed connections and refused sign-ins are kept, in milliseconds; 0: for ever. */
  retention: number;
  /** Addresses and CIDR ranges whose `X-Forwarded-For` is believed. */
  trustedProxies: string[];
  /** How often an open history asks whether something is new, in milliseconds; 5 seconds where it isn't set. */
  pollEvery?: number;
  /** What the panel around the area is called; "Control panel", in the language of who asks, where it isn't set. */
  brand?: string;
  /** The header of the panel around the area, in the place of its own; `null` is who is not signed in. */
  header?: (owner: Owner | null, language: Language) => Child;
  /** Is given work that no answer waits for and that never rejects, to see it through before the process ends. */
  background: (work: Promise<void>) => void;
};

export type Env = {
  Bindings: Partial<Deno.ServeHandlerInfo>;
  Variables: AppOptions & {
    requestId: string;
    /** What to say, in the language of who asks. */
    texts: Texts;
    /** Who is asking, and from where. */
    visitor: () => Promise<Visitor>;
    /** What the cookie leads to, also when its connection has ended; null without a cookie of ours. */
    resumed: Session | null;
    /** The same behind `requireSession`, and only there: its connection is open. */
    session: Session;
    /** How the account's history stands, read with the session: behind `requireSession`, where a page asks for news. */
    activity: Activity;
    /** What the hidden field of this browser's forms says. */
    csrf: string;
    /** Does work that the answer need not wait for; what goes wrong is logged. */
    later: (work: Promise<unknown>) => void;
  };
};

export type PageProps = { title: string; isError?: boolean };

declare module "hono" {
  interface ContextRenderer {
    /** Answers with a whole page. */
    (content: Child, props: PageProps): Response | Promise<Response>;
  }
}
