import assert from "node:assert/strict";
import { readAddress, readNetwork } from "../visitor/addresses.ts";

Deno.test("readAddress reads IPv4: its network is the /16, and its client the address itself", () => {
  assert.deepEqual(readAddress("46.16.60.1"), {
    ip: "46.16.60.1",
    network: "46.16",
    client: "46.16.60.1",
    isPrivate: false,
  });
});

Deno.test("readAddress reads IPv6: its network is the /64, and that is its client too", () => {
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

Deno.test("readAddress keeps the zeros of a network that its text leaves out", () => {
  assert.equal(readAddress("::1")?.network, "0:0:0:0");
  assert.equal(readAddress("2001:db8::7")?.network, "2001:db8:0:0");
  assert.equal(readAddress("64:ff9b::192.0.2.33")?.network, "64:ff9b:0:0");
});

// Security: client address
Deno.test("readAddress folds an IPv4 address in IPv6 clothes", () => {
  const plain = readAddress("46.16.60.1");

  assert.deepEqual(readAddress("::ffff:46.16.60.1"), plain);
  assert.deepEqual(readAddress("::FFFF:46.16.60.1"), plain);
  assert.deepEqual(readAddress("::ffff:2e10:3c01"), plain);
  assert.deepEqual(readAddress("0:0:0:0:0:ffff:2e10:3c01"), plain);
  assert.equal(readAddress("::ffff:10.0.0.1")?.isPrivate, true);
});

// Security: client address
Deno.test("readAddress drops the zone of an IPv6 address", () => {
  assert.equal(readAddress("fe80::1%eth0")?.ip, "fe80::1");
  assert.equal(readAddress("fe80::1%25en0")?.ip, "fe80::1");
  assert.equal(readAddress("fe80::1%1%2")?.ip, "fe80::1");
  assert.equal(readAddress("fe80::1%\nnext line")?.ip, "fe80::1");
  assert.equal(readAddress("::ffff:46.16.60.1%eth0")?.ip, "46.16.60.1");
});

Deno.test("readAddress knows no zones of IPv4", () => {
  assert.equal(readAddress("46.16.60.1%eth0"), null);
});

// Security: client address
Deno.test("readAddress takes no short form of IPv4, which would be another address", () => {
  assert.equal(readAddress("1.2.3"), null);
  assert.equal(readAddress("1.2"), null);
  assert.equal(readAddress("1"), null);
  assert.equal(readAddress("16909060"), null);
  assert.equal(readAddress("::ffff:1.2.3"), null);
});

// Security: client address
Deno.test("readAddress takes no octal and no hexadecimal part of IPv4, which different readers read differently", () => {
  assert.equal(readAddress("010.0.0.1"), null);
  assert.equal(readAddress("10.0.0.01"), null);
  assert.equal(readAddress("0177.0.0.1"), null);
  assert.equal(readAddress("0x7f.0.0.1"), null);
  assert.equal(readAddress("0x7f000001"), null);
});

// Security: client address
Deno.test("readAddress takes no octal and no hexadecimal part inside an IPv6 address either", () => {
  assert.equal(readAddress("::ffff:010.0.0.1"), null);
  assert.equal(readAddress("::ffff:0x7f.0.0.1"), null);
});

// Security: client address
Deno.test("readAddress takes no port, no brackets and no prefix length", () => {
  assert.equal(readAddress("46.16.60.1:443"), null);
  assert.equal(readAddress("[2001:db8::1]"), null);
  assert.equal(readAddress("[2001:db8::1]:443"), null);
  assert.equal(readAddress("10.0.0.0/8"), null);
  assert.equal(readAddress("2001:db8::/32"), null);
});

// Security: client address
Deno.test("readAddress calls private what nobody outside can reach", () => {
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
Deno.test("readAddress calls carrier-grade NAT private, and nothing beyond its /10 (RFC 6598)", () => {
  assert.equal(readAddress("100.63.255.255")?.isPrivate, false);
  assert.equal(readAddress("100.64.0.0")?.isPrivate, true);
  assert.equal(readAddress("100.127.255.255")?.isPrivate, true);
  assert.equal(readAddress("100.128.0.0")?.isPrivate, false);
});

// Security: client address
Deno.test("readAddress calls the neighbours of private ranges public", () => {
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
Deno.test("readAddress answers null for what is no address", () => {
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

Deno.test("readNetwork reads the beginning of an address, with its last separator or without", () => {
  assert.equal(readNetwork("46.16"), "46.16");
  assert.equal(readNetwork("46.16."), "46.16");
  assert.equal(readNetwork("2a0c:5a80:1b08:c00"), "2a0c:5a80:1b08:c00");
  assert.equal(readNetwork("2a0c:5a80:1b08:c00:"), "2a0c:5a80:1b08:c00");
  assert.equal(readNetwork("2a0c:5a80:1b08:c00::"), "2a0c:5a80:1b08:c00");
  assert.equal(readNetwork("2A0C:5A80:1B08:0C00"), "2a0c:5a80:1b08:c00");
  assert.equal(readNetwork("0:0:0:0"), "0:0:0:0");
});

Deno.test("readNetwork says what readAddress says of each address in that network", () => {
  assert.equal(readNetwork("46.16"), readAddress("46.16.60.1")?.network);
  assert.equal(readNetwork("2001:db8:0:1"), readAddress("2001:db8:0:1::5")?.network);
});

Deno.test("readNetwork answers null for what is no network", () => {
  assert.equal(readNetwork(""), null);
  assert.equal(readNetwork("46"), null);
  assert.equal(readNetwork("46."), null);
  assert.equal(readNetwork("46.16.60"), null);
  assert.equal(readNetwork("46.16.."), null);
  assert.equal(readNetwork("046.16"), null);
  assert.equal(readNetwork("300.1"), null);
  assert.equal(readNetwork("46.16\n"), null);
  assert.equal(readNetwork(" 46.16"), null);
  assert.equal(readNetwork("a.b"), null);
  assert.equal(readNetwork("2a0c:5a80:1b08"), null);
  assert.equal(readNetwork("2a0c:5a80:1b08:c00:1"), null);
  assert.equal(readNetwork("2a0c:5a80::c00"), null);
  assert.equal(readNetwork("2a0c:5a80:1b08:gggg"), null);
  assert.equal(readNetwork("46.16.0.0/16"), null);
});
