import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readConfiguration, VARIABLES } from "../commands/configuration.ts";
import { problemOf } from "./configuration_problem.ts";

const KEY = Buffer.alloc(32, 1).toString("base64");
const TICKET_KEY = "not a secret, but long enough for tests".replaceAll(/\W/g, "-");

Deno.test("without any variable the defaults apply", () => {
  assert.deepEqual(readConfiguration({}), {
    port: 8000,
    host: "127.0.0.1",
    origin: new URL("http://127.0.0.1:8000"),
    databaseUrl: "file:data/connections.db",
    isDatabaseSet: false,
    databaseAuthToken: undefined,
    trustedProxies: [],
    clientAddress: "peer",
    sessionIdleDays: 7,
    sessionMaxDays: 30,
    retentionDays: 365,
    hstsSubdomains: true,
    mail: null,
    brand: undefined,
    home: undefined,
    signIn: undefined,
    ticketKeys: null,
    base: "",
    secretKeys: null,
    secondFactor: "optional",
    geoDataFolder: undefined,
    sudoUser: undefined,
  });
});

Deno.test("an empty variable counts as unset", () => {
  const empty = Object.fromEntries(VARIABLES.map((name) => [name, ""]));

  assert.deepEqual(readConfiguration(empty), readConfiguration({}));
});

Deno.test("every variable can be set", () => {
  const configuration = readConfiguration({
    PORT: "9000",
    HOST: "0.0.0.0",
    PUBLIC_ORIGIN: "https://panel.example",
    DATABASE_URL: "libsql://panel.turso.io",
    DATABASE_AUTH_TOKEN: "a token",
    TRUSTED_PROXIES: "10.0.0.0/8, 2001:db8::/32 192.0.2.1",
    CLIENT_ADDRESS: "deno-deploy",
    SESSION_IDLE_DAYS: "1",
    SESSION_MAX_DAYS: "2",
    RETENTION_DAYS: "0",
    HSTS_SUBDOMAINS: "no",
    BRAND: "Acme Hosting",
    HOME_PATH: "/panel",
    TICKET_KEY: `${TICKET_KEY}, ${KEY}`,
    SIGN_IN_URL: "https://acme.example/login?as=owner",
    BASE_PATH: "/account",
    SECRET_KEY: KEY,
    SECOND_FACTOR: "required",
    SMTP_URL: "smtps://panel:p%40ss@mail.example.com",
    MAIL_FROM: "Panel <panel@example.com>",
    GEODATADIR: "/srv/countries",
    SUDO_USER: "anna",
  });

  assert.deepEqual(configuration, {
    port: 9000,
    host: "0.0.0.0",
    origin: new URL("https://panel.example"),
    databaseUrl: "libsql://panel.turso.io",
    isDatabaseSet: true,
    databaseAuthToken: "a token",
    trustedProxies: ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"],
    clientAddress: "deno-deploy",
    sessionIdleDays: 1,
    sessionMaxDays: 2,
    retentionDays: 0,
    hstsSubdomains: false,
    mail: {
      url: new URL("smtps://panel:p%40ss@mail.example.com"),
      from: { name: "Panel", address: "panel@example.com" },
    },
    brand: "Acme Hosting",
    home: "/panel",
    signIn: "https://acme.example/login?as=owner",
    ticketKeys: [TICKET_KEY, KEY],
    base: "/account",
    secretKeys: [Buffer.alloc(32, 1)],
    secondFactor: "required",
    geoDataFolder: "/srv/countries",
    sudoUser: "anna",
  });
});

Deno.test("on the loopback the origin follows HOST and PORT", () => {
  assert.equal(readConfiguration({ PORT: "8123" }).origin.origin, "http://127.0.0.1:8123");
  assert.equal(readConfiguration({ HOST: "localhost" }).origin.origin, "http://localhost:8000");
  assert.equal(readConfiguration({ HOST: "::1", PORT: "8123" }).origin.origin, "http://[::1]:8123");
  assert.equal(readConfiguration({ PORT: "80" }).origin.origin, "http://127.0.0.1");
});

