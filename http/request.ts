import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { type Address, NO_ADDRESS } from "../visitor/addresses.ts";
import { createClientAddress, readSocketAddress } from "../visitor/client_address.ts";
import { type DeviceHeaders, readVisitor, type Visitor } from "../visitor/visitor.ts";
import { type AppOptions, type Env, GUESS } from "./env.ts";
import { describeError, type LogEvent, type LogFields } from "./log.ts";
import { withoutToken } from "./paths.ts";
import { createOverLimits } from "./passwords/over_limits.ts";

/** Of a header that can't be read, or whose address is cached; in UTF-16 units. */
const MAX_LOGGED = 200;
const MAX_CACHED = 1_000;
/** In milliseconds. */
const LINK_DELAY = 4_000;

/** Gives each request its options, its visitor and its background work. */
export function prepareRequest(options: AppOptions) {
  const addressOf = createAddressReader(options);
  const overLimits = createOverLimits(options);

  return createMiddleware<Env>((c, next) => {
    let visitor: Promise<Visitor> | undefined;
    const address = c.env?.[GUESS]?.address ?? addressOf(c);
    c.set("options", options);
    c.set("overLimits", overLimits);
    c.set("address", address);
    c.set("visitor", () => visitor ??= readVisitor(address(), deviceHeadersOf(c), options.countryOf));
    c.set("waitUntil", (work) => options.waitUntil(work.then(() => {}, (error) => logCrash(c, error))));
    return next();
  });
}

export function deviceHeadersOf(c: Context): DeviceHeaders {
  return { userAgent: c.req.header("User-Agent"), brands: c.req.header("Sec-CH-UA") };
}

/**
 * Reads a request's address. Logs once if there is none, because then nothing is limited by address. The peer is read at once: Bun forgets it
 * when the body is read.
 */
export function createAddressReader(
  { trustedProxies, clientAddress: source = "peer", log }: AppOptions,
): (c: Context) => () => Address {
  const warn = (forwarded: string) => log("address_unknown", { forwarded: forwarded.slice(0, MAX_LOGGED) });
  const clientAddress = createClientAddress(trustedProxies, warn);
  const cache = new Map<string, Address>();
  let hasLogged = false;

  function find(c: Context, peer: string | undefined, given: string | undefined): Address {
    const forwarded = typeof source === "function" ? undefined : c.req.header("X-Forwarded-For");
    const key = `${peer} ${forwarded} ${given}`;
    const cached = cache.get(key);
    if (cached) return cached;
    // On Deploy the proxy has no address: a peer that has one could forge the header.
    const isGiven = typeof source === "function" || source === "deno-deploy" && peer === undefined;
    const ofClient = isGiven ? readSocketAddress(given ?? "") : null;
    const address = ofClient ?? (typeof source === "function" ? NO_ADDRESS : clientAddress(peer, forwarded));
    if (cache.size >= MAX_CACHED) cache.clear();
    if (key.length <= MAX_LOGGED) cache.set(key, address);
    if (address.client === "" && !hasLogged) {
      hasLogged = true;
      log("address_unknown", {
        path: withoutToken(c.req.path),
        ...(given !== undefined && { forwarded: given.slice(0, MAX_LOGGED) }),
      });
    }
    return address;
  }

  return (c) => {
    const peer = peerOf(c);
    const given = typeof source === "function"
      ? source(c)
      : source === "deno-deploy"
      ? c.req.header("X-Deno-Client-Address")
      : undefined;
    let address: Address | undefined;
    return () => address ??= find(c, peer, given);
  };
}

/** The address at the other end of the socket, by Deno, Node's adapter or Bun. */
export function peerOf({ env, req }: Context): string | undefined {
  const { remoteAddr, incoming, server = env }: Env["Bindings"] = env ?? {};
  return remoteAddr?.hostname ?? incoming?.socket.remoteAddress ?? server?.requestIP?.(req.raw)?.address;
}

/** Whether somebody will see the answer: nobody sees a prefetch before they follow the link. */
export function isSeen(c: Context<Env>): boolean {
  const isAhead = ["Sec-Purpose", "Purpose", "X-Moz"].some((name) => c.req.header(name)?.includes("prefetch"));
  return c.req.method === "GET" && !isAhead;
}

/** Sends mail with a link after a random delay: otherwise its load on the next request would reveal whether the account exists (ASVS 6.3.8). */
export function sendUnnoticed(c: Context<Env>): void {
  const { mail, linkDelay = LINK_DELAY } = c.var.options;
  if (linkDelay === 0) mail?.wake();
  else setTimeout(() => mail?.wake(), linkDelay * (1 + Math.random()) / 2);
}

/** Logs an event with the request's id and the client's address. */
export function logRequest(c: Context<Env>, event: LogEvent, fields?: LogFields): void {
  const write = () =>
    c.get("options").log(event, { request_id: c.get("requestId"), ip: c.get("address")().ip, ...fields });
  const guess = c.env?.[GUESS];
  if (guess) guess.log.push(write);
  else write();
}

export function logCrash(c: Context<Env>, error: unknown): void {
  logRequest(c, "sys_crash", { path: withoutToken(c.req.path), error: describeError(error) });
}
