import type axeCore from "axe-core";

/** WCAG 2.2 AA, and axe-core's own advice. */
export const OPTIONS: axeCore.RunOptions = {
  resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  // The one rule of WCAG 2.2, which axe-core leaves off by default.
  rules: { "target-size": { enabled: true } },
};

/** What axe-core objects to, a line each. */
export function describe(violations: axeCore.Result[]): string[] {
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`)
  );
}

declare global {
  /** Once it is injected. */
  var axe: typeof axeCore;
}
