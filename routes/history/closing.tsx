import { type Context, Hono } from "hono";
import { isVersionOf, readActivity } from "../../db/history/activity.ts";
import { closeConnection, closeOtherConnections, hasEnded, listClosedBy, listOtherOpen } from "../../db/connections.ts";
import type { Env } from "../../http/env.ts";
import { readForm } from "../../http/forms.ts";
import { requireCsrf } from "../../http/guards.ts";
import { currentUrl, hasOlderRows, historyBehind, isOnOlderPage } from "../../http/history_query.ts";
import { wantsFragment } from "../../http/htmx.ts";
import { paths } from "../../http/paths.ts";
import { SessionEnded } from "../../http/refusal.ts";
import { logRequest } from "../../http/request.ts";
import { requireSession } from "../../http/sessions/sessions.ts";
import {
  AllClosed,
  ConfirmCloseAll,
  ConfirmCloseOne,
  OneClosed,
  RowClosedFragments,
} from "../../views/history/closing.tsx";
import { deviceName } from "../../words/devices.ts";
import {
  confirmationProps,
  confirmOwner,
  needsPassword,
  showConfirmation,
  type Unconfirmed,
} from "../confirmation.tsx";
import { leaveNotice, MAX_NAMED } from "../notices.tsx";
import { findOwn } from "./connection.tsx";
import { renewHistory, viewHistory } from "./connections.tsx";

export const closing = new Hono<Env>();

closing.get(paths.closeAll, requireSession, (c) => showCloseAll(c));

closing.post(
  paths.closeAll,
  requireCsrf((c, _, problem) => showCloseAll(c, { problem, problems: {} })),
  requireSession,
  async (c) => {
    const { options: { db, now }, session, texts: t } = c.var;
    const unconfirmed = await confirmIfOpen(c, async () => (await listOtherOpen(db, session, now())).length > 0);
    if (unconfirmed) return await showCloseAll(c, unconfirmed);

    const at = now();
    const close = () => closeOtherConnections(db, session, at);
    if (!wantsFragment(c)) return await redirectWithNotice(c, "all_closed", await close());
    const [count, [closed, view]] = await db.$client.writeThenRead(close, () =>
      Promise.all([
        listClosedBy(db, session, at, MAX_NAMED),
        viewHistory(c, currentUrl(c)),
      ]));
    await noteClosed(c, count);
    return renewHistory(c, view, <AllClosed count={count} closed={closed} t={t} />);
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
    const unconfirmed = await confirmIfOpen(c, async () => (await findOwn(c, id)).closedAt === null);
    if (unconfirmed) return await showCloseOne(c, id, unconfirmed);

    const at = now();
    const close = async () => Number(await closeConnection(db, session, id, at));
    if (!wantsFragment(c)) {
      const count = await close();
      if (count === 0) await findOwn(c, id);
      return await redirectWithNotice(c, "one_closed", count, id);
    }
    const { version = "", loaded } = await readForm(c);
    const hasOlder = hasOlderRows(c, loaded);
    const isUpToDate = hasOlder && isVersionOf(version, await readActivity(db, session, at));
    const [count, [entry, view]] = await db.$client.writeThenRead(close, () =>
      Promise.all([
        findOwn(c, id),
        viewHistory(c, currentUrl(c)),
      ]));
    await noteClosed(c, count, id);
    if (!hasOlder) return renewHistory(c, view, <OneClosed {...view} {...{ count }} closed={[entry]} />);
    c.header("HX-Trigger", "connections-closed");
    const props = { count, entry, isUpToDate, hasGroup: !isOnOlderPage(c) };
    return c.html(<RowClosedFragments {...props} {...view} />);
  },
);

/** Asks for the password, if that is due, before something open is closed. */
async function confirmIfOpen(c: Context<Env>, isOpen: () => Promise<boolean>): Promise<Unconfirmed | null> {
  const { options: { now }, session } = c.var;
  return needsPassword(session, now()) && await isOpen() ? await confirmOwner(c) : null;
}

/** Logs what was closed. Throws `SessionEnded` if nothing was because the current connection itself has been closed meanwhile. */
async function noteClosed(c: Context<Env>, count: number, id?: string): Promise<void> {
  const { options: { db, now }, session } = c.var;
  if (count === 0 && await hasEnded(db, session, now())) throw new SessionEnded();
  if (count === 0) return;
  const what = id === undefined ? { count } : { connection: id };
  logRequest(c, "session_closed", { user: session.userId, by: session.connectionId, ...what });
}

async function redirectWithNotice(c: Context<Env>, notice: "all_closed" | "one_closed", count: number, id?: string) {
  await noteClosed(c, count, id);
  leaveNotice(c, notice, count);
  return c.redirect(await historyBehind(c), 303);
}

async function showCloseAll(c: Context<Env>, unconfirmed?: Unconfirmed) {
  const { options: { db, now }, session, texts: t } = c.var;
  const [connections, props] = await Promise.all([
    listOtherOpen(db, session, now()),
    confirmationProps(c, unconfirmed),
  ]);
  const confirmation = <ConfirmCloseAll {...{ connections }} {...props} />;
  return showConfirmation(c, confirmation, t.closing.titleAll, unconfirmed);
}

async function showCloseOne(c: Context<Env>, id: string, unconfirmed?: Unconfirmed) {
  const { session, texts: t } = c.var;
  const [connection, props] = await Promise.all([findOwn(c, id), confirmationProps(c, unconfirmed)]);
  const isCurrent = id === session.connectionId;
  const confirmation = <ConfirmCloseOne {...{ connection, isCurrent }} {...props} />;
  return showConfirmation(c, confirmation, t.closing.titleOne(deviceName(connection.device, t)), unconfirmed);
}
