import { type Context, Hono } from "hono";
import { isVersionOf, readActivity } from "../../db/history/activity.ts";
import { closeConnection, closeOtherConnections, hasEnded, listOtherOpen } from "../../db/connections.ts";
import { findConnection } from "../../db/history/entries.ts";
import type { Env } from "../../http/env.ts";
import { readForm } from "../../http/forms.ts";
import { requireCsrf } from "../../http/guards.ts";
import { currentUrl, hasOlderRows, historyBehind, isOnOlderPage } from "../../http/history_query.ts";
import { wantsFragment } from "../../http/htmx.ts";
import { paths } from "../../http/paths.ts";
import { logRequest } from "../../http/request.ts";
import { redirectToSignIn, requireSession } from "../../http/sessions.ts";
import {
  AllClosed,
  ConfirmCloseAll,
  ConfirmCloseOne,
  OneClosed,
  RowClosedFragments,
} from "../../views/history/closing.tsx";
import { deviceName } from "../../words/devices.ts";
import { confirmationProps, confirmOwner, showConfirmation, type Unconfirmed } from "../confirmation.tsx";
import { leaveNotice } from "../notices.tsx";
import { findOwn } from "./connection.tsx";
import { renewHistory, viewHistory } from "./connections.tsx";

export const closing = new Hono<Env>();

closing.get(paths.closeAll, requireSession, (c) => showCloseAll(c));

closing.post(
  paths.closeAll,
  requireCsrf((c, _, problem) => showCloseAll(c, { problem, problems: {} })),
  requireSession,
  async (c) => {
    const { options: { db, now }, session } = c.var;
    const open = await listOtherOpen(db, session, now());
    const unconfirmed = open.length > 0 ? await confirmOwner(c) : null;
    if (unconfirmed) return await showCloseAll(c, unconfirmed);

    const count = await closeOtherConnections(db, session, now());
    if (count === 0 && await hasEnded(db, session, now())) return redirectToSignIn(c);
    if (count > 0) logRequest(c, "session_closed", { user: session.userId, by: session.connectionId, count });
    if (!wantsFragment(c)) return await redirectWithNotice(c, "all_closed", count);
    return await renewHistory(c, <AllClosed count={count} closed={open} t={c.var.texts} />);
  },
);

const CLOSE_ONE = paths.closeOne(":id");

closing.get(CLOSE_ONE, requireSession, (c) => showCloseOne(c, c.req.param("id")));

closing.post(
  CLOSE_ONE,
  requireCsrf((c, _, problem) => showCloseOne(c, c.req.param("id") ?? "", { problem, problems: {} })),
  requireSession,
  async (c) => {
    const { options: { db, now }, session } = c.var;
    const id = c.req.param("id");
    if (id === session.connectionId) return await showCloseOne(c, id);
    const found = await findOwn(c, id);

    const unconfirmed = found.closedAt === null ? await confirmOwner(c) : null;
    if (unconfirmed) return await showCloseOne(c, id, unconfirmed);

    const before = await readActivity(db, session, now());
    const count = Number(await closeConnection(db, session, id, now()));
    if (count === 0 && await hasEnded(db, session, now())) return redirectToSignIn(c);
    if (count > 0) {
      const [user, by] = [session.userId, session.connectionId];
      logRequest(c, "session_closed", { user, by, connection: id });
    }
    if (!wantsFragment(c)) return await redirectWithNotice(c, "one_closed", count);
    const entry = await findConnection(db, session.userId, id, now()) ?? found;
    const { version = "", loaded } = await readForm(c);
    if (!hasOlderRows(c, loaded)) {
      return await renewHistory(c, <OneClosed count={count} closed={[entry]} t={c.var.texts} />);
    }
    c.header("HX-Trigger", "connections-closed");
    const view = await viewHistory(c, currentUrl(c));
    const isUpToDate = isVersionOf(version, before);
    return c.html(<RowClosedFragments {...{ count, entry, isUpToDate }} hasGroup={!isOnOlderPage(c)} {...view} />);
  },
);

async function redirectWithNotice(c: Context<Env>, notice: "all_closed" | "one_closed", count: number) {
  leaveNotice(c, notice, count);
  return c.redirect(await historyBehind(c), 303);
}

async function showCloseAll(c: Context<Env>, unconfirmed?: Unconfirmed) {
  const { options: { db, now }, session, texts: t } = c.var;
  const open = await listOtherOpen(db, session, now());
  const confirmation = <ConfirmCloseAll connections={open} {...await confirmationProps(c, unconfirmed)} />;
  return showConfirmation(c, confirmation, t.closing.titleAll, unconfirmed);
}

async function showCloseOne(c: Context<Env>, id: string, unconfirmed?: Unconfirmed) {
  const { session, texts: t } = c.var;
  const connection = await findOwn(c, id);
  const isCurrent = id === session.connectionId;
  const confirmation = <ConfirmCloseOne {...{ connection, isCurrent }} {...await confirmationProps(c, unconfirmed)} />;
  return showConfirmation(c, confirmation, t.closing.titleOne(deviceName(connection.device, t)), unconfirmed);
}
