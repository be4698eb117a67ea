import assert from "node:assert/strict";
import type { InStatement, InValue } from "@libsql/client";
import { sql } from "drizzle-orm";
import { readAddress } from "../db/addresses.ts";
import { type Db, openDatabase } from "../db/client.ts";
import {
  closeAsOperator,
  closeConnection,
  closeOtherConnections,
  countOpen,
  hasEnded,
  listOtherOpen,
  markSeen,
  openConnection,
  signOut,
} from "../db/connections.ts";
import { type Filter, findConnection, listHistory, readPage } from "../db/history.ts";
import { reserveTry } from "../db/limits.ts";
import { recordRefusal } from "../db/refusals.ts";
import { sweep } from "../db/retention.ts";
import { limits, sessions, type User } from "../db/schema.ts";
import { confirmSession, resumeSession, type Session } from "../db/sessions.ts";
import { unavailabilityIn, Unavailable } from "../db/unavailable.ts";
import { changePassword, findUser, findUserFrom, resetPassword } from "../db/users.ts";
import { paths } from "../routes/paths.ts";
import { addAccount, EMAIL, PASSWORD, START, startApp } from "./app.ts";

// Faults: the local driver's lost writes
Deno.test("every acknowledged write is on disk, while another process takes the lock again and again", async () => {
  const { path, db, remove } = await openFile();
  const lines = linesOf(runElsewhere(
    `
    db.exec("pragma busy_timeout = 10000");
    for (let i = 0; i < 12; i++) {
      db.exec("begin immediate");
      // Longer than the driver waits for a lock: each time it says SQLITE_BUSY.
      await new Promise((resolve) => setTimeout(resolve, 120));
      db.exec("commit");
      console.log("held the lock");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }`,
    path,
  ));
  const counting = { held: 0, isOver: false };
  const locking = (async () => {
    for await (const _ of lines) counting.held++;
    counting.isOver = true;
  })();

  const acknowledged: string[] = [];
  while (!counting.isOver) {
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
  await locking;

  const kept = await readElsewhere(path, "select key from limits");
  assert.equal(counting.held, 12);
  assert.ok(acknowledged.length > 12);
  assert.deepEqual(kept.map(({ key }) => key).sort(), acknowledged.sort());
  assert.deepEqual(await readElsewhere(path, "pragma integrity_check"), [{ integrity_check: "ok" }]);
  await remove();
});

Deno.test("after another process held the lock, the database is as strict and as safe as before", async () => {
  const { path, db, remove } = await openFile();
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
  await remove();
});

// Faults: this one waits for the deadline of five seconds
Deno.test("a write that can't be done within five seconds is rejected, answered with 503, and was not done", async () => {
  const { path, db, remove } = await openFile();
  await addAccount(db, EMAIL, PASSWORD);
  const { browser } = await startApp({ db });
  const lock = await holdLock(path);
  const start = performance.now();

  const [single, batch, answer] = await Promise.all([
    db.insert(limits).values(counter("single")).then(() => null, unavailabilityIn),
    db.batch([db.insert(limits).values(counter("in a batch"))]).then(() => null, unavailabilityIn),
    browser().signIn(),
  ]);

  const waited = performance.now() - start;
  await lock.release();
  await db.insert(limits).values(counter("afterwards"));
  assert.ok(single instanceof Unavailable);
  assert.ok(batch instanceof Unavailable);
  assert.ok(waited > 4_900, `${waited} ms`);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get("Retry-After"), "5");
  assert.match(answer.$("main").text(), /The database gives no answer\. Please try again in a few seconds/);
  assert.deepEqual(await readElsewhere(path, "select key from limits"), [{ key: "afterwards" }]);
  assert.deepEqual(await readElsewhere(path, "select id from connections"), []);
  assert.equal((await browser().signIn()).status, 303);
  await remove();
});

Deno.test("reads go on while another process holds the lock, also when writes wait for it", async () => {
  const { path, db, remove } = await openFile();
  await addAccount(db, EMAIL, PASSWORD);
  const lock = await holdLock(path);
  const write = pending(db.insert(limits).values(counter("waiting")));
  await turn();

  const user = await findUser(db, EMAIL);
  await listHistory(db, { userId: user!.id, filter: {}, before: null, limit: 26, now: START });
  await countOpen(db, user!.id, START);
  await resumeSession(db, `${"a".repeat(22)}.${"b".repeat(43)}`, { isReading: true, now: START });

  assert.equal(user?.email, EMAIL);
  assert.equal(write.isPending, true);
  await lock.release();
  assert.equal(await write.outcome, "done");
  await remove();
});

