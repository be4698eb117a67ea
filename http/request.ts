import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { createClientAddress } from "../visitor/client_address.ts";
import { readVisitor, type Visitor } from "../visitor/visitor.ts";
import type { AppOptions, Env } from "./env.ts";
import { describeError } from "./log.ts";

/** Gives each request its options, its visitor and its background work. */
export function prepareRequest(options: AppOptions) {
  const clientAddress = createClientAddress(options.trustedProxies);

  function addressOf(c: Context<Env>) {
    const peer = c.env?.remoteAddr;
    const hostname = peer && "hostname" in peer ? peer.hostname : undefined;
    return clientAddress(hostname, c.req.header("X-Forwarded-For"));
  }

  return createMiddleware<Env>((c, next) => {
    let visitor: Promise<Visitor> | undefined;
    c.set("options", options);
    c.set("visitor", () => visitor ??= readVisitor(addressOf(c), c.req.header("User-Agent"), options.countryOf));
    c.set("waitUntil", (work) => options.waitUntil(work.then(() => {}, (error) => logCrash(c, error))));
    return next();
  });
}

export function logCrash(c: Context<Env>, error: unknown): void {
  const { options: { log }, requestId } = c.var;
  log("sys_crash", { request_id: requestId, path: c.req.path, error: describeError(error) });
}