Deno.test("PORT must be a port number", () => {
  const rule = "PORT must be a whole number from 1 to 65535";

  assert.equal(problemOf({ PORT: "eighty" }), `Cannot read the configuration: ${rule}, is "eighty"`);
  assert.equal(problemOf({ PORT: "0" }), `Cannot read the configuration: ${rule}, is "0"`);
  assert.equal(problemOf({ PORT: "65536" }), `Cannot read the configuration: ${rule}, is "65536"`);
  assert.equal(problemOf({ PORT: "-1" }), `Cannot read the configuration: ${rule}, is "-1"`);
  assert.equal(problemOf({ PORT: "80.5" }), `Cannot read the configuration: ${rule}, is "80.5"`);
  assert.equal(problemOf({ PORT: "8e3" }), `Cannot read the configuration: ${rule}, is "8e3"`);
  assert.equal(problemOf({ PORT: " 8000" }), `Cannot read the configuration: ${rule}, is " 8000"`);
  assert.equal(readConfiguration({ PORT: "65535" }).port, 65_535);
});

Deno.test("HOST must be an address or a host name", () => {
  const rule = "HOST must be an address or a host name";

  assert.equal(problemOf({ HOST: "http://here" }), `Cannot read the configuration: ${rule}, is "http://here"`);
  assert.equal(problemOf({ HOST: "here there" }), `Cannot read the configuration: ${rule}, is "here there"`);
  assert.equal(problemOf({ HOST: "[::1]" }), `Cannot read the configuration: ${rule}, is "[::1]"`);
});

Deno.test("PUBLIC_ORIGIN is required unless HOST is the loopback", () => {
  const problem = (host: string) =>
    `Cannot read the configuration: PUBLIC_ORIGIN must be set, since HOST is ${host}: ` +
    "the origin that people type, like https://panel.example";

  assert.equal(problemOf({ HOST: "0.0.0.0" }), problem("0.0.0.0"));
  assert.equal(problemOf({ HOST: "::" }), problem("::"));
  assert.equal(problemOf({ HOST: "192.168.1.2" }), problem("192.168.1.2"));
  assert.equal(
    readConfiguration({ HOST: "::", PUBLIC_ORIGIN: "https://panel.example" }).origin.href,
    "https://panel.example/",
  );
});

Deno.test("PUBLIC_ORIGIN must be an origin and nothing more", () => {
  const problem = (value: string) =>
    "Cannot read the configuration: PUBLIC_ORIGIN must be an origin like https://panel.example, without a path, " +
    `is "${value}"`;

  assert.equal(problemOf({ PUBLIC_ORIGIN: "panel.example" }), problem("panel.example"));
  assert.equal(problemOf({ PUBLIC_ORIGIN: "//panel.example" }), problem("//panel.example"));
  assert.equal(problemOf({ PUBLIC_ORIGIN: "ftp://panel.example" }), problem("ftp://panel.example"));
  assert.equal(problemOf({ PUBLIC_ORIGIN: "javascript:alert(1)" }), problem("javascript:alert(1)"));
  assert.equal(problemOf({ PUBLIC_ORIGIN: "https://panel.example/app" }), problem("https://panel.example/app"));
  assert.equal(problemOf({ PUBLIC_ORIGIN: "https://panel.example/?a" }), problem("https://panel.example/?a"));
  assert.equal(problemOf({ PUBLIC_ORIGIN: "https://panel.example/#a" }), problem("https://panel.example/#a"));
  assert.equal(problemOf({ PUBLIC_ORIGIN: "https://me@panel.example" }), problem("https://me@panel.example"));
});

Deno.test("PUBLIC_ORIGIN means the same with a trailing slash, with the default port and in capitals", () => {
  const originOf = (text: string) => readConfiguration({ PUBLIC_ORIGIN: text }).origin.origin;

  assert.equal(originOf("https://panel.example/"), "https://panel.example");
  assert.equal(originOf("https://panel.example:443"), "https://panel.example");
  assert.equal(originOf("HTTPS://Panel.Example"), "https://panel.example");
  assert.equal(originOf("https://panel.example:8443"), "https://panel.example:8443");
});

// ASVS 3.3
Deno.test("PUBLIC_ORIGIN may be http: on the loopback only", () => {
  assert.equal(
    problemOf({ PUBLIC_ORIGIN: "http://panel.example" }),
    'Cannot read the configuration: PUBLIC_ORIGIN must be https:, since http: is for this machine only, is "http://panel.example"',
  );
  assert.match(problemOf({ PUBLIC_ORIGIN: "http://127.0.0.1.example" }), /must be https:/);
  assert.match(problemOf({ PUBLIC_ORIGIN: "http://192.168.1.2" }), /must be https:/);
  assert.equal(readConfiguration({ PUBLIC_ORIGIN: "http://localhost:8000" }).origin.protocol, "http:");
  assert.equal(readConfiguration({ PUBLIC_ORIGIN: "http://[::1]:8000" }).origin.protocol, "http:");
  assert.equal(readConfiguration({ PUBLIC_ORIGIN: "https://localhost" }).origin.protocol, "https:");
});

