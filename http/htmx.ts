import type { Context } from "hono";
import type { Env } from "./env.ts";

/** Whether htmx asks, and not the browser itself. */
export function isHtmx(c: Context<Env>): boolean {
  return c.req.header("HX-Request") === "true";
}

/** Whether htmx asks for a piece of the page. The Back button asks for whole pages, so one header is not enough. */
export function wantsPiece(c: Context<Env>): boolean {
  return isHtmx(c) && c.req.header("HX-Request-Type") === "partial";
}
