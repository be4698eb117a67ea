// @ts-types="@types/proxy-addr"
import proxyAddr from "proxy-addr";
import { type Address, NO_ADDRESS, readAddress } from "./addresses.ts";

/** The client's address, from the socket's peer and the `X-Forwarded-For` header. */
export type ClientAddress = (peer: string | undefined, forwardedFor: string | undefined) => Address;

/**
 * Addresses and CIDR ranges as something to ask whether an address is in them; `null` where one of them is neither. The short
 * and octal forms of IPv4 are no addresses: they would trust another network than they seem to.
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
 * Reads the client's address as far as it can be believed: the socket's peer and, while that hop is one of the
 * `trustedProxies`, the next one to the left in `X-Forwarded-For`. What a client writes there by itself changes nothing, and a
 * hop that is no address falls back to the peer.
 *
 * Throws a `TypeError` when `trustedProxies` has something that is neither an address nor a CIDR range.
 */
export function createClientAddress(trustedProxies: string[]): ClientAddress {
  const isTrusted = readNetworks(trustedProxies);
  if (!isTrusted) {
    throw new TypeError(`Cannot trust proxies: "${trustedProxies.join()}" must be addresses and CIDR ranges`);
  }

  return (peer, forwardedFor) => {
    const fromSocket = readAddress(peer ?? "") ?? NO_ADDRESS;
    if (fromSocket === NO_ADDRESS || forwardedFor === undefined) return fromSocket;

    const request = { socket: { remoteAddress: fromSocket.ip }, headers: { "x-forwarded-for": forwardedFor } };
    return readAddress(proxyAddr(request as never, isTrusted)) ?? fromSocket;
  };
}
