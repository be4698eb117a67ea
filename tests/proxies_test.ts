import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { paths } from "../http/paths.ts";
import { CELL, EMAIL, HTMX, PASSWORD } from "./app.ts";
import { assertServes, NEW } from "./main_flow.ts";
import { browserAt, freePort, makeFolder, NOT_SET, ROOT, startServer, users } from "./processes.ts";
import {
  caddyAt,
  caddyWith,
  certificateOf,
  type Front,
  isInstalled,
  nginxAt,
  nginxWith,
  startBehind,
  untilListening,
} from "./proxies.ts";

const CONFIGURATIONS = `${ROOT}docs/deploy`;

Deno.test({
  name: "behind nginx with the configuration in docs/deploy the main flow, cookies and client addresses work",
  ignore: !isInstalled("nginx", "-v") || !isInstalled("openssl", "version"),
  async fn() {
    await using front = await startBehind(async (folder, port, upstream) => {
      const file = await Deno.readTextFile(`${CONFIGURATIONS}/nginx.conf`);
      return await nginxWith(nginxAt(file, folder, port, upstream), folder);
    });

    await assertProxied(front);
    // Unsigned requests, which the application refuses without counting them.
    const flood = await Promise.all(
      Array.from({ length: 40 }, () => front.browser("127.0.0.3").post(paths.signIn, {})),
    );
    assert.deepEqual([...new Set(flood.map(({ status }) => status))].sort(), [403, 429]);
    assert.match(flood.find(({ status }) => status === 429)!.text, /nginx/);
    assert.equal((await front.browser("127.0.0.3").get(paths.signIn)).status, 200);
    assert.match(
      await readLogsOfLinks(front),
      /"GET \/links\/\.\.\. HTTP\/[\d.]+" 404 .*"GET \/links\/\.\.\. HTTP\/[\d.]+" 502 /s,
    );
  },
});

Deno.test({
  name: "behind Caddy with the configuration in docs/deploy the main flow, cookies and client addresses work",
  ignore: !isInstalled("caddy", "version") || !isInstalled("openssl", "version"),
  async fn() {
    await using front = await startBehind(async (folder, port, upstream) => {
      const file = await Deno.readTextFile(`${CONFIGURATIONS}/Caddyfile`);
      return await caddyWith(caddyAt(file, folder, port, upstream), folder);
    });

    await assertProxied(front);
    assert.match(await readLogsOfLinks(front), /"uri":"\/links\/(…|\\u2026)"/);
  },
});

// Azure's Application Gateway does.
Deno.test("behind a gateway that writes a port after each address the main flow and client addresses work", async () => {
  await using folder = await makeFolder();
  const [port, upstream] = [freePort(), freePort()];
  const origin = `http://127.0.0.1:${port}`;
  await users(folder, ["add", EMAIL], PASSWORD);
  const variables = { PORT: String(upstream), PUBLIC_ORIGIN: origin, TRUSTED_PROXIES: "127.0.0.1" };
  await using _server = await startServer("start", folder, variables);
  const addresses = new Map([["127.0.0.2", "81.40.12.202"], ["127.0.0.3", "[2a0c:5a80::4]"]]);
  await using _gateway = createServer((incoming, response) => {
    const { socket: { remoteAddress, remotePort }, url, method, headers } = incoming;
    const forwarded = { ...headers, "x-forwarded-for": `${addresses.get(remoteAddress!)}:${remotePort}` };
    const outgoing = request({ port: upstream, path: url, method, headers: forwarded }, (answer) => {
      answer.pipe(response.writeHead(answer.statusCode!, answer.headers));
    });
    incoming.pipe(outgoing);
  }).listen(port, "127.0.0.1");
  await untilListening(port);
  using first = Deno.createHttpClient({ localAddress: "127.0.0.2" });
  using second = Deno.createHttpClient({ localAddress: "127.0.0.3" });

  await assertServes(() => browserAt(origin, origin, first));

  const [here, there] = [browserAt(origin, origin, first), browserAt(origin, origin, second)];
  for (const each of [here, there]) assert.equal((await each.signIn(EMAIL, NEW)).status, 303);
  const page = await there.get(paths.connections);
  assert.equal(page.$(`tr.current ${CELL.ip}`).text().trim(), "2a0c:5a80::4");
  assert.equal(page.$(`tr:not(.current) ${CELL.ip}`).first().text().trim(), "81.40.12.202");
});

