import type { InStatement } from "@libsql/client";

/** Whether a statement only reads; what isn't plain to see counts as a write. */
export function isRead(statement: InStatement): boolean {
  const sql = typeof statement === "string" ? statement : statement.sql;
  return /^\s*(select|with(?!.*\b(insert|update|delete|replace)\b))\b/is.test(sql);
}
