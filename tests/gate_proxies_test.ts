import assert from "node:assert/strict";
import { EMAIL } from "./app.ts";
import {
  cookiesOf,
  echoed,
  type GatedPanel,
  type Kind,
  LUKASZ,
  paths,
  sendRaw,
  signInAtGate,
  startEcho,
  startGatedPanel,
} from "./gated_panel.ts";
import { certificateOf, isInstalled } from "./proxies.ts";

const PAGE = { Accept: "text/html" };
const NAMES = ["user", "email", "id", "groups", "name"];

const isMissing = { caddy: !has("caddy", "version"), nginx: !has("nginx", "-v") };

function has(proxy: Kind, version: string): boolean {
  return isInstalled(proxy, version) && isInstalled("openssl", "version") && isInstalled("python3", "--version");
}

Deno.test({
  name: "the example's panel behind Caddy and the gate is used, and left when the connection is closed elsewhere",
  ignore: isMissing.caddy,
  async fn() {
    await using site = await startGatedPanel("caddy");
    await assertUsed(site);
  },
});

Deno.test({
  name: "the example's panel behind nginx and the gate is used, and left when the connection is closed elsewhere",
  ignore: isMissing.nginx,
  async fn() {
    await using site = await startGatedPanel("nginx");
    await assertUsed(site);
  },
});

// Security: gate
Deno.test({
  name: "behind Caddy a panel sees no name that a client gave itself, in any spelling, and none of our cookies",
  ignore: isMissing.caddy,
  async fn() {
    await using echo = startEcho();
    await using site = await startGatedPanel("caddy", { panel: echo.port });
    await assertNamed(site);
  },
});

// Security: gate
Deno.test({
  name: "behind nginx a panel sees no name that a client gave itself, in any spelling, and none of our cookies",
  ignore: isMissing.nginx,
  async fn() {
    await using echo = startEcho();
    await using site = await startGatedPanel("nginx", { panel: echo.port });
    await assertNamed(site);
  },
});

// Security: gate
Deno.test({
  name: "behind Caddy no path or header gets a stranger's request to the panel",
  ignore: isMissing.caddy,
  async fn() {
    await using echo = startEcho();
    await using site = await startGatedPanel("caddy", { panel: echo.port });
    await assertShut(site, echo);
  },
});

// Security: gate
Deno.test({
  name: "behind nginx no path or header gets a stranger's request to the panel",
  ignore: isMissing.nginx,
  async fn() {
    await using echo = startEcho();
    await using site = await startGatedPanel("nginx", { panel: echo.port });
    await assertShut(site, echo);
  },
});

async function assertUsed(site: GatedPanel): Promise<void> {
  const [here, there] = [site.browser("127.0.0.1"), site.browser("127.0.0.2")];
  assert.equal(await signInAtGate(here, site, "/orders?page=2&of=a%26b"), "/orders?page=2&of=a%26b");
  assert.match((await here.get("/orders?page=2")).text, /Your orders.*page=2/s);
  await signInAtGate(there, site, "/", LUKASZ);
  const owner = JSON.parse((await there.get("/api/owner")).text);
  assert.deepEqual([owner.user, owner.email, owner.name, owner.groups], [LUKASZ, LUKASZ, LUKASZ, "users"]);

  const note = await here.post("/notes", { note: "x".repeat(900) });
  assert.deepEqual([note.status, note.headers.get("Location")], [303, "/"]);
  assert.match((await here.get("/")).text, /<li>x{900}/);
  assert.doesNotMatch((await there.get("/")).text, /<li>/);
  assert.equal((await here.get("/nowhere")).text, "Acme has no such page.\n");

  const other = site.browser("127.0.0.2");
  await signInAtGate(other, site, "/");
  const stream = await open(site, other);
  assert.match(await stream.next(), /tick/);
  const page = await here.get(paths.connections);
  assert.match(page.$("tr:not(.current) td.ip").first().text(), /127\.0\.0\.2/);
  assert.equal((await here.submit(paths.closeAll)).status, 303);

  // docs/gate.md says so: an answer that is under way ends when the panel ends it.
  assert.match(await stream.next(), /tick/);
  stream.close();
  const out = await other.get("/", PAGE);
  assert.equal(out.status, 303);
  assert.equal(out.headers.get("Location"), `${site.origin}${paths.signIn}?next=%2F`);
  assert.match((await other.get(paths.signIn)).$(".notification").text(), /closed from another one/);
  const script = await other.get("/api/owner", { "Accept": "*/*", "Sec-Fetch-Mode": "cors" });
  assert.deepEqual([script.status, script.headers.get("Location")], [401, null]);
  assert.equal((await other.post("/notes", { note: "late" })).status, 401);
  assert.equal((await there.get("/")).status, 200, "another account's connection stays");

  assert.equal((await here.submit(paths.signOut)).status, 303);
  assert.equal((await here.get("/", PAGE)).status, 303);
}

