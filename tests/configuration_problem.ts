import assert from "node:assert/strict";
import { ConfigurationError, readConfiguration } from "../commands/configuration.ts";

/** Returns the message about these variables. */
export function problemOf(variables: Record<string, string>): string {
  try {
    readConfiguration(variables);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error.message;
  }
  return assert.fail(`${JSON.stringify(variables)} was accepted`);
}
