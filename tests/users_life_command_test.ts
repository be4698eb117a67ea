import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { parse } from "csv-parse/sync";
import { paths } from "../http/paths.ts";
import { DAY, EMAIL, PASSWORD } from "./app.ts";
import { flagsOf, type Folder, makeFolder, run, startServer, users } from "./processes.ts";

const JOAN = "joan@example.com";
const NEW = "a much better password than before";
const FIELDS = { new_password: NEW, new_password_again: NEW };

// ASVS 6.4.1, 6.4.6
Deno.test("deno task users add without a password prints a link at which the owner sets one, and logs no token", async () => {
  await using folder = await makeFolder();

  const { code, stdout, stderr } = await users(folder, ["add", EMAIL], "");

  assert.equal(code, 0);
  const [, path] =
    /^Added marta@example\.com\. Its owner sets a password at this link, once and within 24 hours:\nhttp:\/\/127\.0\.0\.1:8000(\/links\/[\w-]{43})\n$/
      .exec(stderr) ?? assert.fail(stderr);
  assert.doesNotMatch(stdout, new RegExp(path!.slice(-43)));
  assert.deepEqual(stdout.trim().split("\n").map((line) => JSON.parse(line).event), [
    "user_created",
    "authn_token_created",
  ]);
  await using server = await startServer("start", folder);
  const here = server.browser();
  assert.equal((await here.signIn(EMAIL, "")).status, 422);
  assert.equal((await here.submit(path!, FIELDS)).status, 303);
  assert.equal((await here.get(path!)).status, 404);
  assert.equal((await here.signIn(EMAIL, NEW)).status, 303);
});

// ASVS 6.4.6
Deno.test("deno task users link makes a link under PUBLIC_ORIGIN, which changes nothing before it is used", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  const flags = await flagsOf("users");

  const { stderr } = await run([...flags, "link", EMAIL], folder, { PUBLIC_ORIGIN: "https://panel.example:8443" });

  assert.match(stderr, /\nhttps:\/\/panel\.example:8443\/links\/[\w-]{43}\n$/);
  await using server = await startServer("start", folder);
  assert.equal((await server.browser().signIn()).status, 303);
  await users(folder, ["disable", EMAIL]);
  const refused = await users(folder, ["link", EMAIL]);
  assert.deepEqual([refused.code, refused.stderr], [1, "Cannot make a link: marta@example.com is disabled\n"]);
});

// Security: disabled accounts
Deno.test("deno task users disable and enable act at the running server's next request", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await using server = await startServer("start", folder);
  const here = server.browser();
  await here.signIn();

  const disabled = await users(folder, ["disable", EMAIL]);
  const again = await users(folder, ["disable", EMAIL]);

  assert.deepEqual([disabled.code, disabled.stderr], [0, "Disabled marta@example.com, and closed 1 open connection\n"]);
  assert.deepEqual([again.code, again.stderr, again.stdout], [0, "marta@example.com is disabled already\n", ""]);
  assert.equal(await here.isIn(), false);
  assert.equal((await here.signIn()).status, 422);
  assert.match((await users(folder, ["list"])).stdout, /\tdisabled\n$/);
  assert.equal((await users(folder, ["enable", EMAIL])).stderr, "Enabled marta@example.com: it can sign in again\n");
  assert.equal((await here.signIn()).status, 303);
});

Deno.test("deno task users rename and remove change the account and report what isn't there", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await users(folder, ["add", JOAN], PASSWORD);
  const sentence = async (...args: string[]) => {
    const { code, stderr } = await users(folder, args);
    return `${code} ${stderr.trim()}`;
  };

  assert.equal(await sentence("rename", EMAIL, "Marta@ACME.example"), `0 Renamed ${EMAIL} to marta@acme.example`);
  assert.equal(
    await sentence("rename", EMAIL, "m@example.com"),
    `1 Cannot rename anything: there is no account ${EMAIL}`,
  );
  assert.equal(
    await sentence("rename", "marta@acme.example", JOAN),
    `1 Cannot rename marta@acme.example: there is an account ${JOAN} already`,
  );
  assert.match(await sentence("rename", JOAN, "joan"), /^1 Cannot rename to "joan": it must be an email address/);
  assert.match(await sentence("remove", "marta@acme.example"), /^0 Removed marta@acme\.example with all that was kept/);
  assert.match(await sentence("remove", "marta@acme.example"), /^1 Cannot remove anything: there is no account/);
  const listed = (await users(folder, ["list", "--json"])).stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(listed.map(({ created_at: _, ...account }) => account), [
    { email: JOAN, open_connections: 0, disabled_at: null },
  ]);
});

