/** Prints what is promised, which fault was caused, and what was counted. */
export function report(promise: string, fault: string, counts: Record<string, number | string>): void {
  console.log(`promised: ${promise}`);
  console.log(`fault:    ${fault}`);
  console.log(`counted:  ${Object.entries(counts).map(([what, count]) => `${what} ${count}`).join(", ")}`);
}
