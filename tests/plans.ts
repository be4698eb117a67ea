import assert from "node:assert/strict";
import type { InStatement, InValue } from "@libsql/client";
import { type Db, openDatabase } from "../db/database.ts";

/** Returns SQLite's query plan for the statements that `run` sends. */
export async function planOf(run: (db: Db) => Promise<unknown>): Promise<string[]> {
  const [db, explaining] = [await openDatabase(":memory:"), await openDatabase(":memory:")];
  const { execute, batch, readText } = db.$client;
  const sent: InStatement[] = [];
  Object.assign(db.$client, {
    execute(statement: InStatement) {
      sent.push(statement);
      return execute(statement);
    },
    batch(statements: InStatement[]) {
      sent.push(...statements);
      return batch(statements);
    },
    readText(sql: string, args: InValue[]) {
      sent.push({ sql, args });
      return readText(sql, args);
    },
  });
  await run(db);

  const plan: string[] = [];
  for (const statement of sent) {
    const { sql, args = [] } = typeof statement === "string" ? { sql: statement } : statement;
    const { rows } = await explaining.$client.execute({ sql: `explain query plan ${sql}`, args });
    plan.push(...rows.map(({ detail }) => String(detail)));
  }
  assert.ok(plan.length > 0);
  // The rows of a limited subquery, a thousand at most, are scanned once more to be written as JSON.
  return plan.filter((step) =>
    !/^((CO-ROUTINE|SCAN) \(subquery|SCAN searched|MATERIALIZE searched|SCAN CONSTANT ROW|SCALAR SUBQUERY)/.test(step)
  );
}

/** Asserts that nothing is scanned from end to end, and nothing sorted but for the `bounded` steps, whose rows are few. */
export function assertIndexed(plan: string[], bounded: string[] = []): void {
  const unbounded = plan.filter((step) => /^SCAN |USING TEMP B-TREE|USE TEMP B-TREE/.test(step));
  assert.deepEqual(unbounded.filter((step) => !bounded.includes(step)), []);
}

export function assertContains(plan: string[], part: string): void {
  assert.ok(plan.some((step) => step.includes(part)), `${part} is not in\n${plan.join("\n")}`);
}