// Security: log
Deno.test("each act of deno task users is a line of the log with who ran it through sudo", async () => {
  await using folder = await makeFolder();
  const flags = await flagsOf("users");
  const as = (args: string[], input = "") => run([...flags, ...args], folder, { SUDO_USER: "anna" }, input);

  const acts = [
    await as(["add", EMAIL], PASSWORD),
    await as(["rename", EMAIL, JOAN]),
    await as(["link", JOAN]),
    await as(["password", JOAN], NEW),
    await as(["disable", JOAN]),
    await as(["enable", JOAN]),
    await as(["unlock", JOAN]),
    await as(["methods", JOAN, "--reset"]),
    await as(["close", JOAN]),
    await as(["sweep"]),
    await as(["remove", JOAN]),
  ];
  await as(["add", EMAIL], PASSWORD);
  const reads = [
    await as(["history", EMAIL]),
    await as(["export", EMAIL]),
    await as(["find", "--ip", "46.16.60.1"]),
    await as(["methods", EMAIL]),
  ];

  const lines = acts.map(({ stdout }) => JSON.parse(stdout));
  assert.deepEqual(lines.map(({ event }) => event), [
    "user_created",
    "user_updated",
    "authn_token_created",
    "authn_password_change",
    "user_disabled",
    "user_enabled",
    "authn_login_unlock",
    "authn_method_removed",
    "session_closed",
    "history_swept",
    "user_deleted",
  ]);
  const read = reads.map(({ stderr }) => JSON.parse(stderr.split("\n")[0]!));
  assert.deepEqual(read.map(({ event }) => event), Array(4).fill("sensitive_read"));
  assert.deepEqual(new Set([...lines, ...read].map(({ by, who }) => `${by} ${who}`)), new Set(["operator anna"]));
});

