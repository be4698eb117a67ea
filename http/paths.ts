import { AsyncLocalStorage } from "node:async_hooks";

const connections = "/user/security/connections";
const methods = "/user/security/methods";
const LINKS = "/links/";

/** Relative to the area's base. A path with a parameter gives the route's pattern for `":id"`. */
const relative = {
  home: "/",
  health: "/health",
  signIn: "/sign-in",
  /** The second step. */
  code: "/sign-in/code",
  passkey: "/sign-in/passkey",
  ticket: "/sign-in/ticket",
  signOut: "/sign-out",
  forgotten: "/forgotten",
  forgottenSent: "/forgotten/sent",
  /** What proxies ask about each request of a panel (docs/gate.md). */
  gate: "/authz/forward",
  nginxGate: "/authz/nginx",
  /** Everything below it requires a session. */
  security: "/user/security",
  connections,
  live: `${connections}/live`,
  closeAll: `${connections}/close`,
  details: <Id extends string>(id: Id) => `${connections}/${id}` as const,
  closeOne: <Id extends string>(id: Id) => `${connections}/${id}/close` as const,
  review: <Id extends string>(id: Id) => `${connections}/${id}/review` as const,
  /** The former name of `review`. */
  answer: <Id extends string>(id: Id) => `${connections}/${id}/answer` as const,
  csv: "/user/security/connections.csv",
  password: "/user/security/password",
  email: "/user/security/email",
  cancelEmail: "/user/security/email/cancel",
  preferences: "/user/security/preferences",
  methods,
  authenticator: `${methods}/authenticator`,
  removeAuthenticator: `${methods}/authenticator/remove`,
  recoveryCodes: `${methods}/recovery-codes`,
  passkeys: `${methods}/passkeys`,
  renamePasskey: <Id extends string>(id: Id) => `${methods}/passkeys/${id}` as const,
  removePasskey: <Id extends string>(id: Id) => `${methods}/passkeys/${id}/remove` as const,
  /** `all` forgets all of them. */
  forgetBrowser: <Id extends string>(id: Id) => `${methods}/browsers/${id}` as const,
  /** The target of a one-time link. */
  link: <Token extends string>(token: Token) => `${LINKS}${token}` as const,
  /** Where password managers look (W3C, "A Well-Known URL for Changing Passwords"). */
  changePassword: "/.well-known/change-password",
  static: <Name extends string>(name: Name) => `/static/${name}` as const,
} as const;

/** The area's URLs by name; a URL with a parameter is a function. */
export type Paths = typeof relative;

const bases = new AsyncLocalStorage<string>();
/** Whether any area of this process has a base. Without one, requests need no context, which isn't free (docs/performance.md). */
let hasBases = false;

/** Every URL of the area that answers the request (docs/decisions/0009-paths.md). Elsewhere use `pathsBelow`: Deno may leave a request's context behind. */
export const paths: Paths = makePaths(() => bases.getStore() ?? "");

/** Runs code of the area below `base`: inside it, `paths` are that area's. */
export function within<Result>(base: string, run: () => Result): Result {
  hasBases ||= base !== "";
  return hasBases ? bases.run(base, run) : run();
}

/** Every URL of the area below `base`, independent of the request. */
export function pathsBelow(base: string): Paths {
  return makePaths(() => base);
}

/** The URLs of an area at the root of a site. For an area below a base, use the `paths` that `createArea` returns. */
export const rootPaths: Paths = pathsBelow("");

/** Whether an area can be below this path; `""` is the root. Paths that proxies and supervisors use at the root are refused. */
export function isBase(text: string): boolean {
  return /^(\/[\w~-][\w.~-]*)*$/.test(text) && !/^\/(authz|health)(\/|$)/i.test(text);
}

function makePaths(baseOf: () => string): Paths {
  const at = (path: string) =>
    path === relative.home ? baseOf() || path : path === relative.changePassword ? path : baseOf() + path;
  const properties = Object.entries(relative).map(([name, path]): [string, PropertyDescriptor] => [
    name,
    typeof path === "string"
      ? { enumerable: true, get: () => at(path) }
      : { enumerable: true, value: (parameter: string) => at(path(parameter)) },
  ]);
  return Object.defineProperties({}, Object.fromEntries(properties)) as Paths;
}

/** The header with the connection for which a page was made. */
export const PAGE_HEADER = "X-Connection";

/** Whether a path's address contains a secret: a one-time link's token, or a ticket. */
export function isSecret(path: string): boolean {
  return path.startsWith(paths.link("")) || path === paths.ticket;
}

/** A path as the log may show it. */
export function withoutToken(path: string): string {
  return path.replace(/\/links\/.+$/is, `${LINKS}…`);
}

/** Whether browsers take a text for a path of this site. */
export function isPath(text: string): boolean {
  return /^\/(?!\/)[!-[\]-~]*$/.test(text);
}

/** A path with the parameters that are set. */
export function withQuery(path: string, query: Record<string, string | undefined>): string {
  const set = Object.entries(query).filter((pair): pair is [string, string] => !!pair[1]);
  return set.length === 0 ? path : `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams(set)}`;
}

/**
 * Where to go after sign-in: `next` if it is a path of this site, otherwise the history (ASVS 3.7.2). It is parsed as browsers do, so that
 * `/\\host`, `/x/..//host` and encoded slashes count as the other site that they name. Sign-in and sign-out are refused as loops, and with them
 * tickets, which might be another account's.
 */
export function safeNext(next: string | undefined): string {
  const url = next !== undefined && /^\/[\x21-\x7e]*$/.test(next) ? URL.parse(next, ANY_SITE) : null;
  if (url?.origin !== ANY_SITE) return paths.connections;

  const path = url.pathname + url.search;
  const isOut = /^\/(\/|%2f)|\\|%5c|%[01]|%7f/i.test(path);
  const read = readable(path).toLowerCase();
  const isLoop = [paths.signIn, paths.signOut].some((loop) => read.startsWith(loop.toLowerCase()));
  return isOut || isLoop ? paths.connections : path;
}

/** Decodes a path's ASCII, as the router does. */
function readable(path: string): string {
  return path.replace(/%([0-7][0-9a-f])/gi, (_, code) => String.fromCharCode(parseInt(code, 16)));
}

const ANY_SITE = "http://localhost";
