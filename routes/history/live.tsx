import { type Context, Hono } from "hono";
import { type Activity, isOfMinute, isVersionOf, versionOf } from "../../db/history/activity.ts";
import { knownActivity } from "../../db/history/overview.ts";
import { resumeWithActivity, type Session } from "../../db/sessions.ts";
import type { Env } from "../../http/env.ts";
import { currentUrl, hasOlderRows } from "../../http/history_query.ts";
import { wantsFragment } from "../../http/htmx.ts";
import { paths } from "../../http/paths.ts";
import { isRight } from "../../http/sessions/guesses.ts";
import {
  guessFor,
  isOtherPage,
  isSecondFactorDue,
  loadSessionBy,
  openSession,
  redirectToMethods,
  redirectToSignIn,
  reloadPage,
  useLanguage,
} from "../../http/sessions/sessions.ts";
import { recordVisit } from "../../http/sessions/visits.ts";
import { LiveFragments, LiveHeadFragments } from "../../views/history/connections.tsx";
import type { HistoryView } from "../../views/history/section.tsx";
import { viewChangedHistory, viewHistory } from "./connections.tsx";

export const live = new Hono<Env>();

/** Reads the session and the activity in one round trip. A poll is no use of the account: it postpones no expiry (ASVS 7.3.1). */
live.get(paths.live, (c) => c.get("options").db.$client.together(() => poll(c)));

async function poll(c: Context<Env>): Promise<Response> {
  const { db, now } = c.get("options");
  const version = c.req.query("version") ?? "";
  const guess = guessFor(c);
  let activity: Activity | undefined;
  const [beside] = await Promise.all([
    guess && wantsFragment(c) ? viewBeside(c, guess, version) : null,
    loadSessionBy(c, async (...asked) => {
      const found = await resumeWithActivity(...asked);
      activity = found?.activity;
      return found?.session ?? null;
    }),
  ]);
  const session = openSession(c);
  if (!session || !activity) return redirectToSignIn(c);
  if (isSecondFactorDue(c.get("options"), session, c.req.path)) return redirectToMethods(c);
  recordVisit(c, session);
  if (isOtherPage(c, session)) return reloadPage(c);
  if (!wantsFragment(c)) return c.redirect(paths.connections, 303);
  if (version === versionOf(activity, now())) return c.body(null, 304);

  c.set("session", session);
  const isBeside = guess !== null && isRight(db, guess, session);
  const view = isBeside && beside || await viewHistory(c, currentUrl(c));
  // At most once a minute: a screen reader would say every refused sign-in.
  const isQuiet = isOfMinute(version, view.now);
  if (!hasOlderRows(c, c.req.query("loaded"))) return await c.html(<LiveFragments {...view} isQuiet={isQuiet} />);
  return await c.html(<LiveHeadFragments {...view} hasChanged={!isVersionOf(version, activity)} />);
}

/** Reads the history only if something happened since `version`. */
function viewBeside(c: Context<Env>, guess: Session, version: string): Promise<HistoryView | null> {
  const { db, now } = c.get("options");
  useLanguage(c, guess);
  const known = knownActivity(db, guess.userId);
  const isShown = known !== null && version === versionOf(known, now());
  return viewChangedHistory(c, currentUrl(c), guess, isShown ? known : null);
}
