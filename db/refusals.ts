import { and, eq, gte, lt, sql, type SQLWrapper } from "drizzle-orm";
import { v7 as uuid } from "uuid";
import { NO_ADDRESS } from "../visitor/addresses.ts";
import { UNKNOWN_DEVICE } from "../visitor/devices.ts";
import type { Visitor } from "../visitor/visitor.ts";
import type { Db } from "./database.ts";
import { countOne, removeExpired, type Standing } from "./limits.ts";
import { addMail } from "./mail/outbox.ts";
import { limits, type RefusalReason, refusals, type User, users } from "./schema.ts";

const HOUR = 3_600_000;
/** Rows per account and hour for single clients, besides one for all further ones. Known networks have as many again. */
const MAX_CLIENTS = 20;

export type Refusal = {
  user: Pick<User, "id"> | undefined;
  /** Null: counted in the row for all further clients. */
  visitor: Visitor | null;
  standing: Standing;
  reason: RefusalReason;
  attempts?: number;
  connectionId?: string;
  /** Mail the owner about the lock. */
  isMailed?: boolean;
  now: number;
};

const NOBODY: Visitor = {
  address: NO_ADDRESS,
  countryCode: "none",
  userAgent: "",
  device: UNKNOWN_DEVICE,
  deviceKind: "unknown",
};

/** Removes what counts the addresses behind an account's refused sign-ins. `userId` may be a subquery. */
export function forgetAddresses(db: Db, userId: SQLWrapper) {
  // ";" follows ":" in ASCII.
  return db.delete(limits).where(
    and(gte(limits.key, sql`'refusal:' || ${userId} || ':'`), lt(limits.key, sql`'refusal:' || ${userId} || ';'`)),
  );
}

/** For an unknown account does the same work and leaves no trace (ASVS 6.3.8), with one counter for all of them. */
export async function recordRefusal(
  db: Db,
  { user, visitor, standing, reason, attempts = 1, connectionId, isMailed = false, now }: Refusal,
): Promise<void> {
  const hour = Math.floor(now / HOUR);
  const { address, countryCode, userAgent, device, deviceKind } = visitor ?? NOBODY;
  const client = visitor ? clientOf(visitor, standing) : "";
  const counter = user ? `refusal:${user.id}:${hour}:${client}` : "refusal:none";
  const isOwn = standing.kind === "session" || standing.kind === "browser";
  const isRival = standing.kind === "network" ? sql`r.client glob '+*'` : sql`r.client not glob '[=~+]*'`;
  const unlessOther = (value: string, other: string) => sql`iif(client = '', ${other}, ${value})`;

  await db.batch([
    // An attempt adds four counters at most: removing eight shrinks the table again after a flood.
    removeExpired(db, now, 8),
    countOne(db, counter, { max: 1, window: HOUR }, now, []),
    db.run(sql`
      insert into ${refusals} (id, user_id, hour, client, connection_id, first_at, last_at, attempts, addresses, reason,
        ip, network, country_code, user_agent, device, device_kind)
      select ${uuid({ msecs: now })}, user_id, ${hour}, client, ${connectionId ?? null}, ${now}, ${now}, ${attempts}, 1,
        ${reason}, ${unlessOther(address.ip, "")}, ${unlessOther(address.network, "")},
        ${unlessOther(countryCode, NOBODY.countryCode)}, ${unlessOther(userAgent, "")},
        ${unlessOther(device, NOBODY.device)}, ${unlessOther(deviceKind, NOBODY.deviceKind)}
      from (
        select id as user_id, case
          when ${
      isOwn ? 1 : 0
    } or (select count(*) from ${refusals} r where r.user_id = ${users}.id and r.hour = ${hour}
              and r.client is not null and ${isRival} and r.client not in ('', ${client})) < ${MAX_CLIENTS}
            then ${client}
          when exists (select 1 from ${refusals} r
              where r.user_id = ${users}.id and r.hour = ${hour} and r.client is not null and r.client = ${client})
            then ${client}
          else '' end as client
        from ${users} where id = ${user?.id ?? ""})
      where true
      on conflict (user_id, hour, client) where client is not null do update set
        last_at = max(last_at, excluded.last_at),
        attempts = attempts + excluded.attempts,
        addresses = addresses + iif(client = '', (select count = 1 from limits where key = ${counter}), 0),
        connection_id = excluded.connection_id,
        ip = excluded.ip, network = excluded.network, country_code = excluded.country_code,
        user_agent = excluded.user_agent, device = excluded.device, device_kind = excluded.device_kind,
        reason = ${
      // The gravest reason is kept: attempts over the limit say less than the guesses before them, and guesses of codes come from someone with the password.
      reason === "too_many_tries" ? sql`refusals.reason` : sql`case
          when refusals.reason = 'locked' or refusals.reason = 'wrong_code' and excluded.reason = 'wrong_password'
            then refusals.reason
          else excluded.reason end`}`),
    ...isMailed ? [addMail(db, { userId: user?.id ?? "", event: "locked" }, now)] : [],
  ]);
}

/** By whom refusals are grouped: an address or an IPv6 /64, with `+` of a known network; `~` marks a known browser, `=` a connection. */
function clientOf({ address }: Visitor, standing: Standing): string {
  if (standing.kind === "browser") return `~${standing.id}`;
  if (standing.kind === "session") return `=${standing.id}`;
  const client = address.client || "unknown";
  return standing.kind === "network" ? `+${client}` : client;
}

/** Counts the wrong passwords that came over a connection. */
export async function countWrongPasswords(db: Db, userId: string, connectionId: string): Promise<number> {
  const [found] = await db.select({ count: sql<number>`coalesce(sum(${refusals.attempts}), 0)` }).from(refusals)
    .where(and(eq(refusals.connectionId, connectionId), eq(refusals.userId, userId)));
  return found?.count ?? 0;
}
