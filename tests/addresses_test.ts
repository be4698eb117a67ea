import assert from "node:assert/strict";
import fc from "fast-check";
import { readAddress, readAddresses } from "../visitor/addresses.ts";

Deno.test("readAddress reads IPv4: the network is the /16, and the client is the address", () => {
  assert.deepEqual(readAddress("46.16.60.1"), {
    ip: "46.16.60.1",
    network: "46.16",
    client: "46.16.60.1",
    isPrivate: false,
  });
});

Deno.test("readAddress reads IPv6: the network is the /64, and so is the client", () => {
  assert.deepEqual(readAddress("2a0c:5a80:1b08:c00::4"), {
    ip: "2a0c:5a80:1b08:c00::4",
    network: "2a0c:5a80:1b08:c00",
    client: "2a0c:5a80:1b08:c00",
    isPrivate: false,
  });
});

// Security: client address
Deno.test("readAddress gives every spelling of an IPv6 address the same text (RFC 5952)", () => {
  const canonical = "2a0c:5a80:1b08:c00::4";

  assert.equal(readAddress("2A0C:5A80:1B08:C00::4")?.ip, canonical);
  assert.equal(readAddress("2a0c:5a80:1b08:0c00:0000:0000:0000:0004")?.ip, canonical);
  assert.equal(readAddress("2a0c:5a80:1b08:c00:0:0:0:4")?.ip, canonical);
  assert.equal(readAddress("2a0c:5a80:1b08:c00::0.0.0.4")?.ip, canonical);
  assert.equal(readAddress("2001:db8:0:0:1:0:0:1")?.ip, "2001:db8::1:0:0:1");
  assert.equal(readAddress("1:2:3:4:5:6:7:8")?.ip, "1:2:3:4:5:6:7:8");
});

Deno.test("readAddress writes out the zeros of an IPv6 network that the address abbreviates", () => {
  assert.equal(readAddress("::1")?.network, "0:0:0:0");
  assert.equal(readAddress("2001:db8::7")?.network, "2001:db8:0:0");
});

// Security: client address
Deno.test("readAddress unwraps an IPv4-mapped IPv6 address", () => {
  const plain = readAddress("46.16.60.1");

  assert.deepEqual(readAddress("::ffff:46.16.60.1"), plain);
  assert.deepEqual(readAddress("::FFFF:46.16.60.1"), plain);
  assert.deepEqual(readAddress("::ffff:2e10:3c01"), plain);
  assert.deepEqual(readAddress("0:0:0:0:0:ffff:2e10:3c01"), plain);
  assert.equal(readAddress("::ffff:10.0.0.1")?.isPrivate, true);
});

// Security: client address
Deno.test("readAddress unwraps the IPv4 address of a client behind NAT64 (RFC 6052)", () => {
  const plain = readAddress("46.16.60.1");

  assert.deepEqual(readAddress("64:ff9b::46.16.60.1"), plain);
  assert.deepEqual(readAddress("64:ff9b::2e10:3c01"), plain);
  assert.equal(readAddress("64:ff9b::10.0.0.1")?.isPrivate, true);
  assert.equal(readAddress("64:ff9b:1::2e10:3c01")?.network, "64:ff9b:1:0", "of another prefix");
});

// Security: client address
Deno.test("readAddress drops the zone of an IPv6 address", () => {
  assert.equal(readAddress("fe80::1%eth0")?.ip, "fe80::1");
  assert.equal(readAddress("fe80::1%25en0")?.ip, "fe80::1");
  assert.equal(readAddress("fe80::1%1%2")?.ip, "fe80::1");
  assert.equal(readAddress("fe80::1%\nnext line")?.ip, "fe80::1");
  assert.equal(readAddress("::ffff:46.16.60.1%eth0")?.ip, "46.16.60.1");
});

Deno.test("readAddress rejects an IPv4 address with a zone", () => {
  assert.equal(readAddress("46.16.60.1%eth0"), null);
});

// Security: client address
Deno.test("readAddress rejects short forms of IPv4, which mean another address", () => {
  assert.equal(readAddress("1.2.3"), null);
  assert.equal(readAddress("1.2"), null);
  assert.equal(readAddress("1"), null);
  assert.equal(readAddress("16909060"), null);
  assert.equal(readAddress("::ffff:1.2.3"), null);
});

// Security: client address
Deno.test("readAddress rejects octal and hexadecimal parts of IPv4, which parsers read differently", () => {
  assert.equal(readAddress("010.0.0.1"), null);
  assert.equal(readAddress("10.0.0.01"), null);
  assert.equal(readAddress("0177.0.0.1"), null);
  assert.equal(readAddress("0x7f.0.0.1"), null);
  assert.equal(readAddress("0x7f000001"), null);
});

