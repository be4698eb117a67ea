import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { openDatabase } from "../db/database.ts";
import { closeAsOperator } from "../db/connections.ts";
import { expiryOf } from "../db/open.ts";
import { findUser } from "../db/users.ts";
import { connections, sessions } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import {
  addAccount,
  type Browser,
  CELL,
  DAY,
  EMAIL,
  HTMX,
  MINUTE,
  PASSWORD,
  signedIn,
  START,
  startApp,
} from "./app.ts";
import { startWithMethods } from "./crawl_methods.ts";
import { crawl } from "./crawl.ts";
import { makeFolder } from "./processes.ts";

// ASVS 7.4.1
Deno.test("a closed browser is signed out at its next request, and its sign-in page says when it was closed", async () => {
  const { here, browser, clock } = await signedIn();
  const [one, two] = [browser(), browser()];
  for (const each of [one, two]) await each.signIn();
  clock.now += MINUTE;

  await here.submit(paths.closeAll);

  const answer = await one.get(paths.password);
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), `${paths.signIn}?next=%2Fuser%2Fsecurity%2Fpassword`);
  assert.equal(await two.isIn(), false);
  assert.equal(await here.isIn(), true);
  const signIn = await one.get(answer.headers.get("Location") ?? "");
  assert.equal(
    signIn.$(".notification").text(),
    "This connection was closed from another one on 23 Nov 2026, 14:05 (UTC). Sign in to open a new one.",
  );
});

// ASVS 7.4.1
Deno.test("a connection closed, signed out or expired at one server is refused at another at its next request", async () => {
  await using folder = await makeFolder();
  const url = `file:${folder.path}/connections.db`;
  const [one, two] = [
    await startApp({ db: await openDatabase(url) }),
    await startApp({ db: await openDatabase(url) }),
  ];
  await addAccount(one.db, EMAIL, PASSWORD);
  const here = one.browser();
  const [closed, left, idle] = [one.browser(), one.browser(), one.browser()];
  for (const each of [here, closed, left, idle]) await each.signIn();
  const there = ({ cookies }: Browser) => {
    const same = two.browser();
    cookies.forEach((value, name) => same.cookies.set(name, value));
    return same;
  };
  const [closedThere, leftThere, idleThere] = [there(closed), there(left), there(idle)];
  for (const each of [closedThere, leftThere, idleThere]) assert.equal(await each.isIn(), true);

  await left.signOut();
  assert.equal(await leftThere.isIn(), false);
  assert.match((await leftThere.get(paths.signIn)).$(".notification").text(), /^You signed out/);
  two.clock.now += 7 * DAY;
  assert.equal(await idleThere.isIn(), false);
  two.clock.now = START;
  assert.equal(await closedThere.isIn(), true);
  await here.submit(paths.closeAll);
  assert.equal(await closedThere.isIn(), false);
  assert.equal(await here.isIn(), true);
  one.db.$client.close();
  two.db.$client.close();
});

Deno.test("a signed-out htmx request gets 401 and a redirect to sign-in and back to its page", async () => {
  const { browser } = await startApp();

  const answer = await browser().get(paths.closeAll, {
    ...HTMX,
    "HX-Current-URL": "http://127.0.0.1:8000/user/security/connections?state=open",
  });

  assert.equal(answer.status, 401);
  assert.equal(
    answer.headers.get("HX-Redirect"),
    "/sign-in?next=%2Fuser%2Fsecurity%2Fconnections%3Fstate%3Dopen",
  );
});

// ASVS 8.2
Deno.test("every private path redirects to sign-in when signed out", async () => {
  const { browser } = await startApp();

  assert.equal(
    (await browser().get(`${paths.connections}?state=open`)).headers.get("Location"),
    "/sign-in?next=%2Fuser%2Fsecurity%2Fconnections%3Fstate%3Dopen",
  );
  assert.match((await browser().get(paths.csv)).headers.get("Location") ?? "", /^\/sign-in\?next=/);
  assert.match((await browser().get(paths.closeAll)).headers.get("Location") ?? "", /^\/sign-in\?next=/);
  assert.match((await browser().get(paths.password)).headers.get("Location") ?? "", /^\/sign-in\?next=/);
  assert.match((await browser().get(`${paths.security}/anything`)).headers.get("Location") ?? "", /^\/sign-in\?next=/);
});

