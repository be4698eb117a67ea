import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Address } from "./addresses.ts";

/** The country of an address: ISO 3166-1 alpha-2, `private` for private networks, `none` where nobody knows. */
export type CountryOf = (address: Address) => Promise<string>;

/** geoip-lite's files, and how many bytes a record of each has. */
const FILES = {
  "geoip-city.dat": 24,
  "geoip-city6.dat": 48,
  "geoip-country.dat": 10,
  "geoip-country6.dat": 34,
};

/**
 * Country lookup in geoip-lite's data: over 100 MB that is read on the first call, or by `warmUp`, never while the program
 * starts. A lookup before it is there waits for it. When it can't be read, `warn` is told once and every country is `none`.
 */
export function createCountryLookup(warn: (error: unknown) => void): CountryOf & { warmUp(): void } {
  let loading: Promise<((ip: string) => string) | null> | undefined;
  let isGivenUp = false;
  const giveUp = (error: unknown) => {
    if (!isGivenUp) warn(error);
    isGivenUp = true;
    return null;
  };
  const data = () => loading ??= load().catch(giveUp);

  async function countryOf(address: Address): Promise<string> {
    if (address.isPrivate) return "private";
    if (address.ip === "") return "none";
    const lookup = await data();
    try {
      const country = lookup?.(address.ip) ?? "";
      return /^[A-Z]{2}$/.test(country) ? country : "none";
    } catch (error) {
      loading = Promise.resolve(giveUp(error));
      return "none";
    }
  }
  return Object.assign(countryOf, { warmUp: () => void data() });
}

/** What is used of geoip-lite, which brings no types. */
type GeoipLite = { default: { lookup(ip: string): { country: string } | null } };

async function load(): Promise<(ip: string) => string> {
  await Promise.all(Object.entries(FILES).map(([name, record]) => requireWhole(name, record)));
  const { default: geoip }: GeoipLite = await import("geoip-lite");
  return (ip) => geoip.lookup(ip)?.country ?? "";
}

/** Throws for a file that breaks off in the middle of a record: geoip-lite 2.0.3 would search it for ever, with all else stopped. */
async function requireWhole(name: string, record: number): Promise<void> {
  // Where geoip-lite itself looks.
  const folder = process.env.GEODATADIR || fileURLToPath(new URL("../data", import.meta.resolve("geoip-lite")));
  try {
    const { size } = await Deno.stat(`${folder}/${name}`);
    if (size % record !== 0) throw new Error(`The country data in ${name} is not whole: it has ${size} bytes`);
  } catch (error) {
    // It has the data by city, by country or both.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
