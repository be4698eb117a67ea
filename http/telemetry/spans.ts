import { type Span, trace } from "@opentelemetry/api";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import type { Env } from "../env.ts";

/** Others are a client's own text. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
/** They contain what people filter by, where they go after sign-in, and the tokens of one-time links. */
const URL_ATTRIBUTES = ["url.full", "url.path", "url.query"];

/**
 * Keeps URLs, which may contain a one-time link's token, out of all spans that Deno makes in this process. Call it once, before you serve.
 * Does nothing without OpenTelemetry. It changes Deno's class of spans: Deno writes URLs before any handler runs, has no setting for it, and
 * exports an attribute that is set again twice.
 */
export function hideUrls(): void {
  // Never ended, and so never exported.
  const span = trace.getTracer("connection-history").startSpan("hide URLs");
  if (!span.isRecording()) return;
  const spans: Pick<Span, "setAttribute"> = Object.getPrototypeOf(span);
  const { setAttribute } = spans;
  spans.setAttribute = function (key, value) {
    if (URL_ATTRIBUTES.includes(key)) return this as Span;
    const isUnknown = key === "http.request.method" && !METHODS.includes(String(value));
    return setAttribute.call(this, key, isUnknown ? "_OTHER" : value);
  };
}

/** Names the request's span by method and route, like `GET /links/:token`; without a route by the method. */
export const nameSpan = createMiddleware<Env>((c, next) => {
  const span = trace.getActiveSpan();
  if (span?.isRecording()) {
    const method = METHODS.includes(c.req.method) ? c.req.method : "HTTP";
    const route = matchedRoutes(c).findLast(({ method }) => method !== "ALL")?.path;
    span.updateName(route === undefined ? method : `${method} ${route}`);
    if (route !== undefined) span.setAttribute("http.route", route);
  }
  return next();
});