// ASVS 7.2.3, Security: known browsers
Deno.test("a session's or browser's secret is only in its cookie: not in the database file, the log, a page or a URL", async () => {
  await using folder = await makeFolder();
  const db = await openDatabase(`file:${folder.path}/connections.db`);
  await addAccount(db, EMAIL, PASSWORD);
  const site = await startWithMethods({ db });

  const answers = await crawl(site);

  const cookies = answers.flatMap(({ headers }) => headers.getSetCookie())
    .map((cookie) => /^(?:session|browser)-8000=([\w-]{22})\.([\w-]{43});/.exec(cookie)).filter((match) =>
      match !== null
    );
  const ids = cookies.map(([_, id]) => id!);
  const secrets = cookies.map(([_, __, secret]) => secret!);
  assert.ok(new Set(secrets).size >= 5);
  const files = await readAll(folder.path);
  const sent = [
    ...site.log,
    ...answers.flatMap(({ what, text, headers }) => [
      what,
      text,
      ...[...headers].filter(([name]) => name !== "set-cookie").map(([_, value]) => value),
    ]),
  ].join("\n");
  // The search works: it finds the public part.
  assert.ok(files.some((bytes) => bytes.includes(ids[0]!)));
  for (const secret of secrets) {
    const raw = Buffer.from(secret, "base64url");
    assert.equal(raw.length, 32);
    const spellings = [secret, raw, raw.toString("hex"), raw.toString("base64").replace(/=+$/, "")];
    assert.equal(files.some((bytes) => spellings.some((spelling) => bytes.includes(spelling))), false);
    assert.equal(sent.includes(secret), false);
  }
});

// ASVS 7.2.3
Deno.test("only the SHA-256 of a secret is stored, and all secrets and ids differ", async () => {
  const { browser, db } = await startApp();
  const browsers = Array.from({ length: 20 }, () => browser());
  for (const each of browsers) await each.signIn();

  const stored = await db.select().from(sessions);

  const parts = browsers.map(({ cookies }) => cookies.get("session")!.split(".") as [string, string]);
  for (const [id, secret] of parts) {
    const hash = createHash("sha256").update(secret).digest("base64url");
    assert.equal(stored.find((session) => session.id === id)?.secretHash, hash);
  }
  assert.equal(new Set(parts.flat()).size, 40);
});

// ASVS 7.2.4
Deno.test("a session id that the server did not create is never adopted", async () => {
  const { browser, db } = await startApp();
  const planted = `${"A".repeat(22)}.${"B".repeat(43)}`;
  const here = browser();
  here.cookies.set("session", planted);

  assert.equal(await here.isIn(), false);
  await here.signIn();

  assert.notEqual(here.cookies.get("session"), planted);
  assert.equal((await db.select().from(sessions)).some(({ id }) => id === "A".repeat(22)), false);
});

// ASVS 7.2.3
Deno.test("neither the public part of a cookie nor the columns of a session replace its secret", async () => {
  const { browser, db } = await signedIn();
  const [session] = await db.select().from(sessions);
  const stranger = browser();

  stranger.cookies.set("session", `${session!.id}.${session!.secretHash}`);
  assert.equal(await stranger.isIn(), false);
  stranger.cookies.set("session", session!.connectionId);
  assert.equal(await stranger.isIn(), false);
});

