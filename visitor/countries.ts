import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import ipaddr from "ipaddr.js";
import type { Address } from "./addresses.ts";

/** The country of an address: ISO 3166-1 alpha-2, `private` for private networks, `none` where nobody knows. */
export type CountryOf = (address: Address) => Promise<string>;

/**
 * Country lookup in geoip-lite's data, which is read on the first call, or by `warmUp`, never while the program starts. A lookup
 * before it is there waits for it. When it can't be read, `warn` is told once and every country is `none`. `folder` is where
 * the data is, if not in the package.
 *
 * The files are read here: geoip-lite itself reads those of cities too, 112 MB with all else stopped, and keeps them. Those of
 * countries are 6 MB.
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
 * Ranges of addresses in their order, as geoip-lite's updater writes them: the first address, the last one and two letters. None
 * overlap; of an IPv6 address only the first half counts, which is what providers are given.
 */
type Ranges = { records: Buffer; addressLength: 4 | 16; compared: 4 | 8 };

async function load(folder: string | undefined): Promise<{ ipv4: Ranges; ipv6: Ranges }> {
  const read = async (name: string, addressLength: 4 | 16, compared: 4 | 8): Promise<Ranges> => {
    const file = folder ? `${folder}/${name}` : new URL(import.meta.resolve(`geoip-lite/data/${name}`));
    const records = await readFile(file);
    if (records.length === 0 || records.length % (2 * addressLength + 2) !== 0) {
      throw new Error(`The country data in ${name} is not whole: it has ${records.length} bytes`);
    }
    return { records, addressLength, compared };
  };
  const [ipv4, ipv6] = await Promise.all([read("geoip-country.dat", 4, 4), read("geoip-country6.dat", 16, 8)]);
  return { ipv4, ipv6 };
}

/** Looks for the last range that begins at the address or before it; `undefined` when the address lies behind its end. */
function findCountry({ records, addressLength, compared }: Ranges, address: Buffer): string | undefined {
  const length = 2 * addressLength + 2;
  const begin = address.subarray(0, compared);
  const compare = (at: number) => Buffer.compare(begin, records.subarray(at, at + compared));
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
