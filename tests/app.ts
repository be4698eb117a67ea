import { load } from "cheerio";
import { type Db, openDatabase } from "../db/database.ts";
import { createPasswords } from "../credentials/passwords.ts";
import type { Turn } from "../credentials/slots.ts";
import { addUser } from "../db/users.ts";
import { type AppOptions, createApp } from "../routes/app.tsx";
import type { LogEvent, LogFields } from "../http/log.ts";
import { paths } from "../http/paths.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const ORIGIN = "http://127.0.0.1:8000";
export const EMAIL = "marta@example.com";
export const PASSWORD = "correct horse battery staple";
/** Every test's start: a Monday afternoon. */
export const START = Date.UTC(2026, 10, 23, 14, 4);

/** A cost that makes hashes nearly free. */
export const CHEAP = { memory: 64, passes: 1 };

/** Mail that is set up, and never sent. */
export const UNSENT = { wake: () => {} };

/** The turn of a password that a stranger enters. */
export const STRANGER: Turn = { rank: "stranger", account: EMAIL };

/** The cells of a row of the history; `badge` is the word for its state. */
export const CELL = {
  when: "td.when",
  ip: "td.ip",
  country: "td.country",
  device: "td.device",
  state: "td.state",
  badge: "td.state > b",
};

export type TestApp = Awaited<ReturnType<typeof startApp>>;

/** Starts the whole app over a new database with one account; only the test moves the clock. */
export async function startApp({ db, ...changes }: Partial<AppOptions> = {}) {
  const clock = { now: START };
  const log: string[] = [];
  /** Work that no answer waits for. A `Browser` does, so that a test's next step finds it done. */
  const pending = new Set<Promise<void>>();
  const passwords = changes.passwords ?? createPasswords(CHEAP);
  const database = db ?? await openDatabase(":memory:");
  const write = (event: LogEvent, fields?: LogFields) => void log.push(JSON.stringify({ event, ...fields }));
  const waitUntil = (work: Promise<void>) => void pending.add(work);
  const app = createApp({
    db: database,
    origin: new URL(ORIGIN),
    now: () => clock.now,
    countryOf: ({ ip, isPrivate }) => Promise.resolve(isPrivate ? "private" : ip.startsWith("46.16.") ? "ES" : "none"),
    log: write,
    lifetime: { idle: 7 * DAY, max: 30 * DAY },
    retention: 365 * DAY,
    trustedProxies: [],
    waitUntil,
    gatherInterval: 0,
    linkDelay: 0,
    // Pages don't poll unless a test wants it.
    pollInterval: DAY,
    ...changes,
    passwords,
  });
  if (!db) await addAccount(database, EMAIL, PASSWORD);
  return {
    app,
    db: database,
    clock,
    log,
    write,
    waitUntil,
    settled: () => settle(pending),
    browser: (ip?: string, userAgent?: string) => new Browser(app, pending, ip, userAgent, changes.origin?.origin),
  };
}

/** The same, with a browser `here` that is signed in to the account. */
export async function signedIn(changes: Partial<AppOptions> = {}) {
  const site = await startApp(changes);
  const here = site.browser();
  await here.signIn();
  return { ...site, here };
}

export async function addAccount(db: Db, email: string, password: string): Promise<void> {
  await addUser(db, email, (await createPasswords(CHEAP).hash(password))!, START);
}

/** Waits for work, and for what that started. */
async function settle(pending: Set<Promise<void>>): Promise<void> {
  while (pending.size > 0) {
    const started = [...pending];
    pending.clear();
    await Promise.all(started);
  }
}

export const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/** A response with its body read. */
export type Reply = {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed page, to query with CSS selectors. */
  $: ReturnType<typeof load>;
};

type Sent = { headers?: Record<string, string>; method?: string; body?: BodyInit };

/** Acts like a browser without JavaScript: stores cookies, submits a form with its fields, sends `Origin`. */
export class Browser {
  /** By their names without the port. */
  readonly cookies = new Map<string, string>();

  constructor(
    private readonly app: { fetch(request: Request, env: object): Response | Promise<Response> },
    private readonly pending: Set<Promise<void>>,
    private readonly ip = "46.16.60.1",
    private readonly userAgent = FIREFOX,
    private readonly origin = ORIGIN,
    /** The origin whose port is in the cookies' names. */
    readonly publicOrigin = origin,
  ) {}

  /** Doesn't follow redirects. */
  async request(path: string, { headers, ...sent }: Sent = {}): Promise<Reply> {
    const request = new Request(`${this.origin}${path}`, {
      ...sent,
      headers: {
        "Host": new URL(this.origin).host,
        "User-Agent": this.userAgent,
        "Cookie": [...this.cookies].map(([name, value]) => `${name}${this.suffix}=${value}`).join("; "),
        ...headers,
      },
    });
    const remoteAddr = { transport: "tcp", hostname: this.ip, port: 40_000 };
    const response = await this.app.fetch(request, { remoteAddr });
    for (const cookie of response.headers.getSetCookie()) this.store(cookie);
    const text = await response.text();
    await settle(this.pending);
    return { status: response.status, headers: response.headers, text, $: load(text) };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return this.request(path, { headers });
  }

  /** Submits exactly these fields, as a page of this site would. */
  post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Reply> {
    return this.request(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { "Origin": this.origin, "Content-Type": "application/x-www-form-urlencoded", ...headers },
    });
  }

  /** Opens the page at `path`, fills in its form and submits it. */
  async submit(
    path: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const { $ } = await this.get(path);
    const form = $("main form[method=post]").first();
    const action = form.attr("action");
    if (!action) throw new Error(`There is no form on ${path}`);
    const hidden = form.find("input").toArray().map((
      input,
    ) => [$(input).attr("name") ?? "", $(input).attr("value") ?? ""]);
    return await this.post(action, { ...Object.fromEntries(hidden), ...fields }, headers);
  }

  signIn(email = EMAIL, password = PASSWORD, fields: Record<string, string> = {}): Promise<Reply> {
    return this.submit(paths.signIn, { email, password, ...fields });
  }

  async signOut(): Promise<Reply> {
    const { $ } = await this.get(paths.connections);
    return await this.post(paths.signOut, {
      csrf: $(`form[action="${paths.signOut}"] [name=csrf]`).attr("value") ?? "",
    });
  }

  private get suffix(): string {
    const { port } = new URL(this.publicOrigin);
    return port && `-${port}`;
  }

  /** Whether this browser's cookie is valid now. */
  async isIn(): Promise<boolean> {
    return (await this.get(paths.connections)).status === 200;
  }

  private store(cookie: string): void {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    if (!name) return;
    const bare = name.endsWith(this.suffix) ? name.slice(0, name.length - this.suffix.length) : name;
    if (/max-age=0/i.test(cookie)) this.cookies.delete(bare);
    else this.cookies.set(bare, value ?? "");
  }
}

/** A page's text without its csrf values, which are others in each answer. */
export function withoutCsrf(text: string): string {
  return text.replace(/name="csrf" value="[\w-]+"/g, "");
}

/** The headers of a request for a fragment. */
export const HTMX = { "HX-Request": "true", "HX-Request-Type": "partial" };
