import { type Context, Hono } from "hono";
import { z } from "zod";
import { closeOtherConnections } from "../../db/connections.ts";
import { findConnection } from "../../db/history/rows.ts";
import { VERDICTS } from "../../db/schema.ts";
import { disownConnection, recognizeConnection } from "../../db/unusual.ts";
import type { Env } from "../../http/env.ts";
import { readForm } from "../../http/forms.ts";
import { requireCsrf } from "../../http/guards.ts";
import { currentUrl } from "../../http/history_query.ts";
import { wantsFragment } from "../../http/htmx.ts";
import { paths } from "../../http/paths.ts";
import { notFound } from "../../http/refusal.ts";
import { requireSession } from "../../http/sessions.ts";
import { RecognizedFragments, Review } from "../../views/history/review.tsx";
import { deviceName } from "../../words/devices.ts";
import { confirmationProps, confirmOwner, showConfirmation, type Unconfirmed } from "../confirmation.tsx";
import { leaveNotice } from "../notices.tsx";
import { viewHistory } from "./connections.tsx";

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
    const { options: { db, now }, session, texts: t } = c.var;
    const id = c.req.param("id");
    const verdict = Verdict.safeParse((await readForm(c)).verdict);
    if (!verdict.success) {
      c.status(422);
      return await showReview(c, id, { problem: t.review.chooseOne, problems: {} });
    }
    if (!await findConnection(db, session.userId, id, now())) throw notFound();
    if (id === session.connectionId) return await showReview(c, id);

    const unconfirmed = await confirmOwner(c);
    if (unconfirmed) return await showReview(c, id, unconfirmed);
    return verdict.data === "me" ? await recognize(c, id) : await disown(c, id);
  },
);

async function recognize(c: Context<Env>, id: string) {
  const { options: { db, now, log }, session, requestId } = c.var;
  const count = await recognizeConnection(db, session, id, now());
  log("unusual_recognized", { request_id: requestId, user: session.userId, connection: id, count });
  if (!wantsFragment(c)) {
    leaveNotice(c, "recognized", count);
    return c.redirect(paths.connections, 303);
  }
  c.header("HX-Trigger", "connections-closed");
  return c.html(<RecognizedFragments count={count} view={await viewHistory(c, currentUrl(c))} />);
}

/** Closes everything else first, so that whoever it was is out, and leads to a new password. */
async function disown(c: Context<Env>, id: string) {
  const { options: { db, now, log }, session, requestId } = c.var;
  const count = await closeOtherConnections(db, session, now());
  await disownConnection(db, session, id, now());
  log("unusual_disowned", { request_id: requestId, user: session.userId, connection: id, count });
  leaveNotice(c, "disowned", count);
  if (!wantsFragment(c)) return c.redirect(paths.password, 303);
  c.header("HX-Redirect", paths.password);
  return c.body(null, 204);
}

/** Another account's connection is as unknown as one that never existed (ASVS 8.2). */
async function showReview(c: Context<Env>, id: string, unconfirmed?: Unconfirmed) {
  const { options: { db, now }, session, texts: t } = c.var;
  const connection = await findConnection(db, session.userId, id, now());
  if (!connection) throw notFound();
  const isCurrent = id === session.connectionId;
  const content = <Review {...{ connection, isCurrent }} {...confirmationProps(c, unconfirmed)} />;
  return showConfirmation(c, content, t.review.pageTitle(deviceName(connection.device, t)), unconfirmed);
}
