import { buildData } from "./data.ts";
import { type Row, tableOf } from "./measure.ts";
import { page } from "./page.ts";
import { closing } from "./closing.ts";
import { csv } from "./csv.ts";
import { flat } from "./flat.ts";
import { signin } from "./sign_in.ts";
import { memory, start } from "./start.ts";
import { weight } from "./weight.ts";

/** `deno task bench [NAME…]`: all measurements, or these, as a table. */
const measurements = { weight, start, page, flat, csv, closing, signin, memory };

const names = Deno.args.length > 0 ? Deno.args : Object.keys(measurements);
const unknown = names.find((name) => !Object.hasOwn(measurements, name));
if (unknown !== undefined) {
  console.error(`Cannot measure "${unknown}": there is ${Object.keys(measurements).join(", ")}`);
  Deno.exit(1);
}

const data = await buildData();
const rows: Row[] = [];
for (const name of names as (keyof typeof measurements)[]) {
  console.error(`Measuring ${name}…`);
  const measured = await measurements[name](data);
  for (const { work, measured: took, ratio } of measured) console.error(`  ${work}: ${took}, ${ratio}`);
  rows.push(...measured);
}
console.log(tableOf(rows));
Deno.exit(0);
