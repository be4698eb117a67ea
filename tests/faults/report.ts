/** Says in the output what was promised, what was seen, and how often. */
export function report(promised: string, happened: string, counts: Record<string, number | string>): void {
  console.log(`promised: ${promised}`);
  console.log(`happened: ${happened}`);
  console.log(`counts:   ${Object.entries(counts).map(([what, count]) => `${what} ${count}`).join(", ")}`);
}