// Security: client address
Deno.test("TRUSTED_PROXIES must be addresses and CIDR ranges", () => {
  const problem = (value: string) =>
    "Cannot read the configuration: TRUSTED_PROXIES must be addresses and CIDR ranges with commas between them, " +
    `is "${value}"`;

  assert.equal(problemOf({ TRUSTED_PROXIES: "proxy.example" }), problem("proxy.example"));
  assert.equal(problemOf({ TRUSTED_PROXIES: "10.0.0.0/33" }), problem("10.0.0.0/33"));
  assert.equal(problemOf({ TRUSTED_PROXIES: "10.0.0.1;10.0.0.2" }), problem("10.0.0.1;10.0.0.2"));
  assert.equal(problemOf({ TRUSTED_PROXIES: "10.0.0.1:8080" }), problem("10.0.0.1:8080"));
  assert.equal(problemOf({ TRUSTED_PROXIES: "10.0.0.1, all" }), problem("10.0.0.1, all"));
  assert.deepEqual(readConfiguration({ TRUSTED_PROXIES: " 10.0.0.1,,10.0.0.2 " }).trustedProxies, [
    "10.0.0.1",
    "10.0.0.2",
  ]);
});

// Security: client address
Deno.test("TRUSTED_PROXIES rejects short forms: 10/8 would trust 0.0.0.0/8", () => {
  assert.match(problemOf({ TRUSTED_PROXIES: "10/8" }), /TRUSTED_PROXIES must be addresses and CIDR ranges/);
  assert.match(problemOf({ TRUSTED_PROXIES: "010.0.0.0/8" }), /TRUSTED_PROXIES must be addresses and CIDR ranges/);
});

// Security: client address
Deno.test("CLIENT_ADDRESS must be peer or deno-deploy", () => {
  const rule = "CLIENT_ADDRESS must be peer or deno-deploy";

  assert.equal(problemOf({ CLIENT_ADDRESS: "header" }), `Cannot read the configuration: ${rule}, is "header"`);
  assert.equal(problemOf({ CLIENT_ADDRESS: "Peer" }), `Cannot read the configuration: ${rule}, is "Peer"`);
  assert.equal(readConfiguration({ CLIENT_ADDRESS: "peer" }).clientAddress, "peer");
});

Deno.test("SECRET_KEY must be one key or two of 32 bytes as base64, and is never shown", () => {
  const problem = "Cannot read the configuration: SECRET_KEY must be 32 bytes as base64, or two separated by a comma";
  const [short, long] = [31, 33].map((bytes) => Buffer.alloc(bytes, 1).toString("base64"));
  const hex = Buffer.alloc(32, 1).toString("hex");

  for (const wrong of ["hunter2", short!, long!, hex, `${KEY},`, `${KEY},${short}`, `${KEY},${KEY},${KEY}`]) {
    assert.equal(problemOf({ SECRET_KEY: wrong }), problem);
  }
  assert.deepEqual(readConfiguration({ SECRET_KEY: `${KEY}, ${Buffer.alloc(32, 2).toString("base64")}` }).secretKeys, [
    Buffer.alloc(32, 1),
    Buffer.alloc(32, 2),
  ]);
});

Deno.test("SECOND_FACTOR must be optional or required", () => {
  const rule = "SECOND_FACTOR must be optional or required";

  assert.equal(problemOf({ SECOND_FACTOR: "yes" }), `Cannot read the configuration: ${rule}, is "yes"`);
  assert.equal(readConfiguration({ SECOND_FACTOR: "optional" }).secondFactor, "optional");
});

Deno.test("SESSION_IDLE_DAYS must be a number of days, at most SESSION_MAX_DAYS", () => {
  const rule = "SESSION_IDLE_DAYS must be a whole number of days from 1 to 36500";

  assert.equal(problemOf({ SESSION_IDLE_DAYS: "two" }), `Cannot read the configuration: ${rule}, is "two"`);
  assert.equal(problemOf({ SESSION_IDLE_DAYS: "0" }), `Cannot read the configuration: ${rule}, is "0"`);
  assert.equal(problemOf({ SESSION_IDLE_DAYS: "1.5" }), `Cannot read the configuration: ${rule}, is "1.5"`);
  assert.equal(
    problemOf({ SESSION_IDLE_DAYS: "31" }),
    'Cannot read the configuration: SESSION_IDLE_DAYS must be at most SESSION_MAX_DAYS, which is 30, is "31"',
  );
  assert.equal(
    problemOf({ SESSION_IDLE_DAYS: "7", SESSION_MAX_DAYS: "6" }),
    'Cannot read the configuration: SESSION_IDLE_DAYS must be at most SESSION_MAX_DAYS, which is 6, is "7"',
  );
  assert.equal(readConfiguration({ SESSION_IDLE_DAYS: "30" }).sessionIdleDays, 30);
});

