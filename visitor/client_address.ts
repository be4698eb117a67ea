// @ts-types="@types/proxy-addr"
import proxyAddr from "proxy-addr";
import { type Address, NO_ADDRESS, readAddress } from "./addresses.ts";

/** Works out the client's address from the socket's peer and the `X-Forwarded-For` header. */
export type ClientAddress = (peer: string | undefined, forwardedFor: string | undefined) => Address;

/**
 * Compiles addresses and CIDR ranges into a membership test, or returns `null` if one of them is neither. Short and octal IPv4 forms
 * are rejected, since they would trust another network than they seem to.
 */
export function readNetworks(networks: string[]): ((address: string, hop: number) => boolean) | null {
  if (networks.some((network) => readAddress(network.split("/")[0] ?? "") === null)) return null;
  try {
    return proxyAddr.compile(networks);
  } catch {
    return null;
  }
}

/**
 * Walks `X-Forwarded-For` from the right for as long as the hop is a trusted proxy, without the ports that some proxies add. A hop that isn't
 * an address falls back to the peer, and `warn` is called once.
 *
 * Throws a `TypeError` if `trustedProxies` contains anything but addresses and CIDR ranges.
 */
export function createClientAddress(
  trustedProxies: string[],
  warn: (forwardedFor: string) => void = () => {},
): ClientAddress {
  let hasWarned = false;
  const isTrusted = readNetworks(trustedProxies);
  if (!isTrusted) {
    throw new TypeError(`Cannot trust proxies: "${trustedProxies.join()}" must be addresses and CIDR ranges`);
  }

  return (peer, forwardedFor) => {
    const fromSocket = readAddress(peer ?? "") ?? NO_ADDRESS;
    if (fromSocket === NO_ADDRESS || forwardedFor === undefined) return fromSocket;

    const hops = forwardedFor.split(",").map(withoutPort).join();
    const request = { socket: { remoteAddress: fromSocket.ip }, headers: { "x-forwarded-for": hops } };
    const address = readAddress(proxyAddr(request as never, isTrusted));
    if (address) return address;
    if (!hasWarned) warn(forwardedFor);
    hasWarned = true;
    return fromSocket;
  };
}

/** Reads an address with its port, as in Deno Deploy's `X-Deno-Client-Address`; `null` if it is none. */
export function readSocketAddress(text: string): Address | null {
  return readAddress(withoutPort(text));
}

/** `81.40.12.202:51008` and `[2a0c:5a80::4]:443` without port and brackets. */
function withoutPort(hop: string): string {
  const [, ipv6, ipv4] = /^\s*(?:\[([^\]]*)\](?::\d{1,5})?|(\d[\d.]*):\d{1,5})\s*$/.exec(hop) ?? [];
  return ipv6 ?? ipv4 ?? hop;
}
