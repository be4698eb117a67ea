import { type Context, Hono } from "hono";
import { z } from "zod";
import { closeOtherConnections } from "../../db/connections.ts";
import type { FullEntry } from "../../db/history/entries.ts";
import { listPlaces } from "../../db/places.ts";
import { disownConnection, recognizeConnection } from "../../db/reviews.ts";
import { VERDICTS } from "../../db/schema.ts";
import type { Session } from "../../db/sessions.ts";
import type { Env } from "../../http/env.ts";
import { readForm } from "../../http/forms.ts";
import { requireCsrf } from "../../http/guards.ts";
import { currentUrl, historyBehind } from "../../http/history_query.ts";
import { wantsFragment } from "../../http/htmx.ts";
import { paths } from "../../http/paths.ts";
import { logRequest } from "../../http/request.ts";
import { hasPasswordPage } from "../../http/sections.ts";
import { requireSession } from "../../http/sessions/sessions.ts";
import { Recognized, Review } from "../../views/history/review.tsx";
import { deviceName } from "../../words/devices.ts";
import { confirmationProps, confirmOwner, showConfirmation, type Unconfirmed } from "../confirmation.tsx";
import { leaveNotice } from "../notices.tsx";
import { findOwn } from "./connection.tsx";
import { renewHistory, viewHistory } from "./connections.tsx";

/** The owner's verdict on an unusual connection: "This was me", or "Not me". */
export const review = new Hono<Env>();

const REVIEW = paths.review(":id");
const Verdict = z.enum(VERDICTS);

review.get(
  paths.answer(":id"),
  requireSession,
  (c) => c.redirect(paths.review(encodeURIComponent(c.req.param("id"))), 303),
);

review.get(REVIEW, requireSession, (c) => showReview(c, c.req.param("id")));

review.post(
  REVIEW,
  requireCsrf((c, _, problem) => showReview(c, c.req.param("id") ?? "", { problem, problems: {} })),
  requireSession,
  async (c) => {
    const { session, texts: t } = c.var;
    const id = c.req.param("id");
    const found = await findOwn(c, id);
    const typed = await readForm(c);
    const verdict = Verdict.safeParse(typed.verdict);
    if (!verdict.success || isOwn(session, id) && verdict.data === "not_me") {
      c.status(422);
      return await showReview(c, id, { problem: t.review.chooseOne, problems: {} });
    }
    if (found.unusual === null) return await showReview(c, id);
    // "This was me" covers the places that were shown, not one that a thief has come from since.
    if (verdict.data === "me" && (typed.places ?? String(found.places)) !== String(found.places)) {
      c.status(422);
      return await showReview(c, id, { problem: t.review.movedMeanwhile, problems: {} });
    }

    const unconfirmed = await confirmOwner(c, isPasswordRequired(session, found));
    if (unconfirmed) return await showReview(c, id, unconfirmed);
    return verdict.data === "me" ? await recognize(c, id) : await disown(c, id);
  },
);

/** Otherwise a thief could vouch for their own connection, or take back a "Not me". */
function isPasswordRequired(session: Session, { id, verdict }: FullEntry): boolean {
  return isOwn(session, id) || verdict === "not_me";
}

function isOwn(session: Session, id: string): boolean {
  return id === session.connectionId;
}

async function recognize(c: Context<Env>, id: string) {
  const { options: { db, now }, session } = c.var;
  const recognizeIt = async () => {
    const count = await recognizeConnection(db, session, id, now());
    logRequest(c, "unusual_recognized", { user: session.userId, connection: id, count });
    return count;
  };
  if (!wantsFragment(c)) {
    leaveNotice(c, "recognized", await recognizeIt());
    return c.redirect(await historyBehind(c), 303);
  }
  const [count, view] = await db.$client.writeThenRead(recognizeIt, () => viewHistory(c, currentUrl(c)));
  return renewHistory(c, view, <Recognized count={count} t={c.var.texts} />);
}

/** Closes everything else first, to get the intruder out, and then asks for a new password where there is one. */
async function disown(c: Context<Env>, id: string) {
  const { options, options: { db, now }, session } = c.var;
  const count = await closeOtherConnections(db, session, now());
  await disownConnection(db, session, id, now());
  logRequest(c, "unusual_disowned", { user: session.userId, connection: id, count });
  const hasPassword = hasPasswordPage(options, session);
  leaveNotice(c, hasPassword ? "disowned" : "disowned_elsewhere", count);
  const page = hasPassword ? paths.password : paths.connections;
  if (!wantsFragment(c)) return c.redirect(page, 303);
  c.header("HX-Redirect", page);
  return c.body(null, 204);
}

async function showReview(c: Context<Env>, id: string, unconfirmed?: Unconfirmed) {
  const { session, texts: t } = c.var;
  const [connection, places] = await Promise.all([
    findOwn(c, id),
    listPlaces(c.var.options.db, session.userId, id),
  ]);
  const props = await confirmationProps(c, unconfirmed, isPasswordRequired(session, connection));
  const content = <Review {...{ connection, places }} isCurrent={isOwn(session, id)} {...props} />;
  return showConfirmation(c, content, t.review.pageTitle(deviceName(connection.device, t)), unconfirmed);
}
