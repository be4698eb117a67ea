import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import ipaddr from "ipaddr.js";
import type { Address } from "./addresses.ts";

/** Looks up the country of an address: ISO 3166-1 alpha-2, `private` for private networks, `none` if unknown. */
export type CountryOf = (address: Address) => Promise<string>;

/**
 * Creates a lookup in geoip-lite's country data, which is loaded at the first lookup or by `warmUp`. If the data can't be read, `warn` is
 * called once and every country is `none`. `folder` overrides where the data is.
 *
 * Reads the files itself, because geoip-lite also loads 112 MB of city data, synchronously (docs/decisions/0003).
 */
export function createCountryLookup(
  warn: (error: unknown) => void,
  folder?: string,
): CountryOf & { warmUp(): void } {
  let loading: Promise<{ ipv4: Ranges; ipv6: Ranges } | null> | undefined;
  const data = () =>
    loading ??= load(folder).catch((error) => {
      warn(error);
      return null;
    });

  async function countryOf({ ip, isPrivate }: Address): Promise<string> {
    if (isPrivate) return "private";
    if (ip === "") return "none";
    const ranges = await data();
    if (!ranges) return "none";

    const address = Buffer.from(ipaddr.parse(ip).toByteArray());
    return findCountry(address.length === 4 ? ranges.ipv4 : ranges.ipv6, address) ?? "none";
  }
  return Object.assign(countryOf, { warmUp: () => void data() });
}

/**
 * Sorted, disjoint address ranges as geoip-lite's updater writes them: first address, last address, two letters. Only the first half of
 * an IPv6 address is compared.
 */
type Ranges = { records: Buffer; addressLength: 4 | 16; compared: 4 | 8 };

async function load(folder: string | undefined): Promise<{ ipv4: Ranges; ipv6: Ranges }> {
  const read = async (name: string, addressLength: 4 | 16, compared: 4 | 8): Promise<Ranges> => {
    const file = folder ? `${folder}/${name}` : new URL(import.meta.resolve(`geoip-lite/data/${name}`));
    const records = await readFile(file);
    if (records.length === 0 || records.length % (2 * addressLength + 2) !== 0) {
      throw new Error(`The country data in ${name} is incomplete: it has ${records.length} bytes`);
    }
    return { records, addressLength, compared };
  };
  const [ipv4, ipv6] = await Promise.all([read("geoip-country.dat", 4, 4), read("geoip-country6.dat", 16, 8)]);
  return { ipv4, ipv6 };
}

/** Binary search for the range that contains the address. */
function findCountry({ records, addressLength, compared }: Ranges, address: Buffer): string | undefined {
  const length = 2 * addressLength + 2;
  const prefix = address.subarray(0, compared);
  const compare = (at: number) => Buffer.compare(prefix, records.subarray(at, at + compared));
  let [low, high] = [0, records.length / length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(middle * length) < 0) high = middle;
    else low = middle + 1;
  }
  const found = (low - 1) * length;
  if (low === 0 || compare(found + addressLength) > 0) return undefined;
  const code = records.toString("latin1", found + 2 * addressLength, found + length);
  return /^[A-Z]{2}$/.test(code) ? code : undefined;
}
