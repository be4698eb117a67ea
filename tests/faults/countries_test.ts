import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { CELL, EMAIL, PASSWORD } from "../app.ts";
import { flagsElsewhere, makeFolder, startServer } from "../processes.ts";
import { report } from "./report.ts";
import { addAccounts } from "./traffic.ts";

const DATA = new URL("../../node_modules/geoip-lite/data/", import.meta.url);

// Security: country data
Deno.test("without country data people sign in from anywhere, their country is unknown, and one warning is logged", async () => {
  await using data = await makeFolder();

  const { statuses, countries, warnings } = await signInFromFarAway(data.path);

  report("sign-in works, the country is unknown, one warning", "the country data is missing", {
    "sign-ins": statuses.length,
    "of unknown country": countries.filter((country) => country === "Unknown").length,
    warnings: warnings.length,
  });
  assert.deepEqual(statuses, [303, 303, 303]);
  assert.deepEqual(countries, ["Unknown", "Unknown", "Unknown"]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /ENOENT/);
});

// Security: country data
Deno.test("country data that breaks off in the middle is as good as none, and hangs nobody", async () => {
  await using data = await makeFolder();
  for await (const { name } of Deno.readDir(DATA)) {
    await Deno.writeFile(`${data.path}/${name}`, (await Deno.readFile(new URL(name, DATA))).subarray(0, 5_003));
  }

  const { statuses, countries, warnings } = await signInFromFarAway(data.path);

  report("sign-in works, the country is unknown, one warning", "the country data breaks off after 5,003 bytes", {
    "sign-ins": statuses.length,
    "of unknown country": countries.filter((country) => country === "Unknown").length,
    warnings: warnings.length,
  });
  assert.deepEqual(statuses, [303, 303, 303]);
  assert.deepEqual(countries, ["Unknown", "Unknown", "Unknown"]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /not whole/);
});

/** Signs in from three addresses of known countries, at a server whose country data is in that folder. */
async function signInFromFarAway(folderOfData: string) {
  await using folder = await makeFolder();
  await addAccounts(folder, [EMAIL]);
  const variables = { GEODATADIR: folderOfData, TRUSTED_PROXIES: "127.0.0.1" };
  await using server = await startServer("start", folder, variables, {
    flags: await flagsElsewhere("start", folderOfData),
  });
  const browser = server.browser();
  const statuses: number[] = [];
  for (const ip of ["46.16.60.1", "133.11.0.1", "2001:200::1"]) {
    const one = server.browser();
    const typed = { email: EMAIL, password: PASSWORD };
    statuses.push((await one.submit(paths.signIn, typed, { "X-Forwarded-For": ip })).status);
    browser.cookies.set("session", one.cookies.get("session") ?? "");
  }
  const { $ } = await browser.get(paths.connections);
  return {
    statuses,
    countries: $(`tbody ${CELL.country}`).toArray().map((cell) => $(cell).text().trim()),
    warnings: server.output.filter((line) => line.includes('"sys_crash"')),
  };
}
