import type { Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { TrieRouter } from "hono/router/trie-router";
import { readAddress } from "../visitor/addresses.ts";
import { readNetworks } from "../visitor/client_address.ts";
import { readCookie } from "./cookies.ts";
import { isCsrf } from "./csrf.ts";
import type { AppOptions, Env } from "./env.ts";
import { readForm, type Typed } from "./forms.ts";
import { isSameOrigin } from "./origins.ts";
import { isSecret, paths, withoutToken } from "./paths.ts";
import { Refusal } from "./refusal.ts";
import { logRequest, peerOf } from "./request.ts";
import { isSecondFactorDue, openSession, redirectToMethods } from "./sessions/sessions.ts";

/** In bytes, like `MAX_BODY`: nothing here needs a fraction of it. */
const MAX_QUERY = 8_192;
const MAX_BODY = 16_384;
/** In milliseconds. */
const BODY_DEADLINE = 10_000;
const FORM_TYPE = "application/x-www-form-urlencoded";
/** In characters; browsers send half of it. */
const LONGEST_CONTENT_TYPE = 100;

/**
 * Sets the security headers before there is a response: afterwards, as Hono's `secureHeaders` does, it would be made twice
 * (docs/performance.md). `no-referrer` is only for secret addresses, because with it browsers send `Origin: null` with a form.
 */
export function securityHeaders({ origin, hstsSubdomains = true, signIn = "" }: AppOptions) {
  // A form may redirect to the panel's own sign-in.
  const formTargets = URL.canParse(signIn) ? `'self' ${new URL(signIn).origin}` : "'self'";
  const headers = Object.entries({
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
      `connect-src 'self'; form-action ${formTargets}; base-uri 'none'; frame-ancestors 'none'`,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    ...(origin.protocol === "https:" && {
      "Strict-Transport-Security": `max-age=63072000${hstsSubdomains ? "; includeSubDomains" : ""}`,
    }),
  });
  return createMiddleware<Env>((c, next) => {
    for (const [name, value] of headers) c.header(name, value);
    if (isSecret(c.req.path)) c.header("Referrer-Policy", "no-referrer");
    return next();
  });
}

/** Before 2.9 Deno compresses every page that doesn't forbid it, at nearly the cost of rendering it (docs/performance.md). */
const isOldDeno = typeof Deno !== "undefined" &&
  Deno.version.deno.localeCompare("2.9", "en", { numeric: true }) < 0;
const CACHE_CONTROL = isOldDeno ? "no-store, no-transform" : "no-store";

/** Forbids caching (ASVS 14.3). Static files and the CSV override it. */
export const noStore = createMiddleware<Env>((c, next) => {
  c.header("Cache-Control", CACHE_CONTROL);
  c.header("Vary", "HX-Request, HX-Request-Type");
  return next();
});

/** Refuses any `Host` but the public one: no link, cookie or cache entry is made under a wrong name. */
export function requireHost(origin: URL) {
  return createMiddleware<Env>((c, next) => {
    const host = c.req.header("Host") ?? new URL(c.req.url).host;
    if (host === origin.host || isSameOrigin(`${origin.protocol}//${host}`, origin)) return next();
    throw new Refusal(421, (errors) => errors.otherHost(origin.origin), new URL(paths.home, origin).href);
  });
}

/** Accepts requests from trusted proxies only: anyone else could invent the request that they describe. */
export function requireProxy(trustedProxies: string[]) {
  const isTrusted = readNetworks(trustedProxies) ?? (() => false);
  return createMiddleware<Env>((c, next) => {
    const address = readAddress(peerOf(c) ?? "");
    if (address && isTrusted(address.ip, 0)) return next();
    logRequest(c, "authz_fail", { path: c.req.path, reason: "proxy" });
    throw new Refusal(403, (errors) => errors.otherProxy);
  });
}

/** Refuses methods that a path doesn't handle, with `Allow`. Unknown paths allow GET, HEAD and POST. */
export function requireKnownMethod(app: Hono<Env>) {
  let methodsAt: ((path: string) => Set<string>) | undefined;

  return createMiddleware<Env>((c, next) => {
    // At the first request, when the app has all its routes.
    methodsAt ??= readMethods(app);
    const methods = methodsAt(c.req.path);
    if (methods.has(c.req.method)) return next();
    c.header("Allow", [...methods].sort().join(", "));
    throw new Refusal(405, (errors) => errors.method);
  });
}

function readMethods(app: Hono<Env>): (path: string) => Set<string> {
  const router = methodsOf(app);
  const match = (path: string) => {
    const methods = new Set(router.match("ALL", path)[0].map(([method]) => method));
    if (methods.has("GET")) methods.add("HEAD");
    return methods.size === 0 ? new Set(["GET", "HEAD", "POST"]) : methods;
  };
  const fixed = new Map(
    app.routes.map(({ path }) => path).filter((path) => !/[:*]/.test(path)).map((p) => [p, match(p)]),
  );
  return (path) => fixed.get(path) ?? match(path);
}

/** A router from each path that the app handles to its methods. */
export function methodsOf(app: Hono<Env>): TrieRouter<string> {
  const router = new TrieRouter<string>();
  for (const { method, path } of app.routes) {
    if (method !== "ALL") router.add("ALL", path, method);
  }
  return router;
}

export const limitQuery = createMiddleware<Env>((c, next) => {
  const start = c.req.url.indexOf("?");
  if (start === -1 || c.req.url.length - start - 1 <= MAX_QUERY) return next();
  throw new Refusal(414, (errors) => errors.longAddress);
});

/** Reads the body before anything else does, bounded in size and in time (Hono's `bodyLimit` has no deadline), and accepts forms only. */
export const readBody = createMiddleware<Env>(async (c, next) => {
  if (isSafe(c.req.method)) return await next();

  const announced = Number(c.req.header("Content-Length") ?? 0);
  const body = announced > MAX_BODY ? "too large" : await readWithin(c.req.raw.body, MAX_BODY, BODY_DEADLINE);
  if (body === "too large") throw new Refusal(413, (errors) => errors.largeForm);
  if (body === "too slow") throw new Refusal(408, (errors) => errors.slowForm);
  if (!isFormType(c.req.header("Content-Type") ?? "")) throw new Refusal(415, (errors) => errors.noForm);
  const headers = new Headers(c.req.raw.headers);
  // Without parameters: Deno's parser takes quadratic time for spaces between them.
  headers.set("Content-Type", FORM_TYPE);
  c.req.raw = new Request(c.req.url, { method: c.req.method, headers, body });
  return await next();
});

function isFormType(type: string): boolean {
  return type.length <= LONGEST_CONTENT_TYPE && type.split(";")[0]?.trim().toLowerCase() === FORM_TYPE;
}

/**
 * Requires that a POST comes from this site (ASVS 3.5), as far as its client says where it comes from. One that says nothing, like lynx, is no
 * browser that another site can use. `hono/csrf` accepts any of the headers, and only checks some content types.
 */
export function requireOwnOrigin(origin: URL) {
  return createMiddleware<Env>((c, next) => {
    if (isSafe(c.req.method) || comesFrom(c, origin) !== "elsewhere") return next();
    logCsrf(c);
    throw new Refusal(403, (errors) => errors.otherOrigin(origin.origin));
  });
}

/** Requires a client that says that it comes from this site, for a form that needs no csrf value: a page of an ended session can sign out. */
export const requireOwnPage = createMiddleware<Env>((c, next) => {
  const { origin } = c.var.options;
  if (comesFrom(c, origin) === "here") return next();
  logCsrf(c);
  throw new Refusal(403, (errors) => errors.otherOrigin(origin.origin));
});

/** `Sec-Fetch-Site` decides: where browsers send it, a proxy's `Referrer-Policy` may have turned `Origin` into "null". */
function comesFrom(c: Context<Env>, origin: URL): "here" | "elsewhere" | "unknown" {
  const [site, from, page] = ["Sec-Fetch-Site", "Origin", "Referer"].map((name) => c.req.header(name));
  const isOurs = (url: string | undefined) => isSameOrigin(URL.parse(url ?? "")?.origin ?? "", origin);
  if (site !== undefined) {
    return site === "same-origin" && (!from || from === "null" || isOurs(from)) ? "here" : "elsewhere";
  }
  if (from !== undefined) return isSameOrigin(from, origin) ? "here" : "elsewhere";
  if (page !== undefined) return isOurs(page) ? "here" : "elsewhere";
  return "unknown";
}

/** Answers a refused form with the form itself, filled as it was. */
type Again = (c: Context<Env>, typed: Typed, problem: string) => Response | Promise<Response>;

/**
 * Requires the session's csrf value in the form (NIST SP 800-63B-4, 5.1). Shows the form `again` to a signed-in user; anyone else gets a
 * plain 403.
 */
export function requireCsrf(again: Again) {
  return createMiddleware<Env>(async (c, next) => {
    const { options, resumed } = c.var;
    const expected = resumed?.csrf ?? readCookie(c, "form", options.origin);
    const typed = await readForm(c);
    if (isCsrf(typed.csrf, expected)) return await next();

    logCsrf(c);
    const session = openSession(c);
    if (!session) {
      throw new Refusal(403, (errors) => ({ title: errors.notDone, text: problemWith(expected, errors) }));
    }
    if (isSecondFactorDue(options, session, c.req.path)) return redirectToMethods(c);
    c.set("session", session);
    c.status(403);
    return await again(c, typed, problemWith(expected, c.var.texts.errors));
  });
}

/** The same before sign-in, by the `form` cookie's value, whether signed in or not. */
export function requireFormCookie(again: Again) {
  return createMiddleware<Env>(async (c, next) => {
    const expected = readCookie(c, "form", c.var.options.origin);
    const typed = await readForm(c);
    if (isCsrf(typed.csrf, expected)) return await next();

    logCsrf(c);
    c.status(403);
    return await again(c, typed, problemWith(expected, c.var.texts.errors));
  });
}

function problemWith(expected: string | undefined, errors: { noCookie: string; oldForm: string }): string {
  return expected === undefined ? errors.noCookie : errors.oldForm;
}

function logCsrf(c: Context<Env>): void {
  logRequest(c, "malicious_csrf", { path: withoutToken(c.req.path) });
}

function isSafe(method: string): boolean {
  return ["GET", "HEAD", "OPTIONS"].includes(method);
}

async function readWithin(
  body: ReadableStream<Uint8Array> | null,
  max: number,
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
      if (size > max) return "too large";
      chunks.push(read.value);
    }
    return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
  } finally {
    clearTimeout(timer);
    await reader?.cancel().catch(() => {});
  }
}
