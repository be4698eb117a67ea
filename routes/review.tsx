import { type Context, Hono } from "hono";
import { z } from "zod";
import { closeOtherConnections } from "../db/connections.ts";
import { findConnection } from "../db/history.ts";
import { ANSWERS } from "../db/schema.ts";
import { disownConnection, recognizeConnection } from "../db/unusual.ts";
import { AskOwner, RecognizedPieces } from "../views/review.tsx";
import { deviceName } from "../words/devices.ts";
import { asksOf, confirmOwner, showConfirmation, type Unconfirmed } from "./confirmation.tsx";
import { currentUrl, viewHistory } from "./connections.tsx";
import type { Env } from "../http/env.ts";
import { readForm } from "../http/forms.ts";
import { wantsPiece } from "../http/htmx.ts";
import { leaveNotice } from "./notices.tsx";
import { paths } from "../http/paths.ts";

/** What the owner says of an unusual connection: "This was me", or "Not me". */
export const answers = new Hono<Env>();

const Answer = z.enum(ANSWERS);

answers.get("/connections/:id/answer", (c) => showQuestion(c, c.req.param("id")));

answers.post("/connections/:id/answer", async (c) => {
  const { db, session } = c.var;
  const id = c.req.param("id");
  const answer = Answer.safeParse((await readForm(c)).answer);
  if (!answer.success) {
    c.status(422);
    return await showQuestion(c, id, { problem: c.var.texts.answers.chooseOne, problems: {} });
  }
  const found = await findConnection(db, session.userId, id, c.var.now());
  if (!found) return c.notFound();
  if (id === session.connectionId) return await showQuestion(c, id);

  const unconfirmed = await confirmOwner(c);
  if (unconfirmed) return await showQuestion(c, id, unconfirmed);
  return answer.data === "me" ? await recognize(c, id) : await disown(c, id);
});

async function recognize(c: Context<Env>, id: string) {
  const { db, session, log, requestId } = c.var;
  const count = await recognizeConnection(db, session, id, c.var.now());
  log("unusual_recognized", { request_id: requestId, user: session.userId, connection: id, count });
  if (!wantsPiece(c)) {
    leaveNotice(c, "recognized", count);
    return c.redirect(paths.connections, 303);
  }
  c.header("HX-Trigger", "connections-closed");
  return c.html(<RecognizedPieces count={count} view={await viewHistory(c, currentUrl(c))} />);
}

/** Closes everything else before anything is said: whoever it was is out first. Then on to a new password. */
async function disown(c: Context<Env>, id: string) {
  const { db, session, log, requestId } = c.var;
  const count = await closeOtherConnections(db, session, c.var.now());
  await disownConnection(db, session, id, c.var.now());
  log("unusual_disowned", { request_id: requestId, user: session.userId, connection: id, count });
  leaveNotice(c, "disowned", count);
  if (!wantsPiece(c)) return c.redirect(paths.password, 303);
  c.header("HX-Redirect", paths.password);
  return c.body(null, 204);
}

/** The question as a page, or for the dialog. Another account's connection is as unknown as one that never was (ASVS 8.2). */
export async function showQuestion(c: Context<Env>, id: string, unconfirmed?: Unconfirmed) {
  const { db, session, texts: t } = c.var;
  const connection = await findConnection(db, session.userId, id, c.var.now());
  if (!connection) return c.notFound();
  const isCurrent = id === session.connectionId;
  const question = <AskOwner {...{ connection, isCurrent }} {...asksOf(c, unconfirmed)} />;
  return showConfirmation(c, question, t.answers.pageTitle(deviceName(connection.device, t)), unconfirmed);
}
