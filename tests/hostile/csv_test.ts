import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { isNotNull } from "drizzle-orm";
import fc from "fast-check";
import { connections, places } from "../../db/schema.ts";
import { toCsv } from "../../views/history/csv.ts";
import { paths } from "../../http/paths.ts";
import { signedIn, START } from "../app.ts";
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
/** Each begins with a time, as the real ones do. */
const records = fc.array(fc.tuple(fc.constant("2026-11-23T14:04:00.000Z"), field, field), {
  minLength: 1,
  maxLength: 4,
});

const START_OF_FORMULA = /^[=+\-@\t\r\n\0＝＋－＠]/u;

// ASVS 1.2.10
Deno.test("no field of the CSV begins a formula, and every field keeps its text", () => {
  fc.assert(
    fc.property(records, (records) => {
      const parsed = parse(toCsv(records), { relax_column_count: true, skip_empty_lines: false });
      assert.deepEqual(
        parsed.map((fields) => fields.map(withoutApostrophes)),
        records.map((fields) => fields.map(withoutApostrophes)),
      );
      for (const [i, fields] of parsed.entries()) {
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
Deno.test("no cell begins a formula if a spreadsheet splits the CSV at semicolons or tabs, heeding quotes or not", () => {
  fc.assert(
    fc.property(records, fc.constantFrom(";", "\t"), (records, delimiter) => {
      const text = toCsv(records);
      const heeding = parse(text, { delimiter: [",", delimiter], relax_column_count: true, skip_empty_lines: false });
      assert.equal(heeding.flat().length, records.flat().length);
      const ignoring = text.split(/[\r\n]/).flatMap((line) => line.split(delimiter));
      for (const cell of ignoring.slice(1)) assert.doesNotMatch(cell, /^"*[=+\-@＝＋－＠]/u);
    }),
    { numRuns: RUNS * 50 },
  );
});

// ASVS 1.2.10
Deno.test("a row with hostile values is one record of the CSV, and no field begins a formula", async () => {
  const { here, browser, db } = await signedIn();
  await browser("203.0.113.1").signIn();
  await here.submit(paths.closeAll);
  const isClosed = isNotNull(connections.closedAt);
  const text = hostile.map((text) => text.toWellFormed());
  const seen = fc.record({ userAgent: text, device: text, countryCode: text, ip: text });
  const [connection] = await db.select().from(connections).where(isClosed);
  const moved = {
    ...{ id: "place", connectionId: connection!.id, userId: connection!.userId, client: "", network: "" },
    ...{ openedAt: START, firstAt: START, lastAt: START },
    ...{ isFirstIp: true, isFirstNetwork: true, isFirstCountry: true, isFirstDevice: true },
  };

  await fc.assert(
    fc.asyncProperty(seen, async (seen) => {
      await db.delete(places);
      await db.insert(places).values({ ...moved, ...seen });
      await db.update(connections).set({ ...seen, closedBy: connection!.id, place: "place" }).where(isClosed);

      const { status, text } = await here.get(`${paths.csv}?state=closed`);

      assert.equal(status, 200);
      const [, record = [], ...more] = parse(text);
      assert.equal(more.length, 0);
      assert.equal(record.length, 18);
      assert.deepEqual(
        [5, 8, 9, 13, 15].map((i) => withoutApostrophes(record[i]!)),
        [seen.ip, seen.device, seen.userAgent, seen.device, seen.ip].map(withoutApostrophes),
      );
      for (const field of record) assert.doesNotMatch(field, START_OF_FORMULA);
    }),
    { numRuns: RUNS * 2 },
  );
});

/** A field without apostrophes, its own and those that disarm it. */
function withoutApostrophes(field: string): string {
  return field.replaceAll("'", "");
}
