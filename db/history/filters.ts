import { and, eq, gte, lt, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { isOpen, type Now } from "../open.ts";
import { connections, places } from "../schema.ts";

export const STATES = ["open", "closed", "refused", "unusual", "unreviewed"] as const;
export type State = (typeof STATES)[number];

type PlaceFilter = {
  countryCode?: string;
  ip?: string;
  network?: string;
  /** IPv4 addresses as 32-bit numbers, both included. */
  low?: number;
  high?: number;
  /** GLOB patterns of IPv6 networks, as JSON. */
  patterns?: string;
};

export type Filter = PlaceFilter & {
  state?: State;
  /** Inclusive; milliseconds since the epoch. */
  since?: number;
  /** Exclusive. */
  until?: number;
};

type PlaceColumns = Record<"countryCode" | "ip" | "network", SQLWrapper>;

/** The flags of `places` by which an index finds a connection once. */
const FIRST = { ip: places.isFirstIp, network: places.isFirstNetwork, countryCode: places.isFirstCountry };

/** Splits a filter into what the index of its rarest condition answers, and the `rest`, checked row by row; null if there is none. */
export function splitFilter(filter: Filter): { indexed: Filter; rest: PlaceFilter | null } {
  const { state, countryCode, ip, network, low, high, patterns, ...days } = filter;
  const country = countryCode === undefined ? {} : { countryCode };
  const address = ip !== undefined ? { ip } : network !== undefined ? { network } : {};
  const isRareState = state === "open" || state === "unusual" || state === "unreviewed";
  const [hasAddress, hasCountry] = [ip !== undefined || network !== undefined, countryCode !== undefined];
  const range = low !== undefined && high !== undefined ? { low, high } : patterns !== undefined ? { patterns } : null;
  const isSearched = range !== null || (isRareState ? hasAddress || hasCountry : hasAddress && hasCountry);
  if (!isSearched) return { indexed: filter, rest: null };
  return {
    indexed: { ...days, ...(state && { state }), ...(!isRareState && (hasAddress ? address : country)) },
    rest: { ...country, ...address, ...range },
  };
}

/** Whether one place matches. */
export function matches(filter: PlaceFilter, place: PlaceColumns): SQL | undefined {
  const { countryCode, ip, network, low, patterns } = filter;
  const value = sql.placeholder;
  return and(
    countryCode === undefined ? undefined : sql`${place.countryCode} = ${value("countryCode")}`,
    ip === undefined ? undefined : sql`${place.ip} = ${value("ip")}`,
    network === undefined ? undefined : sql`${place.network} = ${value("network")}`,
    low === undefined ? undefined : sql`${numberOf(place)} between ${value("low")} and ${value("high")}`,
    patterns === undefined ? undefined : sql`exists (
      select 1 from json_each(${value("patterns")}) pattern where ${place.network} glob pattern.value)`,
  );
}

/** An IPv4 address as a number, from its network (its first half) and the rest; null for IPv6. */
function numberOf({ ip, network }: PlaceColumns): SQL {
  const half = (text: SQLWrapper) =>
    sql`(cast(${text} as integer) * 256 + cast(substr(${text}, instr(${text}, '.') + 1) as integer))`;
  const rest = sql`substr(${ip}, length(${network}) + 2)`;
  return sql`iif(instr(${ip}, '.'), ${half(network)} * 65536 + ${half(rest)}, null)`;
}

/** Whether any place of a row matches: where it was opened, or where it was used afterwards. */
export function matchesAnywhere(filter: PlaceFilter, { id, ...opened }: PlaceColumns & { id: SQLWrapper }): SQL {
  return sql`(${matches(filter, opened)} or exists (
    select 1 from ${places} where ${places.connectionId} = ${id} and ${matches(filter, places)}))`;
}

/** The condition under which an index finds connections that were used, but not opened, in a matching place; null without such a filter. */
export function matchesMoved(filter: PlaceFilter): SQL | null {
  const name = (["ip", "network", "countryCode"] as const).find((name) => filter[name] !== undefined);
  // The index contains the flag alone: `is_first_ip = 1` would miss it.
  return name === undefined ? null : sql`${matches({ [name]: filter[name] }, places)} and ${FIRST[name]}`;
}

/** Whether a row is the account's, and within the days, where they are given. */
export function inDays(
  user: SQLiteColumn,
  at: SQLiteColumn,
  { since, until }: { since?: number | undefined; until?: number | undefined },
): SQL | undefined {
  return and(
    eq(user, sql.placeholder("userId")),
    since === undefined ? undefined : gte(at, sql.placeholder("since")),
    until === undefined ? undefined : lt(at, sql.placeholder("until")),
  );
}

/** The condition of a state on connections; none for `refused`. */
export function hasState(state: State | undefined, now: Now): SQL | undefined {
  switch (state) {
    case "open":
      return isOpen(now);
    case "closed":
      return sql`not ${isOpen(now)}`;
    case "unusual":
      return sql`${connections.unusual} is not null`;
    case "unreviewed":
      return sql`${connections.unusual} is not null and ${connections.verdict} is null`;
  }
}
