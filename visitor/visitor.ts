import type { Address } from "./addresses.ts";
import { type DeviceKind, deviceKindOf, deviceOf, readUserAgent } from "./devices.ts";
import type { CountryOf } from "./countries.ts";

/** Where a request comes from, and what its browser says it is. */
export type Visitor = {
  address: Address;
  /** ISO 3166-1 alpha-2, `private` or `none`. */
  countryCode: string;
  userAgent: string;
  device: string;
  deviceKind: DeviceKind;
};

/** The headers `User-Agent` and `Sec-CH-UA`, as they came. */
export type DeviceHeaders = { userAgent: string | undefined; brands: string | undefined };

/** Describes the visitor at an address by its country and its headers. */
export async function readVisitor(
  address: Address,
  headers: DeviceHeaders,
  countryOf: CountryOf,
): Promise<Visitor> {
  const userAgent = readUserAgent(headers.userAgent);
  return {
    address,
    countryCode: await countryOf(address),
    userAgent,
    device: deviceOf(userAgent, headers.brands),
    deviceKind: deviceKindOf(userAgent),
  };
}
