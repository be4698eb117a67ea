import { type Context, Hono } from "hono";
import { type Connection, findConnection } from "../../db/history/entries.ts";
import { listPlaces, type Place } from "../../db/places.ts";
import { countWrongPasswords } from "../../db/refusals.ts";
import type { Env } from "../../http/env.ts";
import { historyBehind } from "../../http/history_query.ts";
import { wantsFragment } from "../../http/htmx.ts";
import { paths } from "../../http/paths.ts";
import { notFound } from "../../http/refusal.ts";
import { logRequest } from "../../http/request.ts";
import { requireSession, zoneOf } from "../../http/sessions/sessions.ts";
import { ConfirmationPage } from "../../views/confirmation.tsx";
import { ConnectionDetails } from "../../views/history/connection.tsx";
import { deviceName } from "../../words/devices.ts";

/** One connection, with everything that is known of it. */
export const connection = new Hono<Env>();

connection.get(paths.details(":id"), requireSession, async (c) => {
  const { options: { db, now }, session, texts: t } = c.var;
  const id = c.req.param("id");
  const [found, used, wrongPasswords] = await Promise.all([
    findOwn(c, id),
    listPlaces(db, session.userId, id),
    countWrongPasswords(db, session.userId, id),
  ]);
  const details = {
    connection: found,
    places: [openingOf(found), ...used],
    wrongPasswords,
    ...{ current: session.connectionId, zone: zoneOf(c.get("session")), now: now(), t },
  };
  const content = <ConnectionDetails {...details} />;
  if (wantsFragment(c)) return c.html(content);
  const title = t.details.title(deviceName(found.device, t));
  return c.render(<ConfirmationPage back={await historyBehind(c)}>{content}</ConfirmationPage>, { title });
});

/** Another account's connection is as unknown as one that never existed (ASVS 8.2): throws a 404, and logs it. */
export async function findOwn(c: Context<Env>, id: string): Promise<Connection> {
  const { options: { db, now }, session } = c.var;
  const found = await findConnection(db, session.userId, id, now());
  if (found) return found;
  logRequest(c, "authz_fail", { user: session.userId, path: c.req.path });
  throw notFound();
}

/** When a connection that moved was last used where it was opened isn't recorded. */
function openingOf(
  { openedAt, lastSeenAt, lastIp, ip, countryCode, device, deviceKind, userAgent }: Connection,
): Place {
  const lastAt = lastIp === null ? lastSeenAt : openedAt;
  return { firstAt: openedAt, lastAt, ip, countryCode, device, deviceKind, userAgent };
}
