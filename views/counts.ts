import type { RowCount } from "../db/row_count.ts";

const number = new Intl.NumberFormat("en");

/** "1,208", or with a noun "1,208 connections". */
export function countOf(count: number, noun?: string): string {
  return `${number.format(count)}${noun ? ` ${noun}${count === 1 ? "" : "s"}` : ""}`;
}

/** "1 row", "128 rows", "more than 1,000 rows". */
export function countedRows({ rows, isMore }: RowCount): string {
  return `${isMore ? "more than " : ""}${countOf(rows, "row")}`;
}