/** Opens the panel's stream over the browser's connection. */
async function open(site: GatedPanel, browser: { cookies: Map<string, string> }) {
  const client = Deno.createHttpClient({ caCerts: [await certificateOf(site.origin)] });
  const [name, cookies] = cookiesOf(browser, site.port).split(": ");
  const { body } = await fetch(`${site.origin}/clock`, { headers: { [name!]: cookies! }, ...{ client } });
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  return {
    next: async () => (await reader.read()).value ?? "",
    close() {
      reader.cancel().catch(() => {});
      client.close();
    },
  };
}

async function assertNamed(site: GatedPanel): Promise<void> {
  const here = site.browser();
  await signInAtGate(here, site, "/", LUKASZ);
  const cookies = cookiesOf(here, site.port);
  assert.match(cookies, /__Host-session-\d+=.*__Host-browser-\d+=/);
  const spellings = NAMES.flatMap((name) =>
    ["Remote-", "remote-", "REMOTE_", "Remote_", "remote.", "Remote-User-"].map((start) => `${start}${name}: joan`)
  );

  const plain = await sendRaw(site, "GET /orders HTTP/1.1", [cookies]);
  const forged = await sendRaw(site, "GET /orders HTTP/1.1", [
    ...spellings,
    `${cookies}; theirs=1`,
    "Remote-User: joan@example.com",
    "Remote-User: jordi@example.com",
  ]);

  // What a client calls hop-by-hop, a proxy may take away.
  const hops = NAMES.map((name) => `Remote-${name}`).join(", ");
  const dropped = await sendRaw(site, "GET /orders HTTP/1.1", [cookies, `Connection: close, X-Forwarded-For, ${hops}`]);

  // Another panel at another port of this host has cookies too, and a panel's own may have names like ours.
  const [name, ours = ""] = cookies.split(": ");
  const others = ["session", "browser", "pending"].map((each) => `__Host-${each}=theirs; __Host-${each}-1=theirs`);
  const among = ["a__Host-session=1; kept=1", ...others, "__Host-sessions=2", ours, "late=1"].join("; ");
  const crowded = await sendRaw(site, "GET /orders HTTP/1.1", [`${name}: ${among}`]);
  const all = [...others, ours].join("; ").split("; ");
  const strewn = await sendRaw(site, "GET /orders HTTP/1.1", [`${name}: ${all.join("; between=1; ")}`]);

  for (const answer of [plain, forged, dropped, crowded, strewn]) {
    const headers = echoed(answer);
    for (const name of NAMES) {
      // As WSGI, PHP and CGI fold names.
      const values = headers.filter(([each]) => each.replace(/[^a-z0-9]/g, "_") === `remote_${name}`);
      assert.deepEqual(values.map(([each]) => each), [`remote-${name}`], JSON.stringify(headers));
      assert.doesNotMatch(values[0]![1], /joan|jordi/);
    }
    const [, email] = headers.find(([name]) => name === "remote-email")!;
    assert.equal(new TextDecoder().decode(Uint8Array.from(email, (byte) => byte.charCodeAt(0))), LUKASZ);
    const secrets = ["session", "browser"].map((each) => here.cookies.get(`__Host-${each}`)!);
    assert.deepEqual([...secrets, "=theirs"].filter((secret) => JSON.stringify(headers).includes(secret)), []);
  }
  const outside = JSON.stringify(echoed(await sendRaw(site, "GET /login HTTP/1.1", [`${cookies}; theirs=1`])));
  assert.doesNotMatch(outside, /__Host-(session|browser|pending)|remote-/, "outside of the gate neither");
  assert.match(outside, /theirs=1/);
  assert.match(JSON.stringify(echoed(forged)), /theirs=1/);
  assert.match(JSON.stringify(echoed(crowded)), /kept=1.*late=1/);
}

