import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { findUnavailable } from "../db/driver/unavailable.ts";
import { addUser, findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { addAccount, EMAIL, PASSWORD, START, startApp } from "./app.ts";
import { type Fault, startHrana } from "./hrana.ts";
import { startRemote } from "./remote.ts";

/** How a server says that it did nothing. */
const UNDONE: Fault[] = ["busy", "locked", "too many requests"];
const TOKEN = "a.canary.token";

// Security: remote database
Deno.test("a write that the server says it didn't do is tried twice more, and done once", async () => {
  await using remote = await startRemote();

  for (const fault of UNDONE) {
    const sent = breakWrites(remote, fault, 2);

    assert.equal(await addUser(remote.db, `${fault.replaceAll(" ", ".")}@example.com`, "a hash", START), true, fault);
    assert.equal(sent(), 3, fault);
  }

  assert.equal(remote.query("select * from users").length, UNDONE.length);
});

// Security: remote database
Deno.test("a write that is never done throws Unavailable after three attempts, and isn't looked up", async () => {
  await using remote = await startRemote();

  for (const fault of UNDONE) {
    breakWrites(remote, fault);
    const before = remote.calls.length;

    await assert.rejects(addUser(remote.db, EMAIL, "a hash", START), (error) => {
      assert.equal(findUnavailable(error)?.message, "The database server is too busy");
      return true;
    }, fault);

    assert.equal(remote.calls.length, before + 3, fault);
  }
  remote.heal();
  assert.equal(await findUser(remote.db, EMAIL), undefined);
});

// Security: remote database
Deno.test("a batch that meets a lock is tried again, and a sign-in opens one connection", async () => {
  await using remote = await startRemote();
  await addAccount(remote.db, EMAIL, PASSWORD);
  const { browser } = await startApp({ db: remote.db });

  for (const [i, fault] of UNDONE.entries()) {
    let left = 2;
    remote.breakWhen((sql) => sql.some((text) => /insert into "sessions"/.test(text)) && left-- > 0 ? fault : null);
    assert.equal((await browser().signIn()).status, 303, fault);
    assert.equal(remote.query("select * from connections").length, i + 1, fault);
  }
});

// Security: remote database
Deno.test("several statements without a transaction are not repeated: the first may have been done", async () => {
  await using remote = await startRemote();
  const sent = breakWrites(remote, "busy");

  const both = remote.db.$client.executeMultiple(
    "insert into limits values ('a', 1, 1); insert into limits values ('b', 1, 1)",
  );

  await assert.rejects(both, isUnavailable);
  assert.equal(sent(), 1);
});

// Security: remote database
Deno.test("a token that expired is sent once, the log has the server's reason, and the browser gets a plain 503", async () => {
  await using remote = await startRemote();
  await addAccount(remote.db, EMAIL, PASSWORD);
  const { browser, log } = await startApp({ db: remote.db });
  const here = browser();
  await here.signIn();
  remote.breakWhen(() => "expired token");
  const before = remote.calls.length;

  const page = await here.get(paths.connections);

  assert.equal(remote.calls.length, before + 1);
  assert.deepEqual([page.status, page.headers.get("Retry-After")], [503, "5"]);
  assert.match(page.$("h1").text(), /Not available right now/);
  assert.doesNotMatch(page.text, /JWT|token/i);
  const crash = log.find((line) => line.includes("sys_crash")) ?? "";
  assert.match(crash, /does not accept DATABASE_AUTH_TOKEN \(status 401\): Unauthorized: `The JWT has expired`/);
});

// Security: remote database
Deno.test("a token that may only read is sent once with a write, and the log has the server's reason", async () => {
  await using remote = await startRemote();
  await addAccount(remote.db, EMAIL, PASSWORD);
  const { browser, log } = await startApp({ db: remote.db });
  const sent = breakWrites(remote, "may only read");

  const { status } = await browser().signIn();

  assert.equal(status, 503);
  assert.equal(sent(), 1);
  assert.match(log.join("\n"), /SQL write operations are forbidden/);
  assert.doesNotMatch(log.join("\n"), /gave no answer/);
});

// Security: remote database
Deno.test("a start with a token that may only read sends the migrations once, and says why it fails", async () => {
  await using hrana = await startHrana();
  let writes = 0;
  hrana.breakWhen((sql) => sql.some((text) => /^\s*(create|begin)/i.test(text)) && ++writes ? "may only read" : null);

  await assert.rejects(openDatabase(hrana.url), (error) => /write operations are forbidden/.test(Deno.inspect(error)));

  assert.equal(writes, 1);
});

// Security: remote database
Deno.test("the server's reason is shown without the token or the URL's password, even if the server repeats them", async () => {
  await using hrana = await startHrana({ token: "another" });
  const url = hrana.url.replace("//", "//panel:canary@");

  for (const [address, token] of [[hrana.url, TOKEN], [url], [url, TOKEN]] as const) {
    await assert.rejects(openDatabase(address, token), (error) => {
      const shown = Deno.inspect(error);
      assert.doesNotMatch(shown, /canary/);
      assert.ok(!shown.includes(btoa("panel:canary").slice(0, 12)));
      assert.match(shown, /does not accept DATABASE_AUTH_TOKEN \(status 401\): Unauthorized: [^\n]*\*\*\*/);
      return true;
    });
  }
});

function isUnavailable(error: unknown): boolean {
  return findUnavailable(error) !== null;
}

/** Breaks the next writes, or all. Returns a function that counts the calls that wrote since then. */
function breakWrites({ breakWhen }: Remote, fault: Fault, times = Infinity): () => number {
  let sent = 0;
  breakWhen((sql) => sql.some((text) => /^\s*(insert|begin)/i.test(text)) && ++sent <= times ? fault : null);
  return () => sent;
}

type Remote = Awaited<ReturnType<typeof startRemote>>;
