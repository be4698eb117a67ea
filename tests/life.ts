import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { createPasswords } from "../credentials/passwords.ts";
import { closeAsOperator } from "../db/connections.ts";
import { openDatabase } from "../db/database.ts";
import { listHistory } from "../db/history/rows.ts";
import { listPlaces } from "../db/places.ts";
import { connections, sessions, type Verdict } from "../db/schema.ts";
import { findUser, resetPassword } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { rowId } from "../views/history/connection_row.ts";
import { addAccount, Browser, CHEAP, EMAIL, FIREFOX, PASSWORD, type Reply, START, startApp } from "./app.ts";
import { startHrana } from "./hrana.ts";
import { createGuesses, createKnowledge, createSecrets, idOf, unusualOf } from "./life_model.ts";

const EMAILS = [EMAIL, "joan@example.com"] as const;
const WRONG = "not the password at all";
/** Two browsers a country, one for each account. */
const HOMES = ["46.16.60.1", "46.16.60.2", "203.0.113.3", "203.0.113.4", "193.51.208.5", "193.51.208.6"];
/** Where cookies are used from otherwise. */
const ELSEWHERE = [["46.16.61.1", FIREFOX], ["46.16.61.2", "curl/8.14.1"], ["102.89.23.4", FIREFOX]] as const;
const COUNTRIES: Record<string, string> = { "46": "ES", "203": "PT", "193": "FR", "102": "NG" };

type ByBrowser = { who: number };
/** `isRight`: the password; `isLost`: the answer, with the new cookie, doesn't reach the browser. */
type ByOwner = ByBrowser & { which: number; isRight: boolean; isLost: boolean };

export type Step =
  | ({ do: "signIn"; isRight: boolean } & ByBrowser)
  | ({ do: "signOut" | "closeAll" | "closeOne" | "changePassword" } & ByOwner)
  | ({ do: "review"; verdict: Verdict } & ByOwner)
  | ({ do: "guess"; times: number } & ByBrowser)
  | ({ do: "move"; where: number } & ByBrowser)
  /** The answer that was lost reaches somebody. */
  | ({ do: "arrive" } & ByBrowser)
  | { do: "operatorCloses" | "operatorSetsPassword"; account: number }
  | { do: "operatorClosesAll" }
  | { do: "wait"; milliseconds: number };

