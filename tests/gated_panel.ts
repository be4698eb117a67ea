import assert from "node:assert/strict";
import { pathsBelow } from "../http/paths.ts";
import { EMAIL, PASSWORD } from "./app.ts";
import { type Folder, freePort, ROOT, users, type Variables } from "./processes.ts";
import { caddyAt, caddyWith, certificateOf, nginxAt, nginxWith, startBehind, untilListening } from "./proxies.ts";

/** Its address is beyond Latin-1. */
export const LUKASZ = "łukasz.ąę@example.com";

/** As in docs/gate.md. */
const BASE = "/account";
export const paths = pathsBelow(BASE);

const EXAMPLE = `${ROOT}examples/gate`;

export type Kind = "caddy" | "nginx";
export type GatedPanel = Awaited<ReturnType<typeof startGatedPanel>>;

/** Starts a panel behind a proxy with the example's file and the gate. The panel is the example's, unless another one listens at `panel`. */
export async function startGatedPanel(
  kind: Kind,
  { panel, settings, variables = {} }: { panel?: number; settings?: Variables; variables?: Record<string, string> } =
    {},
) {
  await using started = new AsyncDisposableStack();
  const panelPort = panel ?? freePort();
  const configure = async (folder: Folder, port: number, upstream: number) => {
    const atPanel = (text: string) => text.replaceAll("127.0.0.1:9000", `127.0.0.1:${panelPort}`);
    if (kind === "caddy") {
      const text = await Deno.readTextFile(`${EXAMPLE}/Caddyfile`);
      return await caddyWith(atPanel(caddyAt(text, folder, port, upstream)), folder);
    }
    const text = await Deno.readTextFile(`${EXAMPLE}/nginx.conf`);
    return await nginxWith(atPanel(nginxAt(text, folder, port, upstream)), folder);
  };
  const front = started.use(await startBehind(configure, { BASE_PATH: BASE, HOME_PATH: "/", ...settings }));
  await users(front.folder, ["add", LUKASZ], PASSWORD);
  if (panel === undefined) started.use(await startPanel(panelPort, variables));
  const running = started.move();
  return { ...front, panelPort, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Starts the example's panel. */
async function startPanel(port: number, variables: Record<string, string>) {
  const process = new Deno.Command("python3", {
    args: [`${EXAMPLE}/panel.py`],
    env: { PORT: String(port), PYTHONDONTWRITEBYTECODE: "1", ...variables },
    stdout: "null",
    stderr: "null",
  }).spawn();
  await untilListening(port);
  return {
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
    },
  };
}

/** A panel that answers with every header it got, in lower case, counts its requests and notes the last one's URL. */
export function startEcho() {
  const echo = { requests: 0, port: 0, url: "" };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    echo.requests++;
    echo.url = request.url;
    return Response.json([...request.headers], { headers: { "X-Panel": "yes" } });
  });
  echo.port = server.addr.port;
  return Object.assign(echo, { [Symbol.asyncDispose]: () => server.shutdown() });
}

/** Sends a request unchanged, over TLS, and returns the whole answer. */
export async function sendRaw({ origin, port }: GatedPanel, start: string, headers: string[] = []): Promise<string> {
  const socket = await Deno.connectTls({ hostname: "localhost", port, caCerts: [await certificateOf(origin)] });
  const lines = [start, `Host: localhost:${port}`, "Connection: close", ...headers, "", ""];
  await socket.write(new TextEncoder().encode(lines.join("\r\n")));
  return await new Response(socket.readable).text();
}

/** The browser's cookies as a header. */
export function cookiesOf(browser: { cookies: Map<string, string> }, port: number): string {
  return `Cookie: ${[...browser.cookies].map(([name, value]) => `${name}-${port}=${value}`).join("; ")}`;
}

/** The headers that a panel got, from the answer of `startEcho`. */
export function echoed(answer: string): [name: string, value: string][] {
  const body = /\[\[.*\]\]/s.exec(answer)?.[0];
  assert.ok(body, answer);
  return JSON.parse(body);
}

/** Signs in at the page where the gate led a browser, and returns where that leads. */
export async function signInAtGate(
  browser: ReturnType<GatedPanel["browser"]>,
  { origin }: GatedPanel,
  uri: string,
  email = EMAIL,
): Promise<string | null> {
  const { status, headers } = await browser.get(uri, { Accept: "text/html" });
  const signIn = headers.get("Location") ?? "";
  assert.equal(status, 303);
  assert.ok(signIn.startsWith(`${origin}${paths.signIn}`), signIn);
  const answer = await browser.submit(signIn.slice(origin.length), { email, password: PASSWORD });
  assert.equal(answer.status, 303);
  return answer.headers.get("Location");
}
