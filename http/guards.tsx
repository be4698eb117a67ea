import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { TrieRouter } from "hono/router/trie-router";
import { ErrorPage } from "../views/error.tsx";
import { Notification, NotificationPiece } from "../views/notifications.tsx";
import type { Env } from "./env.ts";
import { readForm, type Typed } from "./forms.ts";
import { wantsPiece } from "./htmx.ts";
import { paths } from "./paths.ts";
import { readCookie } from "./sessions.ts";

/** The longest query and body that anything here needs is far below; more is somebody trying. */
const LONGEST_QUERY = 8_192;
const LARGEST_BODY = 16_384;
/** A body that trickles in longer than this, or breaks off, holds a place for nothing; milliseconds. */
const BODY_DEADLINE = 10_000;

/**
 * What every answer says to the browser. The policy allows no inline script or style, so that text which slips through as
 * markup does nothing. `same-origin` as referrer policy, since with `no-referrer` a browser sends `Origin: null` with a form.
 *
 * They are set before there is an answer, which is then made once, with them: hono's `secureHeaders` sets them on the answer, and
 * that makes it anew, with its text as a stream: 33 µs a page, and 13 like this.
 */
export function securityHeaders(origin: URL) {
  const headers = Object.entries({
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
      "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    ...(origin.protocol === "https:" && { "Strict-Transport-Security": "max-age=63072000" }),
  });
  return createMiddleware<Env>((c, next) => {
    for (const [name, value] of headers) c.header(name, value);
    return next();
  });
}

/**
 * Nothing here is for a cache but what says so itself, instead of this: pages hold a person's data (ASVS 14.3). Nor is it for
 * compression, which would let the csrf value in a page be guessed from its size (BREACH): Deno 2.5 and some proxies compress
 * unasked.
 */
export const noStore = createMiddleware<Env>((c, next) => {
  c.header("Cache-Control", "no-store, no-transform");
  c.header("Vary", "HX-Request, HX-Request-Type");
  return next();
});

/** Another `Host` than the one that people type gets 421: no link, cookie or cache entry can be made under a wrong name. */
export function requireHost(origin: URL) {
  return createMiddleware<Env>((c, next) => {
    const host = c.req.header("Host") ?? new URL(c.req.url).host;
    if (host === origin.host || isSameOrigin(`${origin.protocol}//${host}`, origin)) return next();
    return refuse(c, 421, { ...c.var.texts.errors.otherHost(origin.origin), home: origin.href });
  });
}

/** A method that a path doesn't know gets 405 and `Allow`, TRACE and made-up ones too. Paths that nobody knows take what pages and forms use. */
export function requireKnownMethod(app: Hono<Env>) {
  /** Made at the first request, when the app has all its routes; what has no `:id` in it is looked up once. */
  let methodsAt: ((path: string) => Set<string>) | undefined;

  return createMiddleware<Env>((c, next) => {
    methodsAt ??= readMethods(app);
    const known = methodsAt(c.req.path);
    if (known.has(c.req.method)) return next();
    c.header("Allow", [...known].sort().join(", "));
    return refuse(c, 405, c.var.texts.errors.method);
  });
}

function readMethods(app: Hono<Env>): (path: string) => Set<string> {
  const router = methodsOf(app);
  const match = (path: string) => {
    const known = new Set(router.match("ALL", path)[0].map(([method]) => method));
    if (known.has("GET")) known.add("HEAD");
    return known.size === 0 ? new Set(["GET", "HEAD", "POST"]) : known;
  };
  const fixed = new Map(
    app.routes.map(({ path }) => path).filter((path) => !/[:*]/.test(path)).map((p) => [p, match(p)]),
  );
  return (path) => fixed.get(path) ?? match(path);
}

/** The methods of each path that the app itself answers. */
export function methodsOf(app: Hono<Env>): TrieRouter<string> {
  const router = new TrieRouter<string>();
  for (const { method, path } of app.routes) {
    if (method !== "ALL") router.add("ALL", path, method);
  }
  return router;
}

/** A query that no page here writes gets 414. */
export const limitQuery = createMiddleware<Env>((c, next) => {
  const start = c.req.url.indexOf("?");
  if (start === -1 || c.req.url.length - start - 1 <= LONGEST_QUERY) return next();
  return refuse(c, 414, c.var.texts.errors.longAddress);
});

/**
 * Reads the body of a request that has one, before anything looks at it: 413 past the limit, whether announced or not, and
 * 408 when it does not come. Then 415 for anything but a form: other types come from scripts of other sites.
 */
