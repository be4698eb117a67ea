import { cpus } from "node:os";
import { closing } from "./closing.ts";
import { csv } from "./csv.ts";
import { prepareData } from "./data.ts";
import { filters } from "./filters.ts";
import { gate } from "./gate.ts";
import { type Row, tableOf } from "./measure.ts";
import { page } from "./page.ts";
import { remote } from "./remote.ts";
import { signIn } from "./sign_in.ts";
import { memory, start } from "./start.ts";
import { weight } from "./weight.ts";

/** `deno task bench [NAME…]` runs all measurements, or the named ones, and prints a table. */
const measurements = { weight, start, page, gate, filters, csv, closing, "sign-in": signIn, remote, memory };

const names = Deno.args.length > 0 ? Deno.args : Object.keys(measurements);
const unknown = names.find((name) => !Object.hasOwn(measurements, name));
if (unknown !== undefined) {
  console.error(`Cannot measure "${unknown}": choose from ${Object.keys(measurements).join(", ")}`);
  Deno.exit(1);
}

const data = await prepareData();
const machine = `${cpus().length} cores of ${cpus()[0]?.model}, Deno ${Deno.version.deno}`;
const [load] = Deno.loadavg();
const rows: Row[] = [];
for (const name of names as (keyof typeof measurements)[]) {
  console.error(`Measuring ${name}…`);
  const measured = await measurements[name](data);
  for (const { work, measured: value, ratio = "" } of measured) console.error(`  ${work}: ${value} ${ratio}`);
  rows.push(...measured);
}
console.log(`${new Date().toISOString().slice(0, 10)}, ${machine}, load ${load?.toFixed(1)} before the run\n`);
console.log(tableOf(rows));
Deno.exit(0);