Deno.test("SESSION_MAX_DAYS must be a number of days", () => {
  const rule = "SESSION_MAX_DAYS must be a whole number of days from 1 to 36500";

  assert.equal(problemOf({ SESSION_MAX_DAYS: "0" }), `Cannot read the configuration: ${rule}, is "0"`);
  assert.equal(problemOf({ SESSION_MAX_DAYS: "36501" }), `Cannot read the configuration: ${rule}, is "36501"`);
  assert.equal(problemOf({ SESSION_MAX_DAYS: "99999999" }), `Cannot read the configuration: ${rule}, is "99999999"`);
  assert.equal(problemOf({ SESSION_MAX_DAYS: "Infinity" }), `Cannot read the configuration: ${rule}, is "Infinity"`);
});

Deno.test("RETENTION_DAYS must be a number of days, and may be 0", () => {
  const rule = "RETENTION_DAYS must be a whole number of days from 0 to 36500";

  assert.equal(problemOf({ RETENTION_DAYS: "-1" }), `Cannot read the configuration: ${rule}, is "-1"`);
  assert.equal(problemOf({ RETENTION_DAYS: "for ever" }), `Cannot read the configuration: ${rule}, is "for ever"`);
  assert.equal(readConfiguration({ RETENTION_DAYS: "0" }).retentionDays, 0);
});

Deno.test("HSTS_SUBDOMAINS must be yes or no", () => {
  const rule = "HSTS_SUBDOMAINS must be yes or no";

  assert.equal(problemOf({ HSTS_SUBDOMAINS: "false" }), `Cannot read the configuration: ${rule}, is "false"`);
  assert.equal(problemOf({ HSTS_SUBDOMAINS: "No" }), `Cannot read the configuration: ${rule}, is "No"`);
  assert.equal(readConfiguration({ HSTS_SUBDOMAINS: "yes" }).hstsSubdomains, true);
});

// Security: log
Deno.test("a value can't start a new line in the message", () => {
  assert.doesNotMatch(problemOf({ PORT: "1\nAddress: http://evil.example" }), /\n/);
});

Deno.test("unknown variables are ignored", () => {
  assert.deepEqual(readConfiguration({ NODE_ENV: "production", SECRET: "hunter2" }), readConfiguration({}));
});

