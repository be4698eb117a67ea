import ipaddr from "ipaddr.js";

/** An IP address in the forms that the history and the limiter need. */
export type Address = {
  /** Canonical text: `46.16.60.1`, `2a0c:5a80:1b08:c00::4`. */
  ip: string;
  /** The /16 of an IPv4 address (`46.16`), the /64 of an IPv6 one (`2a0c:5a80:1b08:c00`). */
  network: string;
  /** The unit the limiter counts by: one IPv4 address, or one IPv6 /64, which is what one customer gets. */
  client: string;
  /** Private, loopback, link-local and carrier-grade NAT ranges have no country. */
  isPrivate: boolean;
};

const PRIVATE_RANGES = new Set(["private", "loopback", "linkLocal", "carrierGradeNat", "uniqueLocal"]);

/** Stands for a client whose address the server doesn't know. */
export const NO_ADDRESS: Address = { ip: "", network: "", client: "", isPrivate: false };

/**
 * Reads an address, or returns `null` for anything else. IPv4-mapped and NAT64 IPv6 are unwrapped, an IPv6 zone (`fe80::1%eth0`) is dropped,
 * and IPv4 needs four decimal parts: ipaddr.js would read `1.2.3` as 1.2.0.3.
 */
export function readAddress(text: string): Address | null {
  const bare = text.includes(":") ? text.replace(/%.*$/s, "") : text;
  const ipv4 = bare.includes(":") ? /[^:]*\.[^:]*$/.exec(bare)?.[0] : bare;
  if (ipv4 !== undefined && !ipaddr.IPv4.isValidFourPartDecimal(ipv4)) return null;
  if (!ipaddr.isValid(bare)) return null;

  const address = unwrapNat64(ipaddr.process(bare));
  const ip = address.toString();
  const network = networkOf(address);
  return {
    ip,
    network,
    client: address.kind() === "ipv4" ? ip : network,
    isPrivate: PRIVATE_RANGES.has(address.range()),
  };
}

/** RFC 6052: behind NAT64 the last four bytes are the IPv4 address. */
const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");

function unwrapNat64(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4 || !address.match(NAT64)) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(-4));
}

/** Reads a network written as a prefix (`46.16`, `46.16.`, `2a0c:5a80:1b08:c00`), or returns `null`. */
export function readNetwork(text: string): string | null {
  const ipv4 = /^(\d{1,3}\.\d{1,3})\.?$/.exec(text);
  if (ipv4) return readAddress(`${ipv4[1]}.0.0`)?.network ?? null;
  const ipv6 = /^([\da-f]{1,4}(?::[\da-f]{1,4}){3}):{0,2}$/i.exec(text);
  if (ipv6) return readAddress(`${ipv6[1]}::`)?.network ?? null;
  return null;
}

function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  return address instanceof ipaddr.IPv4
    ? address.octets.slice(0, 2).join(".")
    : address.parts.slice(0, 4).map((part) => part.toString(16)).join(":");
}
