import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { CELL, EMAIL, PASSWORD } from "../app.ts";
import { flagsElsewhere, makeFolder, startServer } from "../processes.ts";
import { until } from "./process.ts";
import { report } from "./report.ts";
import { addAccounts } from "./traffic.ts";

const DATA = new URL("../../node_modules/geoip-lite/data/", import.meta.url);

// Security: country data
Deno.test("without country data, sign-in works, the country is unknown and one warning is logged", async () => {
  await using data = await makeFolder();

  await requireUnknownCountries(data.path, "the country data is missing", /ENOENT/);
});

// Security: country data
Deno.test("with truncated country data, sign-in works, the country is unknown and one warning is logged", async () => {
  await using data = await makeFolder();
  for await (const { name } of Deno.readDir(DATA)) {
    await Deno.writeFile(`${data.path}/${name}`, (await Deno.readFile(new URL(name, DATA))).subarray(0, 5_003));
  }

  await requireUnknownCountries(data.path, "the country data ends after 5,003 bytes", /incomplete/);
});

/** Signs in from three countries' addresses, at a server that has its country data in that folder. */
async function requireUnknownCountries(dataFolder: string, fault: string, warning: RegExp): Promise<void> {
  await using folder = await makeFolder();
  await addAccounts(folder, [EMAIL]);
  const variables = { GEODATADIR: dataFolder, TRUSTED_PROXIES: "127.0.0.1" };
  await using server = await startServer("start", folder, variables, {
    flags: await flagsElsewhere("start", dataFolder),
  });
  const warnings = () => server.output.filter((line) => line.includes('"sys_crash"'));
  const browser = server.browser();
  const statuses: number[] = [];
  for (const ip of ["46.16.60.1", "133.11.0.1", "2001:200::1"]) {
    const visitor = server.browser();
    const typed = { email: EMAIL, password: PASSWORD };
    statuses.push((await visitor.submit(paths.signIn, typed, { "X-Forwarded-For": ip })).status);
    browser.cookies.set("session", visitor.cookies.get("session") ?? "");
  }
  const { $ } = await browser.get(paths.connections);
  const countries = $(`tbody ${CELL.country}`).toArray().map((cell) => $(cell).text().trim());
  await until(() => warnings().length > 0);

  report("sign-in works, the country is unknown, one warning is logged", fault, {
    "sign-ins": statuses.length,
    "of unknown country": countries.filter((country) => country === "Unknown").length,
    warnings: warnings().length,
  });
  assert.deepEqual(statuses, [303, 303, 303]);
  assert.deepEqual(countries, ["Unknown country", "Unknown country", "Unknown country"]);
  assert.equal(warnings().length, 1);
  assert.match(warnings()[0] ?? "", warning);
}
