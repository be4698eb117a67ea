import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { listHistory } from "../../db/history.ts";
import { limits } from "../../db/schema.ts";
import { resumeSession } from "../../db/sessions.ts";
import { unavailabilityIn } from "../../db/driver/unavailable.ts";
import { findUser, listUsers } from "../../db/users.ts";
import { paths } from "../../http/paths.ts";
import { addAccount, EMAIL, PASSWORD, START, startApp } from "../app.ts";
import { makeFolder, ROOT, startServer, users } from "../processes.ts";
import { holdLock, holdLockAgain, openFile, readElsewhere } from "./elsewhere.ts";
import { report } from "./report.ts";
import { ACCOUNTS, Acknowledged, addAccounts, findLost, keepSigningIn } from "./traffic.ts";

// Security: lost writes
Deno.test("every acknowledged write is on disk, while another process takes the lock again and again", async () => {
  await using file = await openFile();
  const { path, db } = file;
  // Longer than the driver waits for a lock: each time it says SQLITE_BUSY.
  const locking = holdLockAgain(path, 12, 120, 20);

  const acknowledged: string[] = [];
  while (!locking.isOver) {
    const i = acknowledged.length;
    await db.insert(limits).values(counter(`single ${i}`));
    acknowledged.push(`single ${i}`);
    await db.batch([
      db.insert(limits).values(counter(`first of batch ${i}`)),
      db.insert(limits).values(counter(`second of batch ${i}`)),
    ]);
    acknowledged.push(`first of batch ${i}`, `second of batch ${i}`);
    await Promise.all(["a", "b", "c"].map(async (letter) => {
      await db.insert(limits).values(counter(`together ${i}${letter}`));
      acknowledged.push(`together ${i}${letter}`);
    }));
    // The driver works with all else stopped: the other process is heard only in a pause.
    await turn();
  }
  await locking.end;

  const kept = await readElsewhere(path, "select key from limits");
  const lost = new Set(acknowledged).difference(new Set(kept.map(({ key }) => key)));
  report("what the database acknowledged is on disk", "another process held the lock for 120 ms, again and again", {
    "times locked": locking.held,
    "writes acknowledged": acknowledged.length,
    "rows found by a third process": kept.length,
    lost: lost.size,
  });
  assert.equal(locking.held, 12);
  assert.ok(acknowledged.length > 12);
  assert.deepEqual(kept.map(({ key }) => key).sort(), acknowledged.sort());
  assert.deepEqual(await readElsewhere(path, "pragma integrity_check"), [{ integrity_check: "ok" }]);
});

// Security: lost writes
Deno.test(
  "sign-ins and closings that a server acknowledged while its database was locked for a second again and again are all there, and its event loop never stood still",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    await using folder = await makeFolder();
    const path = `${folder.path}/connections.db`;
    await addAccounts(folder);
    await using server = await startServer("start", folder, {}, {
      preload: import.meta.resolve("./event_loop.ts"),
      // What it reads of the system takes all permissions.
      flags: ["--allow-all", `--config=${ROOT}deno.json`, `${ROOT}main.ts`, "serve"],
    });
    // Signing in from a public address waits for the country data, whose loading is not what is measured here.
    await keepSigningIn(server, new Acknowledged(), once());
    Deno.kill(server.pid, "SIGUSR2");
    const acknowledged = new Acknowledged();
    const pages = { answered: 0, slowest: 0 };

    const locking = holdLockAgain(path, 8, 1_000, 300);
    await Promise.all([
      keepSigningIn(server, acknowledged, () => locking.isOver),
      (async () => {
        while (!locking.isOver) {
          const start = performance.now();
          assert.equal((await server.browser().get("/nowhere")).status, 404);
          pages.slowest = Math.max(pages.slowest, performance.now() - start);
          pages.answered++;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      })(),
    ]);

    Deno.kill(server.pid, "SIGUSR2");
    const lost = await findLost(path, acknowledged);
    await server.stop();
    const [, stall, inAll] = /stalled (\d+) ms, in all (\d+) ms\s*$/.exec(await server.errors)?.map(Number) ?? [];
    report(
      "nothing acknowledged is lost, and the event loop stalls for 250 ms at most",
      "another process held the lock for 1 s, again and again, under sign-ins and closings",
      {
        "times locked": locking.held,
        ...acknowledged.counts,
        lost: lost.length,
        "longest stall in ms": stall ?? "unknown",
        "with what others on the machine took": inAll ?? "unknown",
        "pages answered meanwhile": pages.answered,
        "slowest of them in ms": Math.round(pages.slowest),
      },
    );
    assert.equal(locking.held, 8);
    assert.ok(acknowledged.closings.length > 0);
    assert.deepEqual(lost, []);
    assert.ok(stall! < 250, `${stall} ms`);
  },
);

