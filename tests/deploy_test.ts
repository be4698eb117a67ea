import assert from "node:assert/strict";
import { VARIABLES } from "../commands/configuration.ts";
import { openDatabase } from "../db/database.ts";
import { paths } from "../http/paths.ts";
import { addAccount, EMAIL, PASSWORD } from "./app.ts";
import { startHrana } from "./hrana.ts";
import { assertServes } from "./main_flow.ts";
import { flagsOf, freePort, makeFolder, ROOT, run, startServer, users } from "./processes.ts";

/** The permissions that suffice with a remote database: no native code, no writing, nothing of the system. */
const REMOTE = [
  "--no-prompt",
  "--allow-net",
  `--allow-read=${ROOT}`,
  `--allow-env=${VARIABLES.join()},GEODATADIR`,
  "--deny-ffi",
  "--deny-write",
  "--deny-sys",
  "--deny-run",
  `${ROOT}main.ts`,
];
const TOKEN = "the token of the database";

Deno.test("deno task start over the embedded database serves the main flow", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await using server = await startServer("start", folder);

  await assertServes(server.browser);

  assert.equal(await server.stop("SIGINT"), 0);
});

Deno.test("docs/deploy's files and lock file suffice to install and serve, without tests, their packages and the demo", async () => {
  await using folder = await makeFolder();
  await runIn(ROOT, "sh", ["-c", `tar -cf - $(cat docs/deploy/files.txt) | tar -xf - -C ${folder.path}`]);
  await Deno.copyFile(`${ROOT}docs/deploy/deno.lock`, `${folder.path}/deno.lock`);
  await runIn(folder.path, Deno.execPath(), ["install", "--frozen"]);
  await runIn(folder.path, "sh", ["-c", "rm node_modules/geoip-lite/data/geoip-city*"]);
  const db = await openDatabase(`file:${folder.path}/connections.db`);
  await addAccount(db, EMAIL, PASSWORD);
  db.$client.close();
  const flags = ["--frozen", "--cached-only", ...await flagsOf("start")];
  await using server = await startServer("start", folder, {}, { flags });

  await assertServes(server.browser);

  assert.equal(await server.stop(), 0);
  const names = await listNames(folder.path);
  assert.deepEqual(names.filter((name) => [".git", "tests", "bench", "docs", "examples"].includes(name)), []);
  const packages = await listNames(`${folder.path}/node_modules/.deno`);
  const { dependencies } = JSON.parse(await Deno.readTextFile(`${ROOT}tests/package.json`));
  const ofTests = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);
  assert.ok(ofTests.length > 0 && packages.some((name) => name.startsWith("hono@")));
  assert.deepEqual(packages.filter((name) => ofTests.includes(name)), []);
});

Deno.test("docs/deploy/deno.lock is deno.lock without the packages of the tests, as deno task lock writes it", async () => {
  await using folder = await makeFolder();
  for (const file of ["deno.json", "deno.lock"]) await Deno.copyFile(`${ROOT}${file}`, `${folder.path}/${file}`);

  await runIn(folder.path, Deno.execPath(), ["install", "--lockfile-only"]);

  const [written, committed] = await Promise.all(
    [folder.path, `${ROOT}docs/deploy`].map((path) => Deno.readTextFile(`${path}/deno.lock`)),
  );
  assert.equal(committed, written);
});

Deno.test("what docs/deploy/Containerfile runs installs and serves, in a folder instead of a container", async () => {
  await using folder = await makeFolder();
  await using data = await makeFolder();
  const file = (await Deno.readTextFile(`${ROOT}docs/deploy/Containerfile`))
    .replaceAll("/app", folder.path).replaceAll(/(?<!\w)\/data/g, data.path).replace("0.0.0.0:8000", "127.0.0.1");
  const [, install] = /^RUN (cp .+)$/m.exec(file) ?? assert.fail("no RUN");
  const [, command] = /^CMD (.+)$/m.exec(file) ?? assert.fail("no CMD");
  const [run, ...flags]: string[] = JSON.parse(command!);
  await users(data, ["add", EMAIL], PASSWORD);

  await runIn(ROOT, "sh", ["-c", `tar -cf - $(cat docs/deploy/files.txt) docs/deploy | tar -xf - -C ${folder.path}`]);
  await runIn(folder.path, "sh", ["-ec", install!.replace("deno install", `${Deno.execPath()} install`)]);
  const variables = { DATABASE_URL: `file:${data.path}/connections.db` };
  await using server = await startServer("start", folder, variables, { flags });

  assert.equal(run, "run");
  await assertServes(server.browser);
  assert.equal((await listNames(folder.path)).includes("docs"), false);
});

// Security: remote database
Deno.test("main.ts over a remote database serves the main flow with no native code and nothing written, and ends on SIGINT", async () => {
  await using folder = await makeFolder();
  await using hrana = await startHrana({ token: TOKEN });
  const db = await openDatabase(hrana.url, TOKEN);
  await addAccount(db, EMAIL, PASSWORD);
  db.$client.close();
  const port = freePort();
  await using server = await startServer("start", folder, {
    PORT: String(port),
    HOST: "0.0.0.0",
    PUBLIC_ORIGIN: `https://localhost:${port}`,
    DATABASE_URL: hrana.url,
    DATABASE_AUTH_TOKEN: TOKEN,
  }, { flags: REMOTE });

  await assertServes(server.browser);

  const page = await server.browser().get(paths.signIn);
  assert.match(page.headers.getSetCookie().join(), /^__Host-form-\d+=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  assert.equal(Deno.build.os === "linux" && /libsql|\.node\b/.test(await mappedFilesOf(server.pid)), false);
  assert.equal(await server.stop("SIGINT"), 0);
  assert.match(server.output.at(-1) ?? "", /"event":"sys_shutdown","signal":"SIGINT"/);
  assert.equal(await server.errors, "");
  assert.deepEqual(server.output.filter((line) => line.includes("sys_crash")), []);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});

Deno.test("deno task users works on a remote database, and reports one that gives no answer in one sentence", async () => {
  await using folder = await makeFolder();
  await using hrana = await startHrana({ token: TOKEN });
  const variables = { DATABASE_URL: hrana.url, DATABASE_AUTH_TOKEN: TOKEN };
  const flags = await flagsOf("users");
  const add = () => run([...flags, "add", EMAIL], folder, variables, PASSWORD);

  hrana.breakWhen((sql) => sql.some((text) => /^insert into "users"/.test(text)) ? "error" : null);
  const failed = await add();
  hrana.breakWhen((sql) => sql.some((text) => /^insert into "users"/.test(text)) ? "lose the answer" : null);
  const added = await add();
  hrana.heal();
  const listed = await run([...flags, "list"], folder, variables);
  const refused = await run([...flags, "list"], folder, { ...variables, DATABASE_AUTH_TOKEN: "canary" });

  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^The database gave no answer, so it is not known whether this was done\. [^\n]+\n$/);
  assert.deepEqual([added.code, added.stderr], [0, `Added ${EMAIL}\n`]);
  assert.match(listed.stdout, /^marta@example\.com\t0 open\t/);
  assert.deepEqual([refused.code, refused.stderr], [
    1,
    "Cannot open the database of DATABASE_URL: the database server does not accept DATABASE_AUTH_TOKEN (status 401): " +
    "Unauthorized: Bearer ***\n",
  ]);
});

async function listNames(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
}

async function runIn(cwd: string, command: string, args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(command, { args, cwd }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

/** The files that a process has mapped into memory, native code among them. */
async function mappedFilesOf(pid: number): Promise<string> {
  return await Deno.readTextFile(`/proc/${pid}/maps`);
}
