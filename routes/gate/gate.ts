import { type Context, Hono } from "hono";
import { resumeSession, type Session } from "../../db/sessions.ts";
import type { Env } from "../../http/env.ts";
import { isHtmx } from "../../http/htmx.ts";
import { isSameOrigin } from "../../http/origins.ts";
import { paths, safeNext } from "../../http/paths.ts";
import { Refusal } from "../../http/refusal.ts";
import { logRequest } from "../../http/request.ts";
import {
  isSecondFactorDue,
  loadSessionBy,
  openSession,
  redirectToSignIn,
  signInPath,
} from "../../http/sessions/sessions.ts";
import { recordUse } from "../../http/sessions/visits.ts";

/** Answers a proxy whether a request may pass to the panel behind it, and who its owner is (docs/gate.md). */
export const gate = new Hono<Env>();

/** In characters; a longer one, encoded, would exceed the longest query. */
const LONGEST_WAY_BACK = 2_000;

// Caddy and Traefik pass an answer that isn't 2xx on to the browser.
gate.get(paths.gate, async (c) => {
  const { origin } = c.get("options");
  if (!isSameOrigin(`${origin.protocol}//${c.req.header("X-Forwarded-Host")}`, origin)) {
    logRequest(c, "authz_fail", { path: c.req.path, reason: "host" });
    throw new Refusal(403, (errors) => errors.otherPanel(origin.origin));
  }
  const method = c.req.header("X-Forwarded-Method") ?? "";
  const detour = await findDetour(c, method, c.req.header("X-Forwarded-Uri"));
  if (detour === null) return c.body(null);
  if (isPage(c, method)) return c.redirect(detour, 303);
  if (isHtmx(c) && !openSession(c)) return redirectToSignIn(c);
  throw new Refusal(401, (errors) => errors.signedOut, detour);
});

// 2xx, 401 and 403 only: nginx turns any other answer into a 500. The URL is encoded here, because nginx can't.
gate.get(paths.nginxGate, async (c) => {
  const detour = await findDetour(c, c.req.header("X-Original-Method") ?? "", c.req.header("X-Original-URI"));
  return detour === null ? c.body(null) : c.body(null, 401, { Location: detour });
});

/** Sets the owner's headers and records the use. Returns `null`, or the URL that the browser has to visit first. */
async function findDetour(c: Context<Env>, method: string, uri = ""): Promise<string | null> {
  const options = c.get("options");
  // A former secret is accepted for reading only: by the method of the panel's request, not by that of the gate's.
  await loadSessionBy(c, (db, cookie, { now }) => resumeSession(db, cookie, { isReading: isReading(method), now }));
  const session = openSession(c);
  const url = (path: string) => new URL(path, options.origin).href;
  if (!session) {
    const next = isReading(method) && uri.length <= LONGEST_WAY_BACK ? safeNext(uri) : options.home;
    return url(signInPath(options, next));
  }
  if (isSecondFactorDue(options, session, c.req.path)) return url(paths.methods);
  nameOwner(c, session);
  recordUse(c, session);
  return null;
}

/** Sets every header each time, none of them empty: Caddy 2.10 passes on the client's in place of a missing or empty one. */
function nameOwner(c: Context<Env>, { email, userId }: Session): void {
  const address = toBytes(email);
  c.header("Remote-User", address);
  c.header("Remote-Email", address);
  c.header("Remote-Id", userId);
  c.header("Remote-Groups", "users");
  c.header("Remote-Name", address);
}

/** Text whose Latin-1 bytes, as a header is sent, are the UTF-8 of `text`. */
function toBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** Whether a browser shows the answer as a page: a script would take the sign-in page for its data. */
function isPage(c: Context<Env>, method: string): boolean {
  const isScript = isHtmx(c) || c.req.header("X-Requested-With") !== undefined;
  const mode = c.req.header("Sec-Fetch-Mode") ?? "navigate";
  return isReading(method) && !isScript && mode === "navigate" && /\btext\/html\b/i.test(c.req.header("Accept") ?? "");
}

function isReading(method: string): boolean {
  return method === "GET" || method === "HEAD";
}
