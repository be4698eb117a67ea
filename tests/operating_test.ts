import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { LogEvent } from "../http/log.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, PASSWORD } from "./app.ts";
import { flagsOf, makeFolder, ROOT, run, startServer, users } from "./processes.ts";

Deno.test("the commands in docs/operating.md restore a backup", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  const server = await startServer("start", folder);
  const [closedLater, openedLater] = [server.browser(), server.browser()];
  await closedLater.signIn();
  await run([...await flagsOf("backup"), `${folder.path}/backup.db`], folder);
  await closedLater.signOut();
  await openedLater.signIn();
  // The write-ahead log stays behind, as after a crash.
  await server.stop("SIGKILL");
  await Deno.writeTextFile(`${folder.path}/connections.db`, "no longer a database");

  const [mkdir, copy, close, ...more] = await readCommands("To restore, stop the server");
  const steps = `${mkdir}\n${copy}`.replaceAll("data/", `${folder.path}/`).replace(
    /\/backups\/\S+/,
    `${folder.path}/backup.db`,
  );
  const { code, stderr } = await new Deno.Command("sh", { args: ["-ec", steps] }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.deepEqual([close, more], ["deno task users close --everyone", []]);
  const closed = await users(folder, close!.split(" ").slice(3));

  assert.equal(closed.stderr, "Closed 1 open connection of all accounts\n");
  const db = new DatabaseSync(`${folder.path}/connections.db`);
  assert.equal(db.prepare("pragma integrity_check").get()?.integrity_check, "ok");
  db.close();
  assert.equal((await Deno.stat(`${folder.path}/connections.db`)).mode! & 0o777, 0o600);
  await using again = await startServer("start", folder, { PORT: new URL(server.address).port });
  assert.equal(await closedLater.isIn(), false);
  assert.equal(await openedLater.isIn(), false);
  const here = again.browser();
  assert.equal((await here.signIn()).status, 303);
  assert.equal((await here.get(paths.connections)).$("tbody tr[id]").length, 2);
});

Deno.test("the table in docs/operating.md explains every event of the log, and no other", async () => {
  // An object, because the compiler checks that it has every event.
  const events: Record<LogEvent, true> = {
    authn_login_success: true,
    authn_login_fail: true,
    authn_login_lock: true,
    authn_login_disabled: true,
    authn_login_pending: true,
    authn_token_created: true,
    user_disabled: true,
    user_enabled: true,
    history_swept: true,
    authn_password_change: true,
    authn_password_change_fail: true,
    authn_recovery_requested: true,
    authz_fail: true,
    excess_rate_limit_exceeded: true,
    input_validation_fail: true,
    malicious_csrf: true,
    sensitive_read: true,
    session_renewed: true,
    sys_startup: true,
    sys_shutdown: true,
    sys_crash: true,
    user_created: true,
    user_updated: true,
    user_deleted: true,
    authn_login_unlock: true,
    password_unreadable: true,
    secret_key_missing: true,
    mail_failed: true,
    mail_given_up: true,
    authn_method_added: true,
    authn_method_removed: true,
    session_closed: true,
    unusual_moved: true,
    address_unknown: true,
    unusual_recognized: true,
    unusual_disowned: true,
  };

  const page = await readPage();
  const table = page.slice(page.indexOf("| event "), page.indexOf("## Accounts"));
  const explained = table.split("\n").flatMap((row) => row.split("|")[1]?.match(/\w+(?=`)/g) ?? []);

  assert.deepEqual(explained.sort(), Object.keys(events).sort());
});

function readPage(): Promise<string> {
  return Deno.readTextFile(`${ROOT}docs/operating.md`);
}

/** Reads the lines of the first block of commands after a sentence. */
async function readCommands(after: string): Promise<string[]> {
  const [, rest] = (await readPage()).split(after);
  const [, block] = /```sh\n([^]+?)\n```/.exec(rest ?? assert.fail(`docs/operating.md has no "${after}"`)) ?? [];
  return block!.split("\n");
}
