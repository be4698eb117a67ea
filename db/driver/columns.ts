import { type SQL, sql } from "drizzle-orm";

/** Values as the columns of a SELECT, for a conditional INSERT. */
export function asColumns<T extends Record<string, unknown>>(values: T) {
  return Object.fromEntries(
    Object.entries(values).map(([column, value]) => [column, sql`${value}`.as(column)]),
  ) as { [K in keyof T]: SQL.Aliased<T[K]> };
}