export const readBody = createMiddleware<Env>(async (c, next) => {
  if (isSafe(c.req.method)) return await next();

  const announced = Number(c.req.header("Content-Length") ?? 0);
  const body = announced > LARGEST_BODY ? "too large" : await readAtMost(c.req.raw.body, LARGEST_BODY, BODY_DEADLINE);
  const { errors } = c.var.texts;
  if (body === "too large") return refuse(c, 413, errors.largeForm);
  if (body === "too slow") return refuse(c, 408, errors.slowForm);
  const type = c.req.header("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return refuse(c, 415, errors.noForm);
  c.req.raw = new Request(c.req.url, { method: c.req.method, headers: c.req.raw.headers, body });
  return await next();
});

/**
 * What an attacker's page can't do (ASVS 3.5, first half): the browser itself says that the request comes from a page of ours,
 * by `Sec-Fetch-Site`, by `Origin`, or by both. Neither: 403. `hono/csrf` asks for less: one of them, and only for some
 * content types.
 */
export function requireOwnOrigin(origin: URL) {
  return createMiddleware<Env>((c, next) => {
    if (isSafe(c.req.method)) return next();
    const site = c.req.header("Sec-Fetch-Site");
    const from = c.req.header("Origin");
    const isOurs = (site ?? from) !== undefined && (site ?? "same-origin") === "same-origin" &&
      (from === undefined || isSameOrigin(from, origin));
    if (isOurs) return next();
    c.var.log("malicious_csrf", { request_id: c.var.requestId, path: c.req.path });
    return refuse(c, 403, c.var.texts.errors.otherOrigin(origin.origin));
  });
}

/**
 * The second half: the hidden field `csrf` says what only a page of this site could read (NIST SP 800-63B-4, 5.1): the
 * session's value, and at sign-in the `form` cookie's. `again` answers 403 with the form that was sent, filled as it was.
 */
export function requireCsrf(
  again: (c: Context<Env>, typed: Typed, problem: string) => Response | Promise<Response>,
) {
  return createMiddleware<Env>(async (c, next) => {
    if (isSafe(c.req.method)) return await next();
    const typed = await readForm(c);
    const expected = c.req.path === paths.signIn || !c.var.resumed ? readCookie(c, "form") : c.var.resumed.csrf;
    if (isSameText(typed.csrf, expected)) return await next();
    c.var.log("malicious_csrf", { request_id: c.var.requestId, path: c.req.path });
    c.status(403);
    const { noCookie, oldForm } = c.var.texts.errors;
    return await again(c, typed, expected === undefined ? noCookie : oldForm);
  });
}

/** An answer that ends a request: the page with what happened and what to do, or for htmx the same as a notification. */
export async function refuse(
  c: Context<Env>,
  status: 400 | 403 | 404 | 405 | 408 | 413 | 414 | 415 | 421 | 500 | 503,
  { title, text, home }: { title: string; text: string; home?: string },
) {
  c.status(status);
  if (!wantsPiece(c)) {
    return await c.render(<ErrorPage {...{ title, text, home }} t={c.var.texts} />, { title, isError: true });
  }
  return answerProblem(c, `${title}. ${text}`);
}

/**
 * For htmx: leaves everything as it is, and says why where the person is looking: in the dialog, or on the page. Not of what a page
 * asks by itself every few seconds, since nobody waits for that.
 */
export function answerProblem(c: Context<Env>, text: string) {
  const isInDialog = c.req.method === "POST" && c.req.header("HX-Target") === "dialog#dialog";
  c.header("HX-Reswap", "none");
  if (c.req.path === paths.live) return c.body(null);
  return c.html(
    <NotificationPiece target={isInDialog ? "#dialog-problem" : "#notifications"}>
      <Notification kind="problem">{text}</Notification>
    </NotificationPiece>,
  );
}

/** Whether two origins are one; the names of the loopback are. */
function isSameOrigin(text: string, origin: URL): boolean {
  if (!URL.canParse(text)) return false;
  const other = new URL(text);
  if (other.href !== `${other.protocol}//${other.host}/`) return false;
  return other.protocol === origin.protocol && other.port === origin.port &&
    (other.hostname === origin.hostname || isLoopback(other.hostname) && isLoopback(origin.hostname));
}

/** Whether a host name, as a URL has it, is one of the loopback's. */
export function isLoopback(hostname: string): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}

function isSameText(sent = "", expected = ""): boolean {
  const [a, b] = [Buffer.from(sent), Buffer.from(expected)];
  return a.length > 0 && a.length === b.length && timingSafeEqual(a, b);
}

function isSafe(method: string): boolean {
  return ["GET", "HEAD", "OPTIONS"].includes(method);
}

async function readAtMost(
  body: ReadableStream<Uint8Array> | null,
  most: number,
  deadline: number,
): Promise<Uint8Array<ArrayBuffer> | "too large" | "too slow"> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooSlow = new Promise<"too slow">((resolve) => timer = setTimeout(resolve, deadline, "too slow"));
  try {
    while (reader) {
      const read = await Promise.race([reader.read().catch(() => "too slow" as const), tooSlow]);
      if (read === "too slow") return read;
      if (read.done) break;
      size += read.value.length;
      if (size > most) return "too large";
      chunks.push(read.value);
    }
    return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
  } finally {
    clearTimeout(timer);
    // What has not been read yet never will be.
    await reader?.cancel().catch(() => {});
  }
}