Deno.test({
  name: "systemd-analyze accepts the unit in docs/deploy",
  ignore: !isInstalled("systemd-analyze", "--version"),
  async fn() {
    await using folder = await makeFolder();
    const unit = (await readUnit())
      .replace("/usr/local/bin/deno", Deno.execPath())
      .replace("User=connection-history", "User=daemon")
      .replace("WorkingDirectory=/opt/connection-history", `WorkingDirectory=${ROOT}`);
    await Deno.writeTextFile(`${folder.path}/connection-history.service`, unit);

    const { code, stderr } = await new Deno.Command("systemd-analyze", {
      args: ["verify", `${folder.path}/connection-history.service`],
    }).output();

    assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
  },
});

Deno.test("the command of the unit in docs/deploy serves the main flow, and writes only the database and its cache", async () => {
  await using folder = await makeFolder();
  await using cache = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  const [, command] = /^ExecStart=\S+ ([^]+?serve)$/m.exec(await readUnit()) ?? [];
  const [, ...args] = command!.replaceAll("\\\n", " ").split(/\s+/);
  const port = freePort();
  const settings = `${folder.path}/settings.env`;
  await Deno.writeTextFile(
    settings,
    (await Deno.readTextFile(`${CONFIGURATIONS}/connection-history.env`))
      .replace("https://panel.example", `http://127.0.0.1:${port}`)
      .replace("/var/lib/connection-history", folder.path),
  );
  const flags = args.map((arg) =>
    arg.replace("/etc/connection-history.env", settings).replace(
      "--allow-net=127.0.0.1:8000",
      `--allow-net=127.0.0.1:${port}`,
    )
      .replace("/opt/connection-history", ROOT)
      .replace("/var/lib/connection-history", folder.path)
      .replace("=node_modules", `=${ROOT}node_modules`)
      .replace(/^main\.ts$/, `${ROOT}main.ts`)
  );
  const variables = { ...NOT_SET, PORT: String(port), DENO_DIR: cache.path };
  await using server = await startServer("start", folder, variables, { flags });

  await assertServes(server.browser);

  assert.equal(await server.stop("SIGTERM"), 0);
});

/** Follows a one-time link, also without the server behind the proxy, and returns the proxy's logs, which have no token. */
async function readLogsOfLinks({ origin, browser, stopServer, readLogs }: Front): Promise<string> {
  const [here, token] = [browser(), "t".repeat(43)];
  assert.equal((await here.get(paths.link(token))).status, 404);
  await here.get(paths.signIn, { Referer: `${origin}${paths.link(token)}` });
  await stopServer();
  assert.equal((await here.get(paths.link(token))).status, 502);
  assert.equal((await here.get(`/LINKS/${token}`)).status, 502);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const logs = await readLogs();
  assert.deepEqual(logs.split("\n").filter((line) => line.includes(token)), []);
  return logs;
}

async function assertProxied({ origin, browser, port }: Front): Promise<void> {
  await assertServes(browser);

  const here = browser("127.0.0.2");
  const forged = { "X-Forwarded-For": "203.0.113.9" };
  const signInPage = await here.get(paths.signIn, forged);
  const fields = { csrf: signInPage.$("[name=csrf]").attr("value") ?? "", email: EMAIL };
  const answer = await here.post(paths.signIn, { ...fields, password: NEW }, forged);
  assert.equal(answer.status, 303);
  assert.match(answer.headers.getSetCookie().join("\n"), /^__Host-session-\d+=[^;]+;.* Secure/m);
  assert.equal(answer.headers.get("Strict-Transport-Security"), "max-age=63072000; includeSubDomains");

  const page = await here.get(paths.connections, { "Accept-Encoding": "gzip, br, zstd" });
  assert.equal(page.$(`tr.current ${CELL.ip}`).text().trim(), "127.0.0.2");
  assert.equal(page.headers.get("Content-Encoding"), "gzip");
  const csv = await here.get(paths.csv, { "Accept-Encoding": "gzip, br, zstd" });
  assert.equal(csv.status, 200);
  assert.equal(csv.headers.get("Content-Encoding"), null);
  assert.match(csv.text, /^opened_at,/);
  assert.equal((await here.get(paths.connections, HTMX)).status, 200);
  const tooLarge = await here.post(paths.password, { current_password: "x".repeat(17_000) });
  assert.equal(tooLarge.status, 413);
  assert.match(tooLarge.text, /This form is too large/);

  assert.equal((await browser("127.0.0.1").get(paths.health)).status, 200);
  assert.equal((await browser("127.0.0.2").get(paths.health)).status, 403);

  // The proxy gives up on half a header.
  using slow = await Deno.connectTls({ hostname: "localhost", port, caCerts: [await certificateOf(origin)] });
  await slow.write(new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: localhost:${port}\r\nX-Slow:`));
  const toSlow = await new Response(slow.readable).text().catch(() => "");
  assert.doesNotMatch(toSlow, /200 OK|303/);
}

function readUnit(): Promise<string> {
  return Deno.readTextFile(`${CONFIGURATIONS}/connection-history.service`);
}
