import type { RowCount } from "../db/row_count.ts";

/** "1,208", or with a noun "1,208 connections". */
export function countOf(count: number, noun?: string): string {
  const number = String(count).replace(/\B(?=(\d{3})+$)/g, ",");
  return noun === undefined ? number : `${number} ${noun}${count === 1 ? "" : "s"}`;
}

/** "1 row", "128 rows", "more than 1,000 rows". */
export function countedRows({ rows, isMore }: RowCount): string {
  return `${isMore ? "more than " : ""}${countOf(rows, "row")}`;
}
