import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Child } from "hono/jsx";
import { v4 as uuid } from "uuid";
import type { Visitor } from "../db/connections.ts";
import { deviceKindOf, deviceOf, readUserAgent } from "../visitor/devices.ts";
import { unavailabilityIn } from "../db/driver/unavailable.ts";
import { Layout } from "../views/layout.tsx";
import { textsOf } from "../words/texts.ts";
import { answers, showQuestion } from "./review.tsx";
import { type ClientAddress, createClientAddress } from "../visitor/client_address.ts";
import { connections, showCloseAll, showCloseOne } from "./connections.tsx";
import type { AppOptions, Env, PageProps } from "../http/env.ts";
import type { Typed } from "../http/forms.ts";
import {
  limitQuery,
  noStore,
  readBody,
  refuse,
  requireCsrf,
  requireHost,
  requireKnownMethod,
  requireOwnOrigin,
  securityHeaders,
} from "../http/guards.tsx";
import { health } from "./health.ts";
import { languageOf } from "../http/languages.ts";
import { live } from "./live.tsx";
import { describeError } from "../http/log.ts";
import { takeNotice } from "./notices.tsx";
import { password, showPassword } from "./password.tsx";
import { paths } from "../http/paths.ts";
import { preferences, showPreferences } from "./preferences.tsx";
import { loadSession, openSession, requireSession } from "../http/sessions.ts";
import { showSignIn, signIn } from "./sign_in.tsx";
import { staticFiles } from "./static.ts";

export type { AppOptions } from "../http/env.ts";

/** The whole area as a Hono app: the guards in their order, the public routes, and behind `requireSession` the private ones. */
export function createApp(options: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  const closeOne = `${paths.connections}/:id/close`;
  const answer = `${paths.connections}/:id/answer`;
  const clientAddress = createClientAddress(options.trustedProxies);

  app.use((c, next) => {
    for (const key of Object.keys(options) as (keyof AppOptions)[]) c.set(key, options[key]);
    c.set("requestId", uuid());
    c.set("texts", textsOf(languageOf(c, null)));
    c.set("later", (work) => options.background(work.then(() => {}, (error) => logCrash(c, error))));
    c.set("visitor", once(() => visitorOf(c, clientAddress)));
    c.setRenderer((content, props) => render(c, content, props));
    return next();
  });
  app.use(securityHeaders(options.origin), noStore);
  app.get(paths.health, health);
  app.use(requireHost(options.origin), requireKnownMethod(app), limitQuery, readBody, requireOwnOrigin(options.origin));

  app.route("/static", staticFiles);

  app.use(loadSession);
  // Each form's own answer first; the last line holds for every path, so that no new form can forget its guard.
  app.use(paths.signIn, requireCsrf((c, typed, problem) => showSignIn(c, typed, {}, problem)));
  app.use(paths.closeAll, requireCsrf(whenSignedIn((c, problem) => showCloseAll(c, { problem, problems: {} }))));
  app.use(
    closeOne,
    requireCsrf(whenSignedIn((c, problem) => showCloseOne(c, c.req.param("id") ?? "", { problem, problems: {} }))),
  );
  app.use(
    answer,
    requireCsrf(whenSignedIn((c, problem) => showQuestion(c, c.req.param("id") ?? "", { problem, problems: {} }))),
  );
  app.use(paths.password, requireCsrf(whenSignedIn((c, problem) => showPassword(c, {}, problem))));
  app.use(paths.preferences, requireCsrf(whenSignedIn((c, problem, typed) => showPreferences(c, typed, {}, problem))));
  app.use(requireCsrf((c, _, problem) => refuse(c, 403, { title: c.var.texts.errors.notDone, text: problem })));

  app.get(paths.home, (c) => c.redirect(openSession(c) ? paths.connections : paths.signIn, 303));
  app.get(paths.changePassword, (c) => c.redirect(paths.password, 303));
  app.route("/", signIn);

  app.use("/user/*", requireSession);
  app.get(paths.security, (c) => c.redirect(paths.connections, 303));
  app.route(paths.security, connections);
  app.route(paths.security, answers);
  app.route(paths.security, live);
  app.route(paths.security, password);
  app.route(paths.security, preferences);

  app.notFound((c) => refuse(c, 404, c.var.texts.errors.notFound));
  app.onError((error, c) => answerError(c, error));
  return app;
}

/** A whole page in the layout, with the message that the request before left for it. */
async function render(c: Context<Env>, content: Child, { title, isError }: PageProps): Promise<Response> {
  const session = openSession(c);
  // Not by `c.var`, which makes an object of all variables each time that it is asked.
  const [t, brand, header] = [c.get("texts"), c.get("brand"), c.get("header")];
  const owner = session && { email: session.email, csrf: session.csrf, language: t.language };
  // The message waits for the page that it was left for: one of the owner's, and not an error on the way there.
  const notice = session && !isError ? await takeNotice(c, session) : null;
  const theme = session?.theme ?? null;
  const page = (
    <Layout path={c.req.path} {...{ title, brand: brand ?? t.brand, header, owner, theme, notice, t }}>
      {content}
    </Layout>
  );
  return c.html(`<!doctype html>${page}`);
}

/** The form again for who is signed in; the plain refusal for others, who can't see the page that it stands on. */
function whenSignedIn(again: (c: Context<Env>, problem: string, typed: Typed) => Response | Promise<Response>) {
  return (c: Context<Env>, typed: Typed, problem: string) => {
    const session = openSession(c);
    if (!session) return refuse(c, 403, { title: c.var.texts.errors.notDone, text: problem });
    c.set("session", session);
    return again(c, problem, typed);
  };
}

async function visitorOf(c: Context<Env>, clientAddress: ClientAddress): Promise<Visitor> {
  const peer = c.env?.remoteAddr;
  const address = clientAddress(
    peer && "hostname" in peer ? peer.hostname : undefined,
    c.req.header("X-Forwarded-For"),
  );
  const userAgent = readUserAgent(c.req.header("User-Agent"));
  return {
    address,
    countryCode: await c.var.countryOf(address),
    userAgent,
    device: deviceOf(userAgent),
    deviceKind: deviceKindOf(userAgent),
  };
}

/** What nobody expected. The browser learns the request's number, the log has the rest under it. */
function answerError(c: Context<Env>, error: Error): Response | Promise<Response> {
  const { errors } = c.var.texts;
  if (error instanceof HTTPException) return refuse(c, 400, errors.unreadable);

  logCrash(c, error);
  const unavailable = unavailabilityIn(error);
  if (unavailable) {
    c.header("Retry-After", String(unavailable.retryAfterSeconds));
    return refuse(c, 503, errors.unavailable);
  }
  return refuse(c, 500, errors.crash(c.var.requestId));
}

function logCrash(c: Context<Env>, error: unknown): void {
  c.var.log("sys_crash", { request_id: c.var.requestId, path: c.req.path, error: describeError(error) });
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
