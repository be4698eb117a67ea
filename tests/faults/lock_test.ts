import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { findUnavailable } from "../../db/driver/unavailable.ts";
import { listHistory } from "../../db/history/rows.ts";
import { limits } from "../../db/schema.ts";
import { resumeSession } from "../../db/sessions.ts";
import { findUser, listUsers } from "../../db/users.ts";
import { paths } from "../../http/paths.ts";
import { addAccount, EMAIL, PASSWORD, START, startApp } from "../app.ts";
import { makeFolder, ROOT, startServer, users } from "../processes.ts";
import { holdLock, holdLockRepeatedly, openTemporary, queryElsewhere } from "./other_process.ts";
import { until, wait } from "./process.ts";
import { report } from "./report.ts";
import { ACCOUNTS, Acknowledged, addAccounts, findLost, keepSigningIn } from "./traffic.ts";

// Security: lost writes
Deno.test("every acknowledged write is on disk while another process takes the lock again and again", async () => {
  await using file = await openTemporary();
  const { path, db } = file;
  // Longer than the driver waits for a lock, so that it reports SQLITE_BUSY each time.
  const locking = holdLockRepeatedly(path, { times: 12, milliseconds: 120, pause: 20 });

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
    // The driver blocks the event loop: the other process's output is only read in a pause.
    await wait(0);
  }
  await locking.end;

  const stored = await queryElsewhere(path, "select key from limits");
  const lost = new Set(acknowledged).difference(new Set(stored.map(({ key }) => key)));
  report("what the database acknowledged is on disk", "another process held the lock for 120 ms, again and again", {
    "times locked": locking.held,
    "writes acknowledged": acknowledged.length,
    "rows found by a third process": stored.length,
    lost: lost.size,
  });
  assert.equal(locking.held, 12);
  assert.ok(acknowledged.length > 12);
  assert.deepEqual(stored.map(({ key }) => key).sort(), acknowledged.sort());
  assert.deepEqual(await queryElsewhere(path, "pragma integrity_check"), [{ integrity_check: "ok" }]);
});

// Security: lost writes
Deno.test(
  "while another process locks the database again and again, acknowledged sign-ins and closings are stored, and the event loop never waits for the lock",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    await using folder = await makeFolder();
    const path = `${folder.path}/connections.db`;
    await addAccounts(folder);
    await using server = await startServer("start", folder, {}, {
      preload: import.meta.resolve("./event_loop.ts"),
      // Reading /proc needs all permissions.
      flags: ["--allow-all", `--config=${ROOT}deno.json`, `${ROOT}main.ts`, "serve"],
    });
    const measureStall = async () => {
      const stalls = () => server.output.flatMap((line) => /^stalled (\d+) ms$/.exec(line)?.slice(1).map(Number) ?? []);
      const known = stalls().length;
      Deno.kill(server.pid, "SIGUSR2");
      await until(() => stalls().length > known);
      return stalls().at(-1)!;
    };
    // The first sign-in waits for the country data.
    await keepSigningIn(server, new Acknowledged(), rounds(1));
    await measureStall();

    await keepSigningIn(server, new Acknowledged(), rounds(4));
    const stallWithoutLock = await measureStall();
    const acknowledged = new Acknowledged();
    const pages = { answered: 0, slowest: 0 };
    const lock = { times: 4, milliseconds: 2_000, pause: 300 };
    const locking = holdLockRepeatedly(path, lock);
    await Promise.all([
      keepSigningIn(server, acknowledged, () => locking.isOver),
      (async () => {
        while (!locking.isOver) {
          const start = performance.now();
          assert.equal((await server.browser().get("/nowhere")).status, 404);
          pages.slowest = Math.max(pages.slowest, performance.now() - start);
          pages.answered++;
          await wait(10);
        }
      })(),
    ]);
    const stall = await measureStall();

    const lost = await findLost(path, acknowledged);
    report(
      "nothing acknowledged is lost, and the event loop doesn't wait for the lock",
      "another process held the lock for 2 s, again and again, during sign-ins and closings",
      {
        "times locked": locking.held,
        ...acknowledged.counts,
        lost: lost.length,
        "longest stall in ms": stall,
        "without the lock": stallWithoutLock,
        "pages answered meanwhile": pages.answered,
        "slowest of them in ms": Math.round(pages.slowest),
      },
    );
    assert.equal(locking.held, lock.times);
    assert.ok(acknowledged.closings.length > 0);
    assert.deepEqual(lost, []);
    assert.ok(stall < stallWithoutLock + lock.milliseconds / 2, `${stall} ms, ${stallWithoutLock} ms without the lock`);
  },
);

