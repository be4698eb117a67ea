import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { connections } from "../../db/schema.ts";
import { toCsv } from "../../routes/csv.ts";
import { paths } from "../../http/paths.ts";
import { startApp } from "../app.ts";
import { hostile, RUNS } from "./strings.ts";

const dangerous = fc.constantFrom("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠");
const field = fc.oneof(
  fc.string({ unit: "binary" }),
  hostile.map((text) => text.toWellFormed()),
  fc.tuple(dangerous, fc.string()).map(([first, rest]) => first + rest),
  fc.tuple(fc.string(), fc.constantFrom(";", "\t", ';"', "\n", ";;"), dangerous, fc.string()).map((parts) =>
    parts.join("")
  ),
  fc.constantFrom('"', ",", '","', "\r\n", "'=1", '=cmd|"/C calc"!A0', 'x;"=1+1;', "x,=1+1"),
);
/** Each begins with a time, as ours do. */
const records = fc.array(fc.tuple(fc.constant("2026-11-23T14:04:00.000Z"), field, field), {
  minLength: 1,
  maxLength: 4,
});

const START_OF_FORMULA = /^[=+\-@\t\r\n\0＝＋－＠]/u;

// ASVS 1.2.10
Deno.test("no field of the CSV begins a formula, and every field comes back as it was", () => {
  fc.assert(
    fc.property(records, (records) => {
      const back = parse(toCsv(records), { relax_column_count: true, skip_empty_lines: false });
      assert.deepEqual(back.map((fields) => fields.map(armed)), records.map((fields) => fields.map(armed)));
      for (const [i, fields] of back.entries()) {
        for (const [j, text] of fields.entries()) {
          assert.doesNotMatch(text, START_OF_FORMULA);
          if (START_OF_FORMULA.test(records[i]![j]!)) assert.equal(text[0], "'");
        }
      }
    }),
    { numRuns: RUNS * 50 },
  );
});

// ASVS 1.2.10
Deno.test("no cell begins a formula in a spreadsheet that splits the CSV at semicolons or tabs, with or without regard to quotes", () => {
  fc.assert(
    fc.property(records, fc.constantFrom(";", "\t"), (records, delimiter) => {
      const text = toCsv(records);
      const byTheBook = parse(text, { delimiter: [",", delimiter], relax_column_count: true, skip_empty_lines: false });
      assert.equal(byTheBook.flat().length, records.flat().length);
      const plainly = text.split(/[\r\n]/).flatMap((line) => line.split(delimiter));
      for (const cell of plainly.slice(1)) assert.doesNotMatch(cell, /^"*[=+\-@＝＋－＠]/u);
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
      assert.equal(record.length, 12);
      assert.deepEqual([5, 8, 9].map((i) => armed(record[i]!)), [seen.ip, seen.device, seen.userAgent].map(armed));
      for (const field of record) assert.doesNotMatch(field, START_OF_FORMULA);
    }),
    { numRuns: RUNS * 2 },
  );
});

/** A field without the apostrophes that disarm it, and that it may have had itself. */
function armed(field: string): string {
  return field.replaceAll("'", "");
}
