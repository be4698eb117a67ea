import type { Address } from "./addresses.ts";

/** The country of an address: ISO 3166-1 alpha-2, `private` for private networks, `none` where nobody knows. */
export type CountryOf = (address: Address) => Promise<string>;

/**
 * Country lookup in geoip-lite's data: over 100 MB that is read on the first call, or by `warmUp`, never while the program
 * starts. A lookup before it is there waits for it. When it can't be read, `warn` is told once and every country is `none`.
 */
export function createCountryLookup(warn: (error: unknown) => void): CountryOf & { warmUp(): void } {
  let loading: Promise<((ip: string) => string) | null> | undefined;
  const data = () =>
    loading ??= load().catch((error) => {
      warn(error);
      return null;
    });

  async function countryOf(address: Address): Promise<string> {
    if (address.isPrivate) return "private";
    if (address.ip === "") return "none";
    const lookup = await data();
    return lookup?.(address.ip) || "none";
  }
  return Object.assign(countryOf, { warmUp: () => void data() });
}

/** What is used of geoip-lite, which brings no types. */
type GeoipLite = { default: { lookup(ip: string): { country: string } | null } };

async function load(): Promise<(ip: string) => string> {
  const { default: geoip }: GeoipLite = await import("geoip-lite");
  return (ip) => geoip.lookup(ip)?.country ?? "";
}
