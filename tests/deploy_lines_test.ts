import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { userInfo } from "node:os";
import { EMAIL, PASSWORD } from "./app.ts";
import { startMailServer } from "./mail.ts";
import { flagsOf, type Folder, freePort, makeFolder, NOT_SET, ROOT, run, startServer, users } from "./processes.ts";

const FIELDS = { new_password: PASSWORD, new_password_again: PASSWORD };
/** Its tasks know `--env-file`. */
const isNewDeno = Deno.env.get("TEST_DENO") === undefined;

Deno.test("the commands of docs/deploy.md act on the database that the unit's own line serves", async () => {
  await using folder = await makeFolder();
  const port = freePort();
  await install(folder, port);
  await Deno.writeTextFile(`${folder.path}/connection-history`, await readScript(folder), { mode: 0o755 });
  const [add, list, ...more] = await readCommands("### The operator's commands");
  const sh = (line: string) => runShell(line, { PATH: `${folder.path}:${Deno.env.get("PATH")}`, SUDO_USER: "anna" });

  const usage = await sh("connection-history");
  const missing = await sh(list!);
  await using server = await startUnit(folder, port);
  const added = await sh(add!);
  const listed = await sh(list!);

  assert.match(usage.stdout, /^Usage:\n {2}deno task users add EMAIL /);
  assert.deepEqual([missing.code, missing.stdout], [1, ""]);
  assert.match(missing.stderr, /^Database: .+\nThere is no database at /);
  assert.equal(added.code, 0, added.stderr);
  assert.deepEqual(JSON.parse(added.stdout.split("\n")[0]!).who, "anna");
  assert.match(added.stderr, new RegExp(`^Database: ${folder.path}/connections.db\nAdded marta@example.com`));
  const link = /http:\/\/127\.0\.0\.1:\d+(\/links\/\S+)/.exec(added.stderr)?.[1] ?? assert.fail(added.stderr);
  assert.match(listed.stdout, /^marta@example\.com\t0 open\t/);
  const here = server.browser();
  assert.equal((await here.submit(link, FIELDS)).status, 303);
  assert.equal((await here.signIn()).status, 303);
  assert.match((await sh(list!)).stdout, /^marta@example\.com\t1 open\t/);
  assert.ok(more.length > 0);
  for (const line of more) assert.equal((await sh(line)).code, 0, line);
  await sh("connection-history users close --everyone");
  assert.equal(await here.isIn(), false);
  assert.equal(countUsers(`${folder.path}/connections.db`), 1);
});

Deno.test({
  name: "without a service user the lines of docs/deploy.md add the account that the server signs in",
  ignore: !isNewDeno,
  async fn() {
    await using folder = await makeFolder();
    const port = freePort();
    await install(folder, port);
    const lines = await readCommands("Without a service user");
    const [add, start] = lines.map((line) =>
      line.replace("settings.env", `${folder.path}/settings.env`).replace(/^deno /, `${Deno.execPath()} `)
    );
    assert.match(start ?? "", /deno task --env-file=\S+ start$/);

    const added = await runShell(add!, {});
    const [, ...task] = start!.split(" ");
    await using server = await startServer("start", folder, { ...NOT_SET, PORT: String(port) }, {
      command: [Deno.execPath(), ...task],
    });

    const link = /http:\/\/127\.0\.0\.1:\d+(\/links\/\S+)/.exec(added.stderr)?.[1] ?? assert.fail(added.stderr);
    const here = server.browser();
    assert.equal((await here.submit(link, FIELDS)).status, 303);
    assert.equal((await here.signIn()).status, 303);
  },
});

// Security: mail servers
Deno.test("the unit's own line sends mail once --allow-net has the mail server by its name", async () => {
  await using mail = await startMailServer();
  await using folder = await makeFolder();
  const path = `${folder.path}/settings.env`;
  const port = freePort();
  await install(folder, port);
  const url = `smtp://localhost:${mail.url.port}`;
  await Deno.writeTextFile(path, `\nSMTP_URL=${url}\nMAIL_FROM=panel@example.com\n`, { append: true });
  await users(folder, ["add", EMAIL], PASSWORD);
  await run([...await flagsOf("users"), "methods", EMAIL, "--reset"], folder, mail.variables);

  await using _ = await startUnit(folder, port, `,localhost:${mail.url.port}`);
  await mail.waitFor(1);

  assert.deepEqual(mail.received.map(({ recipients }) => recipients), [[EMAIL]]);
});

/** Writes the settings of docs/deploy for a server on this port, with its database in the folder. */
async function install({ path }: Folder, port: number): Promise<void> {
  const settings = (await Deno.readTextFile(`${ROOT}docs/deploy/connection-history.env`))
    .replace("https://panel.example", `http://127.0.0.1:${port}`)
    .replace("/var/lib/connection-history", path);
  await Deno.writeTextFile(`${path}/settings.env`, settings);
}

async function readScript({ path }: Folder): Promise<string> {
  return placed(await Deno.readTextFile(`${ROOT}docs/deploy/connection-history`), path)
    .replace("service_user=connection-history", `service_user=${userInfo().username}`)
    .replace("DENO_DIR=/var/cache/connection-history ", "");
}

/** Starts the unit's ExecStart. `also` is added to its --allow-net. */
async function startUnit(folder: Folder, port: number, also = "") {
  const unit = await Deno.readTextFile(`${ROOT}docs/deploy/connection-history.service`);
  const [, command] = /^ExecStart=([^]+?serve)$/m.exec(unit) ?? assert.fail("The unit has no ExecStart");
  const line = placed(command!.replaceAll("\\\n", " "), folder.path).replace(
    "127.0.0.1:8000",
    `127.0.0.1:${port}${also}`,
  );
  const variables = { ...NOT_SET, PORT: String(port) };
  return await startServer("start", folder, variables, { command: line.trim().split(/\s+/) });
}

function placed(text: string, path: string): string {
  return text.replaceAll("/usr/local/bin/deno", Deno.execPath())
    .replaceAll("/etc/connection-history.env", `${path}/settings.env`)
    .replaceAll("/opt/connection-history", ROOT)
    .replaceAll("/var/lib/connection-history", path);
}

async function readCommands(after: string): Promise<string[]> {
  const page = await Deno.readTextFile(`${ROOT}docs/deploy.md`);
  const [, rest] = page.split(after);
  const [, block] = /```sh\n([^]+?)\n```/.exec(rest ?? assert.fail(`docs/deploy.md has no "${after}"`)) ?? [];
  return block!.split("\n");
}

/** Runs a line as a shell would, with no setting. */
async function runShell(line: string, variables: Record<string, string>) {
  const kept = ["PATH", "HOME", "DENO_DIR"].map((name) => [name, Deno.env.get(name) ?? ""]).filter(([, value]) =>
    value
  );
  const env = { ...Object.fromEntries(kept), NO_COLOR: "1", ...variables };
  const command = new Deno.Command("sh", { args: ["-c", line], cwd: ROOT, env, clearEnv: true, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

function countUsers(path: string): unknown {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db.prepare("select count(*) as users from users").get()?.users;
  } finally {
    db.close();
  }
}
