import { load } from "cheerio";
import { type Db, openDatabase } from "../db/database.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { addUser } from "../db/users.ts";
import { type AppOptions, createApp } from "../routes/app.tsx";
import { paths } from "../http/paths.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const ORIGIN = "http://127.0.0.1:8000";
export const EMAIL = "marta@example.com";
export const PASSWORD = "correct horse battery staple";
/** When every test begins: a Monday afternoon. */
export const START = Date.UTC(2026, 10, 23, 14, 4);

/** Hashes that cost next to nothing, for tests that sign in often; what Argon2id itself does is tested with its own. */
export const CHEAP = { memory: 64, passes: 1 };

/** The cells of the history's rows, which stand in the order of the table's columns, and the word for how a row stands. */
export const CELL = {
  when: "td:nth-child(1)",
  ip: "td:nth-child(2)",
  country: "td:nth-child(3)",
  device: "td:nth-child(4)",
  end: "td:nth-child(5)",
  state: "td > b",
};

export type TestApp = Awaited<ReturnType<typeof startApp>>;

/** The whole app over a database of its own, with an account and a clock that only the test moves. */
export async function startApp({ db, ...changes }: Partial<AppOptions> = {}) {
  const clock = { now: START };
  const log: string[] = [];
  /** What no answer waits for; a browser here does, so that a test's next step finds it done. */
  const background = new Set<Promise<void>>();
  const passwords = changes.passwords ?? createPasswords(CHEAP);
  const database = db ?? await openDatabase(":memory:");
  const app = createApp({
    db: database,
    origin: new URL(ORIGIN),
    now: () => clock.now,
    countryOf: ({ ip, isPrivate }) => Promise.resolve(isPrivate ? "private" : ip.startsWith("46.16.") ? "ES" : "none"),
    log: (event, fields) => log.push(JSON.stringify({ event, ...fields })),
    lifetime: { idle: 7 * DAY, max: 30 * DAY },
    retention: 365 * DAY,
    trustedProxies: [],
    background: (work) => void background.add(work),
    // No page asks for news by itself, so that nothing changes under a test that doesn't mean it.
    pollEvery: DAY,
    ...changes,
    passwords,
  });
  if (!db) await addAccount(database, EMAIL, PASSWORD);
  return {
    app,
    db: database,
    clock,
    log,
    /** When everything is done that no answer waits for. */
    settled: async () => void await Promise.all(background),
    browser: (ip?: string, userAgent?: string) => new Browser(app, background, ip, userAgent, changes.origin?.origin),
  };
}

export async function addAccount(db: Db, email: string, password: string): Promise<void> {
  await addUser(db, email, (await createPasswords(CHEAP).hash(password))!, START);
}

export const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

export type Answer = {
  status: number;
  headers: Headers;
  text: string;
  /** The answer as a parsed page, to ask with CSS selectors. */
  $: ReturnType<typeof load>;
};

type Sent = { headers?: Record<string, string>; method?: string; body?: BodyInit };

/** What a browser without JavaScript does: keeps cookies, sends the fields of the form that it shows, says where it comes from. */
export class Browser {
  readonly cookies = new Map<string, string>();

  constructor(
    private readonly app: { fetch(request: Request, env: object): Response | Promise<Response> },
    private readonly background: Set<Promise<void>>,
    private readonly ip = "46.16.60.1",
    private readonly userAgent = FIREFOX,
    private readonly origin = ORIGIN,
  ) {}

  /** One request, without following a redirection. */
  async request(path: string, { headers, ...sent }: Sent = {}): Promise<Answer> {
    const request = new Request(`${this.origin}${path}`, {
      ...sent,
      headers: {
        "Host": new URL(this.origin).host,
        "User-Agent": this.userAgent,
        "Cookie": [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        ...headers,
      },
    });
    const remoteAddr = { transport: "tcp", hostname: this.ip, port: 40_000 };
    const response = await this.app.fetch(request, { remoteAddr });
    for (const cookie of response.headers.getSetCookie()) this.keep(cookie);
    const text = await response.text();
    await Promise.all(this.background);
    this.background.clear();
    return { status: response.status, headers: response.headers, text, $: load(text) };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request(path, { headers });
  }

  /** Sends a form as a page of this site does, with exactly these fields. */
  post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { "Origin": this.origin, "Content-Type": "application/x-www-form-urlencoded", ...headers },
    });
  }

  /** Opens the page at `path`, fills its form and sends it. */
  async submit(
    path: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const { $ } = await this.get(path);
    const form = $("main form[method=post]").first();
    const action = form.attr("action");
    if (!action) throw new Error(`There is no form on ${path}`);
    const hidden = form.find("input").toArray().map((
      input,
    ) => [$(input).attr("name") ?? "", $(input).attr("value") ?? ""]);
    return await this.post(action, { ...Object.fromEntries(hidden), ...fields }, headers);
  }

  /** Signs in through the real form. */
  signIn(email = EMAIL, password = PASSWORD, fields: Record<string, string> = {}): Promise<Answer> {
    return this.submit(paths.signIn, { email, password, ...fields });
  }

  async signOut(): Promise<Answer> {
    const { $ } = await this.get(paths.connections);
    return await this.post(paths.signOut, { csrf: $("form[action='/sign-out'] [name=csrf]").attr("value") ?? "" });
  }

  /** Whether this browser's cookie opens the history at this moment. */
  async isIn(): Promise<boolean> {
    return (await this.get(paths.connections)).status === 200;
  }

  private keep(cookie: string): void {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    if (!name) return;
    if (/max-age=0/i.test(cookie)) this.cookies.delete(name);
    else this.cookies.set(name, value ?? "");
  }
}

/** How htmx asks for a piece. */
export const HTMX = { "HX-Request": "true", "HX-Request-Type": "partial" };
