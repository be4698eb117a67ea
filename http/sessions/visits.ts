import type { Context } from "hono";
import { isSeenRecently, markSeen } from "../../db/connections.ts";
import { isAtPlace, recordPlace } from "../../db/places.ts";
import { endFormerSecret, type Session } from "../../db/sessions.ts";
import type { Address } from "../../visitor/addresses.ts";
import { deviceOf, readUserAgent } from "../../visitor/devices.ts";
import { type DeviceHeaders, readVisitor, type Visitor } from "../../visitor/visitor.ts";
import type { AppOptions, Env } from "../env.ts";
import { deviceHeadersOf } from "../request.ts";

/** Records a use of the account, which postpones its connection's expiry, and what `recordVisit` does. */
export function recordUse(c: Context<Env>, session: Session): void {
  const { db, lifetime, now: clock } = c.get("options");
  const now = clock();
  if (!isSeenRecently(session, now)) c.get("waitUntil")(markSeen(db, session, lifetime, now));
  recordVisit(c, session);
}

/** Records what any request, even a poll, shows of its session: its place, and that a renewed secret arrived. */
export function recordVisit(c: Context<Env>, session: Session): void {
  const work = recordVisitFrom(c.get("options"), session, c.get("address")(), deviceHeadersOf(c));
  if (work) c.get("waitUntil")(work);
}

/** The same outside the area's routes; `null` if there is nothing to record. */
export function recordVisitFrom(
  options: AppOptions,
  session: Session,
  address: Address,
  headers: DeviceHeaders,
): Promise<void> | null {
  const now = options.now();
  const hasMoved = isElsewhere(session, address, headers, now);
  if (!hasMoved && !session.isFirstSeen) return null;

  return (async () => {
    if (session.isFirstSeen) await endFormerSecret(options.db, session, now);
    if (hasMoved) await recordMove(options, session, await readVisitor(address, headers, options.countryOf), now);
  })();
}

/** Whether a session is used from elsewhere than where its connection was opened, by this request or the one before. */
export function isAway(c: Context<Env>, session: Session): boolean {
  const { place } = session;
  return place.lastAt !== null || isElsewhere(session, c.get("address")(), deviceHeadersOf(c), c.get("options").now());
}

/** Whether a request comes from elsewhere than the one before. */
function isElsewhere(session: Session, address: Address, headers: DeviceHeaders, now: number): boolean {
  const userAgent = readUserAgent(headers.userAgent);
  // An unknown address doesn't count as a move; another device does.
  const client = address.client || session.place.client;
  return !isAtPlace(session, { client, device: deviceOf(userAgent, headers.brands), userAgent }, now);
}

async function recordMove(
  { db, log, mail }: AppOptions,
  session: Session,
  visitor: Visitor,
  now: number,
): Promise<void> {
  const reasons = await recordPlace(db, session, visitor, now, mail !== undefined);
  if (reasons.length === 0) return;
  mail?.wake();
  const { userId: user, connectionId: connection } = session;
  log("unusual_moved", { user, connection, ip: visitor.address.ip, reasons: reasons.join(" ") });
}