/** Starts two accounts with three browsers each, over two instances of the app on one database, which take turns in answering. */
export async function startLife(kind: "embedded" | "remote" = "embedded") {
  await using stack = new AsyncDisposableStack();
  const url = await startDatabase(kind, stack);
  const databases = [await openDatabase(url), await openDatabase(url)] as const;
  for (const each of databases) stack.defer(() => each.$client.close());
  const [db] = databases;
  const clock = { now: START };
  const pending = new Set<Promise<void>>();
  const shared = {
    now: () => clock.now,
    waitUntil: (work: Promise<void>) => void pending.add(work),
    countryOf: ({ ip }: { ip: string }) => Promise.resolve(COUNTRIES[ip.split(".")[0] ?? ""] ?? "none"),
  };
  const instances = await Promise.all(databases.map((each) => startApp({ db: each, ...shared })));
  let turn = 0;
  const either = {
    fetch: (request: Request, env: object) => instances[turn++ % instances.length]!.app.fetch(request, env),
  };
  for (const email of EMAILS) await addAccount(db, email, PASSWORD);
  const userIds = await Promise.all(EMAILS.map(async (email) => (await findUser(db, email))!.id));
  const browsers = HOMES.map((ip) => new Browser(either, pending, ip));
  const passwords: string[] = EMAILS.map(() => PASSWORD);
  /** The cookies that didn't reach their browsers. */
  const lost: (string | undefined)[] = [];
  const [secrets, guesses, knowledge] = [createSecrets(), createGuesses(), createKnowledge(db)];

  async function openIds(account: number): Promise<string[]> {
    const query = { filter: { state: "open" as const }, before: null, limit: 1000, now: clock.now };
    const { entries } = await listHistory(db, { userId: userIds[account]!, ...query });
    return entries.map(({ id }) => id).sort();
  }

  const cookieOf = (who: number) => browsers[who]!.cookies.get("session") ?? "";

  async function connectionOf(cookie: string): Promise<string | undefined> {
    return (await db.select().from(sessions).where(eq(sessions.id, idOf(cookie))))[0]?.connectionId;
  }

  async function rowOf(id: string) {
    return (await db.select().from(connections).where(eq(connections.id, id)))[0]!;
  }

  /** Asserts that a cookie gets in from somewhere if and only if its connection is open and its secret valid. Returns whether it does. */
  async function assertEntry(who: number, cookie: string, ip = HOMES[who], userAgent = FIREFOX): Promise<Reply | null> {
    const visitor = new Browser(either, pending, ip, userAgent);
    visitor.cookies.set("session", cookie);
    const id = await connectionOf(cookie);
    const isShown = id !== undefined && (await openIds(who % 2)).includes(id);
    const reply = await visitor.get(`${paths.connections}?state=open`);
    const isIn = isShown && secrets.rightsOf(cookie, clock.now) !== "none";
    assert.equal(reply.status === 200, isIn, `${who} at ${clock.now}`);
    if (isIn) secrets.see(cookie, clock.now);
    return isIn ? reply : null;
  }

  async function take(step: Step): Promise<void> {
    switch (step.do) {
      case "wait":
        clock.now += step.milliseconds;
        return;
      case "operatorClosesAll":
        await closeAsOperator(db, "everyone", clock.now);
        assert.deepEqual([await openIds(0), await openIds(1)], [[], []]);
        return;
      case "operatorCloses":
        await closeAsOperator(db, userIds[step.account]!, clock.now);
        assert.deepEqual(await openIds(step.account), []);
        return;
      case "operatorSetsPassword": {
        const next = `${PASSWORD} ${turn}`;
        const user = await findUser(db, EMAILS[step.account]!);
        await resetPassword(db, user!, (await createPasswords(CHEAP).hash(next))!, clock.now);
        passwords[step.account] = next;
        await knowledge.forgotBrowsers(user!.id, null);
        assert.deepEqual(await openIds(step.account), []);
        return;
      }
      case "arrive": {
        const cookie = lost[step.who];
        if (cookie !== undefined) await assertEntry(step.who, cookie);
        return;
      }
      case "move":
        return await move(step.who, ELSEWHERE[step.where]!);
      case "signIn":
        return await signIn(step.who, step.isRight);
      default:
        return await act(step);
    }
  }

  async function move(who: number, [ip, userAgent]: typeof ELSEWHERE[number]): Promise<void> {
    const id = await connectionOf(cookieOf(who));
    const before = id === undefined ? [] : await listPlaces(db, userIds[who % 2]!, id);
    if (!await assertEntry(who, cookieOf(who), ip, userAgent)) return;

    const place = (await listPlaces(db, userIds[who % 2]!, id!)).find((place) => place.ip === ip);
    assert.equal(place?.userAgent, userAgent);
    const { device, unusual, verdict } = await rowOf(id!);
    if ([device, ...before.map((place) => place.device)].includes(place!.device)) return;
    assert.match(unusual ?? "", /\bmoved_device\b/);
    assert.equal(verdict, null);
  }

  async function signIn(who: number, isRight: boolean): Promise<void> {
    const account = who % 2;
    if (await browsers[who]!.isIn()) return;
    const { status } = await browsers[who]!.signIn(EMAILS[account], isRight ? passwords[account]! : WRONG);
    if (!isRight) assert.notEqual(status, 303);
    if (status !== 303) return;
    lost[who] = undefined;
    await knowledge.opened((await connectionOf(cookieOf(who)))!);
  }

  async function act(step: Exclude<Extract<Step, ByBrowser>, { do: "signIn" | "move" | "arrive" }>): Promise<void> {
    const { who } = step;
    const [account, browser, cookie] = [who % 2, browsers[who]!, cookieOf(who)];
    // Keeps the sequences alive: a browser that is out signs in instead.
    if (!await assertEntry(who, cookie)) return await signIn(who, true);
    const id = (await connectionOf(cookie))!;
    const open = await openIds(account);
    if (step.do === "signOut" || secrets.rightsOf(cookie, clock.now) === "read") {
      const isEnded = secrets.rightsOf(cookie, clock.now) === "write";
      await browser.signOut();
      assert.deepEqual(await openIds(account), isEnded ? open.filter((each) => each !== id) : open);
      return;
    }
    if (step.do === "guess") {
      for (let i = 0; i < step.times && await browser.isIn(); i++) await enter(who, WRONG);
      return;
    }
    const password = step.isRight ? passwords[account]! : WRONG;
    switch (step.do) {
      case "closeAll":
        if (open.length > 1) await close(who, paths.closeAll, password, 1 - open.length);
        break;
      case "closeOne": {
        const other = open[step.which % open.length]!;
        if (other !== id) await close(who, paths.closeOne(other), password, -1);
        break;
      }
      case "changePassword":
        await enter(who, password);
        break;
      case "review":
        await review(who, step, password);
    }
    // Closing others never ends one's own connection; only ten wrong passwords do.
    assert.equal((await openIds(account)).includes(id), (await rowOf(id)).endReason !== "too_many_attempts");
    const fresh = cookieOf(who);
    if (fresh === cookie) return;
    secrets.renew(cookie, fresh, clock.now);
    lost[who] = step.isLost ? fresh : undefined;
    if (step.isLost) browser.cookies.set("session", cookie);
  }

  /** Changes the password. */
  async function enter(who: number, password: string): Promise<void> {
    const [account, id] = [who % 2, (await connectionOf(cookieOf(who)))!];
    const open = await openIds(account);
    const next = `${PASSWORD} ${turn}`;
    const fields = { current_password: password, new_password: next, new_password_again: next };
    const reply = await browsers[who]!.submit(paths.password, fields);
    if (password === WRONG) return await assertRefused(id, open, reply);
    assert.equal(reply.status, 303);
    passwords[account] = next;
    guesses.right(id);
    await knowledge.forgotBrowsers(userIds[account]!, id);
    assert.deepEqual(await openIds(account), [id]);
  }

  /** Sends a confirmation as shown: with the password if it asks for one. Returns null if the password was wrong. */
  async function confirm(who: number, path: string, password: string, fields = {}): Promise<Reply | null> {
    const [account, id] = [who % 2, (await connectionOf(cookieOf(who)))!];
    const open = await openIds(account);
    const isAsked = (await browsers[who]!.get(path)).$("main [name=password]").length > 0;
    const reply = await browsers[who]!.submit(path, { ...fields, ...(isAsked && { password }) });
    if (isAsked && password === WRONG) {
      await assertRefused(id, open, reply);
      return null;
    }
    if (isAsked) guesses.right(id);
    return reply;
  }

  async function close(who: number, path: string, password: string, change: number): Promise<void> {
    const before = await openIds(who % 2);
    const reply = await confirm(who, path, password);
    if (!reply) return;
    assert.equal(reply.status, 303);
    assert.equal((await openIds(who % 2)).length, before.length + change);
  }

  async function review(who: number, { which, verdict }: { which: number; verdict: Verdict }, password: string) {
    const userId = userIds[who % 2]!;
    const before = await unusualOf(db, userId);
    const found = before[which % before.length];
    const own = (await connectionOf(cookieOf(who)))!;
    // The page offers no such button.
    if (!found || found.id === own && verdict === "not_me") return;
    const reply = await confirm(who, paths.review(found.id), password, { verdict });
    if (!reply) return;
    assert.equal(reply.status, 303);
    assert.equal((await rowOf(found.id)).verdict, verdict);
    if (verdict === "not_me") {
      assert.deepEqual(await openIds(who % 2), [own]);
      assert.notEqual((await findUser(db, EMAILS[who % 2]!))?.disownedAt, null);
      await knowledge.disowned(userId, found.id);
      return await knowledge.forgotBrowsers(userId, own);
    }
    const isMe = (rows: typeof before) => rows.filter(({ verdict }) => verdict === "me").map(({ id }) => id);
    const marked = isMe(await unusualOf(db, userId)).filter((id) => !isMe(before).includes(id));
    await knowledge.recognized(userId, found.id, [found.id, ...marked]);
  }

  /** Asserts that a wrong password changed nothing, or as the tenth in a row closed the connection that it came over. */
  async function assertRefused(id: string, open: string[], { status, headers }: Reply): Promise<void> {
    const isLast = guesses.wrong(id, clock.now) === 10;
    const { userId, endReason, unusual, verdict } = await rowOf(id);
    assert.equal(status, isLast ? 303 : 422);
    assert.equal(headers.get("Location")?.startsWith(paths.signIn), isLast || undefined);
    assert.deepEqual(await openIds(userIds.indexOf(userId)), isLast ? open.filter((each) => each !== id) : open);
    assert.equal(endReason, isLast ? "too_many_attempts" : null);
    if (isLast) assert.deepEqual([unusual?.includes("wrong_confirmations"), verdict], [true, null]);
  }

  async function assertInvariant(): Promise<void> {
    const open = [await openIds(0), await openIds(1)];
    assert.equal(new Set(open.flat()).size, open.flat().length);
    for (const who of browsers.keys()) {
      const id = await connectionOf(cookieOf(who));
      if (lost[who] === undefined) assert.equal(secrets.rightsOf(cookieOf(who), clock.now), "write");
      // Twice, so that both instances answer.
      for (const _ of instances) {
        const reply = await assertEntry(who, cookieOf(who));
        if (!reply) continue;
        const rows = reply.$("tbody tr[id]").toArray().map((row) => reply.$(row).attr("id"));
        assert.deepEqual(rows.sort(), open[who % 2]!.map(rowId).sort());
        assert.equal(reply.$("tr.current").attr("id"), rowId(id ?? ""));
      }
    }
    const inUse = new Set([...browsers.keys()].map(cookieOf));
    for (const cookie of secrets.retired().filter((cookie) => !inUse.has(cookie))) {
      const id = await connectionOf(cookie);
      const row = id === undefined ? undefined : await rowOf(id);
      if (!row || !await assertEntry(HOMES.indexOf(row.ip), cookie)) continue;
      // The new secret that reached somebody else still writes; a former one, once the new one was seen, only reads.
      if (secrets.rightsOf(cookie, clock.now) === "write") continue;
      const former = new Browser(either, pending, row.ip);
      former.cookies.set("session", cookie);
      await former.signOut();
      assert.deepEqual([await openIds(0), await openIds(1)], open);
    }
    await knowledge.assertBounds();
  }

  const started = stack.move();
  return {
    take,
    assertInvariant,
    async [Symbol.asyncDispose]() {
      await Promise.all(pending);
      await started.disposeAsync();
    },
  };
}

/** Returns the URL of an empty database. */
async function startDatabase(kind: "embedded" | "remote", stack: AsyncDisposableStack): Promise<string> {
  if (kind === "remote") return stack.use(await startHrana()).url;
  const folder = await Deno.makeTempDir({ prefix: "connections-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  return `file:${folder}/life.db`;
}