// Security: client address
Deno.test("readAddress rejects octal and hexadecimal parts of an IPv4-mapped IPv6 address", () => {
  assert.equal(readAddress("::ffff:010.0.0.1"), null);
  assert.equal(readAddress("::ffff:0x7f.0.0.1"), null);
});

// Security: client address
Deno.test("readAddress rejects ports, brackets and prefix lengths", () => {
  assert.equal(readAddress("46.16.60.1:443"), null);
  assert.equal(readAddress("[2001:db8::1]"), null);
  assert.equal(readAddress("[2001:db8::1]:443"), null);
  assert.equal(readAddress("10.0.0.0/8"), null);
  assert.equal(readAddress("2001:db8::/32"), null);
});

// Security: client address
Deno.test("readAddress marks loopback, link-local and private ranges as private", () => {
  const isPrivate = (text: string) => readAddress(text)?.isPrivate;

  assert.equal(isPrivate("10.0.0.1"), true);
  assert.equal(isPrivate("172.16.0.1"), true);
  assert.equal(isPrivate("172.31.255.255"), true);
  assert.equal(isPrivate("192.168.1.20"), true);
  assert.equal(isPrivate("127.0.0.1"), true);
  assert.equal(isPrivate("169.254.1.1"), true);
  assert.equal(isPrivate("::1"), true);
  assert.equal(isPrivate("fe80::1"), true);
  assert.equal(isPrivate("fc00::1"), true);
  assert.equal(isPrivate("fdff::1"), true);
});

// Security: client address
Deno.test("readAddress marks carrier-grade NAT as private, and nothing beyond its /10 (RFC 6598)", () => {
  assert.equal(readAddress("100.63.255.255")?.isPrivate, false);
  assert.equal(readAddress("100.64.0.0")?.isPrivate, true);
  assert.equal(readAddress("100.127.255.255")?.isPrivate, true);
  assert.equal(readAddress("100.128.0.0")?.isPrivate, false);
});

// Security: client address
Deno.test("readAddress marks the neighbours of private ranges as public", () => {
  const isPrivate = (text: string) => readAddress(text)?.isPrivate;

  assert.equal(isPrivate("9.255.255.255"), false);
  assert.equal(isPrivate("11.0.0.0"), false);
  assert.equal(isPrivate("172.15.255.255"), false);
  assert.equal(isPrivate("172.32.0.0"), false);
  assert.equal(isPrivate("192.167.255.255"), false);
  assert.equal(isPrivate("192.169.0.0"), false);
  assert.equal(isPrivate("2001:db8::1"), false);
});

// Security: client address
Deno.test("readAddress returns null for anything that isn't an address", () => {
  assert.equal(readAddress(""), null);
  assert.equal(readAddress(" 46.16.60.1"), null);
  assert.equal(readAddress("46.16.60.1\n"), null);
  assert.equal(readAddress("46.16.60.1\u0000"), null);
  assert.equal(readAddress("４６.16.60.1"), null);
  assert.equal(readAddress("256.1.1.1"), null);
  assert.equal(readAddress("1.2.3.4.5"), null);
  assert.equal(readAddress("46.16.60.1, 46.16.60.2"), null);
  assert.equal(readAddress("%eth0"), null);
  assert.equal(readAddress(":"), null);
  assert.equal(readAddress("1::2::3"), null);
  assert.equal(readAddress("gggg::"), null);
  assert.equal(readAddress("1:2:3:4:5:6:7"), null);
  assert.equal(readAddress("1:2:3:4:5:6:7:8:9"), null);
  assert.equal(readAddress("localhost"), null);
  assert.equal(readAddress("unknown"), null);
  assert.equal(readAddress(":".repeat(100_000)), null);
});

Deno.test("readAddresses reads the beginning of an address at any part, with or without what separates it from the rest", () => {
  assert.deepEqual(readAddresses("46.16"), { network: "46.16" });
  assert.deepEqual(readAddresses("46.16."), { network: "46.16" });
  assert.deepEqual(readAddresses("46"), { low: 0x2e000000, high: 0x2effffff });
  assert.deepEqual(readAddresses("81.40.12"), { network: "81.40", low: 0x51280c00, high: 0x51280cff });
  assert.deepEqual(readAddresses("2a0c:5a80:1b08:c00"), { network: "2a0c:5a80:1b08:c00" });
  assert.deepEqual(readAddresses("2A0C:5A80:1B08:0C00:"), { network: "2a0c:5a80:1b08:c00" });
  assert.deepEqual(readAddresses("2a0c:5a80:1b08:c00::"), { network: "2a0c:5a80:1b08:c00" });
  assert.deepEqual(readAddresses("0:0:0:0"), { network: "0:0:0:0" });
  assert.deepEqual(readAddresses("2a0c:5a80"), { patterns: '["2a0c:5a80:*"]' });
  assert.deepEqual(readAddresses("2a0c:5a80::"), { patterns: '["2a0c:5a80:*"]' });
});

