import assert from "node:assert/strict";
import { type Browser, EMAIL, PASSWORD } from "./app.ts";
import { browserAt, type Folder, freePort, makeFolder, startServer, users, type Variables } from "./processes.ts";

export type Front = {
  origin: string;
  browser: (from?: string) => Browser;
  port: number;
  stopServer: () => Promise<number>;
  /** The text of the proxy's logs. */
  readLogs: () => Promise<string>;
};

const certificates = new Map<string, string>();

export function certificateOf(origin: string): Promise<string> {
  return Deno.readTextFile(certificates.get(origin)!);
}

export type Proxy = { command: string; check: string[]; args: string[] };

/** nginx with a file of a site, whose ports, certificate and logs are changed to the test's. */
export async function nginxWith(site: string, folder: Folder): Promise<Proxy> {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  // The CSV's type, in case that the main file lists it.
  const file = `daemon off; pid ${folder.path}/nginx.pid; error_log ${folder.path}/nginx.log; events {}
    http { access_log off; gzip_min_length 1; gzip_types text/csv;
    ${temporary.map((name) => `${name}_temp_path ${folder.path}/${name};`).join(" ")}
    ${site} }`;
  await Deno.writeTextFile(`${folder.path}/nginx.conf`, file);
  const args = ["-e", `${folder.path}/nginx.log`, "-p", folder.path, "-c", `${folder.path}/nginx.conf`];
  return { command: "nginx", check: ["-t", ...args], args };
}

/** Caddy with a file of a site. */
export async function caddyWith(site: string, folder: Folder): Promise<Proxy> {
  await Deno.writeTextFile(`${folder.path}/Caddyfile`, site);
  const args = ["--adapter", "caddyfile", "--config", `${folder.path}/Caddyfile`];
  return { command: "caddy", check: ["validate", ...args], args: ["run", ...args] };
}

/** A documented file of nginx at the test's ports, with the test's certificate and logs. */
export function nginxAt(text: string, { path }: Folder, port: number, upstream: number): string {
  return text.replace("server 127.0.0.1:8000", `server 127.0.0.1:${upstream}`)
    .replace(/server \{\s+listen 80;[^}]+\}/, "")
    .replace("listen 443", `listen 127.0.0.1:${port}`)
    .replaceAll("panel.example;", "localhost;")
    .replaceAll("/etc/ssl/panel.example", `${path}/localhost`)
    .replace("/var/log/nginx/", `${path}/`)
    .replaceAll("10s", "1s");
}

/** The same of Caddy. */
export function caddyAt(text: string, { path }: Folder, port: number, upstream: number): string {
  return text.replaceAll("127.0.0.1:8000", `127.0.0.1:${upstream}`)
    .replace(/\npanel\.example \{/, `\nhttps://localhost:${port} {\n\ttls ${path}/localhost.crt ${path}/localhost.key`)
    .replace(/\n\{\n/, "\n{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n")
    .replaceAll("10s", "1s");
}

/** Starts the server with one account, and a proxy in front of it over HTTPS. */
export async function startBehind(
  configure: (folder: Folder, port: number, upstream: number) => Promise<Proxy>,
  settings: Variables = {},
) {
  const folder = await makeFolder();
  const [port, upstream] = [freePort(), freePort()];
  const origin = `https://localhost:${port}`;
  await makeCertificate(folder);
  certificates.set(origin, `${folder.path}/ca.crt`);
  await users(folder, ["add", EMAIL], PASSWORD);
  const variables = { PORT: String(upstream), PUBLIC_ORIGIN: origin, TRUSTED_PROXIES: "127.0.0.1", ...settings };
  const server = await startServer("start", folder, variables);

  const { command, check, args } = await configure(folder, port, upstream);
  const env = { HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path };
  const checked = await new Deno.Command(command, { args: check, env }).output();
  assert.equal(checked.code, 0, new TextDecoder().decode(checked.stderr));
  // Through a shell: Deno can't write a process's output to a file.
  const logged = ["-c", `exec "$@" 2>> ${folder.path}/output.log`, "sh", command, ...args];
  const proxy = new Deno.Command("sh", { args: logged, env, stdout: "null", stderr: "null" }).spawn();
  await untilListening(port);

  const clients: Deno.HttpClient[] = [];
  const caCerts = [await certificateOf(origin)];
  return {
    origin,
    port,
    /** The server's own port, and its folder. */
    upstream,
    folder,
    stopServer: () => server.stop(),
    async readLogs() {
      const names = (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name);
      const logs = names.filter((name) => name.endsWith(".log")).map((name) => `${folder.path}/${name}`);
      return (await Promise.all(logs.map((log) => Deno.readTextFile(log)))).join("\n");
    },
    browser(localAddress = "127.0.0.1") {
      const client = Deno.createHttpClient({ caCerts, localAddress });
      clients.push(client);
      return browserAt(origin, origin, client);
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      proxy.kill("SIGTERM");
      await proxy.status;
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Waits until something accepts connections on the port. */
export async function untilListening(port: number): Promise<void> {
  for (let attempts = 0;; attempts++) {
    try {
      return (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch (error) {
      if (attempts === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Creates a certificate authority, and its certificate for localhost. */
async function makeCertificate({ path }: Folder): Promise<void> {
  const newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
  await openssl(path, `req -x509 ${newKey} -subj /CN=authority -keyout ca.key -out ca.crt`);
  await openssl(
    path,
    `req -x509 ${newKey} -subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=CA:FALSE
      -CA ca.crt -CAkey ca.key -keyout localhost.key -out localhost.crt`,
  );
}

async function openssl(cwd: string, args: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("openssl", { args: args.split(/\s+/), cwd }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

/** Whether a command can be run. */
export function isInstalled(command: string, arg: string): boolean {
  try {
    return new Deno.Command(command, { args: [arg] }).outputSync().success;
  } catch {
    return false;
  }
}
