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

/** Describes the visitor at an address by its country and its `User-Agent` header. */
export async function readVisitor(
  address: Address,
  userAgentHeader: string | undefined,
  countryOf: CountryOf,
): Promise<Visitor> {
  const userAgent = readUserAgent(userAgentHeader);
  return {
    address,
    countryCode: await countryOf(address),
    userAgent,
    device: deviceOf(userAgent),
    deviceKind: deviceKindOf(userAgent),
  };
}
