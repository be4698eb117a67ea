import { and, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { isOpen, type Now } from "../open.ts";
import { connections, places } from "../schema.ts";

export const STATES = ["open", "closed", "refused", "unusual"] as const;
export type State = (typeof STATES)[number];

/** What every place of a connection has, and every refused sign-in. */
type PlaceFilter = {
  countryCode?: string;
  ip?: string;
  network?: string;
};

export type Filter = PlaceFilter & {
  state?: State;
  /** Inclusive; milliseconds since the epoch. */
  since?: number;
  /** Exclusive. */
  until?: number;
};

export type PlaceColumns = Record<keyof PlaceFilter, SQLWrapper>;

/** The flags of `places` by which an index finds a connection once. */
const FIRST = { ip: places.isFirstIp, network: places.isFirstNetwork, countryCode: places.isFirstCountry };

/**
 * Splits a filter into what an index answers and what is checked row by row; `rest` is null if one index answers all of it. The rarer
 * condition chooses the index.
 */
export function splitFilter(filter: Filter): { indexed: Filter; rest: PlaceFilter | null } {
  const { state, countryCode, ip, network, ...days } = filter;
  const country = countryCode === undefined ? {} : { countryCode };
  const address = ip !== undefined ? { ip } : network !== undefined ? { network } : {};
  const isRareState = state === "open" || state === "unusual";
  const [hasAddress, hasCountry] = [ip !== undefined || network !== undefined, countryCode !== undefined];
  const isSearched = isRareState ? hasAddress || hasCountry : hasAddress && hasCountry;
  if (!isSearched) return { indexed: filter, rest: null };
  return {
    indexed: { ...days, ...(state && { state }), ...(!isRareState && address) },
    rest: { ...country, ...address },
  };
}

/** Whether one place matches. */
export function matches({ countryCode, ip, network }: PlaceFilter, place: PlaceColumns): SQL | undefined {
  const value = sql.placeholder;
  return and(
    countryCode === undefined ? undefined : sql`${place.countryCode} = ${value("countryCode")}`,
    ip === undefined ? undefined : sql`${place.ip} = ${value("ip")}`,
    network === undefined ? undefined : sql`${place.network} = ${value("network")}`,
  );
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

/** The condition of a state on connections; none for `refused`. */
export function hasState(state: State | undefined, now: Now): SQL | undefined {
  switch (state) {
    case "open":
      return isOpen(now);
    case "closed":
      return sql`not ${isOpen(now)}`;
    case "unusual":
      return sql`${connections.unusual} is not null`;
  }
}
