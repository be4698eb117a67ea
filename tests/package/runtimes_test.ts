import assert from "node:assert/strict";
import { Browser, CELL } from "../app.ts";
import { assertServes } from "../main_flow.ts";
import { freePort, ROOT } from "../processes.ts";
import { paths, pathsBelow } from "../../http/paths.ts";

// docs/embedding.md, word for word but for the port, in each runtime.

/** The oldest that are supported, from npm, and the oldest Hono. */
const RUNTIMES = ["node@24", "bun", "deno@2.5"];
const HONO = "4.13.7";

type Runtime = "Node" | "Bun" | "Deno";
type Page = { commands: string[]; json: string; files: string[] };
type Tools = { folder: string; env: Record<string, string> };

const tools: Promise<Tools> = makeTools();

Deno.test("docs/embedding.md makes a panel on Node", () => assertPanel("Node"));
Deno.test("docs/embedding.md makes a panel on Bun", () => assertPanel("Bun"));
Deno.test("docs/embedding.md makes a panel on Deno 2.5", () => assertPanel("Deno"));

async function assertPanel(runtime: Runtime): Promise<void> {
  const { folder: home, env } = await tools;
  const folder = await Deno.makeTempDir({ dir: home });
  const port = freePort();
  const page = await readPage(home, port);
  const [first, server, own] = page.files as [string, string, string];
  const [, onNode, onBun, onDeno, starts] = page.commands as [string, string, string, string, string];
  const setUp = { Node: onNode, Bun: onBun, Deno: onDeno }[runtime];
  const start = starts.split("\n").find((line) => line.includes(`# ${runtime}`)) ?? assert.fail(starts);
  if (runtime === "Deno") await Deno.writeTextFile(`${folder}/deno.json`, page.json);
  if (runtime === "Node") await Deno.writeTextFile(`${folder}/server.ts`, server);
  await succeed(setUp, folder, env);
  const origin = `http://127.0.0.1:${port}`;
  const browser = () => new Browser({ fetch: overHttp }, new Set(), undefined, undefined, origin);

  await Deno.writeTextFile(`${folder}/panel.ts`, first);
  await whileRunning(start, folder, env, origin, async () => {
    await assertServes(browser);
    await assertKnowsAddress(browser());
  });

  await Deno.writeTextFile(`${folder}/panel.ts`, own);
  if (runtime === "Deno") await succeed("deno check panel.ts", folder, env);
  await succeed("rm connections.db*", folder, env);
  await whileRunning(start, folder, env, origin, () => assertOwnSignIn(browser));

  if (runtime !== "Node") return;
  await succeed(`rm connections.db* && npm install hono@${HONO}`, folder, env);
  await whileRunning(start, folder, env, origin, () => assertOwnSignIn(browser));
}

async function assertKnowsAddress(here: Browser): Promise<void> {
  await here.signIn(undefined, "a much better password than before");
  const { $ } = await here.get(paths.connections);
  assert.equal($(`tr.current ${CELL.ip}`).text(), "127.0.0.1");
}

/** The panel's own sign-in, with the area below /account. */
async function assertOwnSignIn(browser: () => Browser): Promise<void> {
  const at = pathsBelow("/account");
  const [here, other, stranger] = [browser(), browser(), browser()];
  const given = { email: "marta@example.com", password: "only Marta knows this" };
  const asked = await here.get("/");
  const signIn = asked.headers.get("Location") ?? "";
  assert.equal(signIn, "/sign-in?next=%2F");
  assert.match((await here.get(signIn)).text, /Sign in to Acme/);
  assert.equal((await stranger.post("/sign-in", { ...given, password: "nobody's" })).status, 422);
  assert.equal((await stranger.post("/sign-in", given, { Origin: "https://evil.example" })).status, 403);
  assert.equal((await here.post(signIn, given)).headers.get("Location"), "/");
  assert.equal((await other.post("/sign-in", given)).headers.get("Location"), at.connections);
  assert.match((await here.get("/")).text, /Hello marta@example\.com/);

  const history = await here.get(at.connections);
  assert.equal(history.$("tbody tr[id]").length, 2);
  assert.equal(history.$(`a[href="${at.password}"]`).length, 0);
  assert.equal(history.$(".sections a").last().text(), "Back to Acme");
  for (const link of history.$("link[rel=stylesheet], script[src]").toArray()) {
    const url = history.$(link).attr("href") ?? history.$(link).attr("src") ?? "";
    assert.equal((await here.get(url)).status, 200, url);
  }
  assert.equal((await here.submit(at.closeAll)).status, 303);
  assert.equal((await other.get("/")).status, 303);
  assert.match((await other.get("/sign-in")).text, /This connection was closed from another one/);
  assert.equal((await here.get(at.csv)).text.split("\r\n").length, 4);
  assert.equal(
    (await here.get(at.signIn)).headers.get("Location"),
    `/sign-in?next=${encodeURIComponent(at.connections)}`,
  );
  const home = await here.get("/");
  assert.equal((await here.post(home.$("form").attr("action") ?? "", {})).headers.get("Location"), "/sign-in");
  assert.equal((await here.get("/")).status, 303);
  assert.equal((await stranger.get("/")).status, 303);
}

