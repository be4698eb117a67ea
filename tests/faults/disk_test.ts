import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { EMAIL, PASSWORD } from "../app.ts";
import { flagsOf, makeFolder, run, startServer } from "../processes.ts";
import { queryElsewhere } from "./other_process.ts";
import { until, wait } from "./process.ts";
import { report } from "./report.ts";
import { Acknowledged, addAccounts, findLost, keepSigningIn } from "./traffic.ts";

const canMount = Deno.build.os === "linux" && Deno.uid() === 0 && await tryToMount();
if (!canMount) console.log("The full-disk test is ignored: it needs root and the right to mount a tmpfs");

// Security: disk
Deno.test(
  "on a full disk sign-ins and closings get a 503 page and reading works, and with free space everything works without a restart",
  { ignore: !canMount },
  async () => {
    await using folder = await makeFolder();
    await using disk = await mountSmallDisk(folder.path);
    const path = `${folder.path}/connections.db`;
    await addAccounts(folder);
    await using server = await startServer("start", folder);
    const [here, phone] = [server.browser(), server.browser()];
    await here.signIn();
    await phone.signIn();
    const acknowledged = new Acknowledged();
    let isOver = false;
    const others = ["joan@example.com", "jordi@example.com"];
    const traffic = keepSigningIn(server, acknowledged, () => isOver, others);
    await wait(1_000);

    await disk.fill();
    await until(() => acknowledged.refused > 20);
    const refusedWhileFull = acknowledged.refused;
    const [signIn, closing] = [await server.browser().signIn(), await here.submit(paths.closeAll)];
    const [page, csv, health] = [
      await here.get(paths.connections),
      await here.get(paths.csv),
      await here.get(paths.health),
    ];
    const isStillOpen = await phone.isIn();
    await disk.clear();
    await until(async () => (await here.submit(paths.closeAll)).status === 303);
    const before = acknowledged.signIns.length;
    await until(() => acknowledged.signIns.length > before + 8);
    isOver = true;
    await traffic;
    const isHealthyAgain = await until(async () => (await here.get(paths.health)).status === 200);

    const lost = await findLost(path, acknowledged);
    const [row] = await queryElsewhere(path, "pragma integrity_check");
    report(
      "a full disk is a 503, never a false success; reading works; no restart is needed",
      "the disk was filled under load, and cleared",
      {
        ...acknowledged.counts,
        "503s while it was full": refusedWhileFull,
        "sign-ins after it was cleared": acknowledged.signIns.length - before,
        lost: lost.length,
        "integrity check": String(row?.integrity_check),
      },
    );
    assert.deepEqual([signIn.status, signIn.headers.get("Retry-After")], [503, "5"]);
    assert.match(signIn.$("main").text(), /Not available right now/);
    assert.deepEqual([closing.status, closing.headers.get("Retry-After")], [503, "5"]);
    assert.deepEqual([page.status, csv.status, health.status, isStillOpen], [200, 200, 503, true]);
    assert.ok(acknowledged.signIns.length > before);
    assert.equal(isHealthyAgain, true);
    assert.equal(await phone.isIn(), false);
    assert.deepEqual(lost, []);
    assert.equal(row?.integrity_check, "ok");
  },
);

// Security: disk
Deno.test(
  "on a read-only disk a start and every command are refused with a sentence",
  { ignore: !canMount },
  async () => {
    await using folder = await makeFolder();
    await using disk = await mountSmallDisk(folder.path);
    const users = await flagsOf("users");
    await run([...users, "add", EMAIL], folder, {}, PASSWORD);

    await disk.forbidWrites();
    const start = await run(await flagsOf("start"), folder);
    const act = await run([...users, "close", "--everyone"], folder);
    const list = await run([...users, "list"], folder);
    await disk.allowWrites();
    await using server = await startServer("start", folder);

    const sentence = /^Cannot (open|write to) the database .*connections\.db.*\n$/;
    for (const { code, stdout, stderr } of [start, act, list]) {
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, sentence);
    }
    assert.equal((await server.browser().signIn()).status, 303);
  },
);

// Security: disk
Deno.test("while the database file is unreadable every page that needs it is a 503, and once it is readable no restart is needed", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  await addAccounts(folder, [EMAIL]);
  const cookie = await (async () => {
    await using server = await startServer("start", folder);
    const browser = server.browser();
    await browser.signIn();
    return browser.cookies.get("session")!;
  })();
  await queryElsewhere(path, "pragma wal_checkpoint(truncate)");
  await using server = await startServer("start", folder);
  const here = server.browser();
  here.cookies.set("session", cookie);
  const phone = server.browser();
  const { $ } = await phone.get(paths.signIn);
  const typed = { csrf: $("[name=csrf]").attr("value") ?? "", email: EMAIL, password: PASSWORD };
  const useAll = async () => [
    await here.get(paths.connections),
    await here.get(paths.csv),
    await phone.post(paths.signIn, typed),
  ];

  const content = await Deno.readFile(path);
  await overwrite(path, new Uint8Array(content.length).fill(0xa5));
  const broken = await useAll();
  await overwrite(path, content);
  const repaired = await useAll();

  report(
    "a database that fails is a 503, and needs no restart afterwards",
    "the file was overwritten in place, then restored",
    {
      "statuses while it was broken": broken.map(({ status }) => status).join(" "),
      "statuses afterwards": repaired.map(({ status }) => status).join(" "),
    },
  );
  assert.deepEqual(
    broken.map(({ status, headers }) => [status, headers.get("Retry-After")]),
    Array(3).fill([503, "5"]),
  );
  assert.match(broken[0]!.$("main").text(), /Not available right now/);
  assert.deepEqual(repaired.map(({ status }) => status), [200, 200, 303]);
  assert.deepEqual(await queryElsewhere(path, "pragma integrity_check"), [{ integrity_check: "ok" }]);
});

/** Replaces the bytes of a file, which stays the same inode. */
async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true });
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}

async function tryToMount(): Promise<boolean> {
  const folder = await Deno.makeTempDir();
  try {
    await using _ = await mountSmallDisk(folder);
    return true;
  } catch {
    return false;
  } finally {
    await Deno.remove(folder);
  }
}

/** Mounts a disk of 4 MB at `path`, until it is disposed of. */
/** With room for the database and a whole write-ahead log, which SQLite empties at 4 MB. */
async function mountSmallDisk(path: string) {
  await runCommand("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", path);
  return {
    /** Leaves not a byte free. */
    async fill() {
      using ballast = await Deno.open(`${path}/ballast`, { write: true, create: true });
      for (let size = 65_536; size >= 1;) {
        try {
          await ballast.write(new Uint8Array(size));
        } catch {
          size /= 2;
        }
      }
    },
    clear: () => Deno.remove(`${path}/ballast`),
    /** Nothing there may be open. */
    forbidWrites: () => runCommand("mount", "-o", "remount,ro", path),
    allowWrites: () => runCommand("mount", "-o", "remount,rw", path),
    [Symbol.asyncDispose]: () => runCommand("umount", path),
  };
}

async function runCommand(name: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(name, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
