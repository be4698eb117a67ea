/** A line of the table. */
export type Row = {
  work: string;
  measured: string;
  /** What it is compared with, measured in the same run. */
  beside?: string;
  ratio?: string;
  /** Empty for what has no limit. */
  limit?: string;
  isWithin?: boolean;
};

/** Measures several things in rounds, each time in another order, so that whatever the machine does besides affects all of them. */
export async function inTurns<Name extends string>(
  rounds: number,
  things: Record<Name, () => Promise<number> | number>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(things) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) measured[name].push(await things[name]());
  }
  return measured;
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of each round's ratio, which a busy machine distorts less than the ratio of two medians. */
export function medianRatio(values: number[], others: number[]): number {
  return median(values.map((value, i) => value / others[i]!));
}

/** Returns how long some work takes, in milliseconds. */
export async function timeOf(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** Formats milliseconds, in microseconds below one. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1) return `${Math.round(milliseconds * 1000)} µs`;
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
}

/** Writes rows as a Markdown table. */
export function tableOf(rows: Row[]): string {
  const lines = rows.map(({ work, measured, beside = "", ratio = "", limit = "", isWithin = true }) => [
    work,
    measured,
    beside,
    ratio,
    `${limit}${isWithin ? "" : ": **not reached**"}`,
  ]);
  const head = ["work", "measured", "beside it", "ratio", "limit"];
  const widths = head.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i]!.length)));
  const write = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [write(head), write(widths.map((width) => "-".repeat(width))), ...lines.map(write)].join("\n");
}
