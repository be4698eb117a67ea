import assert from "node:assert/strict";
import { like } from "drizzle-orm";
import { connections, limits } from "../db/schema.ts";
import type { AppOptions } from "../http/env.ts";
import { readSocketAddress } from "../visitor/client_address.ts";
import { paths } from "../http/paths.ts";
import { Browser, EMAIL, PASSWORD, startApp } from "./app.ts";
import { browserAt, flagsElsewhere, makeFolder, startServer, users } from "./processes.ts";

const WRONG = "not the password at all";
const DEPLOY = { clientAddress: "deno-deploy" } as const;

// Security: client address
Deno.test("readSocketAddress takes the port and brackets off, and unwraps an IPv4-mapped address", () => {
  assert.equal(readSocketAddress("[::ffff:81.40.12.202]:51008")?.ip, "81.40.12.202");
  assert.equal(readSocketAddress("81.40.12.202:51008")?.ip, "81.40.12.202");
  assert.equal(readSocketAddress("[2001:db8::1]:443")?.ip, "2001:db8::1");
  assert.equal(readSocketAddress("81.40.12.202")?.ip, "81.40.12.202");
  assert.equal(readSocketAddress(""), null);
  assert.equal(readSocketAddress("vsock:2"), null);
  assert.equal(readSocketAddress("81.40.12.202:51008, 192.0.2.1:80"), null);
});

// Security: client address
Deno.test("with CLIENT_ADDRESS=deno-deploy a peer without an address is the client that Deploy's header names", async () => {
  const { browser, db, log } = await startOnSocket(DEPLOY);

  await browser().submit(paths.signIn, { email: EMAIL, password: PASSWORD }, from("[::ffff:81.40.12.202]:51008"));
  await browser(VSOCK).submit(paths.signIn, { email: EMAIL, password: PASSWORD }, from("[2001:db8::1]:443"));

  const stored = await db.select({ ip: connections.ip }).from(connections).orderBy(connections.ip);
  assert.deepEqual(stored, [{ ip: "2001:db8::1" }, { ip: "81.40.12.202" }]);
  assert.deepEqual(log.filter((line) => line.includes('"ip":""')), []);
});

// ASVS 6.3.1
Deno.test("on Deploy strangers' failures from one address stop that address, and not the owner's", async () => {
  const { browser } = await startOnSocket(DEPLOY);
  const attempt = async (address: string, password: string) =>
    (await browser().submit(paths.signIn, { email: EMAIL, password }, from(address))).status;
  for (let i = 0; i < 10; i++) assert.equal(await attempt(`203.0.113.9:${50_000 + i}`, WRONG), 422);

  assert.equal(await attempt("203.0.113.9:60000", WRONG), 429);
  assert.equal(await attempt("81.40.12.202:51008", PASSWORD), 303);
});

// Security: client address
Deno.test("Deploy's header from a peer with an address changes nothing", async () => {
  const { browser, db } = await startOnSocket(DEPLOY);
  const peer = { transport: "tcp", hostname: "203.0.113.5", port: 40_000 } as const;

  await browser(peer).submit(paths.signIn, { email: EMAIL, password: PASSWORD }, from("81.40.12.202:51008"));

  assert.deepEqual(await db.select({ ip: connections.ip }).from(connections), [{ ip: "203.0.113.5" }]);
});

// Security: client address
Deno.test("without CLIENT_ADDRESS Deploy's header changes nothing: there is no budget by address, and one line in the log", async () => {
  const { browser, db, log } = await startOnSocket();
  for (let i = 0; i < 15; i++) {
    const { status } = await browser().submit(
      paths.signIn,
      { email: `nobody-${i}@example.com`, password: WRONG },
      from("203.0.113.9:50000"),
    );
    assert.equal(status, 422);
  }

  assert.equal(await db.$count(limits, like(limits.key, "address:%")), 0);
  const warnings = log.filter((line) => line.includes("address_unknown"));
  assert.deepEqual(warnings, [`{"event":"address_unknown","path":"${paths.signIn}"}`]);
});

// Security: client address
Deno.test("a header of Deploy that isn't an address leaves the client unknown, and is logged once", async () => {
  const { browser, db, log } = await startOnSocket(DEPLOY);
  const here = browser();
  const form = { email: EMAIL, password: PASSWORD };

  await here.submit(paths.signIn, form, from("unknown"));
  await browser().submit(paths.signIn, form, from("<script>"));

  assert.deepEqual(await db.select({ ip: connections.ip }).from(connections), [{ ip: "" }, { ip: "" }]);
  assert.equal(log.filter((line) => line.includes("address_unknown")).length, 1);
});

// Security: client address
Deno.test("a server on a Unix socket, as Deploy starts it, logs the client that Deploy's header names", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  const path = `${folder.path}/data/app.sock`;
  await Deno.mkdir(`${folder.path}/data`);
  const variables = { DENO_SERVE_ADDRESS: `unix:${path}`, CLIENT_ADDRESS: "deno-deploy" };
  await using server = await startServer("start", folder, variables, { flags: await flagsElsewhere("start") });
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  const browser = browserAt(server.address, server.address, client);

  const form = { email: EMAIL, password: PASSWORD };
  const { status } = await browser.submit(paths.signIn, form, from("[::ffff:81.40.12.202]:51008"));

  assert.equal(status, 303);
  assert.match(server.output.at(-1) ?? "", /"event":"authn_login_success".*"ip":"81\.40\.12\.202"/);
});

const UNIX = { transport: "unix", path: "/run/app.sock" } as const;
const VSOCK = { transport: "vsock", cid: 2, port: 8000 } as const;

function from(address: string) {
  return { "X-Deno-Client-Address": address };
}

/** The app behind a socket whose peer has no address, as Deploy serves it. */
async function startOnSocket(changes: Partial<AppOptions> = {}) {
  const site = await startApp(changes);
  return {
    ...site,
    browser: (remoteAddr: Deno.Addr = UNIX) =>
      new Browser({ fetch: (request) => site.app.fetch(request, { remoteAddr }) }, new Set()),
  };
}
