import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import ipaddr from "ipaddr.js";
import type { Address } from "./addresses.ts";

const decompress = promisify(brotliDecompress);

/** Looks up the country of an address: ISO 3166-1 alpha-2, `private` for private networks, `none` if unknown. */
export type CountryOf = (address: Address) => Promise<string>;

/**
 * Creates a lookup in geoip-lite's country data, which is loaded at the first lookup or by `warmUp`. If the data can't be read, `warn` is
 * called once and every country is `none`. Without `folder` the data is the package's.
 *
 * Reads the files itself, because geoip-lite also loads 112 MB of city data, synchronously (docs/decisions/0003).
 */
export function createCountryLookup(
  warn: (error: unknown) => void,
  folder?: string,
): CountryOf & { warmUp(): void } {
  let loading: Promise<{ ipv4: Ranges; ipv6: Ranges } | null> | undefined;
  const data = () =>
    loading ??= (folder === undefined ? loadIncluded() : load(folder)).catch((error) => {
      warn(error);
      return null;
    });

  async function countryOf({ ip, isPrivate }: Address): Promise<string> {
    if (isPrivate) return "private";
    if (ip === "") return "none";
    const ranges = await data();
    if (!ranges) return "none";

    const address = ipaddr.parse(ip).toByteArray();
    return findCountry(address.length === 4 ? ranges.ipv4 : ranges.ipv6, address) ?? "none";
  }
  return Object.assign(countryOf, { warmUp: () => void data() });
}

/**
 * Sorted, disjoint address ranges as geoip-lite's updater writes them: first address, last address, two letters. Only the first half of
 * an IPv6 address is compared.
 */
type Ranges = Format & { count: number; byteAt: (row: number, column: number) => number };
type Format = { addressLength: 4 | 16; compared: 4 | 8 };

const IPV4: Format = { addressLength: 4, compared: 4 };
const IPV6: Format = { addressLength: 16, compared: 8 };

const lengthOf = ({ addressLength }: Format) => 2 * addressLength + 2;

async function load(folder: string): Promise<{ ipv4: Ranges; ipv6: Ranges }> {
  const read = async (name: string, format: Format): Promise<Ranges> => {
    const records = await readFile(`${folder}/${name}`);
    const length = lengthOf(format);
    if (records.length === 0 || records.length % length !== 0) {
      throw new Error(`The country data in ${name} is incomplete: it has ${records.length} bytes`);
    }
    return { ...format, count: records.length / length, byteAt: (row, column) => records[row * length + column]! };
  };
  const [ipv4, ipv6] = await Promise.all([read("geoip-country.dat", IPV4), read("geoip-country6.dat", IPV6)]);
  return { ipv4, ipv6 };
}

/** Loads the data that `package/generate.ts` wrote, by columns. */
async function loadIncluded(): Promise<{ ipv4: Ranges; ipv6: Ranges }> {
  const generated = await import("../generated/countries.ts");
  const unpack = async (text: string, format: Format): Promise<Ranges> => {
    const columns = await decompress(Buffer.from(text, "base64"));
    const count = columns.length / lengthOf(format);
    return { ...format, count, byteAt: (row, column) => columns[column * count + row]! };
  };
  const [ipv4, ipv6] = await Promise.all([unpack(generated.ipv4, IPV4), unpack(generated.ipv6, IPV6)]);
  return { ipv4, ipv6 };
}

/** Binary search for the range that contains the address. */
function findCountry({ count, addressLength, compared, byteAt }: Ranges, address: number[]): string | undefined {
  const compare = (row: number, column: number) => {
    for (let i = 0; i < compared; i++) {
      const difference = address[i]! - byteAt(row, column + i);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(middle, 0) < 0) high = middle;
    else low = middle + 1;
  }
  const found = low - 1;
  if (low === 0 || compare(found, addressLength) > 0) return undefined;
  const code = String.fromCharCode(byteAt(found, 2 * addressLength), byteAt(found, 2 * addressLength + 1));
  return /^[A-Z]{2}$/.test(code) ? code : undefined;
}
