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

/** Which addresses a text means: one, one whole `network`, a range of IPv4 numbers, or IPv6 networks that match one of some patterns. */
export type Addresses =
  | { ip: string }
  | { network: string }
  /** IPv4 addresses as 32-bit numbers, both included; `network` if it contains them all. */
  | { low: number; high: number; network?: string }
  /** GLOB patterns of `network`, as JSON. */
  | { patterns: string };

/**
 * Reads an address, the beginning of one at any part (`46.16`, `81.40.12.`, `2a0c:5a80`, `2a0c:5a80::`) or a range in CIDR notation; `null`
 * for anything else, and for IPv6 ranges that are smaller than a /64.
 */
export function readAddresses(text: string): Addresses | null {
  const [, base, length] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  if (base !== undefined) return readRange(base, Number(length));
  const ipv4 = /^(\d{1,3}(?:\.\d{1,3}){0,2})\.?$/.exec(text)?.[1]?.split(".");
  if (ipv4) return readRange([...ipv4, "0", "0", "0"].slice(0, 4).join("."), ipv4.length * 8);
  const ipv6 = /^((?:[\da-f]{1,4}:)*[\da-f]{1,4})(?:::|:)?$/i.exec(text);
  const groups = ipv6?.[1]?.split(":") ?? [];
  const isPrefix = groups.length > 0 && groups.length < 8 && text.includes(":");
  if (isPrefix) return readRange(`${groups.join(":")}::`, groups.length * 16);
  const address = readAddress(text);
  return address && { ip: address.ip };
}

function readRange(base: string, length: number): Addresses | null {
  const ip = readAddress(base)?.ip;
  const address = ip === undefined ? undefined : ipaddr.parse(ip);
  if (!address || base.includes("%") || length > address.toByteArray().length * 8) return null;
  if (address instanceof ipaddr.IPv4) return ipv4Range(address, length);
  if (length === 128) return { ip: address.toString() };
  if (length > 64) return null;
  return length === 64 ? { network: networkOf(address) } : { patterns: JSON.stringify(patternsOf(address, length)) };
}

function ipv4Range(address: ipaddr.IPv4, length: number): Addresses {
  if (length === 32) return { ip: address.toString() };
  if (length === 16) return { network: networkOf(address) };
  const number = address.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);
  const size = 2 ** (32 - length);
  const low = number - number % size;
  return { low, high: low + size - 1, ...(length > 16 && { network: networkOf(address) }) };
}

/** A network's groups have no leading zeros, so that the group in which the prefix ends needs a pattern for each number of digits. */
function patternsOf(address: ipaddr.IPv6, length: number): string[] {
  const fixed = Math.floor(length / 16);
  const groups = address.parts.slice(0, fixed).map((part) => part.toString(16));
  const bits = length % 16;
  if (bits === 0) return [[...groups, "*"].join(":")];
  const size = 2 ** (16 - bits);
  const low = address.parts[fixed]! - address.parts[fixed]! % size;
  const digits = [12, 8, 4, 0].map((shift) => {
    const [from, to] = [low >> shift & 15, low + size - 1 >> shift & 15];
    return Array.from({ length: to - from + 1 }, (_, i) => (from + i).toString(16));
  });
  return [0, 1, 2, 3].filter((zeros) => digits.slice(0, zeros).every(([first]) => first === "0")).flatMap((zeros) => {
    const [first = [], ...rest] = digits.slice(zeros);
    const leading = zeros < 3 ? first.filter((digit) => digit !== "0") : first;
    if (leading.length === 0) return [];
    const group = [leading, ...rest].map((possible) => `[${possible.join("")}]`).join("");
    return [[...groups, group, ...(fixed < 3 ? ["*"] : [])].join(":")];
  });
}

function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  return address instanceof ipaddr.IPv4
    ? address.octets.slice(0, 2).join(".")
    : address.parts.slice(0, 4).map((part) => part.toString(16)).join(":");
}
