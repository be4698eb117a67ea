import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Address } from "../visitor/addresses.ts";
import { createClientAddress } from "../visitor/client_address.ts";
import { readVisitor, type Visitor } from "../visitor/visitor.ts";
import type { AppOptions, Env } from "./env.ts";
import { describeError, type LogEvent, type LogFields } from "./log.ts";

/** Gives each request its options, its visitor and its background work. */
export function prepareRequest(options: AppOptions) {
  const clientAddress = createClientAddress(options.trustedProxies);

  function addressOf(c: Context<Env>) {
    const peer = c.env?.remoteAddr;
    const hostname = peer && "hostname" in peer ? peer.hostname : undefined;
    return clientAddress(hostname, c.req.header("X-Forwarded-For"));
  }

  return createMiddleware<Env>((c, next) => {
    let known: Address | undefined;
    let visitor: Promise<Visitor> | undefined;
    const address = () => known ??= addressOf(c);
    c.set("options", options);
    c.set("address", address);
    c.set("visitor", () => visitor ??= readVisitor(address(), c.req.header("User-Agent"), options.countryOf));
    c.set("waitUntil", (work) => options.waitUntil(work.then(() => {}, (error) => logCrash(c, error))));
    return next();
  });
}

/** Logs an event with the request's id and the client's address. */
export function logRequest(c: Context<Env>, event: LogEvent, fields?: LogFields): void {
  c.get("options").log(event, { request_id: c.get("requestId"), ip: c.get("address")().ip, ...fields });
}

export function logCrash(c: Context<Env>, error: unknown): void {
  logRequest(c, "sys_crash", { path: c.req.path, error: describeError(error) });
}