async function assertShut(site: GatedPanel, echo: { requests: number; url: string }): Promise<void> {
  const targets = [
    "/orders",
    "//orders",
    "/account/../orders",
    "/account/%2e%2e/orders",
    "/account%2f..%2forders",
    "/account/..%5corders",
    "/account/..\\orders",
    "/ACCOUNT/../orders",
    "/account;/../orders",
    "/account/..;/orders",
    "/account/links/../../orders",
    "/account/static/%252e%252e/%252e%252e/orders",
    "/account/sign-in/ticket/../../../orders",
    "/login/../orders",
    "/login%2f..%2forders",
    "/login/orders",
    "/login;/orders",
    "/.well-known/change-password/../../orders",
    "/authz/forward",
    "/authz/nginx",
    "/authz/../orders",
    "/orders%00",
    "/orders?/login",
    "/orders#/login",
    `http://localhost:${site.port}/orders`,
  ];
  const lies = [
    "X-Forwarded-Method: GET",
    "X-Forwarded-Uri: /login",
    "X-Original-Method: OPTIONS",
    "X-Original-URI: /login",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-For: 127.0.0.1",
    "X-Rewrite-URL: /orders",
    "X-Original-URL: /orders",
    "X-HTTP-Method-Override: GET",
    `Remote-User: ${EMAIL}`,
    `Remote_User: ${EMAIL}`,
  ];
  for (const target of targets) {
    for (const method of ["GET", "POST", "OPTIONS", "BREW"]) {
      const headers = [...lies, "Content-Length: 0", "Accept: text/html"];
      const answer = await sendRaw(site, `${method} ${target} HTTP/1.1`, headers);
      assert.match(answer, /^HTTP\/1\.1 (30[123]|4\d\d|50\d) /, `${method} ${target}: ${answer.slice(0, 200)}`);
      assert.doesNotMatch(answer, /^location: (?!https:\/\/localhost|\/)/im, `${method} ${target}`);
    }
  }
  // Caddy answers it itself.
  await sendRaw(site, "OPTIONS * HTTP/1.1");
  await sendRaw(site, "GET /orders HTTP/1.1", ["Upgrade: websocket", "Sec-WebSocket-Version: 13"]);
  const otherHost = await sendRaw(site, "GET /orders HTTP/1.0", ["Host: evil.example"]);
  assert.doesNotMatch(otherHost, /^HTTP\S+ 200/);
  assert.equal(echo.requests, 0, "nothing reached the panel");

  // Outside of the gate nobody has a name, and there is one path.
  for (const target of ["/login?next=/orders", "/orders/../login", "//login", "/%6cogin"]) {
    const answer = await sendRaw(site, `GET ${target} HTTP/1.1`, [...lies, "Remote.User: joan"]);
    const isPublic = answer.startsWith("HTTP/1.1 200");
    assert.equal(isPublic, echo.requests > 0, target);
    if (isPublic) {
      assert.deepEqual(echoed(answer).filter(([name]) => name.startsWith("remote")), []);
      assert.equal(decodeURIComponent(new URL(echo.url).pathname), "/login");
    }
    echo.requests = 0;
  }

  // Not by way of the proxy.
  const client = Deno.createHttpClient({ localAddress: "127.0.0.2" });
  for (const path of ["/authz/forward", "/authz/nginx", paths.gate, paths.nginxGate]) {
    const direct = await fetch(`http://127.0.0.1:${site.upstream}${path}`, { headers: PAGE, ...{ client } });
    assert.equal(direct.status, 403);
    await direct.body?.cancel();
  }
  client.close();

  const here = site.browser();
  await signInAtGate(here, site, "/orders");
  assert.equal((await here.get("/orders")).headers.get("X-Panel"), "yes");
  assert.equal(echo.requests, 1, "only after sign-in");
}
