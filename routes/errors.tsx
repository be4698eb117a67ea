import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { findUnavailable } from "../db/driver/unavailable.ts";
import type { Env } from "../http/env.ts";
import { wantsFragment } from "../http/htmx.ts";
import { languageOf } from "../http/languages.ts";
import { paths, withoutToken } from "../http/paths.ts";
import { notFound, Refusal, SessionEnded } from "../http/refusal.ts";
import { redirectToSignIn } from "../http/sessions/sessions.ts";
import { ErrorPage } from "../views/error.tsx";
import { Notification, NotificationFragment } from "../views/notifications.tsx";
import { textsOf } from "../words/texts.ts";
import { logCrash, logRequest } from "../http/request.ts";

/** Statuses logged as invalid input; other refusals log their own event, or are part of normal use. */
const INVALID = [400, 405, 408, 413, 414, 415, 421];

export function renderNotFound(c: Context<Env>) {
  return renderError(notFound(), c);
}

/** Renders whatever ended a request: a page that says what happened and what to do, or for htmx the same as a notification. */
export async function renderError(error: Error, c: Context<Env>): Promise<Response> {
  if (error instanceof SessionEnded) return redirectToSignIn(c);
  const { status, say, home } = refusalOf(error, c);
  // A guard may refuse the request before its session, and with it its language, is loaded.
  const t = c.get("texts") ?? textsOf(languageOf(c, null, c.get("options")));
  c.set("texts", t);
  c.status(status);
  if (INVALID.includes(status)) logRequest(c, "input_validation_fail", { status, path: withoutToken(c.req.path) });
  const { title, text, link } = say(t.errors);
  if (wantsFragment(c)) return renderProblem(c, `${title}. ${text}`);
  return await c.render(<ErrorPage {...{ title, text, home, link, t }} />, { title, isError: true });
}

/** Of an unexpected error the browser sees the request's id only. */
function refusalOf(error: Error, c: Context<Env>): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof HTTPException) return new Refusal(400, (errors) => errors.unreadable);

  logCrash(c, error);
  const unavailable = findUnavailable(error);
  if (!unavailable) return new Refusal(500, (errors) => errors.crash(c.var.requestId));
  c.header("Retry-After", String(unavailable.retryAfterSeconds));
  return new Refusal(503, (errors) => errors.unavailable);
}

/** For htmx: a notification in the dialog or on the page. A poll fails silently, because nobody waits for it. */
export function renderProblem(c: Context<Env>, text: string): Response | Promise<Response> {
  const isInDialog = c.req.method === "POST" && c.req.header("HX-Target") === "dialog#dialog";
  c.header("HX-Reswap", "none");
  if (c.req.path === paths.live) return c.body(null);
  return c.html(
    <NotificationFragment target={isInDialog ? "#dialog-problem" : "#notifications"}>
      <Notification kind="problem">{text}</Notification>
    </NotificationFragment>,
  );
}