// ASVS 3.3
Deno.test("over HTTPS a session is read from its __Host- cookie and from no similar name", async () => {
  const { here, browser } = await signedIn({ origin: new URL("https://panel.example") });
  const session = here.cookies.get("__Host-session")!;
  const status = async (cookie: string) => (await browser().get(paths.connections, { Cookie: cookie })).status;

  assert.equal(await status(`__Host-session=${session}`), 200);
  assert.equal(await status(`session=${session}`), 303);
  assert.equal(await status(`__host-session=${session}`), 303);
  assert.equal(await status(`__Secure-session=${session}`), 303);
  // Another name for browsers, but this one for servers that trim more than spaces.
  assert.equal(await status(`\u00a0__Host-session=${session}`), 303);
  assert.equal(await status(`\u00e2\u0080\u0080__Host-session=${session}`), 303);
  assert.equal(await status(`%5f_Host-session=${session}`), 303);
  // The first of two counts.
  assert.equal(await status(`__Host-session=x; __Host-session=${session}`), 303);
});

// ASVS 3.3
Deno.test("two panels on one host and two ports don't sign each other out", async () => {
  const [one, two] = [await signedIn(), await startApp({ origin: new URL("http://127.0.0.1:8001") })];
  const there = two.browser();
  await there.signIn();

  const names = async (site: typeof one | typeof two) =>
    (await site.browser().signIn()).headers.getSetCookie().map((cookie) => cookie.split("=")[0]).sort();

  assert.deepEqual(await names(one), ["browser-8000", "session-8000"]);
  assert.deepEqual(await names(two), ["browser-8001", "session-8001"]);
  assert.equal(await one.here.isIn(), true);
  assert.equal(await there.isIn(), true);
});

// ASVS 3.3
Deno.test("a port other than HTTPS's own is in the names of a panel's __Host- cookies", async () => {
  const { browser } = await startApp({ origin: new URL("https://panel.example:8443") });

  const answer = await browser().signIn();

  assert.deepEqual(answer.headers.getSetCookie().map((cookie) => cookie.split("=")[0]).sort(), [
    "__Host-browser-8443",
    "__Host-session-8443",
  ]);
});

