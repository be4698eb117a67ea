import assert from "node:assert/strict";
import { connections, refusals } from "../db/schema.ts";
import { createClientAddress, readNetworks } from "../visitor/client_address.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, PASSWORD, startApp } from "./app.ts";

// Security: client address
Deno.test("without trusted proxies the client is the socket's peer, whatever the header says", () => {
  const clientAddress = createClientAddress([]);

  assert.equal(clientAddress("203.0.113.5", undefined).ip, "203.0.113.5");
  assert.equal(clientAddress("203.0.113.5", "198.51.100.7").ip, "203.0.113.5");
  assert.equal(clientAddress("127.0.0.1", "198.51.100.7").ip, "127.0.0.1");
});

// Security: client address
Deno.test("a header from a peer that isn't a trusted proxy changes nothing", () => {
  const clientAddress = createClientAddress(["10.0.0.1"]);

  assert.equal(clientAddress("203.0.113.5", "198.51.100.7").ip, "203.0.113.5");
  assert.equal(clientAddress("10.0.0.2", "198.51.100.7").ip, "10.0.0.2");
});

// Security: client address
Deno.test("a trusted proxy's header names the client", () => {
  const clientAddress = createClientAddress(["10.0.0.1"]);

  assert.deepEqual(clientAddress("10.0.0.1", "198.51.100.7"), {
    ip: "198.51.100.7",
    network: "198.51",
    client: "198.51.100.7",
    isPrivate: false,
  });
});

// Security: client address
Deno.test("anything that a client adds to the left of its address is ignored", () => {
  const clientAddress = createClientAddress(["10.0.0.1"]);

  assert.equal(clientAddress("10.0.0.1", "127.0.0.1, 198.51.100.7").ip, "198.51.100.7");
  assert.equal(clientAddress("10.0.0.1", "10.0.0.1, 198.51.100.7").ip, "198.51.100.7");
  assert.equal(clientAddress("10.0.0.1", "unknown, 198.51.100.7").ip, "198.51.100.7");
  assert.equal(clientAddress("10.0.0.1", `${"192.0.2.1, ".repeat(1000)}198.51.100.7`).ip, "198.51.100.7");
});

// Security: client address
Deno.test("the header is read back through every trusted hop, and no further", () => {
  const both = createClientAddress(["10.0.0.1", "10.0.0.2"]);
  const one = createClientAddress(["10.0.0.1"]);

  assert.equal(both("10.0.0.1", "198.51.100.7, 10.0.0.2").ip, "198.51.100.7");
  assert.equal(both("10.0.0.1", "192.0.2.66, 198.51.100.7, 10.0.0.2").ip, "198.51.100.7");
  assert.equal(one("10.0.0.1", "198.51.100.7, 10.0.0.2").ip, "10.0.0.2");
});

// Security: client address
Deno.test("when every hop is trusted, the leftmost is the client", () => {
  const clientAddress = createClientAddress(["10.0.0.0/8"]);

  assert.equal(clientAddress("10.0.0.1", "10.0.0.3, 10.0.0.2").ip, "10.0.0.3");
  assert.equal(clientAddress("10.0.0.1", undefined).ip, "10.0.0.1");
});

// Security: client address
Deno.test("a CIDR range trusts the addresses in it and no others", () => {
  const clientAddress = createClientAddress(["10.1.0.0/16", "2001:db8:5::/48"]);

  assert.equal(clientAddress("10.1.255.255", "198.51.100.7").ip, "198.51.100.7");
  assert.equal(clientAddress("10.2.0.0", "198.51.100.7").ip, "10.2.0.0");
  assert.equal(clientAddress("2001:db8:5:ffff::1", "198.51.100.7").ip, "198.51.100.7");
  assert.equal(clientAddress("2001:db8:6::1", "198.51.100.7").ip, "2001:db8:6::1");
});

