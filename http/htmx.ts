import type { Context } from "hono";

export function isHtmx(c: Context): boolean {
  return c.req.header("HX-Request") === "true";
}

/** Whether htmx wants a fragment. The Back button asks for whole pages, so one header isn't enough. */
export function wantsFragment(c: Context): boolean {
  return isHtmx(c) && c.req.header("HX-Request-Type") === "partial";
}
