import { type SQL, sql, type SQLWrapper } from "drizzle-orm";
import type { DeviceKind } from "../../visitor/devices.ts";
import type { Db } from "../database.ts";
import { jsonFields, prepare } from "../driver/prepared.ts";
import { isKnown } from "../known.ts";
import { endedAt, endReason } from "../open.ts";
import {
  clientOf,
  connections,
  type EndReason,
  type Method,
  passkeys,
  places,
  type RefusalReason,
  refusals,
  type UnusualReason,
  type Verdict,
} from "../schema.ts";

/** A row of the history: a connection, or an hour's refused sign-ins. */
export type Entry = {
  id: string;
  /** Of refused sign-ins the first attempt; `lastSeenAt` is the last. */
  openedAt: number;
  lastSeenAt: number;
  /** Also null for refused sign-ins. */
  closedAt: number | null;
  endReason: EndReason | RefusalReason | null;
  ip: string;
  countryCode: string;
  device: string;
  deviceKind: DeviceKind;
  /** Where it was last used, if not where it was opened; null otherwise, like the next two. */
  lastIp: string | null;
  lastCountryCode: string | null;
  lastDevice: string | null;
  /** The newest country that made it unusual to move there; null if the account knows it now. */
  movedCountryCode: string | null;
  /** The newest device that made it unusual. */
  movedDevice: string | null;
  /** Null for a connection. */
  attempts: number | null;
  /** From how many addresses the attempts came; null for a connection. */
  addresses: number | null;
  /** See `reasonsIn`. */
  unusual: string | null;
  verdict: Verdict | null;
  closedBy: string | null;
  /** Null if the history no longer has it. */
  closedByDevice: string | null;
};

/** `places`: the addresses that a connection was used from. It and `method` are null for refused sign-ins. */
export type FullEntry = Entry & { userAgent: string; places: number | null; method: Method | null };

/** `passkeyName`: null unless a passkey opened it that its owner still has. */
export type Connection = FullEntry & { passkeyName: string | null };

export async function findConnection(db: Db, userId: string, id: string, now: number): Promise<Connection | undefined> {
  const row = await findRow(db, { userId, id, now });
  return row && CONNECTION.read(row);
}

export const NOW = sql.placeholder("now");
const CLIENT = clientOf(connections);
export const NULL = sql`null`;

/** Each field of a connection, and of refused sign-ins. */
const FIELDS = {
  id: [connections.id, refusals.id],
  openedAt: [connections.openedAt, refusals.firstAt],
  lastSeenAt: [connections.lastSeenAt, refusals.lastAt],
  closedAt: [endedAt(NOW), NULL],
  endReason: [endReason(NOW), refusals.reason],
  ip: [connections.ip, refusals.ip],
  countryCode: [connections.countryCode, refusals.countryCode],
  device: [connections.device, refusals.device],
  deviceKind: [connections.deviceKind, refusals.deviceKind],
  lastIp: [sql`last.ip`, NULL],
  lastCountryCode: [sql`last.country_code`, NULL],
  lastDevice: [sql`last.device`, NULL],
  movedCountryCode: [
    newestMove(
      "moved_country",
      sql`country_code`,
      sql`is_first_country and country_code not in ('private', 'none')
        and not ${isKnown("country", sql`moved.country_code`, connections.userId)}`,
    ),
    NULL,
  ],
  movedDevice: [newestMove("moved_device", sql`device`, sql`is_first_device`), NULL],
  attempts: [NULL, refusals.attempts],
  addresses: [NULL, refusals.addresses],
  unusual: [connections.unusual, NULL],
  verdict: [connections.verdict, NULL],
  closedBy: [connections.closedBy, NULL],
  closedByDevice: [sql`(select closer.device from connections closer where closer.id = ${connections.closedBy})`, NULL],
} satisfies Record<keyof Entry, Field>;
type Field = [ofConnection: SQLWrapper, ofRefusals: SQLWrapper];

/** Beside `max`, a column is of the row with the maximum (https://www.sqlite.org/lang_select.html#bareagg): nothing is sorted. */
function newestMove(reason: UnusualReason, column: SQL, condition: SQL): SQL {
  return sql`(case when instr(${connections.unusual}, ${sql.raw(`'${reason}'`)}) then
    (select iif(max(first_at) is null, null, ${column}) from ${places} moved
      where connection_id = ${connections.id} and ${condition}) end)`;
}

export const SELECTED = {
  ...FIELDS,
  userAgent: [connections.userAgent, refusals.userAgent],
  places: [
    sql`(select count(distinct client) from (select ${CLIENT} as client union all select client from ${places} where connection_id = ${connections.id}))`,
    NULL,
  ],
  method: [connections.method, NULL],
  network: [connections.network, refusals.network],
  passkeyName: [
    sql`(select name from ${passkeys} where id = ${connections.passkey} and user_id = ${connections.userId})`,
    NULL,
  ],
} satisfies Record<string, Field>;
export type Name = keyof typeof SELECTED;

export const ENTRY = jsonFields<Entry>(namesIn(FIELDS));
const FULL_FIELDS = { ...FIELDS, userAgent: 0, places: 0, method: 0 };
export const FULL_ENTRY = jsonFields<FullEntry>(namesIn(FULL_FIELDS));
const CONNECTION = jsonFields<Connection>(namesIn({ ...FULL_FIELDS, passkeyName: 0 }));
/** The fields of a page's rows and of a download's, with those that a search checks. */
export const PAGE = [...Object.keys(FIELDS), "network"] as Name[];
export const LIST = [...Object.keys(FULL_FIELDS), "network"] as Name[];

const LAST = sql`left join ${places} last on last.id = ${connections.place}`;

export function namesIn<Name extends string>(fields: Record<Name, unknown>, table = sql``): Record<Name, SQLWrapper> {
  const named = Object.keys(fields).map((name) => [name, sql`${table}${sql.identifier(name)}`]);
  return Object.fromEntries(named) as Record<Name, SQLWrapper>;
}

export function selectOpened(names: Name[]): SQL {
  return sql`${columns(names, 0)} from ${connections} ${LAST}`;
}

/** The order of the tables is fixed: an index of `places` finds the rows in the history's order. */
export function selectMoved(names: Name[]): SQL {
  const fromPlaces = { id: places.connectionId, openedAt: places.openedAt };
  return sql`${columns(names, 0, fromPlaces)} from ${places}
    cross join ${connections} on ${connections.id} = ${places.connectionId} ${LAST}`;
}

export function selectRefused(names: Name[]): SQL {
  return sql`${columns(names, 1)} from ${refusals}`;
}

function columns(names: Name[], kind: 0 | 1, replaced: Partial<Record<Name, SQLWrapper>> = {}): SQL {
  const named = names.map((name) => sql`${replaced[name] ?? SELECTED[name][kind]} as ${sql.identifier(name)}`);
  return sql`select ${sql.join(named, sql`, `)}`;
}

const findRow = prepare<unknown[]>(sql`
  select ${CONNECTION.json} from (${selectOpened([...LIST, "passkeyName"])} where ${connections.id} = ${
  sql.placeholder("id")
}
    and ${connections.userId} = ${sql.placeholder("userId")})`);