Deno.test("the history is served while another process holds the lock, also when writes wait for it", async () => {
  const { path, db, remove } = await openFile();
  await addAccount(db, EMAIL, PASSWORD);
  const here = (await startApp({ db })).browser();
  await here.signIn();
  const lock = await holdLock(path);
  const write = pending(db.insert(limits).values(counter("waiting")));
  await turn();

  const { status } = await here.get(paths.connections);

  const wasPending = write.isPending;
  await lock.release();
  assert.equal(status, 200);
  assert.equal(wasPending, true);
  assert.equal(await write.outcome, "done");
  await remove();
});

Deno.test("a batch is done whole or not at all, and what comes after it is not held up", async () => {
  const db = await openDatabase(":memory:");

  await assert.rejects(db.batch([
    db.insert(limits).values(counter("first")),
    db.insert(sessions).values({ id: "s", connectionId: "of nobody", secretHash: "", csrf: "" }),
  ]));
  await db.insert(limits).values(counter("later"));

  assert.deepEqual(await db.select({ key: limits.key }).from(limits), [{ key: "later" }]);
});

Deno.test("db.transaction is refused: it can't wait for the lock, and batch can", async () => {
  const db = await openDatabase(":memory:");

  await assert.rejects(db.transaction(() => Promise.resolve()), /Cannot open a transaction: use batch/);
});

