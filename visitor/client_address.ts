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
 * Walks `X-Forwarded-For` from the right for as long as the hop is a trusted proxy. A hop that isn't an address falls back to the peer.
 *
 * Throws a `TypeError` if `trustedProxies` contains anything but addresses and CIDR ranges.
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