Deno.test("HOME_PATH must be a path of this host", () => {
  const rule = "HOME_PATH must be a path of this host, like /panel";

  for (const value of ["panel", "//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "/a b"]) {
    assert.equal(
      problemOf({ HOME_PATH: value }),
      `Cannot read the configuration: ${rule}, is ${JSON.stringify(value)}`,
    );
  }
  assert.equal(readConfiguration({ HOME_PATH: "/panel/?tab=1" }).home, "/panel/?tab=1");
});

Deno.test("BASE_PATH must be a path that nothing else uses, without a trailing slash", () => {
  const rule = "BASE_PATH must be a path like /account, without a slash at its end, and not /authz or /health";
  const notPaths = ["account", "/", "/account/", "//account", "/a//b", "/a?b", "/:id", "/*", "/..", "/%2f"];

  for (const value of [...notPaths, "/authz", "/authz/account", "/health"]) {
    assert.equal(
      problemOf({ BASE_PATH: value }),
      `Cannot read the configuration: ${rule}, is ${JSON.stringify(value)}`,
    );
  }
  assert.equal(readConfiguration({ BASE_PATH: "/panel/my-account" }).base, "/panel/my-account");
});

Deno.test("BRAND must be a short name on one line", () => {
  const rule = "BRAND must be a name of at most 60 characters on one line";

  assert.equal(problemOf({ BRAND: "Acme\nHosting" }), `Cannot read the configuration: ${rule}, is "Acme\\nHosting"`);
  assert.equal(problemOf({ BRAND: "x".repeat(61) }), `Cannot read the configuration: ${rule}, is "${"x".repeat(61)}"`);
  assert.equal(readConfiguration({ BRAND: "Ca l'Àvia" }).brand, "Ca l'Àvia");
});

Deno.test("TICKET_KEY must be one long text or two, and is never repeated", () => {
  const problem =
    "Cannot read the configuration: TICKET_KEY must be at least 32 characters without spaces, or two separated by a comma";

  for (const value of ["hunter2", "x".repeat(31), `${"x".repeat(16)} ${"x".repeat(16)}`, `${TICKET_KEY},short`]) {
    assert.equal(problemOf({ TICKET_KEY: value }), problem);
  }
  assert.equal(problemOf({ TICKET_KEY: [TICKET_KEY, TICKET_KEY, TICKET_KEY].join() }), problem);
  assert.deepEqual(readConfiguration({ TICKET_KEY }).ticketKeys, [TICKET_KEY]);
});

Deno.test("SIGN_IN_URL must be a path or an https: URL, and needs TICKET_KEY", () => {
  const rule = "SIGN_IN_URL must be a path of this host, like /login, or an https: URL, without a #";

  for (const value of ["login", "//evil.example", "http://acme.example/login", "javascript:alert(1)", "/login#now"]) {
    assert.equal(
      problemOf({ SIGN_IN_URL: value, TICKET_KEY }),
      `Cannot read the configuration: ${rule}, is ${JSON.stringify(value)}`,
    );
  }
  assert.equal(
    readConfiguration({ SIGN_IN_URL: "http://localhost:9000/", TICKET_KEY }).signIn,
    "http://localhost:9000/",
  );
  assert.equal(
    problemOf({ SIGN_IN_URL: "/login" }),
    "Cannot read the configuration: TICKET_KEY must be set, since SIGN_IN_URL is",
  );
});

// Security: mail servers
Deno.test("SMTP_URL must be a mail server, and is never printed, since it has a password", () => {
  const from = { MAIL_FROM: "panel@example.com" };
  const problem =
    "Cannot read the configuration: SMTP_URL must be smtp://… or smtps://…, with a host, and nothing after it";

  assert.equal(problemOf({ ...from, SMTP_URL: "mail.example.com" }), problem);
  assert.equal(problemOf({ ...from, SMTP_URL: "https://mail.example.com" }), problem);
  assert.equal(problemOf({ ...from, SMTP_URL: "smtp://" }), problem);
  assert.equal(problemOf({ ...from, SMTP_URL: "smtps://user:password@mail.example.com/inbox" }), problem);
  assert.equal(problemOf({ ...from, SMTP_URL: "smtps://mail.example.com?tls.rejectUnauthorized=false" }), problem);
  assert.equal(problemOf({ ...from, SMTP_URL: "smtps://user:%@mail.example.com" }), problem);
  assert.equal(problemOf({ ...from, SMTP_URL: "smtps://mail.example.com:99999" }), problem);
});

// Security: mail headers
Deno.test("MAIL_FROM must be one address, with or without a name", () => {
  const url = { SMTP_URL: "smtps://mail.example.com" };
  const fromOf = (MAIL_FROM: string) => readConfiguration({ ...url, MAIL_FROM }).mail?.from;
  const problem = (value: string) =>
    "Cannot read the configuration: MAIL_FROM must be an email address, or a name with one like " +
    `Control panel <panel@example.com>, is ${JSON.stringify(value)}`;

  assert.deepEqual(fromOf("panel@example.com"), { name: "", address: "panel@example.com" });
  assert.deepEqual(fromOf(" <panel@example.com>"), { name: "", address: "panel@example.com" });
  assert.deepEqual(fromOf("Gestió, SL <panel@example.com>"), { name: "Gestió, SL", address: "panel@example.com" });
  for (
    const odd of [
      "Control panel",
      "a@example.com, b@example.com",
      "A <a@example.com> <b@example.com>",
      "A\r\nBcc: b <a@example.com>",
    ]
  ) {
    assert.equal(problemOf({ ...url, MAIL_FROM: odd }), problem(odd));
  }
});

Deno.test("SMTP_URL and MAIL_FROM must be set together", () => {
  const problem = (missing: string, other: string) =>
    `Cannot read the configuration: ${missing} must be set, since ${other} is`;

  assert.equal(problemOf({ SMTP_URL: "smtps://mail.example.com" }), problem("MAIL_FROM", "SMTP_URL"));
  assert.equal(problemOf({ MAIL_FROM: "panel@example.com" }), problem("SMTP_URL", "MAIL_FROM"));
});