// Security: client address
Deno.test("a hop that isn't an address falls back to the peer", () => {
  const clientAddress = createClientAddress(["10.0.0.0/8"]);

  assert.equal(clientAddress("10.0.0.1", "unknown").ip, "10.0.0.1");
  assert.equal(clientAddress("10.0.0.1", "198.51.100.7, unknown").ip, "10.0.0.1");
  assert.equal(clientAddress("10.0.0.1", "_hidden, 10.0.0.2").ip, "10.0.0.1");
  assert.equal(clientAddress("10.0.0.1", "").ip, "10.0.0.1");
  assert.equal(clientAddress("10.0.0.1", "<script>").ip, "10.0.0.1");
  assert.equal(clientAddress("10.0.0.1", "for=198.51.100.7").ip, "10.0.0.1");
  assert.equal(clientAddress("10.0.0.1", '"198.51.100.7"').ip, "10.0.0.1");
});

// Security: client address
Deno.test("a hop in a short form isn't an address: 1.2.3 is not 1.2.0.3", () => {
  const clientAddress = createClientAddress(["10.0.0.0/8"]);

  assert.equal(clientAddress("10.0.0.1", "1.2.3").ip, "10.0.0.1");
  assert.equal(clientAddress("10.0.0.1", "16909060").ip, "10.0.0.1");
  assert.equal(clientAddress("10.0.0.1", "0x1.2.3.4").ip, "10.0.0.1");
});

// Security: client address
Deno.test("a hop's port and brackets are taken off", () => {
  const clientAddress = createClientAddress(["10.0.0.0/8"]);

  assert.equal(clientAddress("10.0.0.1", "198.51.100.7:4711").ip, "198.51.100.7");
  assert.equal(clientAddress("10.0.0.1", "[2001:db8::1]").ip, "2001:db8::1");
  assert.equal(clientAddress("10.0.0.1", "[2001:db8::1]:443").ip, "2001:db8::1");
  assert.equal(clientAddress("10.0.0.1", "198.51.100.7:4711, 10.0.0.2:80").ip, "198.51.100.7");
  assert.equal(clientAddress("10.0.0.1", "192.0.2.1, 198.51.100.7:4711").ip, "198.51.100.7");
  assert.equal(clientAddress("10.0.0.1", "2001:db8::1:443").ip, "2001:db8::1:443", "without brackets it is an address");
});

// Security: client address
Deno.test("a damaged port or bracket isn't an address", () => {
  const clientAddress = createClientAddress(["10.0.0.0/8"]);

  assert.equal(clientAddress("10.0.0.1", "198.51.100.7:").ip, "10.0.0.1");
  assert.equal(clientAddress("10.0.0.1", "198.51.100.7:http").ip, "10.0.0.1");
  assert.equal(clientAddress("10.0.0.1", "[198.51.100.7").ip, "10.0.0.1");
  assert.equal(clientAddress("10.0.0.1", "[2001:db8::1]x").ip, "10.0.0.1");
});

// Security: client address
Deno.test("a header that can't be read is logged once", async () => {
  const { browser, log } = await startApp({ trustedProxies: ["10.0.0.0/8"] });

  for (const header of ["unknown", "_hidden", "198.51.100.7"]) {
    await browser("10.0.0.1").submit(paths.signIn, { email: EMAIL, password: PASSWORD }, { "X-Forwarded-For": header });
  }

  const warnings = log.filter((line) => line.includes("address_unknown"));
  assert.deepEqual(warnings, ['{"event":"address_unknown","forwarded":"unknown"}']);
});

// Security: client address
Deno.test("the zone of an IPv6 peer or hop is dropped", () => {
  const clientAddress = createClientAddress(["fe80::1"]);

  assert.equal(clientAddress("fe80::1%eth0", "198.51.100.7").ip, "198.51.100.7");
  assert.equal(clientAddress("fe80::1%eth0", "fe80::9%eth1").ip, "fe80::9");
});

// Security: client address
Deno.test("an IPv4-mapped IPv6 address counts as IPv4: as the peer, as a hop and as the client", () => {
  const clientAddress = createClientAddress(["10.0.0.0/8"]);

  assert.equal(clientAddress("::ffff:203.0.113.5", undefined).ip, "203.0.113.5");
  assert.equal(clientAddress("::ffff:10.0.0.1", "198.51.100.7").ip, "198.51.100.7");
  assert.equal(clientAddress("10.0.0.1", "198.51.100.7, ::ffff:10.0.0.2").ip, "198.51.100.7");
  assert.equal(clientAddress("10.0.0.1", "::ffff:198.51.100.7").ip, "198.51.100.7");
});

