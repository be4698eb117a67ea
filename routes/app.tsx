import { Hono } from "hono";
import { requestId } from "hono/request-id";
import type { AppOptions, Env } from "../http/env.ts";
import {
  limitQuery,
  noStore,
  readBody,
  requireHost,
  requireKnownMethod,
  requireOwnOrigin,
  requireProxy,
  securityHeaders,
} from "../http/guards.ts";
import { isBase, paths, safeNext, within } from "../http/paths.ts";
import { prepareRequest } from "../http/request.ts";
import { sectionsOf } from "../http/sections.ts";
import { loadSession, loadSessionBeside, openSession, requireSession, signInPath } from "../http/sessions/sessions.ts";
import { measure } from "../http/telemetry/metrics.ts";
import { nameSpan } from "../http/telemetry/spans.ts";
import { renderError, renderNotFound } from "./errors.tsx";
import { code } from "./code.tsx";
import { gate } from "./gate/gate.ts";
import { ticket } from "./gate/ticket.tsx";
import { health } from "./health.ts";
import { closing } from "./history/closing.tsx";
import { connection } from "./history/connection.tsx";
import { connections } from "./history/connections.tsx";
import { csv } from "./history/csv.ts";
import { live } from "./history/live.tsx";
import { review } from "./history/review.tsx";
import { authenticator } from "./methods/authenticator.tsx";
import { browsers } from "./methods/browsers.tsx";
import { passkeys } from "./methods/passkeys.tsx";
import { methods } from "./methods/methods.tsx";
import { recoveryCodes } from "./methods/recovery_codes.tsx";
import { addLanguages } from "../words/texts.ts";
import { useLayout } from "./page.tsx";
import { email } from "./email.tsx";
import { passkey } from "./passkey.tsx";
import { password } from "./password.tsx";
import { preferences } from "./preferences.tsx";
import { forgotten } from "./recovery/forgotten.tsx";
import { links } from "./recovery/links.tsx";
import { signIn } from "./sign_in.tsx";
import { staticFiles } from "./static.ts";

export type { AppOptions } from "../http/env.ts";

/** The whole area as a Hono app. */
export function createApp(given: AppOptions): Hono<Env> {
  const { base = "" } = given;
  if (!isBase(base)) {
    throw new Error(`Cannot create the area: base must be a path like /account, is ${JSON.stringify(base)}`);
  }
  if (given.languages) addLanguages(given.languages);
  return within(base, () => createAppAt(base, measure(given)));
}

function createAppAt(base: string, options: AppOptions): Hono<Env> {
  const { origin } = options;
  const app = new Hono<Env>();

  app.use((_, next) => within(base, next), nameSpan);
  // Without a header: a client can't choose the id that is logged.
  app.use(requestId({ headerName: "" }), prepareRequest(options), useLayout, securityHeaders(options), noStore);
  // At the root too: supervisors and proxies call this process directly, without the base.
  for (const start of new Set([base, ""])) {
    app.route(start, health);
    app.use(`${start}/authz/*`, requireProxy(options.trustedProxies));
    app.route(start, gate);
  }
  app.use(requireHost(origin), requireKnownMethod(app), limitQuery, readBody, requireOwnOrigin(origin));
  app.route(base, staticFiles);
  app.route(base, live);

  // Both write on a GET: a download takes a slot before its answer begins, a ticket opens a connection.
  app.use(paths.csv, loadSession);
  app.use(paths.ticket, loadSession);
  app.use(loadSessionBeside(app));
  app.on("GET", [paths.home, `${base}/`], (c) => c.redirect(openSession(c) ? paths.connections : paths.signIn, 303));
  app.get(paths.changePassword, (c) => c.redirect(paths.password, 303));
  const sections = sectionsOf(options);
  if (!sections.includes("methods")) {
    if (options.requiresSecondFactor) throw new Error("Cannot require a second step where nobody could add one");
    app.use(`${paths.methods}/*`, requireSession, renderNotFound);
  }
  if (!sections.includes("preferences")) app.use(paths.preferences, requireSession, renderNotFound);
  if (options.hasSignIn === false) {
    app.get(paths.signIn, (c) => c.redirect(signInPath(options, safeNext(c.req.query("next"))), 303));
    const others = [paths.signIn, `${paths.signIn}/*`, paths.forgotten, paths.link(":token")];
    for (const path of others) app.use(path, renderNotFound);
  }
  if (!options.mail) app.use(`${paths.forgotten}/*`, renderNotFound);
  for (
    const route of [
      signIn,
      code,
      passkey,
      forgotten,
      ticket,
      links,
      connections,
      csv,
      closing,
      connection,
      review,
      password,
      methods,
      authenticator,
      passkeys,
      recoveryCodes,
      browsers,
      email,
      preferences,
    ]
  ) {
    app.route(base, route);
  }
  // Signed out, an unknown private path looks like any other.
  app.use(`${base}/user/*`, requireSession);

  app.notFound(renderNotFound);
  app.onError(renderError);
  return app;
}
