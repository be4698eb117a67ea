import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { connections } from "../../db/schema.ts";
import { toCsv } from "../../routes/csv.ts";
import { paths } from "../../routes/paths.ts";
import { startApp } from "../app.ts";
import { hostile, RUNS } from "./strings.ts";

const START_OF_FORMULA = /^[=+\-@\t\r\n\0＝＋－＠]/u;

// ASVS 1.2.10
Deno.test("no field of the CSV begins a formula, and every field comes back as it was", () => {
  const dangerous = fc.constantFrom("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠");
  const field = fc.oneof(
    fc.string({ unit: "binary" }),
    hostile.map((text) => text.toWellFormed()),
    fc.tuple(dangerous, fc.string()).map(([first, rest]) => first + rest),
    fc.constantFrom('"', ",", '","', "\r\n", "'=1", '=cmd|"/C calc"!A0'),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 4 }), (records) => {
      const back = parse(toCsv(records), { relax_column_count: true, skip_empty_lines: false });
      assert.deepEqual(back, records.map((fields) => fields.map(disarmed)));
      for (const text of back.flat()) assert.doesNotMatch(text, START_OF_FORMULA);
    }),
    { numRuns: RUNS * 50 },
  );
});

// ASVS 1.2.10
Deno.test("whatever a row holds, the CSV has one record of it with fields that begin no formula", async () => {
  const { browser, db } = await startApp();
  const here = browser();
  await here.signIn();
  const text = hostile.map((text) => text.toWellFormed());
  const seen = fc.record({ userAgent: text, device: text, countryCode: text, ip: text });

  await fc.assert(
    fc.asyncProperty(seen, async (seen) => {
      await db.update(connections).set(seen);

      const { status, text } = await here.get(paths.csv);

      assert.equal(status, 200);
      const [, record = [], ...more] = parse(text);
      assert.equal(more.length, 0);
      assert.equal(record.length, 11);
      assert.deepEqual([record[5], record[8], record[9]], [seen.ip, seen.device, seen.userAgent].map(disarmed));
      for (const field of record) assert.doesNotMatch(field, START_OF_FORMULA);
    }),
    { numRuns: RUNS * 2 },
  );
});

function disarmed(field: string): string {
  return START_OF_FORMULA.test(field) ? `'${field}` : field;
}