Deno.test("deno task users export writes all that is kept of a person and nothing of another, without a hash or secret", async () => {
  await using folder = await makeFolder();
  await fillHistory(folder);

  const { code, stdout } = await users(folder, ["export", EMAIL]);

  assert.equal(code, 0);
  const rows = stdout.trim().split("\n").map((line) => JSON.parse(line));
  const tables = Map.groupBy(rows, ({ table }) => table);
  assert.deepEqual([...tables].map(([table, rows]) => [table, rows.length]), [
    ["users", 1],
    ["connections", 2_502],
    ["refusals", 1],
    ["known", 1],
    ["browsers", 2],
    ["links", 1],
    ["limits", 2],
  ]);
  assert.equal(new Set(tables.get("connections")!.map(({ id }) => id)).size, 2_502);
  assert.equal(tables.get("users")![0].email, EMAIL);
  assert.match(tables.get("users")![0].createdAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.equal(stdout.includes(JOAN), false);
  assert.doesNotMatch(stdout, /argon2|hash|secret/i);
});

Deno.test("deno task users history writes the whole history as text, CSV and JSON lines", async () => {
  await using folder = await makeFolder();
  await fillHistory(folder);

  const read = async (...options: string[]) => (await users(folder, ["history", EMAIL, ...options])).stdout;
  const [text, csv, json] = [await read(), await read("--csv"), await read("--json")];

  const records: Record<string, string>[] = parse(csv, { columns: true });
  assert.equal(records.length, 2_503);
  assert.deepEqual(json.trim().split("\n").map((line) => JSON.parse(line)), records);
  const lines = text.trim().split("\n");
  assert.equal(lines.length, 2_503);
  assert.match(lines[0]!, /^\d{4}-\d\d-\d\dT[\d:.]+Z\topen\t127\.0\.0\.1\tPrivate network\tFirefox/);
  assert.match(lines.find((line) => line.includes("refused"))!, /\trefused wrong_password\t127\.0\.0\.1\t/);
});

Deno.test("deno task users find lists the accounts that were used or tried from an address or its network", async () => {
  await using folder = await makeFolder();
  await fillHistory(folder);
  const find = async (...args: string[]) => await users(folder, ["find", ...args]);

  const found = (await find("--ip", "127.0.0.1", "--json")).stdout.trim().split("\n").map((line) => JSON.parse(line));
  const network = await find("--ip", "46.16");

  assert.deepEqual(
    found.map(({ email, connections, refused_attempts }) => [email, connections, refused_attempts]).sort(),
    [[JOAN, 1, 0], [EMAIL, 2, 1]],
  );
  assert.match(network.stdout, /^marta@example\.com\t2500 connections\t0 refused attempts\t/);
  assert.match((await find("--ip", "203.0.113.1")).stderr, /No account was used or tried from there\n$/);
  const wrong = await find("--ip", "46.16.60.0/24");
  assert.deepEqual([wrong.code, wrong.stdout], [1, ""]);
  assert.match(wrong.stderr, /^Cannot find anything: give an address like --ip 46\.16\.60\.1/);
  assert.equal((await find()).code, 1);
});

Deno.test("deno task users sweep removes all that is older than RETENTION_DAYS at once", async () => {
  await using folder = await makeFolder();
  await fillHistory(folder);
  const flags = await flagsOf("users");
  const sweep = (days: string) => run([...flags, "sweep"], folder, { RETENTION_DAYS: days });

  const none = await sweep("0");
  assert.match(none.stderr, /^Closed what has expired\. RETENTION_DAYS is 0: nothing is removed\n$/);
  assert.equal(count(folder, "connections"), 2_503);
  const all = await sweep("30");

  assert.equal(all.stderr, "Closed what has expired, and removed what is older than 30 days\n");
  assert.equal(count(folder, "connections"), 3);
});

Deno.test("deno task users explains each command with --help, and an unknown option in a sentence", async () => {
  await using folder = await makeFolder();

  const whole = await users(folder, ["--help"]);
  const names = [...whole.stdout.matchAll(/^ {2}deno task users (\w+)/gm)].map(([, name]) => name!);
  const single = await Array.fromAsync(names, async (name) => await users(folder, [name, "--help"]));
  const unknown = await users(folder, ["list", "--xml"]);

  assert.equal(whole.code, 0);
  assert.equal(names.length, 15);
  for (const [i, { code, stdout, stderr }] of single.entries()) {
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, new RegExp(`^Usage: deno task users ${names[i]}\\b.*\\n {2}\\S`));
  }
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /^Unknown option '--xml'.*\nUsage: deno task users list \[--json\]\n/);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), [], "no database was made");
});

/** An account with two connections and a refusal of today, and 2,500 connections of two months ago; another one beside it. */
async function fillHistory(folder: Folder): Promise<void> {
  await users(folder, ["add", EMAIL], PASSWORD);
  await users(folder, ["add", JOAN], PASSWORD);
  await using server = await startServer("start", folder);
  const [here, there] = [server.browser(), server.browser()];
  await there.signIn(EMAIL, "not the password at all");
  await there.signIn();
  await there.signOut();
  await here.signIn();
  await server.browser().signIn(JOAN);
  await here.get(paths.connections);
  await users(folder, ["link", EMAIL]);
  const db = new DatabaseSync(`${folder.path}/connections.db`);
  const at = Date.now() - 60 * DAY;
  db.prepare(`
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 2500)
    insert into connections (id, user_id, opened_at, last_seen_at, expires_at, closed_at, end_reason, ip, network,
      country_code, user_agent, device, device_kind)
    select 'old-' || i, (select id from users where email = ?), ? + i / 10, ? + i, ? + i, ? + i, 'closed',
      '46.16.60.1', '46.16', 'ES', '', 'Firefox on Linux', 'computer' from n`).run(EMAIL, at, at, at, at);
  db.close();
}

function count({ path }: Folder, table: string): number {
  const db = new DatabaseSync(`${path}/connections.db`, { readOnly: true });
  try {
    return Number(db.prepare(`select count(*) as rows from ${table}`).get()?.rows);
  } finally {
    db.close();
  }
}