// Security: lost writes
Deno.test("while the database stays locked, sign-ins and closings get a 503 after five seconds, and change nothing", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  await addAccounts(folder, [EMAIL]);
  await using server = await startServer("start", folder);
  const [here, phone] = [server.browser(), server.browser()];
  await here.signIn();
  await phone.signIn();
  const readRows = async () =>
    JSON.stringify(
      await queryElsewhere(path, "select id, closed_at from connections union all select key, count from limits"),
    );
  const before = await readRows();
  const lock = await holdLock(path);
  const start = performance.now();

  const replies = await Promise.all([
    ...Array.from({ length: 6 }, () => server.browser().signIn()),
    here.submit(paths.closeAll),
    phone.submit(paths.closeAll),
  ]);

  const waited = performance.now() - start;
  const reading = await here.get(paths.connections);
  await lock.release();
  const after = await readRows();
  report("after 5 s the response is 503, and nothing was written", "6 sign-ins and 2 closings met a lasting lock", {
    "503s": replies.filter(({ status }) => status === 503).length,
    "with Retry-After": replies.filter(({ headers }) => headers.has("Retry-After")).length,
    "rows changed": before === after ? 0 : "some",
    "waited in ms": Math.round(waited),
  });
  assert.deepEqual(
    replies.map(({ status, headers }) => [status, headers.get("Retry-After")]),
    Array(8).fill([503, "5"]),
  );
  assert.match(replies[0]!.$("main").text(), /Not available right now/);
  // Nothing but the deadline ends the wait. The upper bound is for a busy machine.
  assert.ok(waited > 4_900 && waited < 30_000, `${waited} ms`);
  assert.equal(reading.status, 200);
  assert.equal(after, before);
  assert.equal((await here.submit(paths.closeAll)).status, 303);
  assert.equal(await phone.isIn(), false);
});

// Security: lost writes
Deno.test("deno task users beside a busy server loses nothing, on either side", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  await addAccounts(folder);
  await using server = await startServer("start", folder);
  const acknowledged = new Acknowledged();
  let isOver = false;
  const traffic = keepSigningIn(server, acknowledged, () => isOver);
  const password = "another password, long enough";

  const outputs = (await Promise.all(
    ["a", "b"].map(async (lane) => {
      const outputs: string[] = [];
      for (let i = 0; i < 3; i++) {
        const account = `${lane}${i}@example.com`;
        const commands: [args: string[], input?: string][] = [
          [["add", account], PASSWORD],
          [["close", account]],
          [["password", account], password],
          [["list"]],
        ];
        for (const [args, input] of commands) {
          const { code, stderr } = await users(folder, args, input);
          assert.equal(code, 0, stderr);
          outputs.push(stderr);
          if (args[0] === "add") assert.equal((await server.browser().signIn(account)).status, 303);
        }
        assert.equal((await server.browser().signIn(account, password)).status, 303);
      }
      return outputs;
    }).map((lane) => lane.finally(() => isOver = true)),
  )).flat();
  await traffic;

  const closings = outputs.filter((output) => output.startsWith("Closed 1 open connection of"));
  const lost = await findLost(path, acknowledged);
  const added = await queryElsewhere(path, "select email from users where email like '__@example.com'");
  const closed = await queryElsewhere(path, "select id from connections where end_reason = 'closed_by_operator'");
  report(
    "the command and the server lose nothing",
    "6 accounts were added, closed and given a new password under load",
    {
      commands: outputs.length,
      "accounts added": outputs.filter((output) => output.startsWith("Added")).length,
      "accounts found": added.length,
      "connections closed by the command": closings.length,
      "rows closed by the operator": closed.length,
      ...acknowledged.counts,
      lost: lost.length,
    },
  );
  assert.deepEqual([added.length, closed.length], [6, 6]);
  assert.equal(closings.length, 6);
  assert.ok(acknowledged.closings.length > 0);
  assert.deepEqual(lost, []);
  assert.equal(acknowledged.refused, 0);
});

// Security: lost writes
Deno.test("after another process's lock the database has the same pragmas as before", async () => {
  await using file = await openTemporary();
  const { path, db } = file;
  const lock = await holdLock(path);
  const write = pending(db.insert(limits).values(counter("while it was locked")));
  await wait(0);
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
Deno.test("reads continue while another process holds the lock and a write waits for it", async () => {
  await using file = await openTemporary();
  const { path, db } = file;
  await addAccount(db, EMAIL, PASSWORD);
  const here = (await startApp({ db })).browser();
  await here.signIn();
  const lock = await holdLock(path);
  const write = pending(db.insert(limits).values(counter("waiting")));
  await wait(0);

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

/** An `isOver` for `keepSigningIn` that ends it after so many rounds at each account. */
function rounds(many: number): () => boolean {
  let asked = 0;
  return () => asked++ >= many * ACCOUNTS.length;
}

/** Follows some work: whether it is still pending, and its outcome. */
function pending(work: PromiseLike<unknown>) {
  const outcome = work.then(() => "done", findUnavailable);
  const state = { isPending: true, outcome };
  outcome.then(() => state.isPending = false);
  return state;
}
