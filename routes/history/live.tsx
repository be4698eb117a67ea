import { Hono } from "hono";
import { type Activity, isOfMinute, isVersionOf, versionOf } from "../../db/history/activity.ts";
import { resumeWithActivity } from "../../db/sessions.ts";
import type { Env } from "../../http/env.ts";
import { currentUrl, hasOlderRows } from "../../http/history_query.ts";
import { wantsFragment } from "../../http/htmx.ts";
import { paths } from "../../http/paths.ts";
import {
  isOtherPage,
  loadSessionBy,
  openSession,
  recordVisit,
  redirectToSignIn,
  reloadPage,
} from "../../http/sessions.ts";
import { LiveFragments, LiveHeadFragments } from "../../views/history/connections.tsx";
import { viewHistory } from "./connections.tsx";

export const live = new Hono<Env>();

/** Reads the session and the activity in one round trip. A poll is no use of the account: it postpones no expiry (ASVS 7.3.1). */
live.get(paths.live, async (c) => {
  let activity: Activity | undefined;
  await loadSessionBy(c, async (...asked) => {
    const found = await resumeWithActivity(...asked);
    activity = found?.activity;
    return found?.session ?? null;
  });
  const session = openSession(c);
  if (!session || !activity) return redirectToSignIn(c);
  recordVisit(c, session);
  if (isOtherPage(c, session)) return reloadPage(c);
  if (!wantsFragment(c)) return c.redirect(paths.connections, 303);

  const version = c.req.query("version") ?? "";
  if (version === versionOf(activity, c.var.options.now())) return c.body(null, 304);

  c.set("session", session);
  const view = await viewHistory(c, currentUrl(c));
  // At most once a minute: a screen reader would say every refused sign-in.
  const isQuiet = isOfMinute(version, view.now);
  if (!hasOlderRows(c, c.req.query("loaded"))) return c.html(<LiveFragments {...view} isQuiet={isQuiet} />);
  return c.html(<LiveHeadFragments {...view} hasChanged={!isVersionOf(version, activity)} />);
});