async function whileRunning(
  command: string,
  cwd: string,
  env: Record<string, string>,
  origin: string,
  run: () => Promise<void>,
): Promise<void> {
  const args = ["-c", `exec env ${command.split("#")[0]!.trim()}`];
  const process = new Deno.Command("sh", { args, cwd, env, stdout: "piped", stderr: "piped" }).spawn();
  const output = Promise.all([new Response(process.stdout).text(), new Response(process.stderr).text()]);
  const ended = process.status.then(async () => assert.fail(`${command} ended: ${(await output).join("\n")}`));
  ended.catch(() => {});
  try {
    await Promise.race([waitFor(origin), ended]);
    await run();
  } finally {
    try {
      process.kill("SIGTERM");
    } catch {
      // It ended by itself.
    }
    await process.status;
    await output;
  }
}

async function waitFor(origin: string): Promise<void> {
  for (;;) {
    const response = await fetch(origin, { redirect: "manual" }).catch(() => null);
    await response?.body?.cancel();
    if (response) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function overHttp(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.delete("Host");
  const body = request.method === "POST" ? await request.text() : null;
  return await fetch(request.url, { method: request.method, headers, body, redirect: "manual" });
}

/** The page's commands and files in their order, at another port, and with the tarball in `home`. */
async function readPage(home: string, port: number): Promise<Page> {
  const text = (await Deno.readTextFile(`${ROOT}docs/embedding.md`)).split("## What you can set")[0]!
    .replaceAll("8000", String(port)).replaceAll("$HOME", home);
  const blocks = (language: string) =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(([, block]) => block ?? "");
  return { commands: blocks("sh"), json: blocks("json")[0] ?? "", files: blocks("ts") };
}

/** A folder in the place of home, with the tarball and the runtimes. */
async function makeTools(): Promise<Tools> {
  const folder = await Deno.makeTempDir({ prefix: "connection-history-package-" });
  const env = {
    npm_config_audit: "false",
    npm_config_fund: "false",
    DENO_NO_UPDATE_CHECK: "1",
    DENO_TLS_CA_STORE: "mozilla,system",
    PATH: `${folder}/node_modules/.bin:${Deno.env.get("PATH")}`,
  };
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  await succeed(`npm install --prefix ${folder} ${RUNTIMES.join(" ")}`, folder, env);
  // npm's script in .bin doesn't forward signals: the program behind it comes first.
  const deno = await succeed(`${folder}/node_modules/.bin/deno eval "console.log(Deno.execPath())"`, folder, env);
  env.PATH = `${deno.replace(/[^/]+$/, "")}:${env.PATH}`;
  const [pack] = (await readPage(folder, 8000)).commands;
  await succeed(pack!.replace("npx -y deno@2.9.6", Deno.execPath()), ROOT, env);
  return { folder, env };
}

async function succeed(command: string, cwd: string, env: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("sh", { args: ["-ec", command], cwd, env }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, `${command}\n${text.decode(stdout)}\n${text.decode(stderr)}`);
  return text.decode(stdout).trim();
}