// ASVS 7.4.1
Deno.test("a session's cookie without the port in its name still works, and signing out deletes it", async () => {
  const { here, browser } = await signedIn();
  const former = browser();
  const headers = { Cookie: `session=${here.cookies.get("session")}` };

  assert.equal((await former.get(paths.connections, headers)).status, 200);
  const answer = await former.post(paths.signOut, {}, headers);

  assert.match(answer.headers.getSetCookie().join(), /^session=; Max-Age=0; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.equal(await here.isIn(), false);
});

// Security: no 5xx
Deno.test("malformed cookies count as signed out", async () => {
  const { browser } = await startApp();
  const here = browser();

  for (const cookie of ["", ".", "a.b", "%", "%00", "é", "x".repeat(5000), `${"A".repeat(22)}.`, "__proto__"]) {
    assert.equal((await here.get(paths.connections, { Cookie: `session=${encodeURIComponent(cookie)}` })).status, 303);
    assert.equal((await here.get(paths.connections, { Cookie: "session=%E0%A4%A; session=; =; ;;" })).status, 303);
  }
});

// ASVS 7.3.1
Deno.test("an unused connection expires, and the history and its sign-in page say when", async () => {
  const { browser, clock } = await startApp();
  const [idle, here] = [browser("203.0.113.1"), browser()];
  await idle.signIn();
  clock.now += 7 * DAY;
  await here.signIn();

  assert.equal(await idle.isIn(), false);
  assert.match((await idle.get(paths.signIn)).$(".notification").text(), /expired on 30 Nov 2026, 14:04 \(UTC\)/);
  const { $ } = await here.get(`${paths.connections}?state=closed`);
  assert.equal($(CELL.state).text().replaceAll("\u00a0", " "), "Closed Expired, 30 Nov, 14:04");
});

// ASVS 7.3.2
Deno.test("a connection in daily use expires 30 days after it was opened", async () => {
  const { here, clock } = await signedIn();
  for (let day = 1; day < 30; day++) {
    clock.now = START + day * DAY;
    assert.equal(await here.isIn(), true);
  }

  clock.now = START + 30 * DAY - 1;
  assert.equal(await here.isIn(), true);
  clock.now = START + 30 * DAY;
  assert.equal(await here.isIn(), false);
});

// ASVS 7.3.1, 7.3.2
Deno.test("expiryOf is never later than idle after the last use or max after opening", () => {
  const time = fc.integer({ min: 0, max: 4e12 });
  fc.assert(fc.property(time, time, time, time, (openedAt, lastSeenAt, idle, max) => {
    const expiry = expiryOf(openedAt, lastSeenAt, { idle, max });
    assert.ok(expiry <= lastSeenAt + idle && expiry <= openedAt + max);
    assert.ok(expiry === lastSeenAt + idle || expiry === openedAt + max);
  }));
});

Deno.test("pages record that their connection is in use at most once a minute", async () => {
  const { here, db, clock } = await signedIn();
  const lastSeen = async () => (await db.select().from(connections))[0]!.lastSeenAt;

  clock.now += MINUTE - 1;
  await here.get(paths.connections);
  assert.equal(await lastSeen(), START);
  clock.now += 1;
  await here.get(paths.connections);
  assert.equal(await lastSeen(), START + MINUTE);
});

// ASVS 7.4.5
Deno.test("a connection that the operator closes is signed out, and its sign-in page says so", async () => {
  const { browser, db, clock } = await startApp();
  await addAccount(db, "joan@example.com", PASSWORD);
  const [marta, joan] = [browser(), browser()];
  await marta.signIn();
  await joan.signIn("joan@example.com");
  const user = await findUser(db, EMAIL);

  assert.equal(await closeAsOperator(db, user!.id, clock.now), 1);
  assert.equal(await marta.isIn(), false);
  assert.equal(await joan.isIn(), true);
  assert.match((await marta.get(paths.signIn)).$(".notification").text(), /The administrator closed this connection/);
  assert.equal(await closeAsOperator(db, "everyone", clock.now), 1);
  assert.equal(await joan.isIn(), false);
});

Deno.test("a sign-in removes closed connections and refusals older than the retention, but no open connection", async () => {
  const { browser, clock } = await startApp({ retention: 10 * DAY, lifetime: { idle: 100 * DAY, max: 100 * DAY } });
  const [open, closed] = [browser("203.0.113.1"), browser("203.0.113.2")];
  await open.signIn();
  await closed.signIn();
  await closed.signOut();
  await browser("203.0.113.3").signIn(EMAIL, "not the password at all");
  clock.now += 10 * DAY + MINUTE;
  const here = browser("203.0.113.4");

  await here.signIn();

  const { $ } = await here.get(paths.connections);
  assert.deepEqual($(CELL.ip).toArray().map((cell) => $(cell).text().trim()), ["203.0.113.4", "203.0.113.1"]);
});

// Security: log
Deno.test("signing out and closing one or all connections log session_closed with the user", async () => {
  const { here, browser, log, db } = await signedIn();
  const [other, third] = [browser("203.0.113.1"), browser("203.0.113.2")];
  for (const each of [other, third]) await each.signIn();
  const rows = await db.select().from(connections);
  const [current, one] = ["46.16.60.1", "203.0.113.1"].map((ip) => rows.find((row) => row.ip === ip)!);

  await here.submit(paths.closeOne(one!.id));
  await here.submit(paths.closeAll);
  await here.signOut();

  const events = log.map((line) => JSON.parse(line)).filter(({ event }) => event === "session_closed");
  const user = current!.userId;
  assert.deepEqual(events.map(({ event: _, request_id: __, ip: ___, ...fields }) => fields), [
    { user, by: current!.id, connection: one!.id },
    { user, by: current!.id, count: 1 },
    { user, connection: current!.id },
  ]);
});

/** Reads every file in a folder, because a database may have several. */
async function readAll(folder: string): Promise<Buffer[]> {
  const files = await Array.fromAsync(Deno.readDir(folder));
  return await Promise.all(files.map(async ({ name }) => Buffer.from(await Deno.readFile(`${folder}/${name}`))));
}
