/** One line of the table: a piece of work, what it took, and the limit that was measured beside it in the same run. */
export type Row = {
  work: string;
  measured: string;
  limit: string;
  ratio: string;
  goal: string;
  isReached: boolean;
};

/**
 * Measurements of each thing, in turns, and each time with another one first, so that what else the machine does meanwhile meets
 * all of them alike.
 */
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

/** The median of the ratios of each turn: nearer to the truth than the ratio of two medians, when the machine is not idle. */
export function medianRatio(values: number[], limits: number[]): number {
  return median(values.map((value, i) => value / limits[i]!));
}

/** How long something takes, in milliseconds. */
export async function timeOf(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** Milliseconds, as microseconds where they are few. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1) return `${Math.round(milliseconds * 1000)} µs`;
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** Rows as Markdown. */
export function tableOf(rows: Row[]): string {
  const lines = rows.map(({ work, measured, limit, ratio, goal, isReached }) => [
    work,
    measured,
    limit,
    ratio,
    `${goal}${isReached ? "" : ": **not reached**"}`,
  ]);
  const head = ["work", "measured", "limit beside it", "ratio", "must reach"];
  const widths = head.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i]!.length)));
  const write = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [write(head), write(widths.map((width) => "-".repeat(width))), ...lines.map(write)].join("\n");
}