Deno.test("readAddresses reads a whole address as one address", () => {
  assert.deepEqual(readAddresses("46.16.60.1"), { ip: "46.16.60.1" });
  assert.deepEqual(readAddresses("46.16.60.1/32"), { ip: "46.16.60.1" });
  assert.deepEqual(readAddresses("::ffff:46.16.60.1"), { ip: "46.16.60.1" });
  assert.deepEqual(readAddresses("2A0C:5A80:1B08:C00::4"), { ip: "2a0c:5a80:1b08:c00::4" });
  assert.deepEqual(readAddresses("2a0c:5a80:1b08:c00::4/128"), { ip: "2a0c:5a80:1b08:c00::4" });
  assert.deepEqual(readAddresses("1:2:3:4:5:6:7:8"), { ip: "1:2:3:4:5:6:7:8" });
});

Deno.test("readAddresses reads CIDR notation, from any address of the range", () => {
  assert.deepEqual(readAddresses("81.40.0.0/16"), { network: "81.40" });
  assert.deepEqual(readAddresses("81.40.12.0/24"), readAddresses("81.40.12"));
  assert.deepEqual(readAddresses("81.40.12.77/22"), { network: "81.40", low: 0x51280c00, high: 0x51280fff });
  assert.deepEqual(readAddresses("0.0.0.0/0"), { low: 0, high: 0xffffffff });
  assert.deepEqual(readAddresses("2a0c:5a80::/32"), readAddresses("2a0c:5a80"));
  assert.deepEqual(readAddresses("2a0c:5a80:1b08:c00::4/64"), { network: "2a0c:5a80:1b08:c00" });
});

Deno.test("the patterns of an IPv6 range match exactly the networks in it", () => {
  const group = fc.oneof(fc.nat({ max: 0xffff }), fc.constantFrom(0, 1, 0xf, 0x10, 0xff, 0x100, 0xfff, 0x1000, 0x8000));
  const address = fc.tuple(group, group, group, group);
  fc.assert(
    fc.property(address, address, fc.integer({ min: 1, max: 63 }), fc.nat({ max: 63 }), (base, other, length, same) => {
      const bits = (groups: number[]) => groups.map((each) => each.toString(2).padStart(16, "0")).join("");
      // Shares its first bits with the range, so that both cases come up.
      const near = bits(base).slice(0, same) + bits(other).slice(same);
      const network = near.match(/.{16}/g)!.map((each) => parseInt(each, 2).toString(16)).join(":");
      const text = `${base.map((each) => each.toString(16)).join(":")}::/${length}`;

      const range = readAddresses(text);

      assert.ok(range && "patterns" in range, text);
      const isMatch = (JSON.parse(range.patterns) as string[]).some((pattern) =>
        new RegExp(`^${pattern.replace("*", ".*")}$`).test(network)
      );
      assert.equal(isMatch, near.startsWith(bits(base).slice(0, length)), `${network} in ${text}`);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("readAddresses returns null for anything else", () => {
  assert.equal(readAddresses(""), null);
  assert.equal(readAddresses("46.16.."), null);
  assert.equal(readAddresses("046.16"), null);
  assert.equal(readAddresses("300.1"), null);
  assert.equal(readAddresses("46.16\n"), null);
  assert.equal(readAddresses(" 46.16"), null);
  assert.equal(readAddresses("a.b"), null);
  assert.equal(readAddresses("2a0c:5a80:1b08:gggg"), null);
  assert.equal(readAddresses("46.16.0.0/33"), null);
  assert.equal(readAddresses("46.16/16"), null);
  assert.equal(readAddresses("46.16.0.0/"), null);
  assert.equal(readAddresses("46.16.0.0/-1"), null);
  assert.equal(readAddresses("2a0c::/129"), null);
  assert.equal(readAddresses("fe80::1%eth0/64"), null);
});

Deno.test("readAddresses refuses IPv6 ranges within a /64, which is one customer", () => {
  assert.equal(readAddresses("2a0c:5a80:1b08:c00:1"), null);
  assert.equal(readAddresses("2a0c:5a80:1b08:c00::/96"), null);
});