// Security: client address
Deno.test("an IPv6 client is written in canonical form, and its network is the /64", () => {
  const clientAddress = createClientAddress(["10.0.0.0/8"]);

  const { ip, network } = clientAddress("10.0.0.1", "2001:0DB8:0:1:0:0:0:5");

  assert.equal(ip, "2001:db8:0:1::5");
  assert.equal(network, "2001:db8:0:1");
});

// Security: client address
Deno.test("without a peer's address the client is unknown, whatever the header says", () => {
  const clientAddress = createClientAddress(["10.0.0.0/8"]);

  assert.equal(clientAddress(undefined, "198.51.100.7").ip, "");
  assert.equal(clientAddress("", "198.51.100.7").ip, "");
  assert.equal(clientAddress("/run/app.sock", "198.51.100.7").ip, "");
});

// Security: client address
Deno.test("createClientAddress accepts only addresses and CIDR ranges", () => {
  assert.throws(() => createClientAddress(["proxy.example"]), TypeError);
  assert.throws(() => createClientAddress(["10.0.0.0/33"]), TypeError);
  assert.throws(() => createClientAddress(["10.0.0.0/"]), TypeError);
});

// Security: client address
Deno.test("readNetworks rejects short and octal forms, which would trust another network than they seem to", () => {
  assert.equal(readNetworks(["10/8"]), null);
  assert.equal(readNetworks(["010.0.0.0/8"]), null);
  assert.equal(readNetworks(["167772161"]), null);
});

// Security: client address
Deno.test("the app records the client that a trusted proxy names, and otherwise the peer", async () => {
  const { browser, db } = await startApp({ trustedProxies: ["10.0.0.0/8"] });
  const form = { email: EMAIL, password: PASSWORD };

  await browser("10.0.0.1").submit(paths.signIn, form, { "X-Forwarded-For": "192.0.2.66, 198.51.100.7, 10.0.0.2" });
  await browser("203.0.113.5").submit(paths.signIn, form, { "X-Forwarded-For": "192.0.2.66" });

  const stored = await db.select({ ip: connections.ip, network: connections.network }).from(connections);
  assert.deepEqual(stored.sort((a, b) => a.ip.localeCompare(b.ip)), [
    { ip: "198.51.100.7", network: "198.51" },
    { ip: "203.0.113.5", network: "203.0" },
  ]);
});

// Security: client address
Deno.test("the limiter, the history and the log agree on the client", async () => {
  const { browser, db, log } = await startApp({ trustedProxies: ["10.0.0.0/8"] });
  const wrong = { email: EMAIL, password: "not the password at all" };
  const spoof = (i: number) => ({ "X-Forwarded-For": `192.0.2.${i}, 198.51.100.7` });
  for (let i = 0; i < 10; i++) await browser("10.0.0.1").submit(paths.signIn, wrong, spoof(i));

  const eleventh = await browser("10.0.0.1").submit(paths.signIn, wrong, spoof(10));
  const another = await browser("10.0.0.1").submit(paths.signIn, wrong, { "X-Forwarded-For": "198.51.100.8" });

  assert.equal(eleventh.status, 429);
  assert.equal(another.status, 422);
  const refused = db.select({ client: refusals.client, ip: refusals.ip, attempts: refusals.attempts }).from(refusals);
  assert.deepEqual(await refused.orderBy(refusals.ip), [
    { client: "198.51.100.7", ip: "198.51.100.7", attempts: 11 },
    { client: "198.51.100.8", ip: "198.51.100.8", attempts: 1 },
  ]);
  assert.equal(log.filter((line) => line.includes('"ip":"198.51.100.7"')).length, 11);
  assert.equal(log.filter((line) => line.includes("192.0.2.")).length, 0);
});
