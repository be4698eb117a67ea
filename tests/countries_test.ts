import assert from "node:assert/strict";
import { readAddress } from "../visitor/addresses.ts";
import { createCountryLookup } from "../visitor/countries.ts";
import { GEO_DATA } from "../commands/serve.ts";

Deno.test("IPv4 addresses have a country", async () => {
  const countryOf = createCountryLookup(fail);

  assert.equal(await countryOf(readAddress("46.16.60.1")!), "ES");
  assert.equal(await countryOf(readAddress("193.51.208.14")!), "FR");
  assert.equal(await countryOf(readAddress("133.11.0.1")!), "JP");
  assert.equal(await countryOf(readAddress("200.160.2.3")!), "BR");
});

Deno.test("IPv6 addresses have a country", async () => {
  const countryOf = createCountryLookup(fail);

  assert.equal(await countryOf(readAddress("2a0c:5a80:1b08:c00::4")!), "ES");
  assert.equal(await countryOf(readAddress("2a02:8071:22c5:1a00::7")!), "DE");
  assert.equal(await countryOf(readAddress("2001:200::1")!), "JP");
});

Deno.test("an IPv4-mapped IPv6 address is in the country of its IPv4 address", async () => {
  assert.equal(await createCountryLookup(fail)(readAddress("::ffff:46.16.60.1")!), "ES");
});

// Security: client address
Deno.test("private networks are in no country", async () => {
  const countryOf = createCountryLookup(fail);

  assert.equal(await countryOf(readAddress("10.4.0.17")!), "private");
  assert.equal(await countryOf(readAddress("192.168.1.20")!), "private");
  assert.equal(await countryOf(readAddress("100.64.0.1")!), "private");
  assert.equal(await countryOf(readAddress("127.0.0.1")!), "private");
  assert.equal(await countryOf(readAddress("fd00::1")!), "private");
  assert.equal(await countryOf(readAddress("::1")!), "private");
});

Deno.test("an unassigned address has no known country, and neither has a missing one", async () => {
  const countryOf = createCountryLookup(fail);

  assert.equal(await countryOf(readAddress("192.0.2.1")!), "none");
  assert.equal(await countryOf(readAddress("240.10.20.30")!), "none");
  assert.equal(await countryOf(readAddress("255.255.255.255")!), "none");
  assert.equal(await countryOf(readAddress("0.0.0.0")!), "none");
  assert.equal(await countryOf(readAddress("2001:db8::1")!), "none");
  assert.equal(await countryOf(readAddress("ff02::1")!), "none");
  assert.equal(await countryOf({ ip: "", network: "", client: "", isPrivate: false }), "none");
});

Deno.test("lookups wait while the data is being read", async () => {
  const countryOf = createCountryLookup(fail);
  countryOf.warmUp();

  const found = await Promise.all(["46.16.60.1", "133.11.0.1"].map((ip) => countryOf(readAddress(ip)!)));

  assert.deepEqual(found, ["ES", "JP"]);
});

Deno.test("countries agree with geoip-lite, except that it puts addresses without a country in Rwanda", async () => {
  const { default: geoip }: { default: { lookup(ip: string): { country: string } | null } } = await import(
    "geoip-lite"
  );
  const [fromFiles, included] = [createCountryLookup(fail, GEO_DATA), createCountryLookup(fail)];
  const ipv4 = Array.from({ length: 4_000 }, (_, i) => {
    const at = i * 937_559;
    return [at >>> 24, at >>> 16 & 255, at >>> 8 & 255, at & 255].join(".");
  });
  const ipv6 = Array.from({ length: 2_000 }, (_, i) => `2${"04ac"[i % 4]}0${i % 10}:${(i * 31).toString(16)}:1::${i}`);

  for (const address of [...ipv4, ...ipv6].map((ip) => readAddress(ip)!)) {
    if (address.isPrivate) continue;
    const country = await fromFiles(address);
    assert.equal(await included(address), country);
    const theirs = geoip.lookup(address.ip)?.country || "none";
    assert.ok(country === theirs || country === "none" && theirs === "RW", `${address.ip}: ${country}, not ${theirs}`);
  }
});

// Security: country data
Deno.test("without the data every country is unknown, and one warning says why", async () => {
  const empty = await Deno.makeTempDir();
  const warnings: unknown[] = [];
  const countryOf = createCountryLookup((error) => warnings.push(error), empty);
  countryOf.warmUp();

  const found = [];
  for (const ip of ["46.16.60.1", "133.11.0.1", "2001:200::1", "10.0.0.1"]) {
    found.push(await countryOf(readAddress(ip)!));
  }

  assert.deepEqual(found, ["none", "none", "none", "private"]);
  assert.equal(warnings.length, 1);
  assert.match(String(warnings[0]), /ENOENT/);
  await Deno.remove(empty);
});

function fail(error: unknown): never {
  throw error;
}