Deno.test("openDatabase rejects what is no database", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/letter.db`, "Dear Marta, this is no database. ".repeat(100));

  await assert.rejects(openDatabase(`file:${folder}/letter.db`));
  await assert.rejects(openDatabase(`file:${folder}/no such folder/connections.db`));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("two processes that start at once on an empty file both come up, with the tables made once", async () => {
  const folder = await Deno.makeTempDir();
  const script = `
    import { openDatabase } from ${JSON.stringify(import.meta.resolve("../db/client.ts"))};
    console.log("ready");
    await Deno.stdin.read(new Uint8Array(1));
    for (let i = 0; i < 5; i++) {
      const db = await openDatabase("file:${folder}/" + i + ".db");
      await db.$client.execute("insert into limits values ('" + Deno.pid + "', 1, 1)");
      db.$client.close();
      console.log("up");
    }`;
  const processes = [start(script), start(script)];
  const outputs = processes.map(linesOf);
  for (const lines of outputs) assert.equal((await lines.next()).value, "ready");

  await Promise.all(processes.map((process) => process.stdin.close()));

  for (const lines of outputs) assert.deepEqual(await Array.fromAsync(lines), Array(5).fill("up"));
  const migrations = [...Deno.readDirSync("db/migrations")].filter(({ name }) => name.endsWith(".sql"));
  for (let i = 0; i < 5; i++) {
    assert.equal((await readElsewhere(`${folder}/${i}.db`, "select * from limits")).length, 2);
    assert.equal(
      (await readElsewhere(`${folder}/${i}.db`, "select * from __drizzle_migrations")).length,
      migrations.length,
    );
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("opening a database again keeps what is in it", async () => {
  const { path, db, remove } = await openFile();
  await addAccount(db, EMAIL, PASSWORD);

  const again = await openDatabase(`file:${path}`);

  assert.equal((await findUser(again, EMAIL))?.email, EMAIL);
  again.$client.close();
  await remove();
});

// architecture.md, Data: "page 40,000 costs what page 1 costs"
/** Who closed a row's connection is looked up by its key. */
const CLOSER = [
  "CORRELATED SCALAR SUBQUERY 1",
  "SEARCH closer USING INDEX sqlite_autoindex_connections_1 (id=?)",
];

Deno.test("the history is merged from two indexes in its order, on the first page and on every next one", async () => {
  assert.deepEqual(await plansOfHistory({}), {
    first: [
      "MERGE (UNION ALL)",
      "LEFT",
      "SEARCH connections USING INDEX connections_by_time (user_id=?)",
      ...CLOSER,
      "RIGHT",
      "SEARCH refusals USING INDEX refusals_by_time (user_id=?)",
    ],
    next: [
      "MERGE (UNION ALL)",
      "LEFT",
      "SEARCH connections USING INDEX connections_by_time (user_id=? AND (opened_at,id)<(?,?))",
      ...CLOSER,
      "RIGHT",
      "SEARCH refusals USING INDEX refusals_by_time (user_id=? AND (first_at,id)<(?,?))",
    ],
  });
});

Deno.test("the history by state goes through an index in its order", async () => {
  assert.deepEqual(await plansOfHistory({ state: "open" }), {
    first: ["SEARCH connections USING INDEX connections_not_closed (user_id=?)", ...CLOSER],
    next: ["SEARCH connections USING INDEX connections_not_closed (user_id=? AND (opened_at,id)<(?,?))", ...CLOSER],
  });
  assert.deepEqual(await plansOfHistory({ state: "closed" }), {
    first: ["SEARCH connections USING INDEX connections_by_time (user_id=?)", ...CLOSER],
    next: ["SEARCH connections USING INDEX connections_by_time (user_id=? AND (opened_at,id)<(?,?))", ...CLOSER],
  });
  assert.deepEqual(await plansOfHistory({ state: "refused" }), {
    first: ["SEARCH refusals USING INDEX refusals_by_time (user_id=?)"],
    next: ["SEARCH refusals USING INDEX refusals_by_time (user_id=? AND (first_at,id)<(?,?))"],
  });
});

Deno.test("the history by country goes through its index", async () => {
  const { first, next } = await plansOfHistory({ countryCode: "ES" });

  assertIndexed(first);
  assertIndexed(next);
  assertContains(first, "connections_by_country (user_id=? AND country_code=?)");
  assertContains(first, "refusals_by_country (user_id=? AND country_code=?)");
  assertContains(next, "connections_by_country (user_id=? AND country_code=? AND (opened_at,id)<(?,?))");
  assertContains(next, "refusals_by_country (user_id=? AND country_code=? AND (first_at,id)<(?,?))");
});

Deno.test("the history by address goes through its index", async () => {
  const { first, next } = await plansOfHistory({ ip: "46.16.60.1" });

  assertIndexed(first);
  assertIndexed(next);
  assertContains(first, "connections_by_ip (user_id=? AND ip=?)");
  assertContains(first, "refusals_by_ip (user_id=? AND ip=?)");
  assertContains(next, "connections_by_ip (user_id=? AND ip=? AND (opened_at,id)<(?,?))");
  assertContains(next, "refusals_by_ip (user_id=? AND ip=? AND (first_at,id)<(?,?))");
});

Deno.test("the history by network goes through its index", async () => {
  const { first, next } = await plansOfHistory({ network: "46.16" });

  assertIndexed(first);
  assertIndexed(next);
  assertContains(first, "connections_by_network (user_id=? AND network=?)");
  assertContains(first, "refusals_by_network (user_id=? AND network=?)");
  assertContains(next, "connections_by_network (user_id=? AND network=? AND (opened_at,id)<(?,?))");
  assertContains(next, "refusals_by_network (user_id=? AND network=? AND (first_at,id)<(?,?))");
});

Deno.test("the history by days goes through the index of time", async () => {
  const since = await plansOfHistory({ since: START });
  const until = await plansOfHistory({ until: START });
  const both = await plansOfHistory({ since: START, until: START });

  assertIndexed([since, until, both].flatMap(({ first, next }) => [...first, ...next]));
  assertContains(since.first, "connections_by_time (user_id=? AND opened_at>?)");
  assertContains(since.next, "connections_by_time (user_id=? AND opened_at>? AND (opened_at,id)<(?,?))");
  assertContains(until.next, "connections_by_time (user_id=? AND (opened_at,id)<(?,?))");
  assertContains(both.next, "connections_by_time (user_id=? AND opened_at>? AND (opened_at,id)<(?,?))");
});

Deno.test("the history by several things at once goes through the index of the rarer one", async () => {
  const address = await plansOfHistory({ ip: "46.16.60.1", countryCode: "ES", since: START });
  const closed = await plansOfHistory({ state: "closed", network: "46.16" });
  const country = await plansOfHistory({ countryCode: "ES", since: START, until: START });

  assertIndexed([address, closed, country].flatMap(({ first, next }) => [...first, ...next]));
  assertContains(address.first, "connections_by_ip");
  assertContains(address.next, "connections_by_ip");
  assertContains(closed.first, "connections_by_network");
  assertContains(closed.next, "connections_by_network");
  assertContains(country.first, "connections_by_country");
});

Deno.test("the next page of one address or country between two days doesn't go through all others of these days", async () => {
  const days = { since: START, until: START + 1 };

  assertContains((await plansOfHistory({ ...days, ip: "46.16.60.1" })).next, "connections_by_ip");
  assertContains((await plansOfHistory({ ...days, ip: "46.16.60.1" })).next, "refusals_by_ip");
  assertContains((await plansOfHistory({ ...days, countryCode: "ES" })).next, "connections_by_country");
  assertContains((await plansOfHistory({ ...days, network: "46.16", state: "closed" })).next, "connections_by_network");
});

Deno.test("the countries of a history are found by steps through indexes, not by reading it", async () => {
  const query = { userId: "u", filter: {}, before: null, limit: 26, now: START };
  const plan = await planOf((db) => readPage(db, query, "c"));

  assert.deepEqual(plan.filter((step) => /by_country/.test(step)), [
    "SEARCH connections USING COVERING INDEX connections_by_country (user_id=?)",
    "SEARCH connections USING COVERING INDEX connections_by_country (user_id=? AND country_code>?)",
    "SEARCH refusals USING COVERING INDEX refusals_by_country (user_id=?)",
    "SEARCH refusals USING COVERING INDEX refusals_by_country (user_id=? AND country_code>?)",
  ]);
});

Deno.test("the session behind a cookie is found by three keys", async () => {
  assert.deepEqual(
    await planOf((db) => resumeSession(db, `${"a".repeat(22)}.${"b".repeat(43)}`, { isReading: true, now: START })),
    [
      "SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (id=?)",
      "SEARCH connections USING INDEX sqlite_autoindex_connections_1 (id=?)",
      "SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)",
    ],
  );
});

Deno.test("open connections are counted, listed and closed through the index of those that are not closed", async () => {
  const open = "SEARCH connections USING INDEX connections_not_closed (user_id=?)";

  assert.deepEqual(await planOf((db) => countOpen(db, "u", START)), [open]);
  assert.deepEqual(await planOf((db) => listOtherOpen(db, SESSION, START)), [open]);
  assert.deepEqual(await planOf((db) => closeAsOperator(db, "u", START)), [open]);
  assert.deepEqual(await planOf((db) => closeOtherConnections(db, SESSION, START)), [
    open,
    "SCALAR SUBQUERY 1",
    "SEARCH current USING INDEX sqlite_autoindex_connections_1 (id=?)",
  ]);
});

Deno.test("what is done to one connection finds it by its key", async () => {
  const one = "SEARCH connections USING INDEX sqlite_autoindex_connections_1 (id=?)";

  assert.deepEqual(await planOf((db) => findConnection(db, "u", "c", START)), [one, ...CLOSER]);
  assert.deepEqual(await planOf((db) => signOut(db, SESSION, START)), [one]);
  assert.deepEqual(await planOf((db) => hasEnded(db, SESSION, START)), [one]);
  assert.deepEqual(await planOf((db) => markSeen(db, SESSION, LIFETIME, START)), [one]);
  assert.equal((await planOf((db) => closeConnection(db, SESSION, "c", START)))[0], one);
});

Deno.test("signing in, changing a password and the sweep go through indexes", async () => {
  const visitor = {
    address: readAddress("46.16.60.1")!,
    countryCode: "ES",
    userAgent: "",
    device: "",
    deviceKind: "unknown" as const,
  };
  const reserved = { address: "a", account: "b", run: "c", isLast: false };
  const opening = { user: USER, visitor, reserved, replaces: SESSION, timeZone: "UTC", lifetime: LIFETIME, now: START };

  assertIndexed(await planOf((db) => findUserFrom(db, EMAIL, visitor.address, START)));
  assertIndexed(await planOf((db) => findUserFrom(db, EMAIL, readAddress("2001:db8::1")!, START)));
  assertIndexed(await planOf((db) => reserveTry(db, { email: EMAIL, address: visitor.address, isKnown: true }, START)));
  assertIndexed(await planOf((db) => openConnection(db, opening)));
  assertIndexed(
    await planOf((db) => recordRefusal(db, { email: EMAIL, visitor, reason: "wrong_password", now: START })),
  );
  assertIndexed(await planOf((db) => sweep(db, 1, START)));
  assertIndexed(
    await planOf((db) => changePassword(db, { user: USER, session: SESSION, passwordHash: "", reserved, now: START })),
  );
  assertIndexed(await planOf((db) => confirmSession(db, { user: USER, session: SESSION, reserved, now: START })));
  assertIndexed(await planOf((db) => resetPassword(db, USER, "", START)));
});

const LIFETIME = { idle: 1, max: 1 };
const USER: User = {
  id: "u",
  email: EMAIL,
  passwordHash: "",
  passwordVersion: 1,
  timeZone: null,
  language: null,
  theme: null,
  createdAt: START,
};
const SESSION: Session = {
  id: "s",
  secretHash: "",
  csrf: "",
  confirmedAt: 0,
  connectionId: "c",
  openedAt: 0,
  lastSeenAt: 0,
  userId: "u",
  email: EMAIL,
  timeZone: null,
  language: null,
  theme: null,
  end: null,
};

function counter(key: string) {
  return { key, count: 1, expiresAt: START };
}

/** A database in a file of its own, and how to clean up after it. */
async function openFile() {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/connections.db`;
  const db = await openDatabase(`file:${path}`);
  return {
    path,
    db,
    async remove() {
      db.$client.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A process of its own. */
function start(script: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", `--config=${new URL("../deno.json", import.meta.url).pathname}`, script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
}

/** A process that has the database open as `db`. Never this one: a second SQLite here would let go of the first one's locks. */
function runElsewhere(script: string, path: string): Deno.ChildProcess {
  return start(`
    import { DatabaseSync } from "node:sqlite";
    const db = new DatabaseSync(${JSON.stringify(path)});
    ${script}`);
}

async function* linesOf(process: Deno.ChildProcess): AsyncGenerator<string> {
  let rest = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  await process.stdin.close().catch(() => {});
  assert.equal((await process.status).code, 0);
}

/** What a process other than this one reads. */
async function readElsewhere(path: string, query: string): Promise<Record<string, unknown>[]> {
  const script = `console.log(JSON.stringify(db.prepare(${JSON.stringify(query)}).all()))`;
  const [line] = await Array.fromAsync(linesOf(runElsewhere(script, path)));
  return JSON.parse(line ?? "");
}

/** Another process has the write lock until it is told to let go. */
async function holdLock(path: string) {
  const process = runElsewhere(
    `
    db.exec("pragma busy_timeout = 5000; begin immediate");
    console.log("locked");
    await Deno.stdin.read(new Uint8Array(1));
    db.exec("commit");`,
    path,
  );
  const lines = linesOf(process);
  assert.equal((await lines.next()).value, "locked");
  return {
    async release() {
      await process.stdin.close();
      await Array.fromAsync(lines);
    },
  };
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

/** How SQLite goes about the statements that `run` sends. */
async function planOf(run: (db: Db) => Promise<unknown>): Promise<string[]> {
  const [db, explaining] = [await openDatabase(":memory:"), await openDatabase(":memory:")];
  const { execute, batch, readText } = db.$client;
  const sent: InStatement[] = [];
  Object.assign(db.$client, {
    execute(statement: InStatement) {
      sent.push(statement);
      return execute(statement);
    },
    batch(statements: InStatement[]) {
      sent.push(...statements);
      return batch(statements);
    },
    readText(sql: string, args: InValue[]) {
      sent.push({ sql, args });
      return readText(sql, args);
    },
  });
  await run(db);

  const plan: string[] = [];
  for (const statement of sent) {
    const { sql, args = [] } = typeof statement === "string" ? { sql: statement } : statement;
    const { rows } = await explaining.$client.execute({ sql: `explain query plan ${sql}`, args });
    plan.push(...rows.map(({ detail }) => String(detail)));
  }
  assert.ok(plan.length > 0);
  // What a limited subquery found is read once more, to write it down as JSON.
  return plan.filter((step) => !/^(CO-ROUTINE|SCAN) \(subquery/.test(step));
}

async function plansOfHistory(filter: Filter): Promise<{ first: string[]; next: string[] }> {
  const query = { userId: "u", filter, limit: 26, now: START };
  return {
    first: await planOf((db) => listHistory(db, { ...query, before: null })),
    next: await planOf((db) => listHistory(db, { ...query, before: { openedAt: START, id: "c" } })),
  };
}

/** Nothing is read from end to end and nothing sorted. */
function assertIndexed(plan: string[]): void {
  assert.deepEqual(plan.filter((step) => /^SCAN (?!CONSTANT ROW)|USE TEMP B-TREE/.test(step)), []);
}

function assertContains(plan: string[], part: string): void {
  assert.ok(plan.some((step) => step.includes(part)), `${part} is not in\n${plan.join("\n")}`);
}