// Security: lost writes
Deno.test("a server whose database stays locked answers sign-ins and closings with 503 after five seconds, and nothing of them was done", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  await addAccounts(folder, [EMAIL]);
  await using server = await startServer("start", folder);
  const [here, phone] = [server.browser(), server.browser()];
  await here.signIn();
  await phone.signIn();
  const rows = async () =>
    JSON.stringify(
      await readElsewhere(path, "select id, closed_at from connections union all select key, count from limits"),
    );
  const before = await rows();
  const lock = await holdLock(path);
  const start = performance.now();

  const answers = await Promise.all([
    ...Array.from({ length: 6 }, () => server.browser().signIn()),
    here.submit(paths.closeAll),
    phone.submit(paths.closeAll),
  ]);

  const waited = performance.now() - start;
  const reading = await here.get(paths.connections);
  await lock.release();
  const after = await rows();
  report("past 5 s the answer is 503, and nothing was written", "6 sign-ins and 2 closings met a lock that stayed", {
    "answered 503": answers.filter(({ status }) => status === 503).length,
    "with Retry-After": answers.filter(({ headers }) => headers.has("Retry-After")).length,
    "rows changed": before === after ? 0 : "some",
    "waited in ms": Math.round(waited),
  });
  assert.deepEqual(
    answers.map(({ status, headers }) => [status, headers.get("Retry-After")]),
    Array(8).fill([503, "5"]),
  );
  assert.match(answers[0]!.$("main").text(), /The database gives no answer\. Please try again in a few seconds/);
  assert.ok(waited > 4_900 && waited < 7_500, `${waited} ms`);
  assert.equal(reading.status, 200);
  assert.equal(after, before);
  assert.equal((await here.submit(paths.closeAll)).status, 303);
  assert.equal(await phone.isIn(), false);
});

// Security: lost writes
Deno.test("deno task users beside a running server under load loses nothing, on either side", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  await addAccounts(folder);
  await using server = await startServer("start", folder);
  const acknowledged = new Acknowledged();
  let isOver = false;
  const traffic = keepSigningIn(server, acknowledged, () => isOver);
  const password = "another password, long enough";

  const lanes = await Promise.all(["a", "b"].map(async (lane) => {
    const said: string[] = [];
    for (let i = 0; i < 3; i++) {
      const account = `${lane}${i}@example.com`;
      const commands: [args: string[], input?: string][] = [
        [["add", account], PASSWORD],
        [["close", account]],
        [["password", account], password],
        [["list"]],
      ];
      for (const [args, input] of commands) {
        const { code, stdout, stderr } = await users(folder, args, input);
        assert.equal(code, 0, stderr);
        said.push(stdout);
        if (args[0] === "add") assert.equal((await server.browser().signIn(account)).status, 303);
      }
      assert.equal((await server.browser().signIn(account, password)).status, 303);
    }
    return said;
  }));
  isOver = true;
  await traffic;

  const said = lanes.flat();
  const lost = await findLost(path, acknowledged);
  const added = await readElsewhere(path, "select email from users where email like '__@example.com'");
  const closed = await readElsewhere(path, "select id from connections where end_reason = 'closed_by_operator'");
  report(
    "the command and the server lose nothing",
    "6 accounts were added, closed and given a new password under load",
    {
      commands: said.length,
      "accounts added": said.filter((line) => line.startsWith("Added")).length,
      "accounts found": added.length,
      "connections closed by the command": said.filter((line) => line.startsWith("Closed 1 open connection of")).length,
      "rows closed by the operator": closed.length,
      ...acknowledged.counts,
      lost: lost.length,
    },
  );
  assert.deepEqual([added.length, closed.length], [6, 6]);
  assert.equal(said.filter((line) => line.startsWith("Closed 1 open connection of")).length, 6);
  assert.ok(acknowledged.closings.length > 0);
  assert.deepEqual(lost, []);
  assert.equal(acknowledged.refused, 0);
});

// Security: lost writes
Deno.test("after another process held the lock, the database is as strict and as safe as before", async () => {
  await using file = await openFile();
  const { path, db } = file;
  const lock = await holdLock(path);
  const write = pending(db.insert(limits).values(counter("while it was locked")));
  await turn();
  await lock.release();
  assert.equal(await write.outcome, "done");

  const settings = [
    await db.get(sql`pragma journal_mode`),
    await db.get(sql`pragma synchronous`),
    await db.get(sql`pragma foreign_keys`),
  ];

  assert.deepEqual(settings.flat().map((row) => Object.values(row as object)[0] ?? row), ["wal", 2, 1]);
  await assert.rejects(
    db.$client.execute("insert into sessions (id, connection_id, secret_hash, csrf) values ('s', 'nobody', '', '')"),
    /FOREIGN KEY/,
  );
});

// Security: lost writes
Deno.test("reads go on while another process holds the lock, also when writes wait for it", async () => {
  await using file = await openFile();
  const { path, db } = file;
  await addAccount(db, EMAIL, PASSWORD);
  const here = (await startApp({ db })).browser();
  await here.signIn();
  const lock = await holdLock(path);
  const write = pending(db.insert(limits).values(counter("waiting")));
  await turn();

  const user = await findUser(db, EMAIL);
  await listHistory(db, { userId: user!.id, filter: {}, before: null, limit: 26, now: START });
  await listUsers(db, START);
  await resumeSession(db, `${"a".repeat(22)}.${"b".repeat(43)}`, { isReading: true, now: START });
  const { status } = await here.get(paths.connections);

  const wasPending = write.isPending;
  await lock.release();
  assert.equal(user?.email, EMAIL);
  assert.equal(status, 200);
  assert.equal(wasPending, true);
  assert.equal(await write.outcome, "done");
});

function counter(key: string) {
  return { key, count: 1, expiresAt: START };
}

/** True once each account was asked about. */
function once(): () => boolean {
  let asked = 0;
  return () => asked++ >= ACCOUNTS.length;
}

/** Lets go on what is ready to: the first try of a write, in which the driver waits for the lock with all else stopped. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Something under way, whether it still is, and how it ends. */
function pending(work: PromiseLike<unknown>) {
  const outcome = work.then(() => "done", unavailabilityIn);
  const state = { isPending: true, outcome };
  outcome.then(() => state.isPending = false);
  return state;
}
